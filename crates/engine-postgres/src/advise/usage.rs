//! What a statement does with its tables, read from PostgreSQL's own plan.

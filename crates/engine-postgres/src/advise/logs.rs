//! Workloads from PostgreSQL's logs: csv, json and stderr, with and without `auto_explain`.

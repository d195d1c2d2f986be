//! Changes without downtime on PostgreSQL.

pub mod plan;

//! Indexes without a lock on writers.

mod build;
mod drop;
pub(super) mod naming;
pub(super) mod partitioned;
mod reindex;

pub(super) use build::{create, step};
pub(super) use drop::drop;
pub(super) use reindex::reindex;

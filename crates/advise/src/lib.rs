//! The advisor: from a workload to the best set of indexes, with the gap to the best possible one.
//!
//! The flow: a workload is *prepared* by an engine's what-if side into queries with their [`usage`]; usage gives
//! [`candidates`]; [`search`] asks what-if for costs as seldom as it can and builds a cost matrix; [`solve`] chooses
//! exactly on that matrix and proves the gap; [`drops`] looks at what is there already; [`settle`] lets a copy of the
//! rows decide. What comes out is an [`advice::Advice`]. This crate names no engine and runs no SQL.

pub mod advice;
pub mod candidates;
pub mod drops;
pub mod index;
pub mod lab;
pub mod missing;
pub mod port;
pub mod run;
pub mod search;
pub mod settle;
pub mod solve;
pub mod usage;
pub mod weights;
pub mod workload;

pub use advice::Advice;
pub use index::{Index, Key, KeyPart, ObjectName};
pub use port::{Advises, Ask, Measurer, Planned, Query, WhatIf};
pub use usage::Usage;

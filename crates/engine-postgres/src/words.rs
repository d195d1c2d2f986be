//! Numbers as people read them, for titles and explanations; evidence carries the exact values.

pub(crate) use dbwright_core::words::{as_f64, bytes, count, percent, seconds, some_of};

//! Observing real servers: everything is seen, by any role, in an incident, without a trace; and every way
//! not to get in is told apart.
//!
//! One binary: linking it costs more than running it.

mod common;
mod entry;
mod incident;
mod objects;
mod roles;
mod scorecard;
mod standby;

//! What a change really does: traced on a real server, under load, before it is done for good.

pub mod trace;

//! What a statement does, as far as it must be known to carry it out online.

mod act;
mod alter;

pub(super) use act::{Act, Kind, Stored, act, stored};
pub(super) use alter::{Action, Clause, places};

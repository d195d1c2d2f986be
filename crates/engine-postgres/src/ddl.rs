//! What a statement does, as data: read once, used by lint and by the planner of online changes.
//!
//! Names are the real ones (unquoted, folded); expressions and types stay the text that the user wrote.

mod act;
mod part;
mod read;

pub use act::*;
pub use part::*;
pub use read::{Inner, SyntaxError, parts, read, read_body};

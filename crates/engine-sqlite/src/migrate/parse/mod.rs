//! Reads statements as far as changing a schema needs it; SQLite itself judges whether they are right.

mod act;
mod alter;
mod column;
mod cursor;
mod table;

pub(crate) use act::{Act, Kind, act};
pub(crate) use alter::{Action, Clause, Place};
pub(crate) use column::{Column, PartKind};
pub(crate) use cursor::Cursor;
pub(crate) use dbwright_sql::lex::unquoted;
pub(crate) use table::{ConstraintKind, Item, TableText};

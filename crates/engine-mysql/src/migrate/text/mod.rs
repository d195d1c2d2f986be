//! Reading MySQL's SQL as far as migrations need it.

pub(super) mod cursor;
pub(super) mod lex;
pub(super) mod split;

pub(super) use cursor::Cursor;

//! Reading MySQL's SQL as far as migrations need it.

pub(crate) mod cursor;
pub(crate) mod lex;
pub(crate) mod split;

pub(crate) use cursor::Cursor;

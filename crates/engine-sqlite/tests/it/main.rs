//! Tests on the real library: one program, so that its helpers are built once.

mod common;
mod files;
mod rules;
mod schema;

//! Tests on the real library: one program, so that its helpers are built once.

mod advise;
mod common;
mod compare;
mod files;
mod lint;
mod migrate;
mod prove;
mod quoting;
mod rebuild;
mod rehearse;
mod rules;
mod schema;

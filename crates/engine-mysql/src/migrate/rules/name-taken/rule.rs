//! `migrate/name-taken`: a statement makes what is there already.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, named};

/// Reports tables, columns, indexes and constraints whose names something has already.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    named::report(cx, true, "whether what is there is what is meant");
}

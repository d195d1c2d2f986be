//! `migrate/name-missing`: a statement names what is not there.

use dbwright_core::Cx;

use crate::migrate::lint::{Scene, named};

/// Reports tables, columns, indexes and constraints that the server will not find.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    named::report(cx, false, "which name is meant");
}

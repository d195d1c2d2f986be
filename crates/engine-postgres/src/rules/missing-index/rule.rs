//! `pg/missing-index`: what a snapshot alone can say of it. The findings come from plans (`prove/missing.rs`).

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::prove::missing;

/// Says what the plans need, for the runs that make none.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    missing::say_what_it_needs(cx);
}

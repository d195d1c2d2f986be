//! `pg/partial-index-candidate`: what a snapshot alone can say of it. The findings come from plans (`prove/smaller.rs`).

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::prove::smaller;

/// Says which indexes plans would have to be made for, for the runs that make none.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    smaller::not_looked(cx, smaller::PARTIAL);
}

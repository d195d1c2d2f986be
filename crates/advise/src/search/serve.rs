//! Which index may stand in for another: what each can do for a query, as far as definitions tell.

use crate::candidates::{self, Signature};
use crate::index::Index;
use crate::usage::Usage;

/// What an index does for a query; none when it can do nothing.
pub(crate) fn service(usage: &Usage, index: &Index) -> Option<Signature> {
    candidates::relevant(index, usage)
}

/// Whether `other` does whatever `index` does: the same leading keys, and it covers what `index` covers.
pub(crate) fn stands_in(index: (&Index, &Signature), other: (&Index, &Signature)) -> bool {
    let ((one, mine), (two, theirs)) = (index, other);
    let kind = |s: &Signature| (s.method.clone(), s.predicate.clone(), s.options.clone());
    one.table == two.table
        && kind(mine) == kind(theirs)
        && two.keys.starts_with(&mine.keys)
        && mine.parts.iter().all(|m| {
            let as_good = |covered: bool| covered || (!m.covered && (mine.several || !theirs.several));
            theirs.parts.iter().any(|t| t.table == m.table && t.keys >= m.keys && as_good(t.covered))
        })
}

//! What a statement locks when it is run as it is.

use dbwright_migrate::plan::{Held, Lock};

use crate::ddl::{Act, Object};

use super::dispatch;
use super::name::written;
use super::step::{ACCESS_EXCLUSIVE, ROW_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, lock};

/// The strongest lock of an act.
pub(super) fn of(act: &Act) -> Lock {
    let (mode, held) = mode(act);
    if mode.is_empty() {
        return Lock::default();
    }
    lock(mode, dispatch::concerns(act).map(written), held)
}

fn mode(act: &Act) -> (&'static str, Held) {
    match act {
        Act::Alter {
            object: Object::Table | Object::View | Object::MaterializedView | Object::ForeignTable, ..
        }
        | Act::Truncate { .. }
        | Act::LockTable { .. }
        | Act::Drop { object: Object::Table | Object::View | Object::MaterializedView | Object::Index, .. }
        | Act::Drop { object: Object::Trigger | Object::Policy | Object::Rule | Object::Sequence, .. }
        | Act::CreateView { replace: true, .. }
        | Act::CreatePolicy { .. } => (ACCESS_EXCLUSIVE, Held::Moment),
        Act::Cluster { .. }
        | Act::Vacuum { full: true, .. }
        | Act::Refresh { concurrently: false, .. }
        | Act::Reindex { concurrently: false, .. } => (ACCESS_EXCLUSIVE, Held::Rewrite),
        Act::Refresh { concurrently: true, .. } => ("EXCLUSIVE", Held::Rewrite),
        Act::CreateIndex(index) if !index.concurrently => (SHARE, Held::Scan),
        Act::CreateIndex(_) | Act::Reindex { .. } | Act::Vacuum { .. } | Act::Analyze { .. } => {
            (SHARE_UPDATE_EXCLUSIVE, Held::Scan)
        }
        Act::CreateTrigger { .. } => (SHARE_ROW_EXCLUSIVE, Held::Moment),
        Act::Insert { .. } | Act::Update { .. } | Act::Delete { .. } | Act::Merge { .. } | Act::CopyFrom { .. } => {
            (ROW_EXCLUSIVE, Held::Rewrite)
        }
        _ => ("", Held::Moment),
    }
}

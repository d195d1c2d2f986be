//! The end: what was kept for the way back is removed.

use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use super::super::name::{ident, qualified};
use super::super::step::{self, ACCESS_EXCLUSIVE, Drafted as _};
use super::tree::Which;
use super::{Change, indexes, log, views};

/// The steps after which there is no way back.
pub(super) fn steps(change: &Change) -> Vec<Step> {
    let (names, seen) = (&change.names, change.names.seen());
    let mut first = log::drop_triggers(change, Which::New);
    first.push(indexes::drop_interim(change, &names.home));
    let gone = || Back::impossible("what was kept for the way back is removed");
    let mut end =
        step::transaction(format!("note no more what is written to {seen}"), Phase::Contract, first).back(gone());
    end.lock = step::lock(ACCESS_EXCLUSIVE, [seen], Held::Moment);
    let rest = step::transaction(format!("drop the old table {}", names.waiting()), Phase::Contract, drops(change));
    vec![end, rest.back(gone())]
}

fn drops(change: &Change) -> Vec<String> {
    let names = &change.names;
    let mut made = views::remove(change, |schema| names.old_for(schema), false);
    let statistics = change.objects.statistics.iter();
    made.extend(statistics.map(|one| format!("DROP STATISTICS {}", qualified(&names.old_for(&one.schema), &one.name))));
    made.push(format!("DROP TABLE {}", names.waiting()));
    made.extend(log::drop_objects(names));
    // Without CASCADE: what somebody else has put there is not thrown away.
    made.extend(change.helper_schemas().iter().map(|schema| format!("DROP SCHEMA {}", ident(schema))));
    made
}

//! `migrate/repartition-table`: the whole table is copied into partitions, or out of them.

use dbwright_core::Cx;

use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::Action;
use crate::migrate::ways::COPY;

/// Reports tables that are partitioned anew.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    for part in &altered.parts {
        let Action::Partition(words) = &part.clause.action else { continue };
        if !matches!(words.as_str(), "PARTITION BY" | "REMOVE PARTITIONING") {
            continue;
        }
        let table = &altered.table;
        let finding = cx
            .finding(table.subject(), format!("{words} copies {} and makes its writes wait", table.sql()))
            .why(
                "neither server does it in another way than ALGORITHM=COPY, LOCK=SHARED; no change is shown: `dbwright migrate plan` makes the \
                 table anew beside the old one and exchanges the two",
            )
            .at(part.place.clone());
        cx.report(Effort { table, way: COPY }.weigh(finding));
    }
}

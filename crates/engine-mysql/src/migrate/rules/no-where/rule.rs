//! `migrate/no-where`: every row is changed.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::rows::rows;
use crate::migrate::lint::{Scene, known, order_by};
use crate::migrate::parse::Act;

/// Reports UPDATE and DELETE of all rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Write { verb: "UPDATE" | "DELETE", .. } = scene.act() else { return };
    let Some(said) = rows(scene.sql()).filter(|rows| rows.every() && !rows.limited) else { return };
    let Some(table) = said.table.as_ref().map(|name| scene.world.table(name)) else { return };
    if table.quiet() {
        return;
    }
    let finding = cx
        .finding(table.subject(), format!("{} without WHERE changes every row of {}", said.verb, table.sql()))
        .why("a forgotten condition looks just like this, and all rows stay locked until the last one is done; where all are meant, change them in \
              batches")
        .evidence("condition", said.filter.unwrap_or("none"), "", "the statement");
    let mut finding = known(finding, &table);
    if said.verb == "DELETE" {
        let batch = format!(
            "DELETE FROM {}{} LIMIT 1000 /* again and again, each in a transaction of its own, until it changes no row */",
            table.sql(),
            order_by(&table)
        );
        finding = finding.change(
            Change::new([batch], "the rows of a batch").outside_transaction().irreversible("the rows are gone"),
        );
    }
    cx.report(finding);
}

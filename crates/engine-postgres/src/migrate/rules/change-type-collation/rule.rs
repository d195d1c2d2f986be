//! `migrate/change-type-collation`: another order, for which indexes are built anew.

use dbwright_core::{Change, Cx};

use crate::ddl::Action;
use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work, retype};

/// Reports new collations of columns with indexes.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::SetType { column, ty, collation: Some(collation), .. } = &clause.action else { continue };
        let known = table.column(column);
        let same = known.and_then(|known| known.collation.as_ref()).is_some_and(|old| bare(old) == bare(collation));
        let rewritten = known.is_some_and(|known| retype(&known.ty, ty, scene.utc()).rewrite);
        if same || rewritten || (table.complete && !indexed(&table, column)) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Index, lock: "ACCESS EXCLUSIVE" };
        let name = quoted(column);
        let index = quoted(&made_name(&[&table.name, column, &bare(collation)], "idx"));
        let build = format!("CREATE INDEX CONCURRENTLY {index} ON {} ({name} COLLATE {collation})", table.sql());
        let finding = cx
            .finding(table.subject_in(column), format!("giving {name} the collation {collation} {}", effort.says()))
            .why(format!("every index on the column is built anew in the new order; {}", effort.waits()))
            .change(Change::new([build], "SHARE UPDATE EXCLUSIVE: reads and writes go on").outside_transaction())
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}

fn indexed(table: &Table, column: &str) -> bool {
    let in_key =
        table.constraints.iter().any(|one| matches!(one.kind, 'p' | 'u') && one.columns.iter().any(|c| c == column));
    in_key || table.indexes.iter().any(|index| index.keys.iter().any(|key| key.contains(column)))
}

/// A collation's name without schema and quotes.
fn bare(collation: &str) -> String {
    collation.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned()
}

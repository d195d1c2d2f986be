//! `migrate/change-type-in-use`: a type that the server does not change while something uses the column.

use dbwright_core::{Cx, Severity};
use dbwright_sql::Dialect;

use crate::body::ColumnUse;
use crate::ddl::Action;
use crate::migrate::lint::Scene;
use crate::migrate::lint::steps::quoted;
use crate::words::some_of;

/// Reports type changes that the server refuses.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses() {
        let Action::SetType { column, .. } = &clause.action else { continue };
        let uses: Vec<&ColumnUse> = table.uses.iter().filter(|one| one.column == *column).collect();
        if uses.is_empty() {
            continue;
        }
        let names: Vec<String> = uses.iter().map(|one| named(one)).collect();
        let verb = if names.len() == 1 { "uses" } else { "use" };
        let title = format!("the type of {} can't be changed while {} {verb} it", quoted(column), some_of(&names));
        let (how, by_apply) = way(&uses);
        let finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "the server refuses the plain statement; {how}; no change is shown, because what is dropped has to be made again \
                 as it was, with its owner, grants and comments"
            ))
            .at(scene.place_of(clause));
        cx.report(if by_apply && !scene.as_is { finding.severity(Severity::Low) } else { finding });
    }
}

/// `view shop.totals`, `trigger audit`.
fn named(one: &ColumnUse) -> String {
    let name = match one.schema.as_str() {
        "" | "public" => quoted(&one.name),
        schema => Dialect::Postgres.qualified(schema, &one.name),
    };
    format!("the {} {name}", one.kind)
}

/// What to do, and whether `dbwright migrate apply` does it.
fn way(uses: &[&ColumnUse]) -> (&'static str, bool) {
    let any = |kinds: &[&str]| uses.iter().any(|one| kinds.contains(&one.kind.as_str()));
    if any(&["generated column"]) {
        return (
            "drop the generated column before, and add it again afterwards: it is computed anew for every row",
            false,
        );
    }
    if any(&["materialized view", "rule", "function"]) {
        return (
            "`dbwright migrate apply` builds all of it on a copy of the table, which then takes the table's place",
            true,
        );
    }
    (
        "`dbwright migrate apply` drops them for the moment of the change, and makes them again with all that they had",
        true,
    )
}

//! `migrate/no-analyze-after-index`: the planner guesses where it knows everything else.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::{Act, Kind};

/// Reports new indexes on a table with statistics, after which nothing gathers theirs.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Create { kind: Kind::Index, name, .. } = scene.act() else { return };
    let Some(table) = scene.busy().filter(|_| scene.world.analyzed) else { return };
    let few = table.rows.is_some_and(|rows| rows < cx.limit("rows"));
    let gathers = |line: &Line| {
        matches!(&line.act, Act::Upkeep) && line.sql.to_ascii_lowercase().starts_with("analyze")
            || matches!(&line.act, Act::Pragma { name, .. } if name == "optimize")
    };
    if few || scene.after().iter().any(gathers) || scene.trial.refusal.is_some() {
        return;
    }
    let sql = table.sql();
    let change = Change::new(
        [scene.sql().to_owned(), format!("ANALYZE {sql}")],
        "the file's write lock while the indexes are read",
    )
    .irreversible("DROP INDEX; statistics do no harm");
    let finding = cx
        .finding(table.subject_in(name), format!("nothing gathers statistics of the new index on {sql}"))
        .why(
            "the file has statistics of its other indexes, and the planner takes a usual figure for this one: it may choose it where another is \
             better, or not at all",
        )
        .change(change);
    cx.report(table.numbers(finding));
}

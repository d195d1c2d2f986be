//! `migrate/several-alters`: one table is gone through again and again.

use dbwright_core::{Change, Cx, Severity};

use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::{Act, Action, Clause};
use crate::migrate::text::cursor::Name;

/// Reports the first of several changes of one table that each go through its rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let Act::Alter { table, clauses, .. } = scene.act() else { return };
    let mut earlier = scene.before().iter().rev().map_while(|line| same_run(line, table));
    if altered.whole.way.algorithm == "INSTANT" || earlier.any(|clauses| scene.works(table, clauses).is_some()) {
        return;
    }
    let mut lines = vec![(scene.line().line, clauses.as_slice())];
    let mut copies = usize::from(altered.whole.way.algorithm == "COPY");
    for line in scene.after() {
        let Some(clauses) = same_run(line, table) else { break };
        let Some(copied) = scene.works(table, clauses) else { continue };
        lines.push((line.line, clauses));
        copies += usize::from(copied);
    }
    if lines.len() < 2 {
        return;
    }
    let places: Vec<String> = lines.iter().map(|(line, _)| line.to_string()).collect();
    let sql = altered.table.sql();
    let mut finding = cx
        .finding(altered.table.subject(), format!("{} statements go through all rows of {sql}, where one could", lines.len()))
        .why("each reads or writes the whole table by itself, and waits for its metadata lock by itself; one ALTER TABLE with all clauses does it once")
        .evidence("lines", places.join(", "), "", "the file");
    if let Some(joined) = joined(&sql, &lines) {
        finding = finding.change(
            Change::new([joined], "that of the clause that needs most")
                .irreversible("it stands in place of the user's statements"),
        );
    }
    cx.report(if copies >= 2 { finding.severity(Severity::Medium) } else { finding });
}

/// The clauses of a statement that changes the same table; no clause for what may stand between, none for anything else.
fn same_run<'a>(line: &'a Line, table: &Name) -> Option<&'a [Clause]> {
    match &line.act {
        Act::Alter { table: other, clauses, .. } if other == table => Some(clauses),
        Act::Set | Act::Query => Some(&[]),
        _ => None,
    }
}

/// All clauses in one statement; none where that is not a matter of commas.
fn joined(table: &str, lines: &[(usize, &[Clause])]) -> Option<String> {
    let all = || lines.iter().flat_map(|(_, clauses)| clauses.iter());
    if all().any(|clause| {
        matches!(clause.action, Action::Partition(_) | Action::RenameTable(_) | Action::OrderBy | Action::Unknown)
    }) {
        return None;
    }
    let said: Vec<&str> = all()
        .filter(|clause| !matches!(clause.action, Action::Wanted { .. }))
        .map(|clause| clause.text.as_str())
        .collect();
    Some(format!("ALTER TABLE {table} {}", said.join(", ")))
}

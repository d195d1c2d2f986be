//! `migrate/no-algorithm-lock`: a statement that leaves it to the server how much harm it does.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::steps::{LOCK_NONE, ddl, online};
use crate::migrate::lint::{Effort, Scene};
use crate::migrate::parse::Action;

/// Reports `ALTER TABLE` without ALGORITHM and LOCK in files that another tool runs as they are.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy().filter(|_| scene.as_is) else { return };
    let says = |action: &Action| matches!(action, Action::Wanted { .. });
    let partitions = altered.parts.iter().any(|part| matches!(part.clause.action, Action::Partition(_)));
    if altered.parts.iter().any(|part| says(&part.clause.action)) || partitions || !altered.whole.certain {
        return;
    }
    // What needs more is told by the rule that knows why.
    let way = altered.whole.way;
    let index = scene.cursor().is_any(&["create", "drop"]);
    let said = index && scene.cursor().seek(&["algorithm", "lock"]);
    if !way.online() || said || scene.cursor().is("optimize") {
        return;
    }
    let table = &altered.table;
    // INPLACE takes what is instant too, also on a server that is older than the one that is assumed.
    let statement = match altered.parts.first() {
        // MariaDB's DROP INDEX has no place for both.
        Some(part) if scene.cursor().is("drop") => online(table, &part.clause.text),
        _ if index => format!("{} ALGORITHM=INPLACE LOCK=NONE", scene.sql()),
        _ => format!("{}, ALGORITHM=INPLACE, LOCK=NONE", scene.sql()),
    };
    let effort = Effort { table, way };
    let finding = cx
        .finding(table.subject(), format!("the statement does not say that {} may go on", table.sql()))
        .why(
            "the server does it without holding anybody up as things are now; with another version, another sql_mode or a \
             FULLTEXT index it would copy the table under a lock and say nothing; with ALGORITHM and LOCK it refuses instead",
        )
        .change(ddl(vec![statement], LOCK_NONE));
    cx.report(effort.weigh(finding).severity(Severity::Low));
}

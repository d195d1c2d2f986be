//! `migrate/binlog-off`: replicas are left behind for good.

use dbwright_core::Cx;

use crate::migrate::lint::read::settings::{Scope, assignments};
use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::Act;

/// Reports changes that no binary log gets.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let switch = |line: &Line| {
        let all = if matches!(line.act, Act::Set) { assignments(&line.sql) } else { Vec::new() };
        all.into_iter().find(|one| one.name == "sql_log_bin" && one.scope == Scope::Session)
    };
    if switch(scene.line()).and_then(|one| one.off()) != Some(true) {
        return;
    }
    let behind = scene.after().iter().take_while(|line| switch(line).is_none_or(|one| one.off() == Some(true)));
    let Some(line) = { behind }.find(|line| line.changes()) else { return };
    let finding = cx
        .finding(scene.file.clone(), format!("what line {} changes is in no binary log: replicas do not get it", line.line))
        .why("neither does a restore to a point in time, and the next statement on what only the source has stops replication; no change is shown: leave it out")
        .evidence("sql_log_bin", "0", "", "the statement");
    cx.report(finding);
}

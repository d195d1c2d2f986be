//! `migrate/sql-mode-changed`: what does not fit is cut.

use dbwright_core::Cx;

use crate::migrate::lint::read::settings::{Assignment, Scope, assignments};
use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::{Act, Kind};

/// Reports an `sql_mode` that is not strict, where something is done under it.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some((mode, assignment)) = mode(scene.line()).and_then(|one| Some((one.literal()?.to_uppercase(), one))) else {
        return;
    };
    if mode.contains("STRICT_") || mode.contains("TRADITIONAL") || mode == "DEFAULT" {
        return;
    }
    let server = assignment.scope == Scope::Server;
    let behind = scene.after().iter().take_while(|line| self::mode(line).is_none());
    let under = { behind }.find(|line| cuts(scene, line));
    if under.is_none() && !server {
        return;
    }
    let what = under.map_or_else(
        || "the whole server is no longer strict".to_owned(),
        |line| format!("line {} is run without a strict mode", line.line),
    );
    let finding = cx
        .finding(scene.file.clone(), format!("sql_mode is '{}': {what}", mode.to_uppercase()))
        .why(
            "what does not fit is cut with no more than a warning, missing values become empty ones, and procedures, functions, triggers and events keep this mode \
             for ever; no change is shown: leave it out, and mend what fails without it",
        )
        .evidence("sql_mode", mode.as_str(), "", "the statement");
    cx.report(finding);
}

fn mode(line: &Line) -> Option<Assignment> {
    let set = matches!(line.act, Act::Set | Act::SetGlobal);
    let all = if set { assignments(&line.sql) } else { Vec::new() };
    all.into_iter().find(|one| one.name == "sql_mode" && one.scope != Scope::User)
}

/// Whether the mode makes a difference: rows that are there or are written to, and what keeps it.
fn cuts(scene: &Scene, line: &Line) -> bool {
    match &line.act {
        Act::Alter { table, .. } | Act::Write { table: Some(table), .. } => {
            !scene.world.table(table).quiet() && !scene.makes(table)
        }
        Act::Create { kind, .. } => *kind != Kind::View,
        _ => false,
    }
}

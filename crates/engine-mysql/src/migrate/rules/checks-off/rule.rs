//! `migrate/checks-off`: what comes later is not checked.

use dbwright_core::{Change, Cx, Severity};

use crate::migrate::lint::read::settings::{Assignment, Scope, assignments};
use crate::migrate::lint::{Line, Scene};
use crate::migrate::parse::{Act, Action};

/// Reports checks that are left off, and foreign keys that are added without them.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    left_off(cx, "foreign_key_checks", Severity::Medium);
    left_off(cx, "unique_checks", Severity::Low);
    unchecked(cx);
}

fn left_off(cx: &mut Cx<'_, Scene>, name: &str, severity: Severity) {
    let scene = cx.body;
    let sets = |line: &Line| -> Vec<Assignment> {
        if matches!(line.act, Act::Set | Act::SetGlobal) { assignments(&line.sql) } else { Vec::new() }
    };
    let own = sets(scene.line());
    let Some(off) = own.iter().find(|one| one.name == name && one.scope != Scope::User && one.off() == Some(true))
    else {
        return;
    };
    let back = |line: &Line| {
        sets(line).iter().any(|one| one.name == name && one.scope == off.scope && one.off() != Some(true))
    };
    if scene.after().iter().any(back) {
        return;
    }
    let server = off.scope == Scope::Server;
    let (whose, set) = if server { ("of the whole server", "SET GLOBAL") } else { ("of the session", "SET SESSION") };
    let finding = cx
        .finding(scene.file.clone(), format!("{name} {whose} is off and stays off behind this file"))
        .why("tools run several files in one session: what comes later is not checked either, and what refers to nothing is found when something fails on it")
        .evidence(name, off.value.as_str(), "", "the statement")
        .change(Change::new([format!("{set} {name} = 1")], "none").irreversible("a setting"));
    cx.report(finding.severity(if server { Severity::High } else { severity }));
}

/// Foreign keys of tables with rows.
fn unchecked(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if !scene.turned_off("foreign_key_checks") {
        return;
    }
    let Some(altered) = scene.busy() else { return };
    for part in altered.parts.iter().filter(|part| part.clause.action == Action::AddForeignKey) {
        let sql = altered.table.sql();
        let finding = cx
            .finding(altered.table.subject(), format!("rows of {sql} that are there are never checked against the new foreign key"))
            .why(
                "the server takes it as true, also after the checks are on again, and says so nowhere; in place of a copy under a lock that can be right, when \
                 you have looked at the rows; no change is shown: look for rows that refer to nothing, before and after",
            )
            .evidence("clause", part.clause.text.as_str(), "", "the statement")
            .at(part.place.clone());
        cx.report(finding.severity(Severity::Low));
    }
}

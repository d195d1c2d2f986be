//! `migrate/server-command`: what is about the server and everybody on it, not about the schema.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::lint::read::settings::{Scope, assignments};
use crate::migrate::parse::Act;
use crate::migrate::text::Cursor;

/// Settings that other rules tell more of.
const TOLD_ELSEWHERE: [&str; 4] = ["foreign_key_checks", "unique_checks", "sql_log_bin", "sql_mode"];

/// Reports commands to the server, and settings of the whole of it.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let told = match scene.act() {
        Act::Other(_) => command(scene.sql()),
        Act::SetGlobal | Act::Set => setting(scene.sql()),
        _ => None,
    };
    let Some((severity, title, why)) = told else { return };
    let finding = cx
        .finding("server", title)
        .why(format!(
            "{why}; no change is shown: it has no place in a migration, which every copy of the database runs"
        ))
        .at(scene.place());
    cx.report(finding.severity(severity));
}

type Told = (Severity, String, &'static str);

fn command(sql: &str) -> Option<Told> {
    let mut cursor = Cursor::new(sql);
    let named = |severity, title: &str, why| Some((severity, title.to_owned(), why));
    match cursor.any(&["shutdown", "restart", "reset", "purge", "stop", "change", "kill", "install", "uninstall"])? {
        "shutdown" | "restart" => {
            named(Severity::Critical, "the server is ended", "everybody loses the connection, this migration included")
        }
        "reset" if cursor.accept(&["master"]) || cursor.accept(&["binary", "logs"]) => named(
            Severity::Critical,
            "all binary logs are removed",
            "a replica that has not read them is broken for good, and no point in time between the last backup and now can be restored",
        ),
        "purge" => named(
            Severity::High,
            "binary logs are removed",
            "a replica that has not read them is broken for good, and no point in time in them can be restored; binlog_expire_logs_seconds \
             removes them in time",
        ),
        "reset" | "stop" if cursor.any(&["replica", "slave", "all"]).is_some() => {
            named(Severity::High, "replication is stopped", "the replica falls behind until somebody starts it again")
        }
        "change" if cursor.any(&["replication", "master"]).is_some() => named(
            Severity::High,
            "replication is set up anew",
            "the server follows another one, or from another place, from then on",
        ),
        "kill" => named(
            Severity::Medium,
            "somebody's session or statement is ended",
            "numbers of sessions are those of one moment on one server: it is somebody else's by the time the file runs",
        ),
        "install" | "uninstall" => named(
            Severity::Medium,
            "the server's plugins are changed",
            "it needs a file on the server's machine, and holds for all databases; a server without the file fails in the middle of the migration",
        ),
        _ => None,
    }
}

fn setting(sql: &str) -> Option<Told> {
    let all = assignments(sql);
    let one = all.iter().find(|one| one.scope == Scope::Server && !TOLD_ELSEWHERE.contains(&one.name.as_str()))?;
    let title = format!("{} is set for the whole server", one.name);
    Some((
        Severity::Medium,
        title,
        "it holds for all databases and applications, only for sessions that begin afterwards where there is one for sessions, is not replicated, \
         and what is set by GLOBAL is gone with the next restart",
    ))
}

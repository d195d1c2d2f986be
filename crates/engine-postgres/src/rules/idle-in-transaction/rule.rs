//! `pg/idle-in-transaction`: a transaction that nobody works in.
//!
//! `pg/long-transaction` may name the same session: that rule is about what an old transaction holds
//! back, this one about a client that forgot it, which is a fault long before the transaction is old.

use dbwright_core::{Cx, Finding, Severity};

use crate::activity;
use crate::body::{PgBody, Session};
use crate::words;

/// Reports sessions that have been idle in a transaction for too long.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (limit, high) = (cx.limit("seconds"), cx.limit("high_seconds"));
    for session in cx.body.sessions.iter().filter(|session| activity::is_client(session)) {
        if !activity::is_idle_in_transaction(session) && !activity::is_aborted(session) {
            continue;
        }
        let Some(idle) = session.state_s.filter(|idle| *idle >= limit) else { continue };
        let finding = finding(cx, session, idle, idle >= high);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, PgBody>, session: &Session, idle: f64, very_long: bool) -> Finding {
    let waiting = cx.body.waits.iter().filter(|wait| wait.blocked_by.contains(&session.pid)).count();
    let aborted = activity::is_aborted(session);
    let severity = match (aborted, very_long || waiting > 0) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    let title = format!("pid {} has been idle in a transaction for {}", session.pid, words::seconds(idle));
    let why = if aborted {
        "its transaction has failed and its client has not noticed: it holds a connection, though no lock any more"
            .to_owned()
    } else if waiting > 0 {
        format!("{} for the locks it keeps, while nobody works in it", waits(waiting))
    } else {
        "it keeps its locks and keeps dead rows alive, while nobody works in it".to_owned()
    };
    let finding = cx.finding(format!("pid {}", session.pid), title).severity(severity).why(why);
    activity::evidence(finding, session)
        .evidence("sessions_waiting_for_it", waiting, "sessions", "pg_blocking_pids")
        .change(activity::terminate(cx.body, session))
}

fn waits(sessions: usize) -> String {
    if sessions == 1 { "1 session waits".to_owned() } else { format!("{sessions} sessions wait") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::LockWait;
    use crate::sample;

    #[test]
    fn severity_follows_time_and_who_waits() {
        let wait = LockWait { pid: 9, blocked_by: vec![3], mode: None, lock_type: None, relation: None, wait_s: None };
        let body = PgBody {
            sessions: vec![
                sample::session(1, "idle in transaction", 59.0),
                sample::session(2, "idle in transaction", 60.0),
                sample::session(3, "idle in transaction", 60.0),
                sample::session(4, "idle in transaction", 3600.0),
                sample::session(5, "idle in transaction (aborted)", 3600.0),
                sample::session(6, "active", 3600.0),
            ],
            waits: vec![wait],
            ..sample::body()
        };
        let found = sample::run("pg/idle-in-transaction", &body);
        let found: Vec<_> = found.iter().map(|f| (f.subject.as_str(), f.severity)).collect();
        let expected = [
            ("pid 2", Severity::Medium),
            ("pid 3", Severity::High),
            ("pid 4", Severity::High),
            ("pid 5", Severity::Low),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn time_counts_from_the_last_statement_and_not_from_the_start() {
        let busy = Session { state_s: Some(0.2), ..sample::session(1, "idle in transaction", 7200.0) };
        let body = PgBody { sessions: vec![busy], ..sample::body() };
        assert!(sample::run("pg/idle-in-transaction", &body).is_empty());
    }
}

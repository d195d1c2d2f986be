//! `pg/long-transaction`: a transaction that keeps dead rows alive.
//!
//! Severity follows what is held: a snapshot or a transaction id holds vacuum back, plain locks only
//! stand in the way of schema changes. A running dump is expected to take long, and is low.

use dbwright_core::{Cx, Finding, Severity};

use crate::activity;
use crate::body::{PgBody, Session};
use crate::words;

/// Reports clients' transactions above the age.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (minutes, high) = (cx.limit("minutes"), cx.limit("high_minutes"));
    let old = cx
        .body
        .sessions
        .iter()
        .filter(|session| activity::is_client(session) && !activity::is_aborted(session) && !is_vacuum(session));
    for session in old {
        let Some(age) = session.transaction_s.filter(|age| *age >= minutes * 60.0) else { continue };
        let finding = finding(cx, session, age, age >= high * 60.0);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, PgBody>, session: &Session, age: f64, very_old: bool) -> Finding {
    let holds_rows = session.xmin_age.is_some() || session.has_xid;
    let severity = match (holds_rows && !is_dump(session), very_old) {
        (true, true) => Severity::High,
        (true, false) => Severity::Medium,
        (false, _) => Severity::Low,
    };
    let waits_for_client = activity::is_idle_in_transaction(session);
    let title = format!("pid {} has had a transaction open for {}", session.pid, words::seconds(age));
    let finding = cx.finding(format!("pid {}", session.pid), title).severity(severity).why(why(
        session,
        holds_rows,
        waits_for_client,
    ));
    let finding = activity::evidence(finding, session);
    let finding = finding.evidence("has_transaction_id", session.has_xid, "", activity::SOURCE);
    let finding = match session.xmin_age {
        Some(age) => finding.evidence("backend_xmin_age", age, "transactions", activity::SOURCE),
        None => finding,
    };
    finding.change(if waits_for_client {
        activity::terminate(cx.body, session)
    } else {
        activity::cancel(cx.body, session)
    })
}

fn why(session: &Session, holds_rows: bool, waits_for_client: bool) -> String {
    let held = if holds_rows {
        "vacuum can't remove rows that died since it began, in any table of the database, and it keeps every lock it took"
    } else {
        "it keeps every lock it took, so that schema changes wait for it; it holds no dead rows at the moment"
    };
    let state = if waits_for_client {
        "; it waits for its client, which may have forgotten it"
    } else if is_dump(session) {
        "; it is a dump, which is expected to take long: run it on a replica if it hurts"
    } else {
        ""
    };
    format!("{held}{state}")
}

/// `VACUUM` runs in a long transaction of its own, which other vacuums know to ignore.
fn is_vacuum(session: &Session) -> bool {
    let query = session.query.as_deref().unwrap_or_default().trim_start();
    query.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("vacuum")) && session.state.as_deref() == Some("active")
}

fn is_dump(session: &Session) -> bool {
    matches!(session.application.as_str(), "pg_dump" | "pg_dumpall") && !session.has_xid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn severities(sessions: Vec<Session>) -> Vec<(String, Severity)> {
        let body = PgBody { sessions, ..sample::body() };
        let found = sample::run("pg/long-transaction", &body);
        found.into_iter().map(|finding| (finding.subject, finding.severity)).collect()
    }

    #[test]
    fn severity_follows_age_and_what_is_held() {
        let holding = |pid, seconds| Session { xmin_age: Some(9), ..sample::session(pid, "active", seconds) };
        let found = severities(vec![
            holding(1, 299.0),
            holding(2, 300.0),
            holding(3, 3600.0),
            sample::session(4, "idle in transaction", 7200.0),
            Session { application: "pg_dump".to_owned(), ..holding(5, 7200.0) },
        ]);
        let expected = [(2, Severity::Medium), (3, Severity::High), (4, Severity::Low), (5, Severity::Low)];
        assert_eq!(found, expected.map(|(pid, severity)| (format!("pid {pid}"), severity)));
    }

    #[test]
    fn what_holds_no_rows_by_nature_is_left_out() {
        let vacuum = Session { query: Some("VACUUM t".to_owned()), ..sample::session(1, "active", 9000.0) };
        let aborted = sample::session(2, "idle in transaction (aborted)", 9000.0);
        let worker = Session { backend_type: "autovacuum worker".to_owned(), ..sample::session(3, "active", 9000.0) };
        let named = Session { query: Some("vac".to_owned()), has_xid: true, ..sample::session(4, "active", 9000.0) };
        assert_eq!(severities(vec![vacuum, aborted, worker, named]), [("pid 4".to_owned(), Severity::High)]);
    }

    #[test]
    fn the_fix_cannot_hit_a_later_transaction() {
        let body = PgBody { sessions: vec![sample::session(7, "idle in transaction", 600.0)], ..sample::body() };
        let change = sample::run("pg/long-transaction", &body).remove(0).change.expect("a change");
        assert_eq!(
            change.forward,
            [
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 7 AND xact_start <= '2026-09-21 14:13:21+00'"
            ]
        );
    }
}

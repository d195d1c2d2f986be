//! Sessions as the activity rules see them: which ones count, how they are named, how they are ended.

use dbwright_core::{Change, Finding, Proof};
use jiff::Timestamp;

use crate::body::{PgBody, Session};

/// Where sessions are read.
pub(crate) const SOURCE: &str = "pg_stat_activity";

/// Whether a client is at the other end (and not a worker of the server, or a replica).
pub(crate) fn is_client(session: &Session) -> bool {
    session.backend_type == "client backend"
}

/// Whether it has an open transaction that waits for its client; an aborted one holds nothing any more.
pub(crate) fn is_idle_in_transaction(session: &Session) -> bool {
    session.state.as_deref() == Some("idle in transaction")
}

/// Whether it has an open transaction that has already failed.
pub(crate) fn is_aborted(session: &Session) -> bool {
    session.state.as_deref() == Some("idle in transaction (aborted)")
}

/// Adds who the session is and what it does, each only when it is known.
pub(crate) fn evidence(finding: Finding, session: &Session) -> Finding {
    let finding = finding.proof(Proof::unproven("it concerns sessions of that moment, which no lab has"));
    let text = |finding: Finding, name: &str, value: Option<&str>| match value {
        Some(value) if !value.is_empty() => finding.evidence(name, value, "", SOURCE),
        _ => finding,
    };
    let number = |finding: Finding, name: &str, value: Option<f64>| match value {
        Some(value) => finding.evidence(name, (value * 1000.0).round() / 1000.0, "s", SOURCE),
        None => finding,
    };
    let finding = number(finding, "transaction_age", session.transaction_s);
    let finding = number(finding, "state_age", session.state_s);
    let finding = text(finding, "state", session.state.as_deref());
    let finding = text(finding, "database", session.database.as_deref());
    let finding = text(finding, "role", session.user.as_deref());
    let finding = text(finding, "application_name", Some(&session.application));
    text(finding, "query", session.query.as_deref())
}

/// Ends the running statement, and leaves the connection open.
///
/// The condition on time keeps the statement from hitting a later transaction, or a new session that
/// got the same pid, when it is run long after the snapshot.
pub(crate) fn cancel(body: &PgBody, session: &Session) -> Change {
    Change::new([call("pg_cancel_backend", body, session)], "no lock; the statement's own locks are released")
        .irreversible("the transaction is rolled back: what it did has to be done again")
}

/// Ends the session, its open transaction included. Guarded as [`cancel`] is.
pub(crate) fn terminate(body: &PgBody, session: &Session) -> Change {
    Change::new([call("pg_terminate_backend", body, session)], "no lock; the session's own locks are released")
        .irreversible("the session is closed and its open transaction rolled back: what it did has to be done again")
}

fn call(function: &str, body: &PgBody, session: &Session) -> String {
    let since = if session.transaction_s.is_some() { "xact_start" } else { "backend_start" };
    format!(
        "SELECT {function}(pid) FROM pg_stat_activity WHERE pid = {} AND {since} <= '{}'",
        session.pid,
        moment(body.server.now)
    )
}

/// The moment of the snapshot in UTC, up to the next full second, as PostgreSQL reads it.
fn moment(now: Timestamp) -> String {
    let up = Timestamp::from_second(now.as_second() + 1).unwrap_or(now);
    up.strftime("%Y-%m-%d %H:%M:%S+00").to_string()
}

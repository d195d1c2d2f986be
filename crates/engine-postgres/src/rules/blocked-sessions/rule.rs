//! `pg/blocked-sessions`: sessions that wait for a lock, told from the one that all of them wait for.
//!
//! One finding a root, not one a waiter: the waiters are the symptom. How long they have waited decides,
//! since short waits are what locks are for.

mod graph;

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::activity;
use crate::body::{LockWait, PgBody, Session};
use crate::words;
use graph::Group;

/// Waiters told one by one.
const TOLD: usize = 12;

/// Where waits are read.
const SOURCE: &str = "pg_locks, pg_blocking_pids";

/// Reports each root with everybody behind it.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (least, high) = (cx.limit("seconds"), cx.limit("high_seconds"));
    for group in graph::groups(&cx.body.waits) {
        let longest = group.waiters.iter().map(|(pid, _)| waited(cx.body, *pid)).fold(0.0, f64::max);
        if longest >= least {
            let finding = finding(cx, &group, longest, longest >= high);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, PgBody>, group: &Group, longest: f64, very_long: bool) -> Finding {
    let body = cx.body;
    let root = session(body, group.root);
    let works = root.is_some_and(|session| session.state.as_deref() == Some("active"));
    let severity = match (very_long, works && group.circle.is_empty()) {
        (true, _) => Severity::High,
        (false, false) => Severity::Medium,
        (false, true) => Severity::Low,
    };
    let (change, why) = remedy(body, group, root);
    let finding = cx
        .finding(subject(group), title(group, root, longest))
        .severity(severity)
        .why(why)
        .evidence("waiting_sessions", group.waiters.len(), "sessions", SOURCE)
        .evidence("longest_wait", (longest * 1000.0).round() / 1000.0, "s", SOURCE)
        .evidence("longest_chain", chain(&group.longest_chain(), group), "", SOURCE);
    let finding = match root {
        Some(session) => activity::evidence(finding, session),
        None => finding,
    };
    let told = group.waiters.iter().take(TOLD);
    let finding =
        told.fold(finding, |f, &(pid, behind)| f.evidence(&format!("pid {pid}"), tell(body, pid, behind), "", SOURCE));
    match change {
        Some(change) => finding.change(change),
        None => finding,
    }
}

fn subject(group: &Group) -> String {
    if group.root == 0 { "database".to_owned() } else { format!("pid {}", group.root) }
}

fn title(group: &Group, root: Option<&Session>, longest: f64) -> String {
    let waiting = if group.waiters.len() == 1 {
        "1 session waiting".to_owned()
    } else {
        format!("{} sessions waiting", group.waiters.len())
    };
    let longest = words::seconds(longest);
    if !group.circle.is_empty() {
        return format!("{} sessions wait for each other in a circle, up to {longest}", group.circle.len());
    }
    if group.root == 0 {
        return format!("a prepared transaction keeps {waiting}, up to {longest}");
    }
    let state =
        root.and_then(|session| session.state.as_deref()).map(|state| format!(" ({state})")).unwrap_or_default();
    format!("pid {}{state} keeps {waiting}, up to {longest}", group.root)
}

/// What sets the waiters free, and why that is it.
fn remedy(body: &PgBody, group: &Group, root: Option<&Session>) -> (Option<Change>, String) {
    let all = "all of them go on when it gives its locks up";
    if group.root == 0 {
        let why = "a prepared transaction holds the lock, and only its transaction manager knows whether it is to be \
                   committed or rolled back: look at pg_prepared_xacts, then run COMMIT PREPARED or ROLLBACK PREPARED";
        return (None, why.to_owned());
    }
    let Some(session) = root else {
        let why = "the process at the root is no client (a worker of the server, such as autovacuum) or has just ended; \
                   autovacuum gives way by itself unless it prevents wraparound";
        return (None, why.to_owned());
    };
    if !group.circle.is_empty() {
        let why = "each waits for the next; when it is a deadlock, the server ends one of them by itself after deadlock_timeout";
        return (Some(activity::cancel(body, session)), why.to_owned());
    }
    match session.state.as_deref() {
        Some("active") => (Some(activity::cancel(body, session)), format!("it is working: {all}")),
        Some(state) => {
            (Some(activity::terminate(body, session)), format!("it is {state}, which no cancel ends: {all}"))
        }
        None => (Some(activity::terminate(body, session)), all.to_owned()),
    }
}

/// `pid 1 <- 2 <- 3`: each waits for the one before it.
fn chain(pids: &[i32], group: &Group) -> String {
    let pids = if group.circle.is_empty() { pids.to_vec() } else { group.circle.iter().rev().copied().collect() };
    let shown = pids.iter().map(|&pid| if pid == 0 { "prepared transaction".to_owned() } else { format!("pid {pid}") });
    let mut text = shown.collect::<Vec<_>>().join(" <- ");
    if let (false, Some(first)) = (group.circle.is_empty(), pids.first()) {
        text = format!("{text} <- pid {first}");
    }
    text
}

/// What one waiter waits for, since when, and what it wants to do.
fn tell(body: &PgBody, pid: i32, behind: i32) -> String {
    let wait = body.waits.iter().find(|wait| wait.pid == pid);
    let lock = wait.map(lock).unwrap_or_default();
    let query = session(body, pid).and_then(|session| session.query.as_deref());
    let query =
        query.map(|query| format!(": {}", query.split_whitespace().collect::<Vec<_>>().join(" "))).unwrap_or_default();
    let behind = if behind == 0 { "a prepared transaction".to_owned() } else { format!("pid {behind}") };
    format!("waits {} for {behind}{lock}{query}", words::seconds(waited(body, pid)))
}

fn lock(wait: &LockWait) -> String {
    let on = wait.relation.as_deref().or(wait.lock_type.as_deref());
    match (&wait.mode, on) {
        (Some(mode), Some(on)) => format!(" ({mode} on {on})"),
        (Some(only), None) => format!(" ({only})"),
        (None, Some(on)) => format!(" ({on})"),
        (None, None) => String::new(),
    }
}

fn session(body: &PgBody, pid: i32) -> Option<&Session> {
    body.sessions.iter().find(|session| session.pid == pid)
}

/// Seconds that a session has waited; before version 14 at most since its statement began.
fn waited(body: &PgBody, pid: i32) -> f64 {
    let exact = body.waits.iter().find(|wait| wait.pid == pid).and_then(|wait| wait.wait_s);
    exact.or_else(|| session(body, pid)?.query_s).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn waits(pairs: &[(i32, &[i32], f64)]) -> Vec<LockWait> {
        let wait = |(pid, by, seconds): &(i32, &[i32], f64)| LockWait {
            pid: *pid,
            blocked_by: by.to_vec(),
            mode: Some("ShareLock".to_owned()),
            lock_type: Some("transactionid".to_owned()),
            relation: None,
            wait_s: Some(*seconds),
        };
        pairs.iter().map(wait).collect()
    }

    fn found(state: &str, waits: Vec<LockWait>) -> Vec<Finding> {
        let sessions = vec![sample::session(1, state, 900.0), sample::session(2, "active", 5.0)];
        sample::run("pg/blocked-sessions", &PgBody { sessions, waits, ..sample::body() })
    }

    fn forward(finding: &Finding) -> &str {
        finding.change.as_ref().map_or("", |change| change.forward[0].as_str())
    }

    #[test]
    fn a_root_that_waits_for_its_client_is_ended_and_one_that_works_is_cancelled() {
        let idle = found("idle in transaction", waits(&[(2, &[1], 5.0)]));
        assert_eq!((idle[0].subject.as_str(), idle[0].severity), ("pid 1", Severity::Medium));
        assert!(forward(&idle[0]).starts_with("SELECT pg_terminate_backend(pid)"));
        let works = found("active", waits(&[(2, &[1], 5.0)]));
        assert_eq!(works[0].severity, Severity::Low);
        assert!(forward(&works[0]).starts_with("SELECT pg_cancel_backend(pid)"));
        assert_eq!(found("active", waits(&[(2, &[1], 60.0)]))[0].severity, Severity::High);
    }

    #[test]
    fn short_waits_are_what_locks_are_for() {
        assert!(found("active", waits(&[(2, &[1], 0.9)])).is_empty());
    }

    #[test]
    fn a_circle_and_a_prepared_transaction_are_told_as_such() {
        let circle = found("active", waits(&[(1, &[2], 5.0), (2, &[1], 5.0)]));
        assert_eq!(circle.len(), 1);
        assert!(circle[0].title.contains("in a circle"), "{}", circle[0].title);
        let prepared = found("active", waits(&[(2, &[0], 5.0)]));
        assert_eq!((prepared[0].subject.as_str(), prepared[0].change.is_none()), ("database", true));
        assert!(prepared[0].why.contains("ROLLBACK PREPARED"));
    }
}

//! `mysql/connection-saturation`: hardly a connection is left, or there were none.

use std::collections::BTreeMap;

use dbwright_core::{Cx, Finding, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "max_connections";
/// Where counters are read.
const SOURCE: &str = "SHOW GLOBAL STATUS";

/// Reports what is taken now, or that clients were refused.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let (Some(most), Some(taken)) = (body.number(NAME), body.counter("Threads_connected")) else { return };
    let refused = body.counter("Connection_errors_max_connections").unwrap_or(0.0);
    let peak = body.counter("Max_used_connections").unwrap_or(0.0);
    let share = taken / most.max(1.0);
    let (severity, title) = if share >= cx.limit("share") {
        let severity = if share >= cx.limit("high_share") { Severity::High } else { Severity::Medium };
        (severity, format!("{} of {} connections are taken", words::count(taken), words::count(most)))
    } else if refused > 0.0 && peak >= most {
        (
            Severity::Medium,
            format!(
                "clients were refused {} times: all {} connections were taken",
                words::count(refused),
                words::count(most)
            ),
        )
    } else {
        return;
    };
    let finding = cx
        .finding(NAME, title)
        .severity(severity)
        .evidence("Threads_connected", taken, "connections", SOURCE)
        .evidence("Max_used_connections", peak, "connections", SOURCE)
        .evidence("Connection_errors_max_connections", refused, "refusals", SOURCE)
        .evidence("idle sessions", idle(body), "sessions", crate::sessions::SOURCE)
        .why(
            "the next ones get error 1040 (Too many connections), and the program is down while the server has nothing to do. See who has them first: a pool that is too large, or connections that \
             are never closed; each may take memory (mysql/max-connections-memory)",
        );
    let to = format!("{:.0}", (most * 1.5).ceil());
    let finding = with_largest(body, finding);
    cx.report(settings::mended(body, finding, NAME, &to, When::Now));
}

/// Sessions that wait for their client.
fn idle(body: &Body) -> usize {
    body.activity.sessions.iter().filter(|session| session.command == "Sleep").count()
}

/// Names the account with most sessions.
fn with_largest(body: &Body, finding: Finding) -> Finding {
    let mut accounts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for session in &body.activity.sessions {
        *accounts.entry((&session.user, &session.host)).or_default() += 1;
    }
    match accounts.into_iter().max_by_key(|(_, count)| *count) {
        Some(((user, host), count)) => {
            finding.evidence(&format!("of {user}@{host}"), count, "sessions", crate::sessions::SOURCE)
        }
        None => finding,
    }
}

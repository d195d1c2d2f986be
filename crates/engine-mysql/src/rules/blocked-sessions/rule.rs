//! `mysql/blocked-sessions`: sessions that wait for row locks, told from the one that all of them wait for.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, RowWait};
use crate::sessions;
use crate::words;

/// Waiters told one by one.
const TOLD: usize = 12;

/// Reports each root with everybody behind it.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let waits = &cx.body.activity.row_waits;
    let pairs: Vec<(u64, u64)> = waits.iter().map(|wait| (wait.waiter, wait.blocker)).collect();
    for (root, waiters) in sessions::groups(&pairs) {
        let of = |id: u64| waits.iter().find(|wait| wait.waiter == id);
        let longest = waiters.iter().filter_map(|id| of(*id)).map(|wait| wait.seconds).fold(0.0, f64::max);
        if longest >= cx.limit("seconds") {
            let finding = finding(cx, root, &waiters, longest);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, root: u64, waiters: &[u64], longest: f64) -> Finding {
    let body = cx.body;
    let source = body.server.flavour.lock_waits().source;
    let waiting =
        if waiters.len() == 1 { "1 session waiting".to_owned() } else { format!("{} sessions waiting", waiters.len()) };
    let session = sessions::find(body, root);
    let idle = session.is_some_and(|session| !sessions::works(session));
    let severity = if longest >= cx.limit("high_seconds") { Severity::High } else { Severity::Medium };
    let why = if idle {
        "it waits for its client, and keeps its locks until it commits: all of them go on when it does"
    } else {
        "all of them go on when it commits or gives up"
    };
    let mut finding = cx
        .finding(
            format!("pid {root}"),
            format!("pid {root} keeps {waiting} for row locks, up to {}", words::seconds(longest)),
        )
        .severity(severity)
        .why(why)
        .evidence("waiting_sessions", waiters.len(), "sessions", source)
        .evidence("longest_wait", longest, "s", "information_schema.INNODB_TRX.trx_wait_started");
    finding = sessions::evidence(finding, session);
    for id in waiters.iter().take(TOLD) {
        let told = body
            .activity
            .row_waits
            .iter()
            .find(|wait| wait.waiter == *id)
            .map(|wait| tell(body, wait))
            .unwrap_or_default();
        finding = finding.evidence(&format!("pid {id}"), told, "", source);
    }
    if root == 0 {
        return finding.why("a prepared transaction that lost its client holds the locks: look at XA RECOVER, then run XA COMMIT or XA ROLLBACK");
    }
    finding.change(sessions::kill(root))
}

fn tell(body: &Body, wait: &RowWait) -> String {
    let on = wait.table.as_deref().map(|table| format!(" on {table}")).unwrap_or_default();
    let statement = sessions::find(body, wait.waiter).and_then(|session| session.statement.as_deref());
    let statement = statement.map(|text| format!(": {text}")).unwrap_or_default();
    format!("waits for pid {}{on}{statement}", wait.blocker)
}

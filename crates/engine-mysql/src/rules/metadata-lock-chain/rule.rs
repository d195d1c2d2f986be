//! `mysql/metadata-lock-chain`: a queue before a table, told from its root.
//!
//! Who waits for whom is not kept by the server. Whoever holds a lock on the table and waits for none of it is a root; a
//! waiter is behind the first root of its table.

use dbwright_core::{Cx, Finding};
use dbwright_sql::Dialect;

use crate::body::{Body, TableLock};
use crate::sessions;
use crate::words;

/// Where locks are read.
const SOURCE: &str = "performance_schema.metadata_locks";
/// Waiters told one by one.
const TOLD: usize = 12;

/// Reports each table that sessions queue for.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let locks = &cx.body.activity.table_locks;
    for queue in locks.chunk_by(|a, b| (&a.schema, &a.table) == (&b.schema, &b.table)) {
        let mut waiters: Vec<&TableLock> = queue.iter().filter(|lock| !lock.granted).collect();
        let longest = waiters.iter().map(|lock| lock.seconds).max().unwrap_or(0);
        if waiters.is_empty() || words::as_f64(longest) < cx.limit("seconds") {
            continue;
        }
        waiters.sort_by_key(|lock| (std::cmp::Reverse(lock.seconds), lock.id));
        let waits = |id: u64| waiters.iter().any(|lock| lock.id == id);
        let holders: Vec<&TableLock> = queue.iter().filter(|lock| lock.granted && !waits(lock.id)).collect();
        if let Some(root) = holders.iter().max_by_key(|lock| (lock.seconds, std::cmp::Reverse(lock.id))) {
            let finding = finding(cx, root, &holders, &waiters, longest);
            cx.report(finding);
        }
    }
}

fn finding(
    cx: &Cx<'_, Body>,
    root: &TableLock,
    holders: &[&TableLock],
    waiters: &[&TableLock],
    longest: u64,
) -> Finding {
    let table = Dialect::Mysql.qualified(&root.schema, &root.table);
    let waiting =
        if waiters.len() == 1 { "1 session waiting".to_owned() } else { format!("{} sessions waiting", waiters.len()) };
    let exclusive = waiters.iter().find(|lock| lock.kind.starts_with("EXCLUSIVE") || lock.kind.contains("NO_WRITE"));
    let why = match exclusive {
        Some(change) => format!(
            "pid {} wants to change the table and waits for it; nobody who comes later gets past that, not even readers",
            change.id
        ),
        None => "it holds the table against all others".to_owned(),
    };
    let mut others: Vec<u64> = holders.iter().map(|lock| lock.id).filter(|id| *id != root.id).collect();
    others.sort_unstable();
    others.dedup();
    let mut finding = cx
        .finding(
            format!("pid {}", root.id),
            format!("pid {} keeps {waiting} for {table}, up to {}", root.id, words::seconds(words::as_f64(longest))),
        )
        .why(why)
        .evidence("table", table.as_str(), "", SOURCE)
        .evidence("waiting_sessions", waiters.len(), "sessions", SOURCE)
        .evidence("longest_wait", longest, "s", "performance_schema.threads")
        .evidence("lock", root.kind.as_str(), "", SOURCE);
    if !others.is_empty() {
        let ids: Vec<String> = others.iter().map(|id| format!("pid {id}")).collect();
        finding = finding.evidence("others that hold it", words::some_of(&ids), "", SOURCE);
    }
    finding = sessions::evidence(finding, sessions::find(cx.body, root.id));
    for waiter in waiters.iter().take(TOLD) {
        let statement =
            sessions::find(cx.body, waiter.id).and_then(|session| session.statement.as_deref()).unwrap_or("?");
        let told = format!("waits for {}: {statement}", waiter.kind);
        finding = finding.evidence(&format!("pid {}", waiter.id), told, "", SOURCE);
    }
    finding.change(sessions::kill(root.id))
}

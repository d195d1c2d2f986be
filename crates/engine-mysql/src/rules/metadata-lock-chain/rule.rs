//! `mysql/metadata-lock-chain`: a queue before a table, told from its root.
//!
//! Who waits for whom is not kept by the server. Whoever holds a lock on the table and waits for none of it is a root; a
//! waiter is behind the first root of its table.

use dbwright_core::{Cx, Finding};
use dbwright_sql::Dialect;

use crate::body::{Body, Connected, TableLock, area};
use crate::sessions;
use crate::words;

/// Where locks are read.
const SOURCE: &str = "performance_schema.metadata_locks";
/// What a session says that waits for one.
const WAITING: &str = "Waiting for table metadata lock";
/// Waiters told one by one.
const TOLD: usize = 12;

/// Reports each table that sessions queue for.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if let Some(gap) = cx.header.gaps.iter().find(|gap| gap.area == area::METADATA_LOCKS) {
        match unlisted(cx, gap.remedy.as_deref()) {
            Some(finding) => cx.report(finding),
            None => cx.not_looked(gap.reason.clone(), gap.remedy.as_deref()),
        }
        return;
    }
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

/// Without a list of locks, sessions still say what they wait for; what holds them up can only be supposed.
fn unlisted(cx: &Cx<'_, Body>, remedy: Option<&str>) -> Option<Finding> {
    let activity = &cx.body.activity;
    let waits = |session: &&Connected| session.state.as_deref() == Some(WAITING);
    let waiters: Vec<&Connected> = activity.sessions.iter().filter(waits).collect();
    let longest = waiters.iter().map(|session| session.seconds).max()?;
    if words::as_f64(longest) < cx.limit("seconds") {
        return None;
    }
    let waiting =
        if waiters.len() == 1 { "a session waits".to_owned() } else { format!("{} sessions wait", waiters.len()) };
    let title = format!("{waiting} for metadata locks of tables, up to {}", words::seconds(words::as_f64(longest)));
    let mut finding = cx
        .finding("server", title)
        .evidence("waiting_sessions", waiters.len(), "sessions", sessions::SOURCE)
        .evidence("longest_wait", longest, "s", sessions::SOURCE);
    for waiter in waiters.iter().take(TOLD) {
        let told = waiter.statement.clone().unwrap_or_default();
        finding = finding.evidence(&format!("pid {}", waiter.id), told, "", sessions::SOURCE);
    }
    // Whoever holds the lock has a transaction that is older than the wait, and does not wait itself.
    let older = activity
        .transactions
        .iter()
        .filter(|one| one.seconds + 1.0 >= words::as_f64(longest) && !waiters.iter().any(|waiter| waiter.id == one.id));
    let suspects: Vec<String> = older.filter(|one| one.id != 0).map(|one| format!("pid {}", one.id)).collect();
    let who = if suspects.is_empty() {
        "no open transaction is older than the wait: look for LOCK TABLES, a backup or a long statement".to_owned()
    } else {
        finding =
            finding.evidence("older transactions", words::some_of(&suspects), "", "information_schema.INNODB_TRX");
        format!("it is one of the transactions that are older than the wait ({})", words::some_of(&suspects))
    };
    let list = remedy.unwrap_or("switch on the list of metadata locks");
    Some(finding.why(format!(
        "once somebody waits to change a table, nobody who comes later gets past, not even readers. Who holds it is not known here: {who}. No change is given, because KILL on a guess hits the wrong one: \
         {list}, and check again"
    )))
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

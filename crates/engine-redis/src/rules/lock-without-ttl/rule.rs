//! `redis/lock-without-ttl`: who dies with it, blocks everybody.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{Body, Pattern};
use crate::mend::{self, WALK_LOCK, Walk};
use crate::words;

/// Parts of a name that say that it is a lock.
const LOCKS: [&str; 8] = ["lock", "locks", "mutex", "lease", "leases", "semaphore", "redlock", "lck"];
/// What the locks that are there get: longer than any work that should hold one.
const AN_HOUR: u64 = 3_600;

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let least = cx.limit("keys");
    for pattern in &cx.body.keyspace.patterns {
        let named = pattern
            .name
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| LOCKS.contains(&part.to_lowercase().as_str()));
        let fits = pattern.share_of_type("string") + pattern.share_of_type("hash") >= 0.95;
        if named && fits && pattern.keys.value * pattern.share_without_expiry() >= least {
            let finding = finding(cx, pattern);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, pattern: &Pattern) -> Finding {
    let keys = pattern.keys.value * pattern.share_without_expiry();
    let title = match words::whole(keys.round()) {
        1 if !pattern.name.contains('*') => format!("the lock {} never expires", pattern.name),
        1 => format!("a lock of {} never expires", pattern.name),
        _ => format!("{} locks of {} never expire", words::count(keys), pattern.name),
    };
    let finding = cx
        .finding(&pattern.name, title)
        .why(
            "when its holder dies, nobody gets it until a person deletes the key; take locks with SET key token NX PX 30000, \
             and give those that are there an end",
        )
        .evidence("locks_without_expiry", keys.round(), "keys", "PTTL of a sample")
        .evidence("locks", pattern.keys.value.round(), "keys", "sample of the keyspace");
    let finding = match pattern.idle_s {
        Some(idle) => finding.evidence("longest_idle", idle.max.round(), "s", "OBJECT IDLETIME of a sample"),
        None => finding,
    };
    match mend::walk(pattern, &Walk::Expire { seconds: AN_HOUR }) {
        None => finding,
        Some(statement) => finding.change(Change::new([statement], WALK_LOCK).outside_transaction().irreversible(
            "which locks had no expiry is not written down; PERSIST takes one away as long as the key is there",
        )),
    }
}

//! `redis/blocking-command`: one call, and everybody waits.

use std::collections::BTreeMap;

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, SlowCommand, area};
use crate::mend;
use crate::words;

const SOURCE: &str = "SLOWLOG GET";

/// Commands whose time grows with their value, and what does the same without blocking.
const INSTEAD: [(&str, &str); 22] = [
    ("keys", "SCAN with MATCH and COUNT"),
    ("smembers", "SSCAN, or SMISMEMBER for the members in question"),
    ("hgetall", "HSCAN, or HMGET for the fields that are needed"),
    ("hkeys", "HSCAN with NOVALUES, or HSCAN"),
    ("hvals", "HSCAN, or HMGET for the fields that are needed"),
    ("lrange", "LRANGE by pages"),
    ("zrange", "ZRANGE with LIMIT"),
    ("zrevrange", "ZRANGE with REV and LIMIT"),
    ("zrangebyscore", "ZRANGE with BYSCORE and LIMIT"),
    ("sort", "a sorted set that is kept in order"),
    ("sort_ro", "a sorted set that is kept in order"),
    ("sunion", "SUNIONSTORE on a replica, or SSCAN of each"),
    ("sinter", "SINTERCARD with LIMIT, or SSCAN and SMISMEMBER"),
    ("sdiff", "SSCAN and SMISMEMBER"),
    ("sunionstore", "a set that is kept up to date with each write"),
    ("sinterstore", "a set that is kept up to date with each write"),
    ("sdiffstore", "a set that is kept up to date with each write"),
    ("zunionstore", "a sorted set that is kept up to date with each write"),
    ("zinterstore", "a sorted set that is kept up to date with each write"),
    ("del", "UNLINK"),
    ("flushall", "FLUSHALL ASYNC"),
    ("flushdb", "FLUSHDB ASYNC"),
];

/// Reports node by node and command by command.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::SLOWLOG);
    super::tell_gaps(cx, area::NODES);
    let (us, high_us) = (cx.limit("ms") * 1_000.0, cx.limit("high_ms") * 1_000.0);
    for node in &cx.body.nodes {
        let mut slow: BTreeMap<&str, Vec<&SlowCommand>> = BTreeMap::new();
        for entry in node.slowlog.entries.iter().filter(|entry| entry.usec as f64 >= us) {
            slow.entry(&entry.command).or_default().push(entry);
        }
        for (command, instead) in INSTEAD {
            let Some(entries) = slow.get(command) else { continue };
            let setting = setting(command);
            if setting.is_some_and(|name| node.setting(name) == Some("yes")) {
                continue; // what the log still shows was before
            }
            let finding = finding(cx, node, command, instead, entries, high_us);
            cx.report(match setting {
                Some(name) if node.setting(name).is_some() => finding.change(mend::settings(node, &[(name, "yes")])),
                _ => finding,
            });
        }
    }
}

/// The setting with which the server itself takes the form that does not block.
fn setting(command: &str) -> Option<&'static str> {
    match command {
        "del" => Some("lazyfree-lazy-user-del"),
        "flushall" | "flushdb" => Some("lazyfree-lazy-user-flush"),
        _ => None,
    }
}

fn finding(
    cx: &Cx<'_, Body>,
    node: &Node,
    command: &str,
    instead: &str,
    entries: &[&SlowCommand],
    high_us: f64,
) -> Finding {
    let worst = entries.iter().max_by_key(|entry| entry.usec);
    let usec = worst.map_or(0, |entry| entry.usec);
    let name = command.to_uppercase();
    let who = if setting(command).is_some() {
        "the application can send it, or the server can take it so"
    } else {
        "the application has to send it"
    };
    cx.finding(cx.body.subject(node, &name), format!("{name} held up the server for {}", words::micros(usec as f64)))
        .severity(if usec as f64 >= high_us { Severity::High } else { Severity::Medium })
        .why(format!("its time grows with the value, and everybody waits meanwhile; use {instead}: {who}"))
        .evidence("slowest", usec, "µs", SOURCE)
        .evidence("entries", entries.len(), "calls", SOURCE)
        .evidence("example", worst.map_or("", |entry| entry.shape.as_str()), "", SOURCE)
}

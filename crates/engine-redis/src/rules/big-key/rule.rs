//! `redis/big-key`: one key that holds up everybody.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, LargeKey};
use crate::words;

/// Reports key by key.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (bytes, elements) = (cx.limit("bytes"), cx.limit("elements"));
    for key in cx.body.keyspace.largest.iter().filter(|key| key.kind != "stream") {
        let many = key.kind != "string" && key.length.is_some_and(|length| length as f64 >= elements);
        if key.bytes as f64 >= bytes || many {
            let finding = finding(cx, key);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, key: &LargeKey) -> Finding {
    let severity = if key.bytes as f64 >= cx.limit("high_bytes") { Severity::High } else { Severity::Medium };
    let size = words::bytes(key.bytes as f64);
    let title = match key.length.filter(|_| key.kind != "string") {
        Some(length) => {
            format!("the {} {} has {} elements and takes {size}", key.kind, key.key, words::count(length as f64))
        }
        None => format!("the {} {} takes {size}", key.kind, key.key),
    };
    let finding = cx
        .finding(&key.key, title)
        .severity(severity)
        .why(format!(
            "while a command works on all of it, everybody waits; only the application can divide it: {}; delete it with \
             UNLINK, not with DEL",
            advice(&key.kind)
        ))
        .evidence("bytes", key.bytes, "bytes", "MEMORY USAGE")
        .evidence("type", key.kind.as_str(), "", "TYPE")
        .evidence("encoding", key.encoding.as_str(), "", "OBJECT ENCODING");
    let finding = match key.length {
        Some(length) => finding.evidence(
            "length",
            length,
            if key.kind == "string" { "bytes" } else { "elements" },
            length_of(&key.kind),
        ),
        None => finding,
    };
    if key.database == 0 { finding } else { finding.evidence("database", key.database, "", "SELECT") }
}

fn advice(kind: &str) -> &'static str {
    match kind {
        "hash" => "several hashes by a part of the field's hash, HMGET for the fields that are needed, HSCAN for all",
        "set" => "several sets by a part of the member's hash, SISMEMBER for one, SSCAN for all",
        "zset" => "several sorted sets by range or time, ZRANGE with LIMIT, ZREMRANGEBYRANK for what nobody reads",
        "list" => "LTRIM to what is needed, LRANGE by pages",
        _ => "compressed, in several parts, or in a file store with its address here",
    }
}

fn length_of(kind: &str) -> &'static str {
    match kind {
        "hash" => "HLEN",
        "set" => "SCARD",
        "zset" => "ZCARD",
        "list" => "LLEN",
        _ => "STRLEN",
    }
}

//! `redis/keyspace-pattern-unbounded`: keys that are made and never go.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Pattern};
use crate::words;

const SOURCE: &str = "sample of the keyspace";
/// Parts of a name for things that happen, of which there is no end.
const EVENTS: [&str; 20] = [
    "log", "logs", "event", "events", "req", "request", "requests", "trace", "traces", "span", "visit", "visits",
    "click", "clicks", "pageview", "audit", "history", "metric", "metrics", "job",
];

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (least, many, share) = (cx.limit("keys"), cx.limit("many_keys"), cx.limit("share"));
    let idle_s = cx.limit("idle_days") * 86_400.0;
    let all = cx.body.keyspace.keys as f64;
    for pattern in cx.body.keyspace.patterns.iter().filter(|pattern| pattern.name.contains('*')) {
        let keys = pattern.keys.value;
        if pattern.share_without_expiry() < 0.95 || keys < least || keys < all * share {
            continue;
        }
        let events = pattern
            .name
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| EVENTS.contains(&part.to_lowercase().as_str()));
        let forgotten = pattern.idle_s.filter(|idle| idle.median >= idle_s).map(|idle| idle.median);
        if events || forgotten.is_some() || keys >= many {
            let finding = finding(cx, pattern, events, forgotten);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, pattern: &Pattern, events: bool, forgotten: Option<f64>) -> Finding {
    let why = match (events, forgotten) {
        (_, Some(idle)) => {
            format!("half of them have not been used for {} and more, and none of them expires", words::seconds(idle))
        }
        (true, None) => "by its name each event makes one, and none of them expires".to_owned(),
        (false, None) => "none of them expires; a store may grow, but its memory is that of one machine".to_owned(),
    };
    let severity = if events || forgotten.is_some() { Severity::Medium } else { Severity::Low };
    let finding = cx
        .finding(&pattern.name, format!("{} keys of {} never expire", words::count(pattern.keys.value), pattern.name))
        .severity(severity)
        .why(format!(
            "{why}; write them with the time that they are needed (SET key value EX 604800), or keep them in a stream with \
             XADD … MAXLEN; whether what is there may go is for its owner to say, so there is no change"
        ))
        .evidence("keys", pattern.keys.value.round(), "keys", SOURCE)
        .evidence("share_of_all_keys", words::ratio(pattern.keys.value / (cx.body.keyspace.keys as f64).max(1.0)), "ratio", SOURCE)
        .evidence("bytes", pattern.bytes.value.round(), "bytes", "MEMORY USAGE of a sample")
        .evidence("share_without_expiry", words::ratio(pattern.share_without_expiry()), "ratio", SOURCE);
    match pattern.idle_s {
        Some(idle) => finding.evidence("median_idle", idle.median.round(), "s", "OBJECT IDLETIME of a sample"),
        None => finding,
    }
}

//! `SLOWLOG GET`: what ran long, without values, and without what dbwright itself has sent.

use redis::Value;

use super::shape;
use super::visit::{Gaps, Visit, bytes_of, count_of, list_of, number_of, text_of};
use crate::body::{SlowCommand, area};

/// Entries that are read: as many as a server keeps unless told otherwise.
const ENTRIES: &str = "128";

/// Reads the slow log.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    for (name, least, usual) in [("slowlog-log-slower-than", 0.0, "10000"), ("slowlog-max-len", 1.0, "128")] {
        if visit.node.setting_number(name).is_some_and(|value| value < least) {
            let reason = format!("the slow log of {} is off", visit.node.address);
            gaps.add(area::SLOWLOG, reason, Some(format!("CONFIG SET {name} {usual}")));
        }
    }
    if let Some(answer) = visit.ask(gaps, area::SLOWLOG, &["SLOWLOG", "GET", ENTRIES]).await {
        let entries = list_of(&answer).iter().filter_map(|value| entry(value, visit.discreet));
        visit.node.slowlog.entries = entries.filter(|entry| entry.client != "dbwright").collect();
        visit.node.slowlog.length = visit.node.slowlog.entries.len() as u64;
    }
    if let Some(answer) = visit.ask(gaps, area::SLOWLOG, &["SLOWLOG", "LEN"]).await {
        visit.node.slowlog.length = count_of(&answer).unwrap_or(visit.node.slowlog.length);
    }
}

fn entry(value: &Value, discreet: bool) -> Option<SlowCommand> {
    let parts = list_of(value);
    let words: Vec<&[u8]> = list_of(parts.get(3)?).iter().filter_map(bytes_of).collect();
    let shape = shape::of(&words, discreet);
    #[allow(clippy::cast_possible_truncation, reason = "numbers and times of the server fit")]
    let whole = |at: usize| parts.get(at).and_then(number_of).unwrap_or(0.0) as i64;
    Some(SlowCommand {
        id: whole(0),
        at: whole(1),
        usec: parts.get(2).and_then(count_of).unwrap_or(0),
        command: shape.command,
        shape: shape.text,
        key: shape.key,
        arguments: shape.arguments,
        client: parts.get(5).map(text_of).map(|name| super::pattern::of(name.as_bytes())).unwrap_or_default(),
    })
}

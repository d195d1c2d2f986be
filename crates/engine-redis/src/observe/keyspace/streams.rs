//! What streams hold, and how far their groups are.

use redis::Value;

use super::super::pattern;
use super::super::visit::{Visit, count_of, list_of, pairs_of, text_of};
use super::contents::select;
use super::finds::Find;
use crate::body::{Stream, StreamGroup};

/// Groups of a stream that are looked at.
const GROUPS: usize = 50;

/// Reads a stream's length, ends and groups; its entries are not kept.
pub(super) async fn read(visit: &mut Visit, find: &Find, pattern: String) -> Option<Stream> {
    let mut pipeline = select(find.database);
    pipeline.cmd("XINFO").arg("STREAM").arg(&find.name);
    pipeline.cmd("XINFO").arg("GROUPS").arg(&find.name);
    let answers = visit.client.pipeline(pipeline).await.ok()?;
    let value = |at: usize| answers.get(at).and_then(|answer| answer.as_ref().ok());
    let fields = pairs_of(value(1)?);
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let seen = value(2).map(list_of).unwrap_or_default();
    let groups = groups(visit, find, seen.get(..GROUPS).unwrap_or(seen)).await;
    Some(Stream {
        key: pattern::escaped(&find.name),
        pattern,
        node: find.node.clone(),
        database: find.database,
        bytes: find.key.bytes,
        length: field("length").and_then(count_of)?,
        added: field("entries-added").and_then(count_of),
        first_ms: field("first-entry").and_then(|entry| milliseconds(&text_of(list_of(entry).first()?))),
        last_ms: field("last-generated-id").and_then(|id| milliseconds(&text_of(id))),
        done_to: done_to(&groups),
        groups: groups.into_iter().map(|(group, _)| group).collect(),
    })
}

/// The time in an entry's id.
fn milliseconds(id: &str) -> Option<u64> {
    // An id that an application made up is no time.
    id.split('-').next()?.parse().ok().filter(|ms| *ms > 1_000_000_000_000)
}

/// An entry's id as numbers, so that ids can be compared.
type Id = (u64, u64);

/// The groups, each with the id of its first entry that is not done.
async fn groups(visit: &mut Visit, find: &Find, seen: &[Value]) -> Vec<(StreamGroup, Option<Id>)> {
    let mut groups = Vec::new();
    for value in seen {
        let fields = pairs_of(value);
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
        let count = |name: &str| field(name).and_then(count_of);
        let mut group = StreamGroup {
            name: field("name").map(text_of).unwrap_or_default(),
            consumers: count("consumers").unwrap_or(0),
            pending: count("pending").unwrap_or(0),
            oldest_pending_s: None,
            lag: count("lag"),
        };
        let delivered = field("last-delivered-id").and_then(|id| parse(&text_of(id)));
        let mut open = delivered.map(|(ms, number)| (ms, number.saturating_add(1)));
        if group.pending > 0 {
            let mut pipeline = select(find.database);
            pipeline.cmd("XPENDING").arg(&find.name).arg(&group.name).arg("-").arg("+").arg(1);
            let Ok(answers) = visit.client.pipeline(pipeline).await else { return groups };
            let oldest = answers.get(1).and_then(|answer| list_of(answer.as_ref().ok()?).first());
            let parts = oldest.map(list_of).unwrap_or_default();
            open = parts.first().and_then(|id| parse(&text_of(id)));
            group.oldest_pending_s = parts.get(2).and_then(count_of).map(|ms| ms / 1000);
        }
        groups.push((group, open));
    }
    groups
}

fn parse(id: &str) -> Option<Id> {
    let (ms, number) = id.split_once('-')?;
    Some((ms.parse().ok()?, number.parse().ok()?))
}

/// The first entry that some group is not done with; none without groups, when one can't tell, or when one is done
/// with nothing.
fn done_to(groups: &[(StreamGroup, Option<Id>)]) -> Option<String> {
    let open: Option<Vec<Id>> = groups.iter().map(|(_, open)| *open).collect();
    let (ms, number) = open?.into_iter().min().filter(|id| *id > (0, 1))?;
    Some(format!("{ms}-{number}"))
}

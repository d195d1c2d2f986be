//! A closer look at few keys: how long the largest are, what streams hold, what strings begin with.
//!
//! These commands count as uses of a key, where others do not. They are sent when the server takes no notice
//! (`CLIENT NO-TOUCH`, 7.2), or when use does not decide what is evicted; else this is a gap.

use std::collections::{BTreeMap, HashMap};

use redis::{Pipeline, Value};

use super::super::pattern;
use super::super::visit::{Gaps, Visit, bytes_of, count_of, number_of, text_of};
use super::finds::{Find, Finds};
use super::strata::{Details, Scope};
use super::streams;
use crate::body::{HotKey, Keyspace, LargeKey, Pattern, Spread, Values, area};

/// Patterns whose strings are looked at.
const PATTERNS: usize = 30;
/// Strings of a pattern whose first bytes are looked at.
const STRINGS: usize = 20;
/// Collections of a pattern whose elements are counted.
const COLLECTIONS: usize = 50;
/// The last byte of a string that is read, from 0.
const LAST_BYTE: u32 = 3;

/// Fills in the single keys, and the kinds of values when they may be looked at.
pub(super) async fn fill(
    keyspace: &mut Keyspace,
    scopes: &[Scope],
    names: &HashMap<String, String>,
    finds: Finds,
    visits: &mut [Visit],
    values: bool,
    gaps: &mut Gaps,
) {
    let mut finds = finds;
    for visit in visits.iter_mut() {
        complete(visit, &mut finds).await;
    }
    let pattern = |find: &Find| names.get(&find.shape).unwrap_or(&find.shape).clone();
    keyspace.largest = finds.largest.iter().map(|find| large(find, pattern(find))).collect();
    keyspace.hottest = finds.hottest.iter().map(|find| hot(find, pattern(find))).collect();
    for visit in visits {
        let place = visit.node.address.clone();
        let here = |find: &&Find| find.node == place;
        if !scopes.iter().any(|scope| scope.node == place) {
            continue;
        }
        if !unnoticed(visit) {
            let reason = format!("{place} would count a closer look at keys as their use, and evicts by use");
            let remedy = if visit.node.version() >= (7, 2, 0) {
                format!("ACL SETUSER {} +client|no-touch", visit.user)
            } else {
                "Redis 7.2, Valkey 7.2 and later can be told not to".to_owned()
            };
            gaps.add(area::CONTENTS, reason, Some(remedy));
            continue;
        }
        let largest: Vec<&Find> = finds.largest.iter().filter(here).collect();
        let found = lengths(visit, &largest).await;
        for one in keyspace.largest.iter_mut().filter(|one| one.node == place) {
            one.length = found.get(&(one.database, one.key.clone())).copied();
        }
        for find in finds.streams.iter().filter(here) {
            let stream = streams::read(visit, find, pattern(find)).await;
            keyspace.streams.extend(stream);
        }
        loose(visit, keyspace, scopes, names).await;
        if values {
            kinds(visit, keyspace, scopes, names).await;
        }
    }
}

/// Asks of the keys that stand out what was not asked yet, when their size alone was.
async fn complete(visit: &mut Visit, finds: &mut Finds) {
    let place = visit.node.address.clone();
    let both = finds.largest.iter_mut().chain(&mut finds.hottest);
    for find in both.filter(|find| find.node == place && find.key.kind.is_empty()) {
        let mut pipeline = select(find.database);
        pipeline.cmd("TYPE").arg(&find.name);
        pipeline.cmd("OBJECT").arg("ENCODING").arg(&find.name);
        pipeline.cmd("PTTL").arg(&find.name);
        let Ok(answers) = visit.client.pipeline(pipeline).await else { return };
        let at = |at: usize| answers.get(at).and_then(|answer| answer.as_ref().ok()).unwrap_or(&Value::Nil);
        find.key.kind = text_of(at(1));
        find.key.encoding = text_of(at(2));
        find.key.ttl_s = number_of(at(3)).filter(|ms| *ms >= 0.0).map(|ms| ms / 1000.0);
    }
}

/// Whether a read leaves nothing behind that matters.
fn unnoticed(visit: &Visit) -> bool {
    let policy = visit.node.setting("maxmemory-policy").or_else(|| visit.node.info.text("maxmemory_policy"));
    visit.no_touch || policy.is_some_and(|policy| !policy.contains("lru") && !policy.contains("lfu"))
}

fn large(find: &Find, pattern: String) -> LargeKey {
    LargeKey {
        key: pattern::escaped(&find.name),
        pattern,
        node: find.node.clone(),
        database: find.database,
        kind: find.key.kind.clone(),
        encoding: find.key.encoding.clone(),
        bytes: find.key.bytes,
        length: None,
        ttl_s: find.key.ttl_s.map(whole),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times left are not negative")]
const fn whole(seconds: f64) -> u64 {
    seconds as u64
}

fn hot(find: &Find, pattern: String) -> HotKey {
    HotKey {
        key: pattern::escaped(&find.name),
        pattern,
        node: find.node.clone(),
        database: find.database,
        kind: find.key.kind.clone(),
        bytes: find.key.bytes,
        frequency: find.key.frequency.unwrap_or(0),
    }
}

/// Elements of collections and bytes of strings, by database and escaped name.
async fn lengths(visit: &mut Visit, finds: &[&Find]) -> HashMap<(u64, String), u64> {
    let mut found = HashMap::new();
    let databases: BTreeMap<u64, Vec<&Find>> = finds.iter().fold(BTreeMap::new(), |mut all, find| {
        all.entry(find.database).or_insert_with(Vec::new).push(*find);
        all
    });
    for (database, finds) in databases {
        let finds: Vec<_> = finds.into_iter().filter_map(|find| Some((find, length_of(&find.key.kind)?))).collect();
        let mut pipeline = select(database);
        for (find, command) in &finds {
            pipeline.cmd(command).arg(&find.name);
        }
        let Ok(answers) = visit.client.pipeline(pipeline).await else { return found };
        for ((find, _), answer) in finds.iter().zip(answers.iter().skip(1)) {
            if let Some(length) = answer.as_ref().ok().and_then(count_of) {
                found.insert((database, pattern::escaped(&find.name)), length);
            }
        }
    }
    found
}

/// The command that tells the length of a type; each takes the same short time whatever the length.
pub(super) fn length_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "string" => "STRLEN",
        "list" => "LLEN",
        "set" => "SCARD",
        "zset" => "ZCARD",
        "hash" => "HLEN",
        "stream" => "XLEN",
        _ => return None,
    })
}

/// A pipeline that begins in a database.
pub(super) fn select(database: u64) -> Pipeline {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("SELECT").arg(database);
    pipeline
}

/// What some strings of the largest patterns begin with.
async fn kinds(visit: &mut Visit, keyspace: &mut Keyspace, scopes: &[Scope], names: &HashMap<String, String>) {
    let wanted = keyspace.patterns.iter_mut().filter(|pattern| pattern.share_of_type("string") > 0.5).take(PATTERNS);
    for pattern in wanted {
        let details = details(pattern, &visit.node.address, scopes, names);
        let looked = pattern.values.map_or(0, |values| values.looked);
        let room = STRINGS.saturating_sub(usize::try_from(looked).unwrap_or(STRINGS));
        let mut pipeline = select(pattern.database);
        for name in details.flat_map(|details| &details.strings).take(room) {
            pipeline.cmd("GETRANGE").arg(name).arg(0).arg(LAST_BYTE);
        }
        let Ok(answers) = visit.client.pipeline(pipeline).await else { return };
        let starts = answers.iter().skip(1).filter_map(|answer| bytes_of(answer.as_ref().ok()?));
        for start in starts.filter(|start| !start.is_empty()) {
            pattern.values.get_or_insert_default().add(start);
        }
    }
}

/// How many elements collections have that are not kept in the compact form.
async fn loose(visit: &mut Visit, keyspace: &mut Keyspace, scopes: &[Scope], names: &HashMap<String, String>) {
    for pattern in keyspace.patterns.iter_mut().filter(|pattern| pattern.lengths.is_none()) {
        let details = details(pattern, &visit.node.address, scopes, names);
        let mut pipeline = select(pattern.database);
        for (command, name) in details.flat_map(|details| &details.loose).take(COLLECTIONS) {
            pipeline.cmd(command).arg(name);
        }
        if pipeline.len() < 2 {
            continue;
        }
        let Ok(answers) = visit.client.pipeline(pipeline).await else { return };
        let lengths = answers.iter().skip(1).filter_map(|answer| number_of(answer.as_ref().ok()?));
        pattern.lengths = Spread::of(lengths.collect());
    }
}

/// What is known of a pattern's keys on one node.
fn details<'a>(
    pattern: &'a Pattern,
    node: &'a str,
    scopes: &'a [Scope],
    names: &'a HashMap<String, String>,
) -> impl Iterator<Item = &'a Details> {
    let of_it = move |scope: &&Scope| scope.node == node && scope.database == pattern.database;
    let strata = scopes.iter().filter(of_it).flat_map(|scope| &scope.strata);
    let strata = strata.filter(move |(shape, _)| names.get(*shape).unwrap_or(shape) == &pattern.name);
    strata.filter_map(|(_, stratum)| stratum.details.as_deref())
}

impl Values {
    /// Counts a string by its first bytes.
    fn add(&mut self, start: &[u8]) {
        self.looked += 1;
        let text = start.trim_ascii_start();
        self.json += u64::from(matches!(
            text,
            [b'{', b'"' | b'}' | b' ' | b'\n', ..] | [b'[', b'{' | b'"' | b'[' | b'0'..=b'9', ..]
        ));
        let compressed = matches!(start, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd] | [0x04, 0x22, 0x4d, 0x18]);
        self.compressed += u64::from(compressed);
    }
}

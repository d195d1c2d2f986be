//! A sample of the keys: names by SCAN, then what each key is, in pipelines that are paced.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use redis::{Pipeline, Value};

use super::info::field;
use super::pattern;
use super::visit::{Gaps, Visit, bytes_of, count_of, list_of, number_of, text_of};
use crate::body::{Database, Estimate, Expiry, Keyspace, LargeKey, Pattern, Role, Spread, area};
use crate::client::Refusal;
use crate::connect::params::Params;

/// Longest time of the sample.
const TIME: Duration = Duration::from_secs(5);
/// Keys of one round.
const ROUND: usize = 64;
/// Share of the server's time that may be taken.
const SHARE: f64 = 0.045;

/// What one key is.
struct Key {
    name: Vec<u8>,
    shape: String,
    database: u64,
    node: String,
    kind: String,
    encoding: String,
    bytes: u64,
    ttl_ms: Option<u64>,
    idle_s: Option<u64>,
}

/// Samples the keys of all masters.
pub(super) async fn sample(
    visits: &mut [Visit],
    params: &Params,
    _options: &ObserveOptions,
    gaps: &mut Gaps,
    progress: &dyn Progress,
) -> Keyspace {
    let start = Instant::now();
    let mut keyspace = Keyspace::default();
    let mut keys = Vec::new();
    let any_master = visits.iter().any(|visit| visit.node.role == Role::Master);
    let mut ended = "complete";
    for visit in visits.iter_mut().filter(|visit| !any_master || visit.node.role == Role::Master) {
        let databases = databases(visit, params.database);
        for database in &databases {
            match scan(visit, database.number, start, progress, &mut keys).await {
                Ok(true) => {}
                Ok(false) => ended = "time",
                Err(refusal) => {
                    gaps.refused(area::KEYSPACE, visit, &["SCAN"], &refusal);
                    ended = "failed";
                }
            }
        }
        keyspace.databases.extend(databases);
    }
    keyspace.keys = keyspace.databases.iter().map(|database| database.keys).sum();
    keyspace.names = keys.len() as u64;
    keyspace.detailed = keys.len() as u64;
    keyspace.complete = ended == "complete";
    ended.clone_into(&mut keyspace.ended);
    keyspace.seconds = start.elapsed().as_secs_f64();
    project(&mut keyspace, &keys);
    keyspace
}

/// The databases that hold keys, or the one that the URL names.
fn databases(visit: &Visit, only: Option<u64>) -> Vec<Database> {
    let none = Vec::new();
    let fields = visit.sections.get("keyspace").unwrap_or(&none);
    let one = |(name, value): &(String, String)| {
        let count = |key| field(value, key).and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Database {
            node: visit.node.address.clone(),
            number: name.strip_prefix("db")?.parse().ok()?,
            keys: count("keys"),
            expires: count("expires"),
            avg_ttl_ms: count("avg_ttl"),
        })
    };
    fields.iter().filter_map(one).filter(|database| only.is_none_or(|only| only == database.number)).collect()
}

/// Scans one database; true when it came to the end.
async fn scan(
    visit: &mut Visit,
    database: u64,
    start: Instant,
    progress: &dyn Progress,
    keys: &mut Vec<Key>,
) -> Result<bool, Refusal> {
    if database > 0 {
        visit.client.call(&["SELECT", &database.to_string()]).await?;
    }
    let mut cursor = "0".to_owned();
    loop {
        let round = Instant::now();
        let answer = visit.client.call(&["SCAN", &cursor, "COUNT", &ROUND.to_string()]).await?;
        let parts = list_of(&answer);
        cursor = parts.first().map(text_of).unwrap_or_default();
        let names: Vec<Vec<u8>> = parts
            .get(1)
            .map(list_of)
            .unwrap_or_default()
            .iter()
            .filter_map(|n| bytes_of(n).map(<[u8]>::to_vec))
            .collect();
        look(visit, database, names, keys).await?;
        progress.step(keys.len() as u64);
        if cursor == "0" {
            return Ok(true);
        }
        if start.elapsed() > TIME || progress.cancelled() {
            return Ok(false);
        }
        tokio::time::sleep(round.elapsed().mul_f64(1.0 / SHARE - 1.0)).await;
    }
}

/// Asks of each key what it is.
async fn look(visit: &mut Visit, database: u64, names: Vec<Vec<u8>>, keys: &mut Vec<Key>) -> Result<(), Refusal> {
    let mut pipeline = Pipeline::with_capacity(names.len() * 5);
    for name in &names {
        pipeline.cmd("TYPE").arg(name);
        pipeline.cmd("MEMORY").arg("USAGE").arg(name).arg("SAMPLES").arg(5);
        pipeline.cmd("PTTL").arg(name);
        pipeline.cmd("OBJECT").arg("ENCODING").arg(name);
        pipeline.cmd("OBJECT").arg("IDLETIME").arg(name);
    }
    let answers = visit.client.pipeline(pipeline).await?;
    for (name, answers) in names.into_iter().zip(answers.chunks_exact(5)) {
        let value = |at: usize| answers.get(at).and_then(|answer| answer.as_ref().ok()).unwrap_or(&Value::Nil);
        let Some(bytes) = count_of(value(1)) else { continue };
        keys.push(Key {
            shape: pattern::of(&name),
            name,
            database,
            node: visit.node.address.clone(),
            kind: text_of(value(0)),
            encoding: text_of(value(3)),
            bytes,
            ttl_ms: number_of(value(2)).filter(|ms| *ms >= 0.0).and_then(|_| count_of(value(2))),
            idle_s: count_of(value(4)),
        });
    }
    Ok(())
}

fn project(keyspace: &mut Keyspace, keys: &[Key]) {
    let mut shapes: BTreeMap<String, u64> = BTreeMap::new();
    for key in keys {
        *shapes.entry(key.shape.clone()).or_default() += 1;
    }
    let merged = pattern::merge(&shapes);
    let name = |key: &Key| merged.get(&key.shape).unwrap_or(&key.shape).clone();
    let mut groups: HashMap<(u64, String), Vec<&Key>> = HashMap::new();
    for key in keys {
        groups.entry((key.database, name(key))).or_default().push(key);
    }
    let scale = if keys.is_empty() || keyspace.complete { 1.0 } else { keyspace.keys as f64 / keys.len() as f64 };
    keyspace.patterns = groups.into_iter().map(|((database, name), keys)| one(database, name, &keys, scale)).collect();
    keyspace.patterns.sort_by(|a, b| b.bytes.value.total_cmp(&a.bytes.value).then_with(|| a.name.cmp(&b.name)));
    keyspace.bytes.value = keyspace.patterns.iter().map(|pattern| pattern.bytes.value).sum();
    let mut largest: Vec<&Key> = keys.iter().collect();
    largest.sort_by_key(|key| std::cmp::Reverse(key.bytes));
    keyspace.largest = largest.into_iter().take(50).map(|key| large(key, name(key))).collect();
}

fn large(key: &Key, pattern: String) -> LargeKey {
    LargeKey {
        key: pattern::escaped(&key.name),
        pattern,
        node: key.node.clone(),
        database: key.database,
        kind: key.kind.clone(),
        encoding: key.encoding.clone(),
        bytes: key.bytes,
        length: None,
        ttl_s: key.ttl_ms.map(|ms| ms / 1000),
    }
}

fn one(database: u64, name: String, keys: &[&Key], scale: f64) -> Pattern {
    let count = keys.len() as u64;
    let estimate = |value: f64| Estimate { value: value * scale, error: 0.0 };
    let mut types = BTreeMap::new();
    let mut encodings = BTreeMap::new();
    for key in keys {
        *types.entry(key.kind.clone()).or_default() += 1;
        *encodings.entry(key.encoding.clone()).or_default() += 1;
    }
    let left: Vec<f64> = keys.iter().filter_map(|key| Some(key.ttl_ms? as f64 / 1000.0)).collect();
    Pattern {
        name,
        database,
        names: count,
        detailed: count,
        keys: estimate(count as f64),
        bytes: estimate(keys.iter().map(|key| key.bytes as f64).sum()),
        largest: keys.iter().map(|key| key.bytes).max().unwrap_or(0),
        types,
        encodings,
        expiry: Expiry {
            without: count - left.len() as u64,
            with: left.len() as u64,
            left_s: Spread::of(left),
            ..Expiry::default()
        },
        idle_s: Spread::of(keys.iter().filter_map(|key| Some(key.idle_s? as f64)).collect()),
        frequency: None,
        size: Spread::of(keys.iter().map(|key| key.bytes as f64).collect()),
        lengths: None,
        values: None,
    }
}

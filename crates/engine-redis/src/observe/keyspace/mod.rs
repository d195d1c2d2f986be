//! A sample of the keys, projected to the whole.
//!
//! Names come from SCAN, which walks the server's hash table in the order of a keyed hash: as good as random, and the
//! same again at the next run. A large table is entered at several places ([`walk`]) and the places are compared. Names
//! are cheap and many; what a key is (type, memory, expiry, use) costs more and is asked of some keys of each shape, of
//! more where sizes differ more ([`strata`]). Pauses keep the cost below a share of the server's time ([`pace`]).

mod contents;
mod finds;
mod look;
mod pace;
mod project;
mod slots;
mod strata;
mod streams;
mod walk;

use std::time::{Duration, Instant};

use dbwright_core::engine::{ObserveOptions, SampleLimits, Values};
use dbwright_core::progress::Progress;
use futures_util::future::join_all;

use super::info::field;
use super::visit::{Gaps, Visit};
use crate::body::{Database, Keyspace, Role, area};
use crate::client::Refusal;
use crate::connect::params::Params;
use look::Looker;
use pace::Pacer;
use strata::{Chosen, Scope};
use walk::Walk;

/// Keys of one database up to which every one is looked at, when time allows.
const SMALL: u64 = 20_000;

/// How a scan of one database ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Complete,
    Keys,
    Bytes,
    Time,
    Stopped,
    Failed,
}

impl End {
    const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Keys => "keys",
            Self::Bytes => "bytes",
            Self::Time => "time",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// Samples the keys of all masters, each at its own pace and all at once.
pub(super) async fn sample(
    visits: &mut [Visit],
    params: &Params,
    options: &ObserveOptions,
    gaps: &mut Gaps,
    progress: &dyn Progress,
) -> Keyspace {
    let start = Instant::now();
    let any_master = visits.iter().any(|visit| visit.node.role == Role::Master);
    let holders: Vec<&mut Visit> =
        visits.iter_mut().filter(|visit| !any_master || visit.node.role == Role::Master).collect();
    let limits = options.sample.share(holders.len());
    let looks = holders.into_iter().map(|visit| node(visit, params.database, limits, progress));
    let mut nodes = join_all(looks).await;
    let mut keyspace = Keyspace::default();
    for one in &mut nodes {
        keyspace.databases.append(&mut one.databases);
        keyspace.server_seconds += one.cost.as_secs_f64();
        gaps.append(std::mem::take(&mut one.gaps));
    }
    let silent: Vec<&str> = nodes.iter().filter_map(|node| node.silent.as_deref()).collect();
    tell_silent(&silent, gaps);
    let end = nodes.iter().map(|node| node.end).max().unwrap_or(End::Complete);
    end.word().clone_into(&mut keyspace.ended);
    keyspace.seconds = start.elapsed().as_secs_f64();
    let (mut scopes, mut found) = (Vec::new(), finds::Finds::default());
    for node in nodes {
        scopes.extend(node.scopes);
        found.merge(node.finds);
    }
    let discreet = options.values == Values::None;
    let names = project::names(&scopes, discreet);
    project::fill(&mut keyspace, &scopes, &names);
    contents::fill(&mut keyspace, &scopes, &names, found, visits, !discreet, gaps).await;
    if discreet {
        project::hide_names(&mut keyspace);
    }
    keyspace
}

/// One gap for all nodes that do not count uses.
fn tell_silent(places: &[&str], gaps: &mut Gaps) {
    let who = match places {
        [] => return,
        [one] => format!("{one} counts"),
        [first, others @ ..] => format!("{first} and {} more count", others.len()),
    };
    gaps.add(
        area::FREQUENCY,
        format!("{who} uses of keys under an LFU policy only"),
        Some("CONFIG SET maxmemory-policy allkeys-lfu, or volatile-lfu; it also decides what is evicted".to_owned()),
    );
}

/// What the sample of one node gave.
struct Sampled {
    databases: Vec<Database>,
    scopes: Vec<Scope>,
    finds: finds::Finds,
    gaps: Gaps,
    /// The node's address when it does not count uses.
    silent: Option<String>,
    cost: Duration,
    end: End,
}

/// Samples one node, database after database, each with its share of the limits.
async fn node(visit: &mut Visit, only: Option<u64>, limits: SampleLimits, progress: &dyn Progress) -> Sampled {
    let databases = databases(visit, only);
    let all = databases.iter().map(|database| database.keys).sum::<u64>().max(1);
    let counts_uses = visit.node.setting("maxmemory-policy").or_else(|| visit.node.info.text("maxmemory_policy"));
    let counts_uses = counts_uses.is_some_and(|policy| policy.contains("lfu"));
    let mut sampled = Sampled {
        databases: databases.clone(),
        scopes: Vec::new(),
        finds: finds::Finds::default(),
        gaps: Gaps::default(),
        silent: (!counts_uses).then(|| visit.node.address.clone()),
        cost: Duration::ZERO,
        end: End::Complete,
    };
    let mut selected = 0;
    for database in databases {
        let limits = limits.part(database.keys as f64 / all as f64);
        let mut scope = Scope::new(visit.node.address.clone(), database.number, database.keys);
        let mut pacer = Pacer::begin(limits.time);
        let mut looker = Looker { counts_uses, finds: &mut sampled.finds, start: Instant::now() };
        let done = async {
            if database.number != selected {
                visit.client.call(&["SELECT", &database.number.to_string()]).await?;
            }
            selected = database.number;
            pacer.measure(visit).await?;
            scan(visit, &mut scope, &mut pacer, &mut looker, &limits, progress).await
        };
        match done.await {
            Ok(end) => sampled.end = sampled.end.max(end),
            Err(refusal) => {
                sampled.gaps.refused(area::KEYSPACE, visit, &["SCAN"], &refusal);
                sampled.end = End::Failed;
            }
        }
        sampled.cost += pacer.cost();
        sampled.scopes.push(scope);
    }
    sampled
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

/// Reads names and looks at keys, round by round: what the last round chose is looked at in the exchange that brings
/// the next names.
async fn scan(
    visit: &mut Visit,
    scope: &mut Scope,
    pacer: &mut Pacer,
    looker: &mut Looker<'_>,
    limits: &SampleLimits,
    progress: &dyn Progress,
) -> Result<End, Refusal> {
    let mut walk = Walk::new(visit, scope.keys, scope.keys <= SMALL);
    let mut queue: Vec<Chosen> = Vec::new();
    loop {
        let batch: Vec<Chosen> = queue.drain(..queue.len().min(look::MOST)).collect();
        let step = if queue.is_empty() { walk.next() } else { None };
        if step.is_none() && batch.is_empty() {
            if walk.in_slots() {
                return Ok(End::Keys);
            }
            scope.finish();
            return Ok(End::Complete);
        }
        let names = looker.round(visit, scope, pacer, &batch, step, &walk).await?;
        if let Some(step) = step {
            let part = walk.arrive(step, names.cursor, names.random.as_deref());
            queue.extend(names.list.into_iter().filter_map(|name| scope.meet(name, part, walk.everything())));
        }
        progress.step(scope.names);
        if let Some(end) = end(visit, scope, pacer, limits, progress).await {
            scope.settle(walk.covered());
            return Ok(end);
        }
    }
}

/// Whether a limit was reached; else waits until the server has had its rest.
async fn end(
    visit: &Visit,
    scope: &Scope,
    pacer: &Pacer,
    limits: &SampleLimits,
    progress: &dyn Progress,
) -> Option<End> {
    match () {
        () if progress.cancelled() => Some(End::Stopped),
        () if scope.names >= limits.keys => Some(End::Keys),
        () if visit.client.cost().bytes >= limits.bytes => Some(End::Bytes),
        () if !pacer.pause().await => Some(End::Time),
        () => None,
    }
}

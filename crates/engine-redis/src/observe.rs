//! Observes a server, a cluster or a Sentinel: what every node says of itself, then a sample of the keys.
//!
//! Nothing is written, no key is read whole, and what a part can't have becomes a gap. The first `INFO` alone must
//! be answered: a server that refuses it can't be observed.

mod acl;
mod clients;
mod cluster;
mod commands;
mod info;
mod keyspace;
mod latency;
mod memory;
mod node;
mod sentinel;
mod settings;
mod shape;
mod slowlog;
mod visit;

pub(crate) mod pattern;

use std::time::Instant;

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use jiff::Timestamp;

use crate::body::{Body, Deployment};
use crate::client::Client;
use crate::connect;
use crate::connect::params::Params;
use visit::{Gaps, Visit};

/// Observes what the address leads to.
///
/// # Errors
/// When it can't be reached, or refuses to say anything.
pub(crate) async fn target(
    address: &Address,
    options: &ObserveOptions,
    progress: &dyn Progress,
) -> Result<Snapshot, Failure> {
    let start = Instant::now();
    let params = Params::read(address, password())?;
    let mut gaps = Gaps::default();
    progress.stage("asking the server", None);
    let (client, sentinel) = match &params.service {
        Some(service) => sentinel::lead(&params, service, options, &mut gaps).await?,
        None => (connect::first(&params, &params.login, options).await?, None),
    };
    let mut first = Visit::begin(client, &params.login).await?;
    first.discreet = options.values == Values::None;
    let mut body = Body { sentinel, flavour: first.flavour().to_owned(), ..Body::default() };
    body.deployment = first.deployment();
    let mut visits = match body.deployment {
        Deployment::Cluster => cluster::visits(first, &params, options, &mut body, &mut gaps, progress).await,
        Deployment::Sentinel => {
            body.sentinel = sentinel::read(&mut first, &mut gaps).await;
            vec![first]
        }
        Deployment::Standalone => vec![first],
    };
    progress.stage("asking nodes", Some(visits.len() as u64));
    for visit in &mut visits {
        if visit.observed {
            continue;
        }
        node::observe(visit, &mut gaps).await;
    }
    if body.deployment != Deployment::Sentinel && !progress.cancelled() {
        progress.stage("sampling keys", None);
        body.keyspace = keyspace::sample(&mut visits, &params, options, &mut gaps, progress).await;
    }
    let header = header(&body, &visits, options, gaps, start);
    body.nodes = visits.into_iter().map(|visit| visit.node).collect();
    Ok(Snapshot::new(header, body))
}

/// The password as redis-cli takes it from its surroundings.
fn password() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    set("REDISCLI_AUTH").or_else(|| set("VALKEYCLI_AUTH"))
}

fn header(body: &Body, visits: &[Visit], options: &ObserveOptions, gaps: Gaps, start: Instant) -> Header {
    let first = visits.first().map(|visit| &visit.node);
    let version = first.and_then(|node| node.info.text(&format!("{}_version", body.flavour)));
    let cost = visits.iter().map(|visit| visit.client.cost()).fold(Cost::default(), add);
    let own_s = (start.elapsed().as_secs_f64() - cost.target_s).max(0.0);
    let product = if body.flavour == "valkey" { " (Valkey)" } else { "" };
    Header {
        engine: "redis".to_owned(),
        version: format!("{}{product}", version.unwrap_or_default()),
        name: first.map(|node| node.address.clone()).unwrap_or_default(),
        observed_at: Timestamp::now(),
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: options.values == Values::None,
        gaps: gaps.into_list(),
        cost: Cost { own_s, ..cost },
    }
}

fn add(one: Cost, other: Cost) -> Cost {
    Cost {
        queries: one.queries.saturating_add(other.queries),
        bytes: one.bytes + other.bytes,
        target_s: one.target_s + other.target_s,
        own_s: 0.0,
    }
}

/// Whether a client still answers.
fn alive(client: &Client) -> bool {
    client.ended().is_none()
}

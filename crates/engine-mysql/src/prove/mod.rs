//! Experiments on MySQL and MariaDB: the changes of findings, carried out on a private server.
//!
//! The server is of the target's flavour, in its series when there is one on this machine, with its settings. It takes over
//! what a change is about: definitions of tables, the value of a variable, an account. Since it takes seconds to start, and
//! definitions are read from the target one by one, all of that happens only when it is asked for.

mod gone;
mod graft;
mod missing;
mod rehearse;
mod room;
mod trial;
mod verdict;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbwright_check::{Outcome, Prover};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Finding, Proof, Snapshot};
use dbwright_migrate::port::OpenOptions;

use crate::MySql;
use crate::body::Body;
use crate::lab::like::{Like, Wish};
use crate::migrate::Link;
use rehearse::Neighbours;
use room::Room;
use trial::{Touches, Trial};
use verdict::Verdict;

/// How long all rehearsals of a run may take.
const BUDGET: Duration = Duration::from_mins(3);

/// Changes whose tables are made at once.
const AT_ONCE: usize = 50;

/// Settings that a server only takes when it was started with them.
const FROM_THE_START: [&str; 2] = ["query_cache_type", "query_cache_size"];

impl Prover for MySql {
    fn rules(&self) -> &'static [&'static str] {
        &[missing::RULE]
    }

    fn rehearses(&self, finding: &Finding) -> bool {
        finding.change.is_some() && trial::touches(finding, "").is_ok()
    }

    fn by_default(&self) -> bool {
        false
    }

    fn prove<'a>(
        &'a self,
        address: &'a Address,
        snapshot: &'a Snapshot,
        options: &'a ObserveOptions,
        outcome: &'a mut Outcome,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let measured = missing::look(address, options, outcome, limits, progress).await;
            prove(address, snapshot, options, outcome, limits, progress).await?;
            measured
        })
    }
}

/// Rehearses what no experiment speaks for yet.
async fn prove(
    address: &Address,
    snapshot: &Snapshot,
    options: &ObserveOptions,
    outcome: &mut Outcome,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let target: &Body = snapshot.body()?;
    let home = target.server.database.clone().unwrap_or_default();
    for finding in outcome.findings.iter_mut().filter(|finding| trial::waits(finding)) {
        if let Err(why) = trial::touches(finding, &home) {
            finding.proof = Proof::unproven(format!("the change is not rehearsed: {why}"));
        }
    }
    let trials = trial::all_alike(&outcome.findings, &home);
    if trials.is_empty() {
        return Ok(());
    }
    let read = OpenOptions { read_only: true, connect_timeout: options.connect_timeout, ..OpenOptions::default() };
    let mut from = Link::open(address, &read).await?;
    let wish = Wish { programs: options.programs.clone(), durable: false, settings: at_start(target, &trials) };
    let like = Like::start(&mut from, &wish, progress).await.map_err(|failure| excused(failure, outcome))?;
    let mut room = Room {
        link: like.link("").await?,
        like,
        target,
        header: &snapshot.header,
        limits,
        progress,
        until: Instant::now() + BUDGET,
        made: BTreeMap::new(),
        mine: Vec::new(),
        left: BTreeMap::new(),
    };
    let place = room.like.name();
    room.settle(&mut from).await?;
    let mut verdicts = rehearsed(&mut room, &mut from, &trials).await?;
    room.without_indexes((&mut from, address), &trials, &mut verdicts).await?;
    for (trial, verdict) in trials.iter().zip(&verdicts) {
        for finding in outcome.findings.iter_mut().filter(|finding| trial.alike.of.contains(&finding.fingerprint)) {
            verdict::enter(finding, trial, verdict, &place, &format!("dbwright check {}", address.shown()));
        }
    }
    Ok(())
}

/// Rehearses all, settings and accounts before there are tables, which make looking slower.
async fn rehearsed(room: &mut Room<'_>, from: &mut Link, trials: &[Trial]) -> Result<Vec<Verdict>, Failure> {
    let is_of_tables = |trial: &&Trial| matches!(trial.touches, Touches::Tables(_));
    let (of_tables, others): (Vec<_>, Vec<_>) = trials.iter().partition(is_of_tables);
    let [of_tables, others] = [of_tables, others].map(|some| some.into_iter().cloned().collect::<Vec<Trial>>());
    room.progress.stage("rehearsing the changes on a private server", Some(others.len() as u64));
    let mut other = room.one_by_one(&others).await?.into_iter();
    // The tables of the worst findings come first: not all can be made in the time when there are thousands.
    let neighbours = Neighbours::of(&room.target.catalog);
    for some in of_tables.chunks(AT_ONCE) {
        let tables = some.iter().flat_map(|trial| neighbours.around(trial)).collect();
        room.make(from, &tables).await?;
    }
    let mut table = room.in_rounds(&of_tables, &neighbours).await?.into_iter();
    let verdicts = trials.iter().filter_map(|trial| if is_of_tables(&trial) { table.next() } else { other.next() });
    Ok(verdicts.collect())
}

/// What the server has to be started with, so that it can have the target's values.
fn at_start(target: &Body, trials: &[Trial]) -> Vec<(String, String)> {
    let touched = |name: &str| {
        trials.iter().any(|trial| matches!(&trial.touches, Touches::Settings(names) if names.contains(name)))
    };
    let value = |name: &&str| Some(((*name).to_owned(), target.variable(name)?.to_owned()));
    FROM_THE_START.iter().filter(|name| touched(name)).filter_map(value).collect()
}

/// Tells the findings why there is no private server.
fn excused(failure: Failure, outcome: &mut Outcome) -> Failure {
    let reason = [std::slice::from_ref(&failure.message), &failure.hints].concat().join("; ");
    for finding in outcome.findings.iter_mut().filter(|finding| trial::waits(finding)) {
        if trial::touches(finding, "").is_ok() {
            finding.proof = Proof::unproven(format!("the change was not rehearsed: {reason}"));
        }
    }
    failure
}

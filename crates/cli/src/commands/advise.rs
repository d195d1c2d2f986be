//! `advise`: observe, read the workload, search, report.

mod replicas;
mod workload;

use std::collections::BTreeSet;
use std::time::Instant;

use dbwright_advise::port::{CopyOptions, WhatIfOptions};
use dbwright_advise::run::{self, Advised, Options, Subject};
use dbwright_advise::{Advice, ObjectName, settle};
use dbwright_core::engine::{ObserveOptions, SampleLimits, Values};
use dbwright_core::report::ReportTarget;
use dbwright_core::{Failure, Proof, Snapshot};

use super::observe::{self, Observed};
use crate::args::{Advise, ProveBy, Reach, SizesBy};
use crate::config::{self, Found};
use crate::context::Context;
use crate::failure::Exit;
use crate::target::{self, Source};
use crate::{engines, interrupt, render};

/// Advises on a target and writes the advice.
///
/// # Errors
/// When the target can't be observed, there is no workload, no place to plan in, or the advice can't be written.
pub(crate) async fn run(args: &Advise, cx: &Context) -> Result<Exit, Failure> {
    let Some(name) = args.target.as_deref() else {
        return Err(Failure::usage("target.none", "there is no target"));
    };
    let found = config::load(&cx.global)?;
    let source = source(name, args, &found)?;
    let options = observing(&args.reach);
    let Observed { engine, snapshot, address, .. } = observe::observe(source, &options, cx).await?;
    let adviser = engines::adviser(engine)?;
    if args.proof.sample.is_some() && !adviser.plans_on_rows() {
        return Err(no_sample(engine.info().name));
    }
    let workload = workload::find(args, adviser, engine.info(), &snapshot)?;
    let (snapshot, notes) =
        replicas::merge(&args.wish.replica, engine, adviser, snapshot, &found, &options, cx).await?;
    interrupt::check()?;
    let started = Instant::now();
    let how = WhatIfOptions {
        observe: options.clone(),
        on_target: args.proof.on_target,
        hypothetical_sizes: args.proof.sizes == SizesBy::Hypopg,
        connections: 0,
        sample: args.proof.sample,
    };
    let place = adviser.what_if(&snapshot, address.as_ref(), &how, &cx.progress).await?;
    let lab_seconds = started.elapsed().as_secs_f64();
    let patience = interrupt::patiently();
    let wish = wish(args);
    let mut advised =
        run::advise(&*place, Subject { target: reported(args, &snapshot), workload }, &wish, &cx.progress).await?;
    advised.advice.lab_seconds = lab_seconds;
    advised.advice.notes.extend(notes);
    if args.proof.prove == ProveBy::Measured && !interrupt::requested() {
        let Some(address) = &address else { return Err(no_rows(name)) };
        let copy = CopyOptions {
            programs: options.programs.clone(),
            bytes: args.proof.copy_bytes,
            tables: Some(tables(&advised)),
        };
        let measurer = adviser.measurer(&snapshot, address, &copy, &cx.progress).await?;
        settle::settle(&mut advised, &*measurer, &*place, &wish, &cx.progress).await?;
        repeat_on_sample(&mut advised.advice, args);
    }
    drop(patience);
    finish(advised.advice, args, cx)
}

/// The tables that the workload reads or writes.
fn tables(advised: &Advised) -> Vec<ObjectName> {
    let all = advised.queries.iter().flat_map(|query| query.usage.tables.iter().map(|table| table.table.clone()));
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The sample is nowhere but in this run: a measurement is repeated without a target.
fn repeat_on_sample(advice: &mut Advice, args: &Advise) {
    let proofs = advice.create.iter_mut().map(|create| &mut create.proof).filter(|_| args.called.is_some());
    for proof in proofs {
        if let Proof::Measured(experiment) = proof {
            "dbwright advise --prove measured".clone_into(&mut experiment.repeat);
        }
    }
}

fn no_sample(engine: &str) -> Failure {
    let message = format!("--sample is of no use here: plans for {engine} are not made on a sample of rows");
    Failure::usage("advise.sample", message).hint("leave it out; what is measured on is set by --copy-bytes")
}

fn no_rows(name: &str) -> Failure {
    Failure::usage("advise.no-rows", format!("{name} has no rows to measure with"))
        .hint("name the live database, or leave --prove measured out")
}

/// The target, which must be able to have statistics; measuring needs rows besides.
fn source(name: &str, args: &Advise, found: &Found) -> Result<Source, Failure> {
    let source = target::resolve(name, None, &found.config).map_err(|failure| match failure.code {
        "schema.no-dialect" => no_statistics(name),
        _ => failure,
    })?;
    match &source {
        Source::Schema(..) => Err(no_statistics(name)),
        Source::Live(engine, _) => engines::adviser(*engine).map(|_| source),
        Source::Snapshot(_) if args.proof.prove == ProveBy::Measured => Err(no_rows(name)),
        Source::Snapshot(_) if args.proof.on_target => {
            Err(Failure::usage("advise.no-target", format!("{name} is a snapshot: there is no target to plan on"))
                .hint("leave --on-target out"))
        }
        Source::Snapshot(_) => Ok(source),
    }
}

fn no_statistics(name: &str) -> Failure {
    Failure::usage("advise.no-statistics", format!("{name} is a schema file, which has no rows to advise on"))
        .hint("give a live database or a snapshot file; `dbwright check` finds what is wrong with a schema")
}

/// Everything that plans are made from is observed, values of the column statistics included.
fn observing(reach: &Reach) -> ObserveOptions {
    ObserveOptions {
        values: Values::All,
        lock_timeout: reach.lock_timeout,
        statement_timeout: reach.statement_timeout,
        connect_timeout: reach.connect_timeout,
        workload: None,
        sample: SampleLimits::default(),
        programs: reach.programs.clone(),
    }
}

fn wish(args: &Advise) -> Options {
    let wish = &args.wish;
    Options {
        bytes: wish.budget,
        count: wish.max_indexes,
        time: wish.time,
        keep: wish.keep.clone(),
        drops: !wish.no_drops,
        weighting: wish.weighting.weighting(),
    }
}

fn reported(args: &Advise, snapshot: &Snapshot) -> ReportTarget {
    let own = ReportTarget::of(&snapshot.header);
    let name = args.called.clone().unwrap_or(own.name);
    ReportTarget { name, ..own }
}

fn finish(mut advice: Advice, args: &Advise, cx: &Context) -> Result<Exit, Failure> {
    let stopped = interrupt::requested();
    advice.interrupted |= stopped;
    cx.progress.finish();
    render::advice::write(&advice, args.all, args.format, args.output.as_deref(), cx)?;
    Ok(if stopped { Exit::Stopped } else { exit(&advice, args.fail_on) })
}

/// Whether the advice fails the run: there is one, and it saves enough.
fn exit(advice: &Advice, fail_on: Option<f64>) -> Exit {
    let proposes = !(advice.create.is_empty() && advice.replace.is_empty() && advice.drop.is_empty());
    let saved = if advice.cost_before > 0.0 { 1.0 - advice.cost_after / advice.cost_before } else { 0.0 };
    let fails = fail_on.is_some_and(|least| proposes && saved.max(0.0) >= least);
    if fails { Exit::Findings } else { Exit::Clean }
}

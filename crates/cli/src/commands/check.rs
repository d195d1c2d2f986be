//! `check`: observe, run the rules, make the experiments, report.

use std::path::Path;

use dbwright_check::{Outcome, Prover, Settings, assemble, report};
use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::report::Report;
use dbwright_core::snapshot::Gap;
use dbwright_core::{Failure, Proof, Severity};

use dbwright_migrate::folder::Beside;

use super::migrate::folder;
use super::observe::{self, Observed};
use crate::args::{Check, Select};
use crate::config::{self, Found};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::{self, View};
use crate::{engines, interrupt, target};

/// Checks a target and writes the report.
///
/// # Errors
/// When the target can't be observed or the report can't be written.
pub(crate) async fn run(args: &Check, cx: &Context) -> Result<Exit, Failure> {
    let Some(name) = args.target.as_deref() else {
        return Err(Failure::usage("target.none", "there is no target"));
    };
    let found = config::load(&cx.global)?;
    let settings = settings(&found, &args.select)?;
    let source = target::resolve(name, args.observe.dialect.as_deref(), &found.config)?;
    let mut options = observe::options(&args.observe, &source)?;
    if options.values == Values::All {
        options.values = Values::Greatest;
    }
    let observed = observe::observe(source, &options, cx).await?;
    let folder = args.migrations.as_deref();
    let report = examine(&observed, &options, &settings, wish(args), folder, cx).await?;
    cx.progress.finish();
    let mut rules = observed.engine.rules();
    if folder.is_some() {
        rules.extend(dbwright_migrate::folder::rules());
    }
    let sizes = observed.engine.sizes(&observed.snapshot);
    let view = View { report: &report, rules: &rules, sizes: &sizes, file: observed.file.as_deref(), all: args.all };
    render::write(&view, args.format, args.output.as_deref(), cx)?;
    Ok(exit(&report, args.select.fail_on.or(found.config.fail_on)))
}

/// Runs the rules over what was observed, makes the experiments when wanted, and makes the report.
///
/// # Errors
/// When the snapshot is not the engine's, or the user stopped it.
pub(crate) async fn examine(
    observed: &Observed,
    options: &ObserveOptions,
    settings: &Settings,
    prove: Option<bool>,
    folder: Option<&Path>,
    cx: &Context,
) -> Result<Report, Failure> {
    interrupt::check()?;
    let mut outcome = observed.engine.check(&observed.snapshot, &settings.limits)?;
    if let Some(folder) = folder {
        beside(observed, folder, settings, &mut outcome)?;
    }
    let live = observed.address.is_some();
    // What will not be reported is not worth an experiment.
    outcome.findings.retain(|finding| settings.wants(&finding.rule));
    let prover = observed.engine.prover();
    let unproven = if prove.unwrap_or_else(|| live && prover.is_some_and(Prover::by_default)) {
        experiments(observed, options, settings, &mut outcome, cx).await
    } else {
        say_how(prover, live, &mut outcome);
        None
    };
    interrupt::check()?;
    let mut report = assemble(&observed.snapshot.header, outcome, settings, jiff::Timestamp::now());
    report.gaps.extend(unproven);
    Ok(report)
}

/// Adds what a folder of migrations has to say beside the journal.
fn beside(observed: &Observed, dir: &Path, settings: &Settings, outcome: &mut Outcome) -> Result<(), Failure> {
    let journal = engines::migrator(observed.engine)?.observed(&observed.snapshot)?;
    let files = folder::read_named(dir, "--migrations")?;
    let beside = Beside::new(journal, &dir.display().to_string(), &files);
    let (findings, skipped) = dbwright_migrate::folder::check(&beside, &observed.snapshot.header, &settings.limits);
    outcome.findings.extend(findings);
    outcome.not_looked_at.extend(skipped);
    Ok(())
}

/// Whether the user wants experiments; none leaves it to the engine.
const fn wish(args: &Check) -> Option<bool> {
    match (args.prove, args.no_prove) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// Tells in each finding that could be measured how to have it measured.
fn say_how(prover: Option<&dyn Prover>, live: bool, outcome: &mut Outcome) {
    let how = if live { "run again with --prove" } else { "check the live database with --prove" };
    let rules = prover.map_or(&[][..], Prover::rules);
    for finding in &mut outcome.findings {
        if rules.contains(&finding.rule.as_str()) {
            finding.proof = Proof::unproven(format!("it can be measured in a copy of the table's rows: {how}"));
        } else if prover.is_some_and(|prover| prover.rehearses(finding)) {
            finding.proof = Proof::unproven(format!("the change can be rehearsed in a lab: {how}"));
        }
    }
}

/// Makes the experiments; a lab that can't be made costs the proofs, never the report.
async fn experiments(
    observed: &Observed,
    options: &ObserveOptions,
    settings: &Settings,
    outcome: &mut Outcome,
    cx: &Context,
) -> Option<Gap> {
    let (Some(prover), Some(address)) = (observed.engine.prover(), &observed.address) else {
        return Some(no_experiments("only a live database has rows to experiment with", None));
    };
    let worth = |rule: &&str| settings.wants(rule);
    if outcome.findings.is_empty() && !prover.rules().iter().any(worth) {
        return None;
    }
    let result = prover.prove(address, &observed.snapshot, options, outcome, &settings.limits, &cx.progress).await;
    let failure = result.err()?;
    Some(no_experiments(&failure.message, failure.hints.first()))
}

fn no_experiments(reason: &str, remedy: Option<&String>) -> Gap {
    Gap { area: "proofs".to_owned(), reason: format!("no experiments were made: {reason}"), remedy: remedy.cloned() }
}

/// The configuration's settings with those of the command line on top.
fn settings(found: &Found, select: &Select) -> Result<Settings, Failure> {
    let mut settings = found.config.settings.clone();
    if !select.only.is_empty() {
        settings.only.clone_from(&select.only);
    }
    settings.skip.extend(select.skip.iter().cloned());
    settings.min_severity = select.min_severity.or(settings.min_severity);
    let rules = engines::metas();
    settings.validate(&rules)?;
    if let Some(file) = select.baseline.clone().or_else(|| found.baseline()) {
        let text = super::text_of(&file, "baseline")?;
        settings.baseline = report::baseline(&file.display().to_string(), &text)?;
    }
    Ok(settings)
}

/// Whether the report fails the run.
fn exit(report: &Report, fail_on: Option<Severity>) -> Exit {
    let fails = fail_on.is_some_and(|limit| report.findings.iter().any(|f| f.severity >= limit));
    if fails { Exit::Findings } else { Exit::Clean }
}

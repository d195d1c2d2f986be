//! `check`: observe, run the rules, make the experiments, report.

use dbwright_check::{Outcome, Settings, assemble};
use dbwright_core::report::Report;
use dbwright_core::rule::Limits;
use dbwright_core::snapshot::Gap;
use dbwright_core::{Failure, Severity};

use super::observe::{self, Observed};
use crate::args::Check;
use crate::context::Context;
use crate::failure::Exit;
use crate::render::{self, View};
use crate::{interrupt, target};

/// Checks a target and writes the report.
///
/// # Errors
/// When the target can't be observed or the report can't be written.
pub(crate) async fn run(args: &Check, cx: &Context) -> Result<Exit, Failure> {
    let Some(name) = args.target.as_deref() else {
        return Err(Failure::usage("target.none", "there is no target"));
    };
    let source = target::resolve(name, args.observe.dialect.as_deref(), &NoNames)?;
    let options = observe::options(&args.observe);
    let limits = Limits::new();
    let mut observed = observe::observe(source, &options, cx).await?;
    interrupt::check()?;
    let mut outcome = observed.engine.check(&observed.snapshot, &limits)?;
    if !args.no_prove {
        prove(&mut observed, &options, &mut outcome, &limits, cx).await;
    }
    interrupt::check()?;
    let report = assemble(&observed.snapshot.header, outcome, &Settings::default(), jiff::Timestamp::now());
    cx.progress.finish();
    let rules = observed.engine.rules();
    let view = View { report: &report, rules: &rules, file: observed.file.as_deref(), all: args.all };
    render::write(&view, args.format, args.output.as_deref(), cx)?;
    Ok(exit(&report, args.select.fail_on))
}

/// Makes the experiments; a lab that can't be made costs the proofs, never the report.
async fn prove(
    observed: &mut Observed,
    options: &dbwright_core::engine::ObserveOptions,
    outcome: &mut Outcome,
    limits: &Limits,
    cx: &Context,
) {
    let (Some(prover), Some(address)) = (observed.engine.prover(), &observed.address) else { return };
    let outcome = prover.prove(address, &observed.snapshot, options, outcome, limits, &cx.progress).await;
    if let Err(failure) = outcome {
        observed.snapshot.header.gaps.push(Gap {
            area: "proofs".to_owned(),
            reason: format!("no experiments were made: {}", failure.message),
            remedy: failure.hints.first().cloned(),
        });
    }
}

/// Whether the report fails the run.
fn exit(report: &Report, fail_on: Option<Severity>) -> Exit {
    let fails = fail_on.is_some_and(|limit| report.findings.iter().any(|f| f.severity >= limit));
    if fails { Exit::Findings } else { Exit::Clean }
}

struct NoNames;
impl target::Named for NoNames {
    fn get(&self, _name: &str) -> Option<Result<String, Failure>> {
        None
    }
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

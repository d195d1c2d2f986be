//! `lab plan-check`: the planner twin's plans beside the target's.

use dbwright_advise::lab::{Compared, Outcome, PlanCheck};
use dbwright_core::{Failure, Snapshot};
use serde_json::json;

use super::observe;
use crate::args::{Lab, LabCommand, PlanCheck as Args, PlanFormat};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::text::{ASIDE, BAD, GOOD, HEAD};
use crate::render::{self, layout};
use crate::target::Source;
use crate::{config, engines, output, target};

/// Runs the command of the command line.
///
/// # Errors
/// When the command fails.
pub(crate) async fn run(args: &Lab, cx: &Context) -> Result<Exit, Failure> {
    match &args.command {
        LabCommand::PlanCheck(args) => plan_check(args, cx).await,
    }
}

async fn plan_check(args: &Args, cx: &Context) -> Result<Exit, Failure> {
    let found = config::load(&cx.global)?;
    let source = target::resolve(&args.target, None, &found.config)?;
    let Source::Live(engine, address) = &source else {
        return Err(Failure::usage("lab.not-live", "plans can only be compared with those of a live database")
            .hint("name the database, and the file with --snapshot"));
    };
    let (engine, address) = (*engine, address.clone());
    let lab = engines::plan_lab(engine)?;
    let options = observe::options(&args.observe, &source)?;
    let snapshot = match &args.snapshot {
        Some(file) => observe::observe(Source::Snapshot(file.clone()), &options, cx).await?.snapshot,
        None => observe::observe(source, &options, cx).await?.snapshot,
    };
    let workload = match &options.workload {
        Some(workload) => workload.clone(),
        None => lab.workload(&snapshot).ok_or_else(|| no_workload(&snapshot))?,
    };
    let check = lab.plan_check(&snapshot, &address, &workload, &options, &cx.progress).await?;
    cx.progress.finish();
    let (same, all) = check.same();
    match args.format {
        PlanFormat::Text => output::write_styled(args.output.as_deref(), &text(&check, cx.width))?,
        PlanFormat::Json => {
            let whole = json!({"schema_version": 1, "same": same, "compared": all,
                "largest_cost_difference": check.largest_difference(), "check": check});
            output::write(args.output.as_deref(), render::json(&whole)?.as_bytes())?;
        }
    }
    Ok(if same == all { Exit::Clean } else { Exit::Findings })
}

fn no_workload(snapshot: &Snapshot) -> Failure {
    let failure =
        Failure::usage("lab.no-workload", format!("there is no workload to plan for {}", snapshot.header.name))
            .hint("give a file of statements with --workload FILE");
    let gap = snapshot.header.gaps.iter().find(|gap| gap.area == "statements");
    match gap.and_then(|gap| gap.remedy.as_ref()) {
        Some(remedy) => failure.hint(format!("or {remedy}")),
        None => failure,
    }
}

fn text(check: &PlanCheck, width: usize) -> String {
    let mut out = format!(
        "{HEAD}{:<9}  {:<9}  {:>14}  {:>14}  {:>8}  statement{HEAD:#}\n",
        "shape", "rows", "cost, target", "cost, twin", "ratio"
    );
    for compared in &check.statements {
        out += &line(compared, width);
    }
    for gap in &check.gaps {
        let remedy = gap.remedy.as_ref().map(|remedy| format!("; to let it: {remedy}")).unwrap_or_default();
        out += &format!("\n{ASIDE}not twinned:{ASIDE:#} {}", layout::inline(&format!("{}{remedy}", gap.reason)));
    }
    if !check.gaps.is_empty() {
        out.push('\n');
    }
    out + &summary(check)
}

fn line(compared: &Compared, width: usize) -> String {
    let words = compared.statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let room = width.saturating_sub(64).max(16);
    let statement = layout::inline(&words.chars().take(room).collect::<String>());
    let word = |same: bool| if same { (GOOD, "same") } else { (BAD, "different") };
    match &compared.outcome {
        Outcome::Both { same_shape, same_rows, target_cost, lab_cost, difference } => {
            let ((a, shape), (b, rows)) = (word(*same_shape), word(*same_rows));
            let ratio = if target_cost == lab_cost { 1.0 } else { lab_cost / target_cost };
            let difference =
                difference.as_ref().map(|text| format!("           {ASIDE}{}{ASIDE:#}\n", layout::inline(text)));
            format!(
                "{a}{shape:<9}{a:#}  {b}{rows:<9}{b:#}  {target_cost:>14.2}  {lab_cost:>14.2}  {ratio:>8.4}  {statement}\n{}",
                difference.unwrap_or_default()
            )
        }
        Outcome::NotOnTarget { reason } => {
            format!("{ASIDE}not compared, the target says: {}{ASIDE:#}  {statement}\n", layout::inline(reason))
        }
        Outcome::NotComparable { reason } => {
            format!("{ASIDE}not compared: {}{ASIDE:#}  {statement}\n", layout::inline(reason))
        }
        Outcome::NotInLab { reason } => {
            format!("{BAD}not planned in the twin: {}{BAD:#}  {statement}\n", layout::inline(reason))
        }
    }
}

fn summary(check: &PlanCheck) -> String {
    let (same, all) = check.same();
    let style = if same == all { GOOD } else { BAD };
    let left = check.statements.len() - all;
    let left = if left > 0 { format!("; {left} not compared") } else { String::new() };
    format!(
        "\n{style}{same} of {all} plans the same{style:#}, largest cost difference {:.2} %{left}\n\
         {ASIDE}{}, built in {:.1} s{ASIDE:#}\n",
        check.largest_difference() * 100.0,
        check.lab,
        check.built_s
    )
}

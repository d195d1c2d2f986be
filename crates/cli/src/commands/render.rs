//! `render`: a JSON report in another form.

use dbwright_advise::{Advice, advice};
use dbwright_check::Checks;
use dbwright_core::Failure;
use dbwright_core::report::{self, Report};
use serde::de::DeserializeOwned;

use super::text_of;
use crate::args::Render;
use crate::context::Context;
use crate::engines;
use crate::failure::Exit;
use crate::render::{self, View};

/// Reads a report or an advice and writes it in the wanted form.
///
/// # Errors
/// When the file is neither of this version, or the result can't be written.
pub(crate) fn run(args: &Render, cx: &Context) -> Result<Exit, Failure> {
    let name = args.report.display().to_string();
    let text = text_of(&args.report, "report")?;
    if is_advice(&text) {
        let advice: Advice = parse(&name, &text)?;
        version(&name, advice.schema_version, advice::SCHEMA_VERSION)?;
        render::advice::write(&advice, args.all, args.format, args.output.as_deref(), cx)?;
        return Ok(Exit::Clean);
    }
    let report: Report = parse(&name, &text)?;
    version(&name, report.schema_version, report::SCHEMA_VERSION)?;
    let rules = engines::by_id(&report.target.engine).map(Checks::rules).unwrap_or_default();
    let view = View { report: &report, rules: &rules, sizes: &[], file: None, all: args.all };
    render::write(&view, args.format, args.output.as_deref(), cx)?;
    Ok(Exit::Clean)
}

/// Whether it is an advice rather than a report: only an advice has a gap.
fn is_advice(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Mark {
        #[serde(default)]
        optimality_gap: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Mark>(text).is_ok_and(|mark| mark.optimality_gap.is_some())
}

fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|e| {
        Failure::usage("report.not-one", format!("{name} is no JSON report of dbwright: {e}"))
            .hint("make one with `dbwright check TARGET --format json -o FILE`")
    })
}

fn version(name: &str, found: u32, known: u32) -> Result<(), Failure> {
    if found == known {
        return Ok(());
    }
    let message = format!("{name} is a report of version {found}; this dbwright reads {known}");
    Err(Failure::usage("report.version", message).hint("use the dbwright that wrote it"))
}

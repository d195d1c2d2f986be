//! `render`: a JSON report in another form.

use dbwright_check::Checks;
use dbwright_core::Failure;
use dbwright_core::report::{Report, SCHEMA_VERSION};

use super::text_of;
use crate::args::Render;
use crate::context::Context;
use crate::engines;
use crate::failure::Exit;
use crate::render::{self, View};

/// Reads a report and writes it in the wanted form.
///
/// # Errors
/// When the file is no report of this version, or the result can't be written.
pub(crate) fn run(args: &Render, cx: &Context) -> Result<Exit, Failure> {
    let name = args.report.display();
    let text = text_of(&args.report, "report")?;
    let report: Report = serde_json::from_str(&text).map_err(|e| {
        Failure::usage("report.not-one", format!("{name} is no JSON report of dbwright: {e}"))
            .hint("make one with `dbwright check TARGET --format json -o FILE`")
    })?;
    if report.schema_version != SCHEMA_VERSION {
        let message =
            format!("{name} is a report of version {}; this dbwright reads {SCHEMA_VERSION}", report.schema_version);
        return Err(Failure::usage("report.version", message).hint("use the dbwright that wrote it"));
    }
    let rules = engines::by_id(&report.target.engine).map(Checks::rules).unwrap_or_default();
    let view = View { report: &report, rules: &rules, sizes: &[], file: None, all: args.all };
    render::write(&view, args.format, args.output.as_deref(), cx)?;
    Ok(Exit::Clean)
}

//! Renderers: one report in, one text out; none of them reads anything else.

pub(crate) mod advice;
pub(crate) mod html;
pub(crate) mod layout;
pub(crate) mod markdown;
pub(crate) mod migrate;
pub(crate) mod sarif;
pub(crate) mod text;
pub(crate) mod twins;
pub(crate) mod units;

use std::path::Path;

use dbwright_core::report::{Report, TableSize};
use dbwright_core::{Failure, RuleMeta};

use crate::args::Format;
use crate::context::Context;
use crate::output;

/// What there is to render.
pub(crate) struct View<'a> {
    /// The report itself.
    pub(crate) report: &'a Report,
    /// The rules of the engine, for titles and help.
    pub(crate) rules: &'a [&'static RuleMeta],
    /// How large the tables are, the largest first.
    pub(crate) sizes: &'a [TableSize],
    /// The schema file that was checked, when it was one.
    pub(crate) file: Option<&'a Path>,
    /// Whether text shows every finding in full.
    pub(crate) all: bool,
}

impl View<'_> {
    /// What is known about a rule.
    pub(crate) fn rule(&self, id: &str) -> Option<&'static RuleMeta> {
        self.rules.iter().copied().find(|rule| rule.id == id)
    }
}

/// Renders a report in a format and writes it to the file, or to stdout.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write(view: &View<'_>, format: Format, file: Option<&Path>, cx: &Context) -> Result<(), Failure> {
    match format {
        Format::Text => output::write_styled(file, &text::render(view, cx.width)),
        Format::Json => output::write(file, json(view.report)?.as_bytes()),
        Format::Markdown => output::write(file, markdown::render(view).as_bytes()),
        Format::Sarif => output::write(file, sarif::render(view)?.as_bytes()),
        Format::Html => output::write(file, html::render(view).as_bytes()),
    }
}

/// The name of an engine, or of the product of that version, as its makers write it.
pub(crate) fn engine_name(id: &str, version: &str) -> String {
    crate::engines::by_id(id).map_or(id, |engine| engine.product(version)).to_owned()
}

/// Any value as JSON with a final newline.
///
/// # Errors
/// When a value has no JSON form, which is a fault of dbwright.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::internal("output.json", format!("the result has no JSON form: {e}")))?;
    Ok(text + "\n")
}

/// The same of a value that holds statements as people write them: without the passwords in them.
pub(crate) fn json_of_statements(mut value: serde_json::Value) -> Result<String, Failure> {
    fn redact(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = dbwright_core::target::redact_sql(text),
            serde_json::Value::Array(list) => list.iter_mut().for_each(redact),
            serde_json::Value::Object(fields) => fields.values_mut().for_each(redact),
            _ => {}
        }
    }
    redact(&mut value);
    json(&value)
}

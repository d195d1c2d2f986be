//! Renderers of an advice; like those of a report, none of them reads anything else.

mod curve;
mod html;
mod markdown;
mod sarif;
mod text;
mod words;

use std::path::Path;

use dbwright_advise::Advice;
use dbwright_core::Failure;

use crate::args::Format;
use crate::context::Context;
use crate::output;

/// Renders an advice in a format and writes it to the file, or to stdout. `all` shows every statement in text.
///
/// # Errors
/// When it can't be written.
pub(crate) fn write(
    advice: &Advice,
    all: bool,
    format: Format,
    file: Option<&Path>,
    cx: &Context,
) -> Result<(), Failure> {
    match format {
        Format::Text => output::write_styled(file, &text::render(advice, all, cx.width)),
        Format::Json => output::write(file, super::json(advice)?.as_bytes()),
        Format::Markdown => output::write(file, markdown::render(advice).as_bytes()),
        Format::Sarif => output::write(file, sarif::render(advice)?.as_bytes()),
        Format::Html => output::write(file, html::render(advice).as_bytes()),
    }
}

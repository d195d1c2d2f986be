//! `diff`: what changed between two snapshots, or two databases of one engine.

use dbwright_check::port::Difference;
use dbwright_core::Failure;
use serde_json::json;

use super::observe::{self, Observed};
use crate::args::{Diff, ListFormat};
use crate::config::{self, Found};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::text::{ASIDE, BAD, GOOD, HEAD};
use crate::render::{self, layout, markdown};
use crate::{interrupt, output, target};

/// Compares two targets and writes the differences.
///
/// # Errors
/// When one can't be observed, or they are of different engines.
pub(crate) async fn run(args: &Diff, cx: &Context) -> Result<Exit, Failure> {
    let found = config::load(&cx.global)?;
    let before = side(&args.before, args, &found, cx).await?;
    let after = side(&args.after, args, &found, cx).await?;
    let (old, new) = (before.engine.info(), after.engine.info());
    if old.id != new.id {
        let message = format!(
            "{} and {} can't be compared: {} is {}, {} is {}",
            args.before, args.after, args.before, old.name, args.after, new.name
        );
        return Err(Failure::usage("diff.engines", message));
    }
    let compare = before.engine.compare().ok_or_else(|| {
        Failure::usage("diff.unsupported", format!("snapshots of {} can't be compared", old.name))
            .hint("`dbwright engines` shows what can be done on which engine")
    })?;
    let differences = compare.compare(&before.snapshot, &after.snapshot)?;
    cx.progress.finish();
    let file = args.output.as_deref();
    match args.format {
        ListFormat::Text => output::write_styled(file, &text(&before, &after, &differences, cx.width))?,
        ListFormat::Markdown => output::write(file, as_markdown(&before, &after, &differences).as_bytes())?,
        ListFormat::Json => {
            let side = |side: &Observed| {
                let header = &side.snapshot.header;
                json!({"name": header.name, "version": header.version, "observed_at": header.observed_at})
            };
            let whole = json!({"schema_version": 1, "engine": old.id, "before": side(&before), "after": side(&after), "differences": differences});
            output::write(file, render::json(&whole)?.as_bytes())?;
        }
    }
    Ok(Exit::Clean)
}

async fn side(name: &str, args: &Diff, found: &Found, cx: &Context) -> Result<Observed, Failure> {
    interrupt::check()?;
    let source = target::resolve(name, args.observe.dialect.as_deref(), &found.config)?;
    let options = observe::options(&args.observe, &source)?;
    observe::observe(source, &options, cx).await
}

/// Name and time of one side.
fn title(side: &Observed) -> String {
    let header = &side.snapshot.header;
    layout::inline(&format!(
        "{} ({}, {})",
        header.name,
        header.version,
        header.observed_at.strftime("%Y-%m-%d %H:%M UTC")
    ))
}

/// The differences by area, in the order in which the engine gave them.
fn areas(differences: &[Difference]) -> Vec<(&'static str, Vec<&Difference>)> {
    let mut areas: Vec<(&'static str, Vec<&Difference>)> = Vec::new();
    for one in differences {
        match areas.iter_mut().find(|(area, _)| *area == one.area) {
            Some((_, list)) => list.push(one),
            None => areas.push((one.area, vec![one])),
        }
    }
    areas
}

fn text(before: &Observed, after: &Observed, differences: &[Difference], width: usize) -> String {
    let mut out = format!("{ASIDE}before{ASIDE:#}  {}\n{ASIDE}after{ASIDE:#}   {}\n", title(before), title(after));
    if differences.is_empty() {
        return out + "\nNothing differs.\n";
    }
    for (area, list) in areas(differences) {
        out += &format!("\n{HEAD}{}{HEAD:#}\n", area_name(area));
        for one in list {
            let (style, mark) = match one.kind {
                "added" => (GOOD, '+'),
                "removed" => (BAD, '-'),
                _ => (HEAD, '~'),
            };
            out += &format!("  {style}{mark}{style:#} {}\n", layout::inline(&one.subject));
            let lines = layout::wrap(&layout::inline(&change(one)), width.saturating_sub(4));
            if lines.iter().any(|line| !line.is_empty()) {
                out += &format!("    {ASIDE}{}{ASIDE:#}\n", lines.join(&format!("{ASIDE:#}\n    {ASIDE}")));
            }
        }
    }
    out
}

fn area_name(area: &str) -> String {
    match area {
        "schema" => "Schema".to_owned(),
        "setting" => "Settings".to_owned(),
        "growth" => "Growth".to_owned(),
        "statement" => "Statements".to_owned(),
        other => other.to_owned(),
    }
}

fn change(one: &Difference) -> String {
    match (&one.before, &one.after) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(value), None) | (None, Some(value)) => value.clone(),
        (None, None) => String::new(),
    }
}

fn as_markdown(before: &Observed, after: &Observed, differences: &[Difference]) -> String {
    let mut out =
        format!("# What changed\n\nFrom {} to {}\n", markdown::prose(&title(before)), markdown::prose(&title(after)));
    if differences.is_empty() {
        out += "\nNothing differs.\n";
    }
    for (area, list) in areas(differences) {
        out += &format!("\n## {}\n\n| | object | before | after |\n|---|---|---|---|\n", area_name(area));
        for one in list {
            let side = |value: &Option<String>| value.as_deref().map(markdown::code).unwrap_or_default();
            out += &format!(
                "| {} | {} | {} | {} |\n",
                one.kind,
                markdown::code(&one.subject),
                side(&one.before),
                side(&one.after)
            );
        }
    }
    out
}

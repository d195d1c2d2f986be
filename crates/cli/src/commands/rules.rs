//! `rules`: the list of rules, or the page of one.

use dbwright_check::config::matches;
use dbwright_core::{Failure, RuleMeta, near};
use serde_json::{Value, json};

use crate::args::{ListFormat, Rules};
use crate::context::Context;
use crate::engines::{self, Known, Page};
use crate::failure::Exit;
use crate::output;
use crate::render::text::{ASIDE, HEAD, color};
use crate::render::{self, layout, units};

/// Lists the rules that match, or shows one rule's page.
///
/// # Errors
/// When no rule matches, with the nearest ids.
pub(crate) fn run(args: &Rules, cx: &Context) -> Result<Exit, Failure> {
    let all = engines::rules();
    let page = args.rule.as_ref().and_then(|id| all.iter().find(|rule| rule.id == id));
    if let Some(rule) = page {
        match args.format {
            ListFormat::Text => output::write_styled(None, &pages_text(rule, cx.width))?,
            ListFormat::Json => output::write(None, render::json(&as_json(rule))?.as_bytes())?,
            ListFormat::Markdown => output::write(None, pages_markdown(rule).as_bytes())?,
        }
        return Ok(Exit::Clean);
    }
    let found: Vec<Known> = matching(args.rule.as_deref(), all)?;
    match args.format {
        ListFormat::Text => output::write_styled(None, &list_text(&found, cx.width))?,
        ListFormat::Json => {
            let list: Vec<_> = found.iter().map(as_json).collect();
            output::write(None, render::json(&list)?.as_bytes())?;
        }
        ListFormat::Markdown => output::write(None, list_markdown(&found).as_bytes())?,
    }
    Ok(Exit::Clean)
}

/// The rules whose id matches a pattern; a word without `*` also matches as the part before the slash.
fn matching(pattern: Option<&str>, all: Vec<Known>) -> Result<Vec<Known>, Failure> {
    let Some(pattern) = pattern else { return Ok(all) };
    let ids: Vec<_> = all.iter().map(|rule| rule.id).collect();
    let prefix = pattern.trim_end_matches('*').trim_end_matches('/');
    let found = all
        .into_iter()
        .filter(|rule| matches(pattern, rule.id) || rule.id.split_once('/').is_some_and(|(group, _)| group == prefix));
    let found: Vec<_> = found.collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let failure = Failure::usage("rule.unknown", format!("no rule is called or matches `{pattern}`"));
    let failure = match near::did_you_mean(pattern, ids) {
        Some(guess) => failure.hint(guess),
        None => failure,
    };
    Err(failure.hint("`dbwright rules` lists them all"))
}

fn list_text(rules: &[Known], width: usize) -> String {
    let ids = layout::widest(rules.iter().map(|rule| rule.id));
    let mut out = String::new();
    for meta in rules.iter().map(Known::meta) {
        let style = color(meta.severity);
        let title = layout::cut(meta.title, width.saturating_sub(ids + 12));
        out += &format!("{}  {style}{:<8}{style:#}  {title}\n", layout::pad(meta.id, ids), meta.severity);
    }
    let noun = if rules.len() == 1 { "rule" } else { "rules" };
    out + &format!("\n{ASIDE}{} {noun}; `dbwright rules ID` shows the page of one{ASIDE:#}\n", rules.len())
}

fn list_markdown(rules: &[Known]) -> String {
    let mut out = "| rule | severity | what it finds | engines |\n|---|---|---|---|\n".to_owned();
    for rule in rules {
        let (meta, engines) = (rule.meta(), rule.engines().join(", "));
        out += &format!("| `{}` | {} | {} | {engines} |\n", meta.id, meta.severity, meta.title);
    }
    out
}

/// All pages of a rule, one after the other.
fn pages_text(rule: &Known, width: usize) -> String {
    let pages = rule.pages.iter().map(|page| page_text(page.meta, &page.engines, width));
    pages.collect::<Vec<_>>().join("\n")
}

fn page_text(meta: &RuleMeta, engines: &[&str], width: usize) -> String {
    let style = color(meta.severity).bold();
    let mut out = format!("{HEAD}{}{HEAD:#}: {}\n", meta.id, meta.title);
    out += &format!("severity {style}{}{style:#}, engines {}\n", meta.severity, engines.join(", "));
    for line in prose(meta.docs, width) {
        match line.strip_prefix("## ") {
            Some(heading) => out += &format!("\n{HEAD}{heading}{HEAD:#}\n"),
            None => out += &format!("{line}\n"),
        }
    }
    if !meta.thresholds.is_empty() {
        out += &format!("\n{HEAD}Thresholds{HEAD:#}{ASIDE} (dbwright.toml){ASIDE:#}\n");
    }
    for threshold in meta.thresholds {
        out += &format!("  {} = {}\n", threshold.name, units::number(threshold.default, threshold.unit));
        for line in layout::wrap(threshold.says, width.saturating_sub(4)) {
            out += &format!("    {ASIDE}{line}{ASIDE:#}\n");
        }
    }
    out
}

/// Markdown as lines for a terminal: paragraphs and list items wrapped, headings and code as they are.
fn prose(markdown: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut paragraph, mut code) = (String::new(), false);
    for line in markdown.lines().chain([""]) {
        let starts = line.is_empty() || line.starts_with("## ") || line.starts_with("```") || line.starts_with("- ");
        if (starts || code) && !paragraph.is_empty() {
            let hang = if paragraph.starts_with("- ") { "  " } else { "" };
            let wrapped = layout::wrap(&std::mem::take(&mut paragraph), width.saturating_sub(hang.len()));
            lines.extend(wrapped.into_iter().enumerate().map(|(i, l)| if i == 0 { l } else { format!("{hang}{l}") }));
        }
        if line.starts_with("```") {
            code = !code;
        } else if code {
            lines.push(format!("    {line}"));
        } else if line.starts_with("## ") {
            lines.push(line.to_owned());
        } else if !line.is_empty() {
            paragraph = if paragraph.is_empty() { line.to_owned() } else { format!("{paragraph} {line}") };
        } else if lines.last().is_some_and(|last| !last.is_empty() && !last.starts_with("## ")) {
            lines.push(String::new());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.dedup_by(|later, earlier| later.is_empty() && earlier.is_empty());
    let before_heading =
        |i: usize, lines: &[String]| lines[i].is_empty() && lines.get(i + 1).is_some_and(|l| l.starts_with("## "));
    (0..lines.len()).filter(|i| !before_heading(*i, &lines)).map(|i| lines[i].clone()).collect()
}

/// The page of a rule; a part for each engine where they have pages of their own.
fn pages_markdown(rule: &Known) -> String {
    if let [page] = rule.pages.as_slice() {
        return page_markdown(page.meta, &page.engines);
    }
    let mut out = format!("# {}\n", rule.id);
    for page in &rule.pages {
        let whole = page_markdown(page.meta, &page.engines);
        // Its own heading says on what, and the others go one deeper.
        let body = whole.split_once('\n').map_or("", |(_, rest)| rest);
        out += &format!("\n## On {}\n{}", products(page), deeper(body));
    }
    out
}

/// The engines of a page for people.
fn products(page: &Page) -> String {
    page.engines.iter().map(|id| engines::name_of(id)).collect::<Vec<_>>().join(", ")
}

/// Markdown whose headings are one level deeper.
fn deeper(markdown: &str) -> String {
    let mut code = false;
    let mut out = String::new();
    for line in markdown.lines() {
        code ^= line.starts_with("```");
        let heading = !code && line.starts_with("## ");
        out += &format!("{}{line}\n", if heading { "#" } else { "" });
    }
    out
}

fn page_markdown(meta: &RuleMeta, engines: &[&str]) -> String {
    let mut out =
        format!("# {}\n\n{}. Severity: {}. Engines: {}.\n\n", meta.id, meta.title, meta.severity, engines.join(", "));
    out += &format!("{}\n", meta.docs);
    if !meta.thresholds.is_empty() {
        out += "\n## Thresholds\n| name | default | unit | what it means |\n|---|---|---|---|\n";
    }
    for t in meta.thresholds {
        out += &format!("| `{}` | {} | {} | {} |\n", t.name, units::plain(t.default), t.unit, t.says);
    }
    out
}

/// A rule; where engines have pages of their own, the first one's, and all of them.
fn as_json(rule: &Known) -> Value {
    let mut value = page_json(rule.meta(), &rule.engines());
    if rule.pages.len() > 1 {
        let pages: Vec<_> = rule.pages.iter().map(|page| page_json(page.meta, &page.engines)).collect();
        value["pages"] = json!(pages);
    }
    value
}

fn page_json(meta: &RuleMeta, engines: &[&str]) -> Value {
    let thresholds =
        meta.thresholds.iter().map(|t| json!({"name": t.name, "default": t.default, "unit": t.unit, "says": t.says}));
    json!({
        "id": meta.id,
        "title": meta.title,
        "severity": meta.severity,
        "engines": engines,
        "needs": meta.needs,
        "thresholds": thresholds.collect::<Vec<_>>(),
        "docs": meta.docs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_rule_names_the_nearest() {
        let failure = matching(Some("sql/no-primary-keys"), engines::rules()).expect_err("unknown");
        assert_eq!(failure.hints[0], "did you mean sql/no-primary-key?");
    }

    #[test]
    fn a_page_wraps_its_paragraphs() {
        assert_eq!(prose("## A\nb c d\ne\n\n## F\n- g h\n  i", 5), ["## A", "b c d", "e", "## F", "- g", "  h i"]);
    }
}

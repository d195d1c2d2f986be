//! `cargo xtask docs`: the reference pages, written by the binary itself and from the rule folders.
//!
//! Nothing in `docs/reference` is written by hand, so it can't disagree with what the program does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use dbwright_engine_postgres::migrate::rehearse::prove;
use serde_json::Value;

use crate::Done;
use crate::command::{cargo, openly, quietly, root};
use crate::tidy::{Tree, rule_folders};

/// Where the pages are, from the root.
const REFERENCE: &str = "docs/reference";
/// What every page but the schema opens with.
const NOTE: &str = "<!-- Written by `cargo xtask docs`; don't edit. -->\n";

/// What `cargo xtask docs` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing; fail when a page is not what would be written.
    #[arg(long)]
    check: bool,
}

/// Compare, write nothing.
pub(crate) const CHECK: Options = Options { check: true };

/// Pages by their path below [`REFERENCE`].
type Pages = BTreeMap<String, String>;

/// Writes the pages, or compares them.
pub(crate) fn run(options: &Options) -> Done {
    let folder = root().join(REFERENCE);
    let pages = pages()?;
    let stale = stale(&folder, &pages)?;
    if !options.check {
        return write(&folder, &pages, &stale);
    }
    if stale.is_empty() {
        println!("docs: {} pages are current", pages.len());
        return Ok(());
    }
    Err(format!("not current in {REFERENCE}, run `cargo xtask docs`: {}", stale.join(", ")))
}

fn pages() -> Done<Pages> {
    let binary = binary()?;
    let ask = |arguments: &[&str]| quietly(Command::new(&binary).args(arguments).env("NO_COLOR", "1"));
    let mut pages = Pages::new();
    pages.insert("cli.md".to_owned(), format!("{NOTE}{}", ask(&["reference"])?));
    pages.insert("engines.md".to_owned(), format!("{NOTE}# Engines\n\n{}", ask(&["engines", "--format", "markdown"])?));
    for output in ["check", "advise"] {
        pages.insert(format!("{output}.schema.json"), ask(&["schema", output])?);
    }
    let measured = serde_json::from_str(prove::MEASURED).map_err(|e| format!("{}: {e}", prove::MEASURED_FILE))?;
    pages.insert("locks.md".to_owned(), format!("{NOTE}{}", prove::locks_page(&measured)));
    let tree = Tree::read(&root())?;
    let rules: Vec<Value> = serde_json::from_str(&ask(&["rules", "--format", "json"])?).map_err(|e| e.to_string())?;
    pages.insert("rules.md".to_owned(), index(&rules));
    for rule in &rules {
        let id = text(rule, "id");
        let page = ask(&["rules", id, "--format", "markdown"])?;
        pages.insert(format!("rules/{id}.md"), with_examples(&page, &examples(&tree, id)));
    }
    Ok(pages.into_iter().map(|(path, page)| (path, format!("{}\n", page.trim_end()))).collect())
}

/// The built binary.
fn binary() -> Done<PathBuf> {
    openly(cargo().args(["build", "--quiet", "--package", "dbwright"]))?;
    let metadata = quietly(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| e.to_string())?;
    Ok(Path::new(text(&metadata, "target_directory")).join("debug/dbwright"))
}

/// The list of all rules.
fn index(rules: &[Value]) -> String {
    let rows = rules.iter().map(|rule| {
        let id = text(rule, "id");
        format!("| [`{id}`](rules/{id}.md) | {} | {} |\n", text(rule, "severity"), text(rule, "title"))
    });
    format!(
        "{NOTE}# Rules\n\n{} rules. Severity is the usual one; a finding can be worse.\n\n\
         | rule | severity | what it finds |\n|---|---|---|\n{}",
        rules.len(),
        rows.collect::<String>()
    )
}

/// What the bad example of a rule yields: title, language, text.
fn examples(tree: &Tree, id: &str) -> Vec<(&'static str, String, String)> {
    let (prefix, name) = id.split_once('/').unwrap_or(("", id));
    let ending = format!("/src/rules/{name}");
    // The prefix of a crate's rules is said once, in its build script.
    let is_its_crate = |home: &str| {
        tree.text(&format!("{home}/build.rs")).is_some_and(|script| script.contains(&format!("\"{prefix}\"")))
    };
    let folder = rule_folders(tree).into_iter().find(|folder| folder.strip_suffix(&ending).is_some_and(is_its_crate));
    let Some(folder) = folder else { return Vec::new() };
    let file = |start: &str| {
        let path = tree.files().into_iter().find(|file| file.starts_with(&format!("{folder}/{start}.")))?;
        Some((path.rsplit_once('.')?.1.to_owned(), tree.text(path)?.trim_end().to_owned()))
    };
    // The page itself has the examples.
    let parts = [("`bad` yields (`*` stands for what differs from run to run)", "expected")];
    parts.into_iter().filter_map(|(title, start)| file(start).map(|(language, text)| (title, language, text))).collect()
}

/// The page with that at the end of its section "Example".
fn with_examples(page: &str, examples: &[(&str, String, String)]) -> String {
    // Rules that several engines have by one id have several such sections, and none of these examples.
    if examples.is_empty() {
        return format!("{NOTE}{page}");
    }
    let shown =
        |(title, language, text): &(&str, String, String)| format!("{title}:\n\n```{language}\n{text}\n```\n\n");
    let shown: String = examples.iter().map(shown).collect();
    let (before, after) = page.split_once("## Fix\n").unwrap_or((page, ""));
    let rest = if after.is_empty() { String::new() } else { format!("## Fix\n{after}") };
    format!("{NOTE}{}\n\n{shown}{rest}", before.trim_end())
}

/// The pages that differ, are missing, or should not be there.
fn stale(folder: &Path, pages: &Pages) -> Done<Vec<String>> {
    let there = if folder.exists() { Tree::read(folder)? } else { Tree::default() };
    let differ = pages.iter().filter(|(path, page)| there.text(path) != Some(page)).map(|(path, _)| path.clone());
    let extra = there.files().into_iter().filter(|path| !pages.contains_key(*path)).map(str::to_owned);
    Ok(differ.chain(extra).collect())
}

fn write(folder: &Path, pages: &Pages, stale: &[String]) -> Done {
    for path in stale {
        let file = folder.join(path);
        let shown = |e: std::io::Error| format!("{}: {e}", file.display());
        let Some(page) = pages.get(path) else {
            fs::remove_file(&file).map_err(shown)?;
            continue;
        };
        fs::create_dir_all(file.parent().unwrap_or(folder)).map_err(shown)?;
        fs::write(&file, page).map_err(shown)?;
    }
    println!("docs: {} pages, {} of them written or removed", pages.len(), stale.len());
    Ok(())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_come_before_the_fix() {
        let examples = [("The bad example", "sql".to_owned(), "SELECT 1;".to_owned())];
        let page = with_examples("# pg/x\n\n## Example\nSo.\n\n## Fix\nThus.\n", &examples);
        assert!(
            page.ends_with("## Example\nSo.\n\nThe bad example:\n\n```sql\nSELECT 1;\n```\n\n## Fix\nThus.\n"),
            "{page}"
        );
    }

    #[test]
    fn a_page_that_differs_is_missing_or_left_over_is_stale() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("same.md", "1"), ("differs.md", "2"), ("left-over.md", "3")] {
            fs::write(folder.path().join(name), text).expect("it can be written");
        }
        let pages = [("same.md", "1"), ("differs.md", "x"), ("missing.md", "4")];
        let pages: Pages = pages.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        assert_eq!(stale(folder.path(), &pages).expect("readable"), ["differs.md", "missing.md", "left-over.md"]);
        write(folder.path(), &pages, &["differs.md".into(), "missing.md".into(), "left-over.md".into()])
            .expect("writable");
        assert_eq!(stale(folder.path(), &pages).expect("readable"), Vec::<String>::new());
    }
}

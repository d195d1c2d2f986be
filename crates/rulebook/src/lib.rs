//! Generates a crate's rule registry from its rule folders, at build time.
//!
//! A rule is one folder: `rule.rs` (the check), `rule.md` (front matter and the page), `bad.*` and
//! `good.*` (examples that tests run on the real engine). Adding a folder adds the rule; there is no
//! list to keep. Called from `build.rs`; the result is included by the crate's `rules.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

/// The headings that every rule's page has, in this order.
pub const HEADINGS: [&str; 6] = ["What it finds", "Why it hurts", "Example", "Fix", "Safety of the fix", "References"];

/// The front matter of `rule.md`, between two `+++` lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    title: String,
    severity: String,
    #[serde(default)]
    needs: Vec<String>,
    unproven: Option<String>,
    #[serde(default)]
    thresholds: BTreeMap<String, ThresholdMatter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdMatter {
    default: f64,
    unit: String,
    says: String,
}

/// Writes `$OUT_DIR/rules.rs`: one module a folder of `folder`, and `pub static RULES: &[Rule<BODY>]`.
///
/// `prefix` is the part of the ids before the slash, `body` the path of the body type. The included
/// file expects `Rule`, `RuleMeta`, `Severity` and `Threshold` of `dbwright_core` by full path.
///
/// # Panics
/// When a folder is incomplete or its page is not of the fixed form; that stops the build with the reason.
pub fn generate(folder: &str, prefix: &str, body: &str) {
    generate_as("rules.rs", folder, prefix, body);
}

/// As [`generate`], into `$OUT_DIR/output`: for a crate with more than one registry. The bad and good examples are
/// there too, as `pub static EXAMPLES: &[(id, file, text)]`.
///
/// # Panics
/// As [`generate`].
pub fn generate_with_examples(output: &str, folder: &str, prefix: &str, body: &str) {
    generate_as(output, folder, prefix, body);
    let root = root(folder);
    let mut entries = String::new();
    for rule in rule_folders(&root) {
        let id = format!("{prefix}/{}", folder_name(&rule));
        for (name, text) in examples(&rule) {
            println!("cargo::rerun-if-changed={}", rule.join(&name).display());
            writeln!(entries, "    ({id:?}, {name:?}, {text:?}),").expect("string");
        }
    }
    let out = out(output);
    let mut written = fs::read_to_string(&out).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
    write!(
        written,
        "\n/// The example files of the rules: rule id, file name, text.\n\
         pub static EXAMPLES: &[(&str, &str, &str)] = &[\n{entries}];\n"
    )
    .expect("string");
    fs::write(&out, written).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

/// Writes the registry of one folder.
fn generate_as(output: &str, folder: &str, prefix: &str, body: &str) {
    println!("cargo::rerun-if-changed={folder}");
    let root = root(folder);
    let mut modules = String::new();
    let mut entries = String::new();
    for rule in rule_folders(&root) {
        let name = folder_name(&rule);
        let module = name.replace('-', "_");
        let code = rule.join("rule.rs");
        assert!(code.is_file(), "{} has no rule.rs", rule.display());
        writeln!(modules, "#[path = {:?}]\nmod {module};", code.display().to_string()).expect("string");
        writeln!(entries, "    {},", entry(&rule, prefix, &name, &module)).expect("string");
    }
    let text = format!(
        "{modules}\n/// The rules of this crate, by id.\n#[allow(clippy::unreadable_literal)]\npub static RULES: &[dbwright_core::Rule<{body}>] = &[\n{entries}];\n"
    );
    let out = out(output);
    fs::write(&out, text).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}

/// A folder of the crate that is built.
fn root(folder: &str) -> PathBuf {
    PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join(folder)
}

/// A file that the build writes.
fn out(file: &str) -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join(file)
}

/// The last part of a rule's id.
fn folder_name(rule: &Path) -> String {
    rule.file_name().and_then(|n| n.to_str()).expect("rule folders have plain names").to_owned()
}

/// The rule folders below `root`, by name; none for a new engine that has no rule yet.
fn rule_folders(root: &Path) -> Vec<PathBuf> {
    if !root.exists() {
        return Vec::new();
    }
    let entries = fs::read_dir(root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut folders: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    folders.sort();
    folders
}

/// The registry entry of one folder, as Rust.
fn entry(rule: &Path, prefix: &str, name: &str, module: &str) -> String {
    let page = rule.join("rule.md");
    let text = fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
    println!("cargo::rerun-if-changed={}", page.display());
    let (matter, docs) =
        split(&text).unwrap_or_else(|| panic!("{}: no front matter between +++ lines", page.display()));
    let matter: FrontMatter = toml::from_str(matter).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
    let headings: Vec<_> = docs.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
    assert_eq!(headings, HEADINGS, "{}: the headings are not the fixed ones", page.display());
    let severity = match matter.severity.as_str() {
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        "critical" => "Critical",
        other => panic!("{}: `{other}` is not a severity", page.display()),
    };
    let docs = with_examples(docs, &examples(rule));
    let thresholds: String = matter.thresholds.iter().map(|(name, t)| threshold(name, t)).collect();
    format!(
        "dbwright_core::Rule {{ meta: &dbwright_core::RuleMeta {{ id: {id:?}, title: {title:?}, \
         severity: dbwright_core::Severity::{severity}, thresholds: &[{thresholds}], docs: {docs:?}, needs: &{needs:?}, unproven: {unproven:?} }}, \
         check: {module}::check }}",
        id = format!("{prefix}/{name}"),
        title = matter.title,
        needs = matter.needs,
        unproven = matter.unproven,
    )
}

fn threshold(name: &str, t: &ThresholdMatter) -> String {
    format!(
        "dbwright_core::rule::Threshold {{ name: {name:?}, default: {:e}, unit: {:?}, says: {:?} }}, ",
        t.default, t.unit, t.says
    )
}

/// The example files of a rule: name and text, the bad ones first.
fn examples(rule: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(rule).unwrap_or_else(|e| panic!("{}: {e}", rule.display()));
    let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("bad.") || name.starts_with("good.")).collect();
    names.sort();
    let read = |name: String| {
        let path = rule.join(&name);
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// The page with its examples at the end of the section "Example": its words speak of files that only a
/// checkout has.
fn with_examples(docs: &str, examples: &[(String, String)]) -> String {
    let shown = |(name, text): &(String, String)| {
        let what = if name.starts_with("bad.") { "is found" } else { "is fine" };
        let language = name.rsplit('.').next().unwrap_or_default();
        format!("`{name}`, which {what}:\n\n```{language}\n{}\n```\n\n", text.trim_end())
    };
    let shown: String = examples.iter().map(shown).collect();
    docs.replacen("## Fix\n", &format!("{shown}## Fix\n"), 1)
}

/// Splits a page into front matter and text.
fn split(page: &str) -> Option<(&str, &str)> {
    let rest = page.strip_prefix("+++\n")?;
    let (matter, docs) = rest.split_once("\n+++\n")?;
    Some((matter, docs.trim()))
}

//! Runs every rule folder of `migrate/` on the real library: the fault is found with and without a target, the sound example is
//! silent, the change that a finding shows can be run, and what the examples claim is what SQLite does.
//!
//! There is no list of rules here. `DBWRIGHT_RULES=name,name` limits a run by hand; `DBWRIGHT_BLESS=1` writes the expected
//! findings.

mod claims;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dbwright_core::{Finding, Severity, Snapshot};
use dbwright_engine_sqlite::Sqlite;
use dbwright_engine_sqlite::migrate::lint::{Example, examples};
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::{OnlineDdl as _, Script};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::common::{self, Database};

/// How an example begins that is not run by `dbwright migrate apply`.
const AS_IS: &str = "-- applied by another tool";

/// The examples, as far as they are chosen.
fn chosen() -> Vec<Example> {
    let wanted = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let is = |example: &Example| {
        wanted.is_empty() || wanted.split(',').any(|name| example.rule.ends_with(&format!("/{name}")))
    };
    examples().expect("examples are of the form").into_iter().filter(is).collect()
}

fn lint(scripts: &[Script], context: Option<&Snapshot>, as_is: bool) -> Linted {
    let mut options = LintOptions::default();
    if as_is {
        options.as_is.extend(scripts.iter().map(|script| script.file.clone()));
    }
    Sqlite.lint(scripts, context, &options).expect("a lint")
}

/// What the migration yields: the set-up is an earlier file, and the target's when there is one.
fn findings(example: &Example, context: Option<&Snapshot>) -> Vec<Finding> {
    let setup = Script {
        file: "setup.sql".to_owned(),
        text: Arc::clone(&example.migration.text),
        statements: example.setup.clone(),
    };
    let scripts =
        if context.is_some() { vec![example.migration.clone()] } else { vec![setup, example.migration.clone()] };
    let linted = lint(&scripts, context, example.migration.text.starts_with(AS_IS));
    let file = &example.migration.file;
    assert!(linted.not_looked_at.is_empty(), "{}/{file}: {:?}", example.rule, linted.not_looked_at);
    // That the table `empty` of an example holds no row is what only a target can tell.
    let told = |finding: &Finding| context.is_some() || !finding.subject.starts_with("main.empty");
    let here = |finding: &Finding| finding.location.as_ref().is_some_and(|place| place.file == *file) && told(finding);
    linted.findings.into_iter().filter(here).collect()
}

/// What must be true of the findings, with the words for it when it is not.
fn judge(example: &Example, found: &[Finding], how: &str) -> Vec<String> {
    let own = found.iter().any(|finding| finding.rule == example.rule);
    let name = format!("{}/{} {how}", example.rule, example.migration.file);
    if example.bad {
        return if own { Vec::new() } else { vec![format!("{name}: the fault is not found")] };
    }
    let told = |f: &&Finding| f.rule == example.rule || f.severity >= Severity::Medium;
    found.iter().filter(told).map(|f| format!("{name}: {} at {:?}: {}", f.rule, f.location, f.title)).collect()
}

fn compare(example: &Example, found: &[Finding]) -> Result<(), String> {
    let folder = example.rule.rsplit('/').next().expect("a name");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrate/rules").join(folder).join("expected.json");
    let own: Vec<Value> = found.iter().filter(|finding| finding.rule == example.rule).map(shown).collect();
    let text = serde_json::to_string_pretty(&own).expect("JSON values can be written") + "\n";
    if std::fs::read_to_string(&file).is_ok_and(|known| known == text) {
        return Ok(());
    }
    if std::env::var_os("DBWRIGHT_BLESS").is_some() {
        return std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()));
    }
    Err(format!("the findings of bad.sql are not those of {} (DBWRIGHT_BLESS=1 writes them):\n{text}", file.display()))
}

fn shown(finding: &Finding) -> Value {
    let change = finding
        .change
        .as_ref()
        .map(|change| json!({ "forward": change.forward, "back": change.back, "lock": change.lock }));
    json!({ "rule": finding.rule, "severity": finding.severity.word(), "subject": finding.subject, "title": finding.title,
        "why": finding.why, "line": finding.location.as_ref().map(|place| place.line), "change": change })
}

#[test]
fn without_a_target_the_findings_are_the_expected_ones() {
    let mut failures = Vec::new();
    for example in chosen() {
        let found = findings(&example, None);
        failures.extend(judge(&example, &found, "without a target"));
        if example.bad {
            failures.extend(compare(&example, &found).err());
        }
    }
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_example_does_on_a_real_file_what_it_claims() {
    let mut failures = Vec::new();
    for example in chosen() {
        let name = format!("{}/{}", example.rule, example.migration.file);
        let outcome = one(&example).unwrap_or_else(|reason| vec![reason]);
        failures.extend(outcome.into_iter().map(|reason| format!("{name}: {reason}")));
    }
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n"));
}

/// One example: set up, observed, linted, carried out.
fn one(example: &Example) -> Result<Vec<String>, String> {
    let database = set_up(example)?;
    let snapshot = common::observe(&database.path).map_err(|failure| format!("{failure:?}"))?;
    let found = findings(example, Some(&snapshot));
    let mut failures = judge(example, &found, "with a target");
    if example.bad {
        let places = |found: &[Finding]| -> BTreeSet<_> {
            found.iter().filter(|f| f.rule == example.rule).map(|f| (f.location.clone(), f.subject.clone())).collect()
        };
        let (with, without) = (places(&found), places(&findings(example, None)));
        if with != without {
            failures.push(format!("with a target {with:?}, without {without:?}"));
        }
        for finding in found.iter().filter(|finding| finding.rule == example.rule) {
            failures.extend(mended(example, finding)?);
        }
    }
    failures.extend(claims::replay(&database.path, example)?);
    Ok(failures)
}

fn set_up(example: &Example) -> Result<Database, String> {
    let database = Database::named("test.db");
    let db = claims::connect(&database.path)?;
    for statement in &example.setup {
        db.execute_batch(&statement.sql).map_err(|e| format!("set-up: {}: {e}", statement.sql))?;
    }
    Ok(database)
}

/// Carries out what a finding shows in place of its statement, and back.
fn mended(example: &Example, finding: &Finding) -> Result<Vec<String>, String> {
    let mut failures = Vec::new();
    if finding.evidence.is_empty() {
        failures.push(format!("{}: no evidence", finding.title));
    }
    let Some(change) = &finding.change else {
        if finding.why.is_empty() {
            failures.push(format!("{}: neither a change nor the reason", finding.title));
        }
        return Ok(failures);
    };
    let database = set_up(example)?;
    let db = claims::connect(&database.path)?;
    let line = finding.location.as_ref().map_or(0, |place| place.line);
    for statement in example.migration.statements.iter().take_while(|statement| statement.line < line) {
        // What the example claims to fail fails here too.
        let _ = db.execute_batch(&statement.sql);
    }
    if !db.is_autocommit() && !change.in_transaction {
        db.execute_batch("COMMIT").map_err(|e| format!("COMMIT: {e}"))?;
    }
    for sql in change.forward.iter().chain(&change.back) {
        failures.extend(run(&db, sql).err().map(|e| format!("line {line}, the change: {sql}: {e}")));
    }
    if change.back.is_empty() && change.irreversible.is_none() {
        failures.push(format!("{}: no way back and no reason", finding.title));
    }
    Ok(failures)
}

fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.execute_batch(sql)
}

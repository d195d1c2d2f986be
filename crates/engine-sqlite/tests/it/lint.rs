//! Runs every rule folder of `migrate/` on the real library: the fault is found with and without a target, the sound example is
//! silent, the change that a finding shows can be run, and what the examples claim is what SQLite does.
//!
//! There is no list of rules here. `DBWRIGHT_RULES=name,name` limits a run by hand; `DBWRIGHT_BLESS=1` writes the expected
//! findings.

mod claims;
/// What is done with an example is the same for every engine.
#[path = "../../../engine-postgres/tests/lint/examples.rs"]
mod examples;

use std::path::Path;

use dbwright_core::{Finding, Snapshot};
use dbwright_engine_sqlite::Sqlite;
use dbwright_engine_sqlite::migrate::lint::{self, Example};
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::{OnlineDdl as _, Script};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::common::{self, Database};

/// How an example begins that is not run by `dbwright migrate apply`.
const AS_IS: &str = "-- applied by another tool";

/// The examples, as far as they are chosen.
fn chosen() -> Vec<Example> {
    examples::chosen(lint::examples().expect("examples are of the form"))
}

fn linted(scripts: &[Script], context: Option<&Snapshot>, as_is: bool) -> Linted {
    let mut options = LintOptions::default();
    if as_is {
        options.as_is.extend(scripts.iter().map(|script| script.file.clone()));
    }
    Sqlite.lint(scripts, context, &options).expect("a lint")
}

/// What the migration yields.
fn findings(example: &Example, context: Option<&Snapshot>) -> Vec<Finding> {
    let scripts = examples::scripts(example, context.is_some());
    let linted = linted(&scripts, context, example.migration.text.starts_with(AS_IS));
    examples::own(example, linted, context.is_some(), "main.empty")
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
        failures.extend(examples::judge(&example, &found, "without a target"));
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
    let mut failures = examples::judge(example, &found, "with a target");
    if example.bad {
        let places = |found: &[Finding]| examples::places(example.rule, found, "");
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

//! Runs every rule folder of `migrate/` on a real MySQL and a real MariaDB: the fault is found with and without a target, the
//! sound example is silent, what the examples claim is what the servers do, and what findings show in place runs.
//!
//! There is no list of rules here. `DBWRIGHT_RULES=name,name` limits a run by hand; `DBWRIGHT_BLESS=1` writes the expected
//! findings; `DBWRIGHT_TEST_SKIP=mysql` leaves a flavour out.

mod claims;

/// What is done with an example is, too.
#[path = "../../../engine-postgres/tests/lint/examples.rs"]
mod examples;
/// How findings are compared with `expected.json` is the same for every engine.
#[path = "../../../engine-postgres/tests/lint/expected.rs"]
mod expected;

use std::path::Path;

use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::flavour::{Flavour, version_numbers};
use dbwright_engine_mysql::migrate::lint::{self, Claim};
use dbwright_migrate::OnlineDdl as _;
use dbwright_migrate::lint::{Example, LintOptions};
use dbwright_testkit::{MyDatabase, is_skipped};

/// A server that lint is asked about: its word for `--dialect`, and its version; the newest when it is not said.
#[derive(Clone, Copy)]
struct Asked<'a> {
    dialect: &'static str,
    version: Option<&'a str>,
}

/// The newest MySQL: what `expected.json` is of.
const MYSQL: Asked<'static> = Asked { dialect: "mysql", version: Some("9.7.0") };

/// The examples, as far as they are chosen.
fn chosen() -> Vec<Example<Claim>> {
    examples::chosen(lint::examples().expect("examples are of the form"))
}

/// Whether an example is for a flavour.
fn concerns(example: &Example<Claim>, flavour: &str) -> bool {
    let only = example.migration.text.lines().find_map(|line| line.strip_prefix("-- only "));
    only.is_none_or(|only| only.trim() == flavour)
}

/// What the migration yields.
fn findings(example: &Example<Claim>, asked: Asked<'_>, context: Option<&Snapshot>) -> Vec<Finding> {
    let scripts = examples::scripts(example, context.is_some());
    let mut options = LintOptions {
        dialect: Some(asked.dialect.to_owned()),
        version: asked.version.map(str::to_owned),
        ..LintOptions::default()
    };
    if example.migration.text.lines().any(|line| line == "-- applied by psql") {
        options.as_is.extend(scripts.iter().map(|script| script.file.clone()));
    }
    let linted = MySql.lint(&scripts, context, &options).expect("a lint");
    examples::own(example, linted, context.is_some(), "empty_yet")
}

#[test]
fn without_a_target_the_findings_are_the_expected_ones() {
    let mut failures = Vec::new();
    for example in chosen() {
        let dialect = if concerns(&example, "mysql") { "mysql" } else { "mariadb" };
        let asked = if dialect == "mysql" { MYSQL } else { Asked { dialect, version: None } };
        let found = findings(&example, asked, None);
        failures.extend(examples::judge(&example, &found, "without a target"));
        if example.bad {
            let own: Vec<&Finding> = found.iter().filter(|finding| finding.rule == example.rule).collect();
            let folder = example.rule.rsplit('/').next().expect("a name");
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrate/rules");
            failures.extend(expected::compare(&root.join(folder).join("expected.json"), &own).err());
        }
    }
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_example_does_on_mysql_what_it_claims() {
    on("mysql");
}

#[test]
fn every_example_does_on_mariadb_what_it_claims() {
    on("mariadb");
}

/// All examples on one flavour.
fn on(flavour: &'static str) {
    if is_skipped(flavour) {
        return;
    }
    let mut failures = Vec::new();
    for example in chosen().iter().filter(|example| concerns(example, flavour)) {
        let outcome = one(example, flavour);
        let name = format!("{flavour}: {}/{}", example.rule, example.migration.file);
        let reasons = outcome.unwrap_or_else(|reason| vec![reason]);
        failures.extend(reasons.into_iter().map(|reason| format!("{name}: {reason}")));
    }
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n"));
}

/// One example: set up, observed, linted, carried out, and its changes in place of it.
fn one(example: &Example<Claim>, flavour: &'static str) -> Result<Vec<String>, String> {
    let database = set_up(example, flavour)?;
    let text = database.query("SELECT VERSION()")[0][0].clone();
    let server = (Flavour::of(&text), version_numbers(&text));
    let snapshot = observed(&database)?;
    let version = format!("{}.{}.{}", server.1.0, server.1.1, server.1.2);
    let asked = Asked { dialect: flavour, version: Some(&version) };
    let found = findings(example, asked, Some(&snapshot));
    let mut failures = examples::judge(example, &found, "with a target");
    if example.bad {
        let prefix = format!("{}.", database.name);
        let places = |found: &[Finding]| examples::places(example.rule, found, &prefix);
        let (with, without) = (places(&found), places(&findings(example, asked, None)));
        if with != without {
            failures.push(format!("with a target {with:?}, without {without:?}"));
        }
    }
    failures.extend(claims::replay(&database, example, server)?);
    for finding in found.iter().filter(|finding| finding.rule == example.rule) {
        failures.extend(changed(example, finding, flavour).err());
    }
    Ok(failures)
}

/// A database in the state before the migration.
fn set_up(example: &Example<Claim>, flavour: &str) -> Result<MyDatabase, String> {
    let database = MyDatabase::create(flavour);
    let session = database.session();
    for statement in &example.setup {
        session.query(&statement.sql).map_err(|e| format!("set-up: {}: {e}", statement.sql))?;
    }
    for row in database.query("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'") {
        session.query(&format!("ANALYZE TABLE `{}`", row[0]))?;
    }
    Ok(database)
}

fn observed(database: &MyDatabase) -> Result<Snapshot, String> {
    let address = Address::parse(&database.url).map_err(|failure| format!("{failure:?}"))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|e| e.to_string())?;
    let options = ObserveOptions::default();
    runtime.block_on(MySql.observe(&address, &options, &Silent)).map_err(|failure| format!("{failure:?}"))
}

/// What a finding shows runs in place of its statement, after those before it.
fn changed(example: &Example<Claim>, finding: &Finding, flavour: &str) -> Result<(), String> {
    let Some(change) = &finding.change else { return Ok(()) };
    let database = set_up(example, flavour)?;
    let session = database.session();
    let line = finding.location.as_ref().map_or(0, |place| place.line);
    let before = example.migration.statements.iter().take_while(|s| s.line + s.sql.matches('\n').count() < line);
    for statement in before {
        // What a claim says that it fails has no effect.
        let _ = session.query(&statement.sql);
    }
    for sql in &change.forward {
        // The finding was made in another database of the same shape.
        session.query(sql).map_err(|e| format!("the change of {} at line {line}: {sql}: {e}", finding.subject))?;
    }
    Ok(())
}

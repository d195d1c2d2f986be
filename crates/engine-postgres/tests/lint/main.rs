//! Runs every rule folder of `migrate/` on real servers: the fault is found with and without a target, the sound example
//! is silent, and what the examples claim of locks and rewrites is what the server does.
//!
//! There is no list of rules here. `DBWRIGHT_RULES=name,name` limits a run by hand, `DBWRIGHT_TEST_MAJORS=15` chooses
//! versions; `DBWRIGHT_BLESS=1` writes the expected findings.

mod claims;
mod examples;
mod expected;

use std::path::Path;

use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Snapshot};
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::migrate::lint::{self, Example};
use dbwright_migrate::OnlineDdl as _;
use dbwright_migrate::lint::LintOptions;
use dbwright_testkit::{Database, majors};

/// The examples, as far as they are chosen.
fn chosen() -> Vec<Example> {
    examples::chosen(lint::examples().expect("examples are of the form"))
}

/// What the migration yields.
fn findings(example: &Example, context: Option<&Snapshot>) -> Vec<Finding> {
    let scripts = examples::scripts(example, context.is_some());
    let mut options = LintOptions::default();
    if example.migration.text.starts_with("-- applied by psql") {
        options.as_is.extend(scripts.iter().map(|script| script.file.clone()));
    }
    let linted = Postgres.lint(&scripts, context, &options).expect("a lint");
    examples::own(example, linted, context.is_some(), "public.empty")
}

#[test]
fn without_a_target_the_findings_are_the_expected_ones() {
    let mut failures = Vec::new();
    for example in chosen() {
        let found = findings(&example, None);
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
fn every_example_does_on_real_servers_what_it_claims() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let failures: Vec<String> = runtime.block_on(async {
        let versions = majors().expect("versions").into_iter().map(|major| tokio::spawn(on(major)));
        let mut all = Vec::new();
        for version in versions.collect::<Vec<_>>() {
            all.extend(version.await.unwrap_or_else(|panic| vec![panic.to_string()]));
        }
        all
    });
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n"));
}

/// All examples on one version.
async fn on(major: u32) -> Vec<String> {
    let mut failures = Vec::new();
    for example in chosen() {
        let database = Database::create(major);
        let outcome = one(&example, &database, major).await;
        let name = format!("PostgreSQL {major}: {}/{}", example.rule, example.migration.file);
        failures.extend(
            outcome.unwrap_or_else(|reason| vec![reason]).into_iter().map(|reason| format!("{name}: {reason}")),
        );
    }
    failures
}

/// One example: set up, observed, linted, carried out.
async fn one(example: &Example, database: &Database, major: u32) -> Result<Vec<String>, String> {
    let client = claims::connect(&database.url).await?;
    for statement in &example.setup {
        client.batch_execute(&statement.sql).await.map_err(|e| format!("set-up: {}: {e:?}", statement.sql))?;
    }
    client.batch_execute("ANALYZE").await.map_err(|e| format!("{e:?}"))?;
    let address = Address::parse(&database.url).map_err(|failure| format!("{failure:?}"))?;
    let snapshot =
        Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.map_err(|f| format!("{f:?}"))?;
    let found = findings(example, Some(&snapshot));
    let mut failures = examples::judge(example, &found, "with a target");
    if example.bad {
        let places = |found: &[Finding]| examples::places(example.rule, found, "");
        let (with, without) = (places(&found), places(&findings(example, None)));
        if with != without {
            failures.push(format!("with a target {with:?}, without {without:?}"));
        }
    }
    failures.extend(claims::replay(&client, example, major).await?);
    Ok(failures)
}

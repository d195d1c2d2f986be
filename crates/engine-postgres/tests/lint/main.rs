//! Runs every rule folder of `migrate/` on real servers: the fault is found with and without a target, the sound example
//! is silent, and what the examples claim of locks and rewrites is what the server does.
//!
//! There is no list of rules here. `DBWRIGHT_RULES=name,name` limits a run by hand, `DBWRIGHT_TEST_MAJORS=15` chooses
//! versions; `DBWRIGHT_BLESS=1` writes the expected findings.

mod claims;
mod expected;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Severity, Snapshot};
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::migrate::lint::{Example, examples};
use dbwright_migrate::lint::LintOptions;
use dbwright_migrate::{OnlineDdl as _, Script};
use dbwright_testkit::{Database, majors};

/// The examples, as far as they are chosen.
fn chosen() -> Vec<Example> {
    let wanted = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let is = |example: &Example| {
        wanted.is_empty() || wanted.split(',').any(|name| example.rule.ends_with(&format!("/{name}")))
    };
    examples().expect("examples are of the form").into_iter().filter(is).collect()
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
    let mut options = LintOptions::default();
    if example.migration.text.starts_with("-- applied by psql") {
        options.as_is.extend(scripts.iter().map(|script| script.file.clone()));
    }
    let linted = Postgres.lint(&scripts, context, &options).expect("a lint");
    let file = &example.migration.file;
    assert!(linted.not_looked_at.is_empty(), "{}/{file}: {:?}", example.rule, linted.not_looked_at);
    // That the table `empty` of an example holds no row is what only a target can tell.
    let told = |finding: &Finding| context.is_some() || !finding.subject.starts_with("public.empty");
    let here = |finding: &Finding| finding.location.as_ref().is_some_and(|place| place.file == *file) && told(finding);
    linted.findings.into_iter().filter(here).collect()
}

/// What must be true of the findings, with the words for it when it is not.
fn judge(example: &Example, found: &[Finding], how: &str) -> Vec<String> {
    let own = found.iter().filter(|finding| finding.rule == example.rule).count();
    let others = found.iter().filter(|finding| finding.rule != example.rule && finding.severity >= Severity::Medium);
    let name = format!("{}/{} {how}", example.rule, example.migration.file);
    match (example.bad, own) {
        (true, 0) => vec![format!("{name}: the fault is not found")],
        (true, _) => Vec::new(),
        (false, 0) => {
            others.map(|other| format!("{name}: {} at {:?}: {}", other.rule, other.location, other.title)).collect()
        }
        (false, _) => found.iter().map(|f| format!("{name}: {} at {:?}: {}", f.rule, f.location, f.title)).collect(),
    }
}

#[test]
fn without_a_target_the_findings_are_the_expected_ones() {
    let mut failures = Vec::new();
    for example in chosen() {
        let found = findings(&example, None);
        failures.extend(judge(&example, &found, "without a target"));
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
    let mut failures = judge(example, &found, "with a target");
    if example.bad {
        let places = |found: &[Finding]| -> BTreeSet<_> {
            found.iter().filter(|f| f.rule == example.rule).map(|f| (f.location.clone(), f.subject.clone())).collect()
        };
        let (with, without) = (places(&found), places(&findings(example, None)));
        if with != without {
            failures.push(format!("with a target {with:?}, without {without:?}"));
        }
    }
    failures.extend(claims::replay(&client, example, major).await?);
    Ok(failures)
}

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
use dbwright_migrate::lint::{LintOptions, Verdict};
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

/// The server's own parser has the last word on what dbwright can't read, and runs nothing while it is asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_servers_parser_is_asked_and_runs_nothing() {
    const FILE: &str = "ALTER STATISTICS IF EXISTS counted SET STATISTICS 10;\nALTER TABLE kept ADD COLUM a int;\n\
        CREAT TABLE \"o'dd\" (a int);\nROLLBACK AND CHAINS;\nSELECT 1 FROM kept;\n";
    for major in majors().expect("versions") {
        let database = Database::create(major);
        database.execute("CREATE TABLE kept (id int)");
        let address = Address::parse(&database.url).expect("an address");
        let scripts = [Postgres.read("m.sql", FILE).expect("read")];
        let timeout = std::time::Duration::from_secs(10);
        let verdicts = Postgres.parsed(&address, &scripts, timeout).await.expect("asked");
        assert_eq!(verdicts.len(), 4, "{verdicts:?}");
        let lint = |options: &LintOptions| Postgres.lint(&scripts, None, options).expect("a lint");
        let places = |linted: &dbwright_migrate::lint::Linted| -> Vec<(usize, String)> {
            let own = linted.findings.iter().filter(|one| one.rule == "migrate/not-understood");
            own.map(|one| (one.location.as_ref().map_or(0, |at| at.line), one.severity.to_string())).collect()
        };
        let told = lint(&LintOptions { verdicts, ..LintOptions::default() });
        let high = |line: usize| (line, "high".to_owned());
        assert_eq!(places(&told), [high(2), high(3), high(4)], "{told:#?}");
        let words = "syntax error at or near \"int\"";
        assert!(told.findings.iter().any(|one| one.why.contains(words)), "{told:#?}");
        assert_eq!(told.not_looked_at.len(), 1, "{told:#?}");
        let untold = lint(&LintOptions::default());
        assert_eq!(places(&untold), [1, 2, 3, 4].map(|line| (line, "medium".to_owned())), "{untold:#?}");
        let left = dbwright_testkit::sql::query(&database.url, "SELECT count(*) FROM pg_class WHERE relname ~ 'dd$'");
        assert_eq!(left.expect("counted")[0][0], "0");
    }
}

/// A text in which the server sees several statements, of which the first would end the transaction, is only parsed.
#[tokio::test(flavor = "multi_thread")]
async fn no_text_gets_out_of_the_parser() {
    let database = Database::create(majors().expect("versions")[0]);
    database.execute("CREATE TABLE kept (id int)");
    let address = Address::parse(&database.url).expect("an address");
    let hostile = ["ROLLBACK; DROP TABLE kept", "COMMIT; DROP TABLE kept; FROB", "FROB; DROP TABLE kept", "END"];
    let mut script = Postgres.read("m.sql", "FROB;").expect("read");
    for text in hostile {
        text.clone_into(&mut script.statements[0].sql);
        let scripts = [script.clone()];
        let asked = Postgres.parsed(&address, &scripts, std::time::Duration::from_secs(10)).await.expect("asked");
        assert!(asked.values().all(|said| matches!(said, Verdict::Refuses(_))), "{text}: {asked:?}");
    }
    dbwright_testkit::sql::query(&database.url, "SELECT FROM kept").expect("it is there");
}

/// From version 18 on a NOT NULL has a name, which a snapshot holds: lint tells what the server refuses, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_not_null_are_judged_as_the_server_does() {
    const FILES: [&str; 7] = [
        "ALTER TABLE parcels DROP CONSTRAINT weihged",
        "ALTER TABLE parcels DROP CONSTRAINT quite_another",
        "ALTER TABLE parcels DROP CONSTRAINT weighed",
        "ALTER TABLE parcels ADD CONSTRAINT parcels_qty_not_null CHECK (qty > 0)",
        "ALTER TABLE parcels RENAME CONSTRAINT weighed TO parcels_qty_not_null",
        "ALTER TABLE parcels ALTER qty DROP NOT NULL; ALTER TABLE parcels ADD CONSTRAINT parcels_qty_not_null CHECK (qty > 0)",
        "ALTER TABLE parcels DROP COLUMN qty; ALTER TABLE parcels ADD CONSTRAINT parcels_qty_not_null CHECK (id > 0)",
    ];
    for major in majors().expect("versions") {
        let database = Database::create(major);
        database
            .execute("CREATE TABLE parcels (id int PRIMARY KEY, qty int NOT NULL, w int CONSTRAINT weighed NOT NULL)");
        let address = Address::parse(&database.url).expect("an address");
        let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("observed");
        for text in FILES {
            // With nothing new in it, a file that drops what is not there looks as if it had been run already.
            let text = format!("CREATE TABLE fresh (id int); {text}");
            let tried = dbwright_testkit::sql::execute(&database.url, &format!("BEGIN; {text}; ROLLBACK"));
            let scripts = [Postgres.read("m.sql", &text).expect("read")];
            let linted = Postgres.lint(&scripts, Some(&snapshot), &LintOptions::default()).expect("a lint");
            let told = linted.findings.iter().any(|one| one.rule.starts_with("migrate/name-"));
            assert_eq!(told, tried.is_err(), "{major}: {text}: {tried:?}: {:#?}", linted.findings);
        }
    }
}

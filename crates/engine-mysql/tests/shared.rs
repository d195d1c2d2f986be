//! The `sql/` rules, and those on migrations, on real MySQL and MariaDB: `bad.mysql.sql` gives exactly the expected findings, the change makes each go
//! away and its way back brings it back, `good.mysql.sql` gives nothing. Files of one flavour alone are called after it.
//!
//! `DBWRIGHT_BLESS=1` writes the expected files from what was found, to be read before they are committed.

use std::path::{Path, PathBuf};

use dbwright_check::Checks as _;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::{Finding, Target, target::Address};
use dbwright_engine_mysql::MySql;
use dbwright_testkit::{MyDatabase, engines};
use serde_json::{Value, json};

fn folders(root: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut found: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The example of an engine, or the one of both.
fn example(folder: &Path, name: &str, engine: &str) -> Option<String> {
    let of = |engine: &str| folder.join(format!("{name}.{engine}.sql"));
    let both = if engine == "mariadb" { of("mysql") } else { of(engine) };
    [of(engine), both].iter().find(|path| path.exists()).map(|path| read(path))
}

fn findings(database: &MyDatabase, rule: &str) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let Target::Live(address) = Target::Live(Address::parse(&database.url).expect("a URL")) else { unreachable!() };
    let observed = runtime.block_on(MySql.observe(&address, &ObserveOptions::default(), &Silent));
    let snapshot = observed.unwrap_or_else(|e| panic!("{e}: {:?}", e.hints));
    let outcome = MySql.check(&snapshot, &Limits::new()).expect("its own snapshot");
    let skipped: Vec<_> = outcome.not_looked_at.iter().filter(|entry| entry.rule == rule).collect();
    assert!(skipped.is_empty(), "{rule} did not look: {skipped:?}");
    let mut found: Vec<_> = outcome.findings.into_iter().filter(|finding| finding.rule == rule).collect();
    found.sort_by(|a, b| a.subject.cmp(&b.subject));
    found
}

/// What an expected file pins of a finding; the database's name differs from run to run.
fn pinned(findings: &[Finding], database: &str) -> Value {
    let one = |f: &Finding| {
        json!({
            "severity": f.severity,
            "subject": f.subject,
            "title": f.title,
            "forward": f.change.as_ref().map(|change| &change.forward),
            "back": f.change.as_ref().map(|change| &change.back),
        })
    };
    let all: Value = findings.iter().map(one).collect();
    serde_json::from_str(&all.to_string().replace(database, "shop")).expect("JSON")
}

fn compare(file: &Path, found: &Value) {
    if std::env::var_os("DBWRIGHT_BLESS").is_some() {
        let text = serde_json::to_string_pretty(found).expect("JSON") + "\n";
        std::fs::write(file, text).expect("the folder is writable");
        return;
    }
    let expected: Value = serde_json::from_str(&read(file)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert_eq!(*found, expected, "{}", file.display());
}

/// Carries a finding's change out, and back, each followed by a new look.
fn carry_out(engine: &str, bad: &str, finding: &Finding, first: &str) {
    assert!(!finding.evidence.is_empty(), "{}: no evidence", finding.rule);
    let Some(change) = &finding.change else {
        assert!(!finding.why.is_empty(), "{}: neither a change nor the reason", finding.rule);
        return;
    };
    let database = MyDatabase::create(engine);
    database.execute(bad);
    let here = |text: &str| text.replace(first, &database.name);
    let there = || findings(&database, &finding.rule).iter().any(|other| other.subject == here(&finding.subject));
    assert!(there(), "{}: a second database does not show it", finding.rule);
    for statement in &change.forward {
        database.execute(&here(statement));
    }
    assert!(!there(), "{engine}, {}: {:?} leaves the finding", finding.rule, change.forward);
    if change.back.is_empty() {
        assert!(change.irreversible.is_some(), "{}: no way back and no reason", finding.rule);
        return;
    }
    for statement in &change.back {
        database.execute(&here(statement));
    }
    assert!(there(), "{engine}, {}: {:?} does not undo it", finding.rule, change.back);
}

#[test]
fn shared_rules_find_mend_and_keep_silent() {
    tried("../sql/src/rules", "sql");
}

#[test]
fn rules_on_migrations_find_mend_and_keep_silent() {
    tried("../migrate/src/rules", "migrate");
}

fn tried(root: &str, prefix: &str) {
    let mut tried = 0;
    for engine in engines(&["mysql", "mariadb"]) {
        for folder in folders(root) {
            let rule = format!("{prefix}/{}", folder.file_name().and_then(|name| name.to_str()).expect("a plain name"));
            let Some(bad) = example(&folder, "bad", engine) else { continue };
            tried += 1;
            let database = MyDatabase::create(engine);
            database.execute(&bad);
            let found = findings(&database, &rule);
            assert!(!found.is_empty(), "{engine}, {rule}: the bad example shows nothing");
            compare(&folder.join(format!("expected.{engine}.json")), &pinned(&found, &database.name));
            for finding in &found {
                carry_out(engine, &bad, finding, &database.name);
            }
            let database = MyDatabase::create(engine);
            database.execute(&example(&folder, "good", engine).expect("a good example"));
            let good = findings(&database, &rule);
            assert!(good.is_empty(), "{engine}, {rule}: the good example shows {good:#?}");
        }
    }
    assert!(tried > 0, "no shared rule has an example");
}

/// Why `sql/foreign-key-type-mismatch` has no example here: the servers do not let such keys come about.
#[test]
fn foreign_keys_between_different_numbers_are_refused() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute("CREATE TABLE customers (id bigint PRIMARY KEY)");
        let sql = "CREATE TABLE orders (customer_id int, FOREIGN KEY (customer_id) REFERENCES customers (id))";
        assert!(database.session().query(sql).is_err(), "{engine} takes a foreign key from int to bigint");
    }
}

/// The journal is the server's, so that a private one holds it.
#[test]
fn a_migration_that_stopped_is_told_for_its_database_alone() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = dbwright_testkit::my_server(engine, &[]);
        let (here, other) = (MyDatabase::on(&server.url), MyDatabase::on(&server.url));
        here.execute(&format!(
            "CREATE DATABASE dbwright;
             CREATE TABLE dbwright.migrations (home varchar(64), version varchar(255), name text, checksum varchar(64),
               state varchar(20), ordinal bigint);
             CREATE TABLE dbwright.steps (home varchar(64), version varchar(255), part varchar(8), statement int, step int,
               state varchar(16), error text);
             INSERT INTO dbwright.migrations VALUES ('{0}', '0001', 'first', 'aa', 'applied', 1), ('{0}', '0002', 'second', 'bb', 'running', 2);
             INSERT INTO dbwright.steps VALUES ('{0}', '0002', 'up', 1, 1, 'done', NULL), ('{0}', '0002', 'up', 2, 1, 'failed', 'no room')",
            here.name
        ));
        let found = findings(&here, "migrate/failed-migration");
        let [one] = found.as_slice() else { panic!("{engine}: {found:#?}") };
        assert_eq!(one.subject, "migration 0002");
        let told = |name: &str| one.evidence.iter().find(|e| e.name == name).map(|e| json!(e.value));
        assert_eq!((told("steps_done"), told("steps_known")), (Some(json!(1)), Some(json!(2))), "{one:?}");
        assert!(findings(&other, "migrate/failed-migration").is_empty(), "{engine}");
        // The journal's own tables have no key here; they are not the user's.
        assert!(findings(&here, "sql/no-primary-key").is_empty(), "{engine}");
    }
}

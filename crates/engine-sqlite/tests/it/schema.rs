//! Schema files: the engine's own errors with their place, then the rules on what was created.

use std::path::Path;

use dbwright_check::{Checks, SchemaLab};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_sqlite::Sqlite;

use crate::common::now;

fn load(sql: &str) -> Result<Snapshot, Failure> {
    now(Sqlite.load(Path::new("shop.sql"), sql, "sqlite", &ObserveOptions::default(), &Silent))
}

#[test]
fn what_was_created_is_checked() {
    let snapshot = load(
        "-- a shop\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE b (a_id INTEGER REFERENCES a (id));\n\
         CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END;\nPRAGMA foreign_keys = ON; BEGIN; CREATE VIEW v AS SELECT * FROM a;",
    )
    .expect("it loads");
    assert_eq!(snapshot.header.name, "shop.sql");
    let outcome = Sqlite.check(&snapshot, &Limits::new()).expect("its own snapshot");
    let found: Vec<_> = outcome.findings.iter().map(|f| (f.rule.as_str(), f.subject.as_str())).collect();
    assert!(found.contains(&("sql/no-primary-key", "main.b")), "{found:?}");
}

#[test]
fn the_engines_error_has_its_place() {
    let failure = load("CREATE TABLE a (id INTEGER PRIMARY KEY);\n\nCREATE TABLE b (\n    ü TEXT NOT NUL\n);")
        .expect_err("a mistake");
    assert_eq!(failure.code, "schema.rejected");
    assert!(failure.message.contains("near \"NUL\": syntax error"), "{failure}");
    let excerpt = failure.excerpt.expect("the line");
    assert!(excerpt.contains("shop.sql:4:16"), "{excerpt}");
    assert!(excerpt.ends_with("4 |     ü TEXT NOT NUL\n  |                ^"), "{excerpt}");
}

#[test]
fn an_error_without_a_place_names_its_statement() {
    let failure = load("CREATE TABLE a (x UNIQUE);\nINSERT INTO a VALUES (1);\n  INSERT INTO a VALUES (1);")
        .expect_err("a mistake");
    assert!(failure.message.contains("UNIQUE constraint failed: a.x"), "{failure}");
    assert!(failure.excerpt.expect("the line").contains("shop.sql:3:3"));
}

#[test]
fn a_schema_file_reaches_no_other_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let other = folder.path().join("other.db");
    for sql in ["ATTACH DATABASE '{}' AS o; CREATE TABLE o.t (x);", "CREATE TABLE t (x); VACUUM INTO '{}';"] {
        let failure = load(&sql.replace("{}", other.to_str().expect("a plain path"))).expect_err("refused");
        assert_eq!(failure.code, "schema.rejected", "{failure}");
        assert!(!other.exists());
    }
}

#[test]
fn shell_commands_are_told_apart() {
    let failure = load(".mode csv\nCREATE TABLE a (x);").expect_err("no SQL");
    assert!(failure.hints[0].contains("sqlite3 shell"), "{:?}", failure.hints);
}

//! Schema files as targets: loaded by the real engine, whose own errors come first.

use std::fs;

use serde_json::Value;

use crate::common::dbwright;

fn check(sql: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("temporary folder");
    fs::write(folder.path().join("schema.sql"), sql).expect("written");
    let output =
        dbwright().current_dir(folder.path()).args(["check", "schema.sql"]).args(arguments).output().expect("starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const SCHEMA: &str = "\
CREATE TABLE customers (id INTEGER PRIMARY KEY);
CREATE TABLE log (at TEXT, what TEXT);
";

#[test]
fn without_a_dialect_it_is_asked_for() {
    let (code, _, message) = check(SCHEMA, &[]);
    assert_eq!(code, Some(2));
    assert!(message.contains("--dialect") && message.contains("sqlite"), "{message}");
    let (code, _, message) = check(SCHEMA, &["--dialect", "sqlit"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("did you mean sqlite?"), "{message}");
}

#[test]
fn a_sqlite_schema_is_checked_and_sarif_points_into_the_file() {
    let (code, out, message) = check(SCHEMA, &["--dialect", "sqlite", "--only", "sql/*", "--format", "sarif"]);
    assert_eq!(code, Some(0), "{message}");
    let sarif: Value = serde_json::from_str(&out).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "sql/no-primary-key", "{out}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "schema.sql");
    assert_eq!(place["region"]["startLine"], 2, "{out}");
}

#[test]
fn the_engine_s_own_error_comes_with_line_and_caret() {
    let (code, out, message) =
        check("CREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABEL b (id INTEGER);\n", &["--dialect", "sqlite"]);
    assert_eq!((code, out.as_str()), (Some(3), ""), "{message}");
    assert!(message.contains("TABEL") && message.contains("schema.sql:2") && message.contains('^'), "{message}");
}

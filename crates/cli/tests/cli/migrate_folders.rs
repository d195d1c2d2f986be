//! Folders of migrations as other tools write them, read from real files; and those that nobody should guess about.

use std::fs;
use std::path::Path;
use std::process::Output;

use dbwright_testkit::Database;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::dbwright;

/// A folder with these files in `migrations`.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (path, bytes) in files {
        let path = dir.path().join("migrations").join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    dir
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    dbwright().current_dir(dir).arg("migrate").args(arguments).output().expect("dbwright starts")
}

/// Version and name of each migration that is pending on an empty database, after it was applied without a fault.
fn applied(files: &[(&str, &[u8])]) -> Vec<(String, String)> {
    let database = Database::create(17);
    let dir = folder(files);
    let output = run(dir.path(), &["apply", &database.url, "--yes", "--format", "json"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{error}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let list = result["migrations"].as_array().expect("a list");
    let status = run(dir.path(), &["status", &database.url]);
    assert_eq!(status.status.code(), Some(0), "{}", String::from_utf8_lossy(&status.stdout));
    list.iter().map(|one| (text(&one["version"]), text(&one["name"]))).collect()
}

/// What is said of a folder before any server is asked.
fn refused(files: &[(&str, &[u8])]) -> String {
    let dir = folder(files);
    // Nothing listens there; a folder in disorder is told first.
    let output = run(dir.path(), &["plan", "postgres://nobody@127.0.0.1:1/none"]);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{error}");
    error
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn plain_files_are_applied_in_the_order_of_their_numbers() {
    let found = applied(&[
        ("2_b.sql", b"INSERT INTO a VALUES (2);\n-- down\nDELETE FROM a;\n"),
        ("10_c.sql", b"\xef\xbb\xbfINSERT INTO a VALUES (10);\r\n"),
        ("001-a.sql", b"CREATE TABLE a (id int);"),
        ("readme.md", b"no migration"),
    ]);
    assert_eq!(found, pairs(&[("1", "a"), ("2", "b"), ("10", "c")]));
}

#[test]
fn golang_migrate() {
    let found = applied(&[
        ("000002_b.up.sql", b"BEGIN; INSERT INTO a VALUES (1); COMMIT;"),
        ("000002_b.down.sql", b"DELETE FROM a;"),
        ("000001_a.up.sql", b"CREATE TABLE a (id int);"),
        ("000001_a.down.sql", b"DROP TABLE a;"),
    ]);
    assert_eq!(found, pairs(&[("1", "a"), ("2", "b")]));
}

#[test]
fn dbmate_and_goose() {
    let found = applied(&[
        ("20240101000000_a.sql", b"-- migrate:up\nCREATE TABLE a (id int);\n\n-- migrate:down\nDROP TABLE a;\n"),
        (
            "20240102000000_i.sql",
            b"-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (id);\n-- migrate:down\n",
        ),
    ]);
    assert_eq!(found, pairs(&[("20240101000000", "a"), ("20240102000000", "i")]));
    let goose = b"-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND $$;\n\
        -- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n";
    assert_eq!(applied(&[("00001_f.sql", goose)]), pairs(&[("1", "f")]));
}

#[test]
fn flyway_with_folders_repeatables_and_undo() {
    let found = applied(&[
        ("V1__a.sql", b"CREATE TABLE a (id int);"),
        ("2024/V1.10__c.sql", b"INSERT INTO a VALUES (3);"),
        ("2024/V1_2__b.sql", b"INSERT INTO a VALUES (2);"),
        ("U1_2__b.sql", b"DELETE FROM a WHERE id = 2;"),
        ("R__view.sql", b"CREATE OR REPLACE VIEW v AS SELECT * FROM a;"),
        ("afterMigrate.sql", b"SELECT 1;"),
    ]);
    assert_eq!(found, pairs(&[("1", "a"), ("1.2", "b"), ("1.10", "c"), ("R__view", "view")]));
}

#[test]
fn sqitch_in_the_order_of_its_plan() {
    let plan = b"%syntax-version=1.0.0\n%project=shop\n\nzoo 2026-01-02T00:00:00Z A <a@b.c> # first\n\
        @v1 2026-01-03T00:00:00Z A <a@b.c>\nanimals/cat [zoo] 2026-01-01T00:00:00Z A <a@b.c>\nzoo [zoo@v1] 2026-01-04T00:00:00Z A <a@b.c>\n";
    let found = applied(&[
        ("sqitch.plan", plan),
        ("deploy/zoo@v1.sql", b"BEGIN;\nCREATE TABLE zoo (id int);\nCOMMIT;\n"),
        ("deploy/animals/cat.sql", b"BEGIN;\nINSERT INTO zoo VALUES (1);\nCOMMIT;\n"),
        ("deploy/zoo.sql", b"BEGIN;\nALTER TABLE zoo ADD COLUMN name text;\nCOMMIT;\n"),
        ("revert/zoo.sql", b"ALTER TABLE zoo DROP COLUMN name;"),
        ("verify/zoo.sql", b"SELECT 1/0;"),
    ]);
    let expected = [("20260102000000", "zoo"), ("20260101000000", "animals/cat"), ("20260104000000", "zoo")];
    assert_eq!(found, pairs(&expected));
}

#[test]
fn what_can_be_taken_in_two_ways_is_refused() {
    let mixed = refused(&[("1_a.up.sql", b"SELECT 1;"), ("V1__a.sql", b"SELECT 1;")]);
    assert!(mixed.contains("more than one style: 1 of golang-migrate such as 1_a.up.sql; 1 of Flyway"), "{mixed}");
    let twice = refused(&[("001_a.sql", b"SELECT 1;"), ("1_b.sql", b"SELECT 1;")]);
    assert!(
        twice.contains("two migrations have the version 1: migrations/001_a.sql and migrations/1_b.sql"),
        "{twice}"
    );
    let twice = refused(&[("1_a.up.sql", b"SELECT 1;"), ("01_b.up.sql", b"SELECT 1;")]);
    assert!(twice.contains("error[migrate.same-version]"), "{twice}");
    let stray = refused(&[("1_a.sql", b"SELECT 1;"), ("fix.sql", b"SELECT 1;")]);
    assert!(stray.contains("the name migrations/fix.sql says no version"), "{stray}");
    let unmarked = refused(&[("1_a.sql", b"-- migrate:up\nSELECT 1;"), ("2_b.sql", b"SELECT 1;")]);
    assert!(unmarked.contains("migrations/2_b.sql has no line `-- migrate:up`"), "{unmarked}");
    let only_down = refused(&[("1_a.down.sql", b"SELECT 1;")]);
    assert!(only_down.contains("undoes a migration that is not there"), "{only_down}");
    let program = refused(&[("1_a.sql", b"-- +goose Up\nSELECT 1;"), ("2_b.go", b"")]);
    assert!(program.contains("written in Go"), "{program}");
    let placeholder = refused(&[("V1__a.sql", b"CREATE SCHEMA ${name};")]);
    assert!(placeholder.contains("placeholder ${name}") && placeholder.contains("^^^^^^^"), "{placeholder}");
    let latin = refused(&[("1_a.sql", b"SELECT 1;\nSELECT 'gr\xfc\xdfe';")]);
    assert!(latin.contains("migrations/1_a.sql is not UTF-8: line 2, column 11 has the byte 0xfc"), "{latin}");
    let unplanned = refused(&[("sqitch.plan", b"%project=x\na 2026-01-01T00:00:00Z A <a@b.c>\n")]);
    assert!(
        unplanned.contains("line 2 of migrations/sqitch.plan plans a, but migrations/deploy/a.sql is not there"),
        "{unplanned}"
    );
}

#[test]
fn a_folder_that_is_not_there_names_the_one_that_is() {
    let dir = folder(&[]);
    fs::create_dir_all(dir.path().join("db/migrations")).expect("made");
    fs::write(dir.path().join("db/migrations/1_a.sql"), "SELECT 1;").expect("written");
    let output = run(dir.path(), &["plan", "postgres://nobody@127.0.0.1:1/none"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("there is no folder migrations") && error.contains("--dir db/migrations"), "{error}");
}

#[test]
fn new_files_follow_the_style_of_their_folder() {
    let dir = folder(&[]);
    let output = run(dir.path(), &["new", "Add customer tier"]);
    let name = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(name.starts_with("migrations/20") && name.ends_with("_add_customer_tier.sql\n"), "{name}");
    let text = fs::read_to_string(dir.path().join(name.trim_end())).expect("written");
    // What is appended to it must not become the way back.
    assert!(text.contains("`-- down`") && !text.contains("\n-- down\n"), "{text}");
    let dir = folder(&[("0007_a.up.sql", b"SELECT 1;"), ("0007_a.down.sql", b"SELECT 1;")]);
    let output = run(dir.path(), &["new", "b"]);
    let names = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(names, "migrations/0008_b.up.sql\nmigrations/0008_b.down.sql\n");
}

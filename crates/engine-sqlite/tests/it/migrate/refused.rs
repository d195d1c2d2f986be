//! What can't be done is said before anything is changed, or rolled back whole.

use dbwright_core::FailureKind;
use dbwright_migrate::run::Options;

use super::{apply, contents, file, leftovers};

#[test]
fn what_the_rows_or_the_schema_forbid_changes_nothing() {
    let setup = "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE c (p INTEGER REFERENCES p, x TEXT);
        INSERT INTO p VALUES (1, 'abc'), (2, NULL), (3, 'abc'); INSERT INTO c VALUES (1, 'y'); CREATE VIEW v AS SELECT n FROM p; CREATE INDEX i ON p (n);
        CREATE TRIGGER t AFTER INSERT ON c BEGIN UPDATE p SET n = 1; END;";
    for (statement, says) in [
        ("ALTER TABLE p ALTER n TYPE INTEGER", "are no numbers"),
        ("ALTER TABLE p ADD COLUMN q TEXT NOT NULL", "no default"),
        ("ALTER TABLE p ALTER n SET NOT NULL", "nothing is changed"),
        ("ALTER TABLE p ADD CONSTRAINT u UNIQUE (n)", "nothing is changed"),
        ("CREATE UNIQUE INDEX u ON p (n)", "nothing is changed"),
        ("ALTER TABLE p DROP COLUMN n", "something depends on it"),
        ("DROP TABLE p", "would refer to rows that are not there"),
        ("ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id)", "would refer to rows that are not there"),
        ("ALTER TABLE p DROP CONSTRAINT nix", "no constraint nix"),
        ("ALTER TABLE nowhere ADD x", "no such table"),
        ("ALTER TABLE p FROBNICATE", "syntax error"),
        ("CREATE TABLE p (x)", "already exists"),
        ("SELEC 1", "syntax error"),
        ("INSERT INTO p VALUES (1, 2, 3)", "has 2 columns"),
        ("PRAGMA writable_schema = ON", "nobody can open"),
        ("ATTACH 'x' AS y", "one file"),
        ("SAVEPOINT a", "can't hold SAVEPOINT"),
        ("CREATE TEMP TABLE z (a)", "temporary"),
    ] {
        let database = file(setup);
        let before = contents(&database.path);
        let failure = apply(&database.path, statement).expect_err(statement);
        assert!(failure.message.contains(says), "{statement}: {failure}");
        assert_eq!(contents(&database.path), before, "{statement}");
        assert!(leftovers(&database.path).is_empty(), "{statement}");
    }
}

#[test]
fn a_file_that_may_only_be_read_is_refused() {
    let database = file("CREATE TABLE t (a)");
    let mut permissions = std::fs::metadata(&database.path).expect("it is there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&database.path, permissions).expect("they are set");
    // Root may write whatever the permissions say.
    if std::fs::OpenOptions::new().write(true).open(&database.path).is_err() {
        let failure = apply(&database.path, "ALTER TABLE t ADD b").expect_err("it can't be written");
        assert_eq!(failure.kind, FailureKind::NotPermitted, "{failure}");
    }
}

#[test]
fn only_what_is_reversible_is_done_when_that_is_asked_for() {
    let database = file("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let options = Options { reversible_only: true, ..Options::default() };
    let failure = super::apply_with(&database.path, "DELETE FROM t", &options, &dbwright_core::progress::Silent)
        .expect_err("rows are lost");
    assert_eq!(failure.code, "migrate.irreversible");
    super::apply_with(&database.path, "ALTER TABLE t ADD b; DROP TABLE t", &options, &dbwright_core::progress::Silent)
        .expect("the table is kept");
}

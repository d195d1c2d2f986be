//! Lint on scripts without a server: what must be silent, and where findings are.

use dbwright_core::Finding;
use dbwright_migrate::Script;
use dbwright_migrate::lint::{LintOptions, Linted};

use super::lint;
use crate::migrate::text::split;

fn script(file: &str, text: &str) -> Script {
    split::script(file, text).expect("statements")
}

fn linted(dialect: &str, scripts: &[Script]) -> Linted {
    let options = LintOptions { dialect: Some(dialect.to_owned()), ..LintOptions::default() };
    lint(scripts, None, &options).expect("a lint")
}

fn found(dialect: &str, table: &str, change: &str) -> Vec<Finding> {
    linted(dialect, &[script("1.sql", table), script("2.sql", change)]).findings
}

const TABLE: &str = "CREATE TABLE t (id bigint AUTO_INCREMENT PRIMARY KEY, c varchar(20) CHARACTER SET utf8mb4, n decimal(10,2), \
    e enum('a','b'), at datetime) DEFAULT CHARSET=utf8mb4;";

#[test]
fn what_holds_up_nobody_is_not_reported() {
    for change in [
        "ADD COLUMN d int NOT NULL DEFAULT 0",
        "ADD COLUMN d datetime DEFAULT CURRENT_TIMESTAMP AFTER id",
        "ADD INDEX (at)",
        "MODIFY c varchar(63)",
        "MODIFY e enum('a','b','c')",
        "ALTER COLUMN n SET DEFAULT 5",
        "ADD COLUMN v int AS (id + 1) VIRTUAL",
        "DEFAULT CHARACTER SET latin1",
        "COMMENT = 'x'",
    ] {
        for dialect in ["mysql", "mariadb"] {
            let found = found(dialect, TABLE, &format!("ALTER TABLE t {change};"));
            assert!(found.is_empty(), "{dialect} {change}: {found:?}");
        }
    }
}

#[test]
fn findings_are_at_their_clause() {
    let found = found("mysql", TABLE, "\n-- change\nALTER TABLE t\n  ADD COLUMN `ü` text,\n  MODIFY n decimal(12,3);");
    let place = found[0].location.clone().expect("a place");
    assert_eq!((place.file.as_str(), place.line, place.column), ("2.sql", 5, 3), "{found:?}");
}

#[test]
fn a_table_of_the_same_file_is_nobody_elses() {
    let all = linted("mysql", &[script("1.sql", &format!("{TABLE} ALTER TABLE t MODIFY n bigint;"))]);
    assert!(all.findings.is_empty(), "{:?}", all.findings);
}

#[test]
fn what_is_not_understood_is_said_and_not_accused() {
    let odd = linted("mysql", &[script("1.sql", "ALTRE TABLE t ADD x int;")]);
    assert!(odd.findings.is_empty(), "{:?}", odd.findings);
    assert!(odd.not_looked_at[0].reason.contains("not understood"), "{:?}", odd.not_looked_at);
}

#[test]
fn a_reason_silences() {
    let text =
        "-- dbwright: ignore migrate/change-type-rewrites because the table is tiny\nALTER TABLE t MODIFY n bigint;";
    let all = linted("mysql", &[script("1.sql", TABLE), script("2.sql", text)]);
    assert_eq!(all.ignored.len(), 1, "{all:?}");
}

#[test]
fn only_what_no_copy_can_keep_is_in_the_way_of_one() {
    for dialect in ["mysql", "mariadb"] {
        for (action, blocked) in
            [("", false), (" ON DELETE CASCADE", true), (" ON UPDATE SET NULL", true), (" ON DELETE RESTRICT", false)]
        {
            let table = format!(
                "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int, n int, KEY (p), \
                 CONSTRAINT its_p FOREIGN KEY (p) REFERENCES p (id){action});"
            );
            let found = found(dialect, &table, "ALTER TABLE t MODIFY n bigint;");
            let told = found.iter().any(|finding| finding.rule == "migrate/online-copy-blocked");
            assert_eq!(told, blocked, "{dialect},{action}: {found:?}");
        }
    }
}

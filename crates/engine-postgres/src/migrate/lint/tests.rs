//! Lint on scripts without a server: what must be silent, and where findings are.

use dbwright_core::Finding;
use dbwright_migrate::lint::{LintOptions, Linted};
use dbwright_migrate::{Script, read};
use dbwright_sql::Dialect;

use super::lint;

fn script(file: &str, text: &str) -> Script {
    read::read(file, text, Dialect::Postgres).expect("statements")
}

fn linted(text: &str) -> Linted {
    lint(&[script("m.sql", text)], None, &LintOptions::default()).expect("a lint")
}

fn rules(text: &str) -> Vec<String> {
    linted(text).findings.into_iter().map(|finding| finding.rule).collect()
}

fn one(text: &str) -> Finding {
    let mut found = linted(text).findings;
    found.retain(|finding| finding.rule != "migrate/no-lock-timeout");
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.remove(0)
}

/// None of these rules on a statement.
fn silent(rule: &str, text: &str) {
    assert!(!rules(text).contains(&rule.to_owned()), "{text}: {:?}", linted(text).findings);
}

#[test]
fn what_rewrites_nothing_is_not_reported() {
    let table = "CREATE TABLE t (id int, c varchar(20), n numeric(10,2), at timestamp);";
    for change in [
        "ALTER COLUMN c TYPE varchar(50)",
        "ALTER COLUMN c TYPE text",
        "ALTER COLUMN n TYPE numeric(12,2)",
        "ADD COLUMN d timestamptz DEFAULT now()",
        "ADD COLUMN d int NOT NULL DEFAULT 0",
        "ADD COLUMN d text",
    ] {
        let later = format!("SET lock_timeout = '2s'; ALTER TABLE t {change};");
        let scripts = [script("1.sql", table), script("2.sql", &later)];
        let found = lint(&scripts, None, &LintOptions::default()).expect("a lint").findings;
        assert!(found.is_empty(), "{change}: {found:?}");
    }
}

#[test]
fn an_unknown_column_accuses_only_where_no_harmless_change_is_likely() {
    silent("migrate/change-type-rewrites", "ALTER TABLE t ALTER COLUMN c TYPE text");
    let likely = one("SET lock_timeout = '2s'; ALTER TABLE t ALTER COLUMN c TYPE varchar(50)");
    assert_eq!(likely.severity, dbwright_core::Severity::Low, "{likely:?}");
    let certain = one("SET lock_timeout = '2s'; ALTER TABLE t ALTER COLUMN c TYPE bigint");
    assert_eq!(certain.severity, dbwright_core::Severity::High, "{certain:?}");
}

#[test]
fn utc_decides_whether_a_time_zone_rewrites() {
    let table = "CREATE TABLE t (id int, at timestamp);";
    let of = |zone: &str| {
        let change =
            format!("SET lock_timeout = '2s'; SET TIME ZONE '{zone}'; ALTER TABLE t ALTER at TYPE timestamptz;");
        let scripts = [script("1.sql", table), script("2.sql", &change)];
        lint(&scripts, None, &LintOptions::default()).expect("a lint").findings.len()
    };
    assert_eq!((of("UTC"), of("Europe/Vienna")), (0, 1));
}

#[test]
fn findings_are_at_their_clause() {
    let finding = one(
        "SET lock_timeout = '2s';\n\n-- change\nALTER TABLE t\n  ADD COLUMN ü text,\n  ALTER COLUMN b SET NOT NULL;",
    );
    let place = finding.location.expect("a place");
    assert_eq!((place.file.as_str(), place.line, place.column), ("m.sql", 6, 3));
}

#[test]
fn the_inside_of_a_block_is_looked_at() {
    let text =
        "SET lock_timeout = '2s';\nDO $$\nBEGIN\n  IF true THEN\n    CREATE INDEX i ON t (a);\n  END IF;\nEND $$;";
    let found = linted(text).findings;
    let index = found.iter().find(|finding| finding.rule == "migrate/create-index-blocking").expect("the index");
    assert_eq!(index.location.as_ref().map(|place| (place.line, place.column)), Some((5, 5)));
}

#[test]
fn a_reason_silences_and_its_lack_is_told() {
    let with =
        linted("-- dbwright: ignore migrate/create-index-blocking because the table is tiny\nCREATE INDEX i ON t (a);");
    assert!(with.findings.iter().all(|finding| finding.rule != "migrate/create-index-blocking"));
    assert_eq!(with.ignored[0].reason, "the table is tiny");
    let without = rules("-- dbwright: ignore migrate/create-index-blocking\nCREATE INDEX i ON t (a);");
    assert!(without.contains(&"migrate/ignore-without-reason".to_owned()));
    assert!(without.contains(&"migrate/create-index-blocking".to_owned()));
}

#[test]
fn what_is_not_understood_is_told_once() {
    let odd = linted("ALTER TABEL t ADD x int;");
    assert_eq!(odd.findings.len(), 1, "{:?}", odd.findings);
    assert_eq!(odd.findings[0].rule, "migrate/not-understood");
    assert!(odd.not_looked_at.is_empty(), "{:?}", odd.not_looked_at);
}

#[test]
fn a_file_that_its_tool_runs_in_one_transaction_is_taken_so() {
    let text = "CREATE INDEX CONCURRENTLY i ON t (a);";
    silent("migrate/concurrently-in-transaction", text);
    let options = LintOptions { in_transaction: ["m.sql".to_owned()].into(), ..LintOptions::default() };
    let found = lint(&[script("m.sql", text)], None, &options).expect("a lint").findings;
    assert!(found.iter().any(|finding| finding.rule == "migrate/concurrently-in-transaction"), "{found:?}");
}

#[test]
fn hostile_names_are_quoted_in_what_is_shown() {
    let name = "\"we\"\"ird 🐘 \"";
    let finding = one(&format!("SET lock_timeout = '2s'; CREATE INDEX ON {name} (\"A b\")"));
    let change = finding.change.expect("a change");
    let acts = crate::ddl::read(&change.forward[0]).expect("a statement");
    let crate::ddl::Act::CreateIndex(index) = &acts[0] else { panic!("{acts:?}") };
    assert_eq!(index.table.name, "we\"ird 🐘 ");
    assert!(index.name.as_ref().is_some_and(|name| name.len() <= 63));
}

#[test]
fn the_new_column_has_the_collation_that_was_asked_for() {
    let all = linted("SET lock_timeout = '2s'; ALTER TABLE t ALTER COLUMN c TYPE varchar(50) COLLATE \"C\"").findings;
    let finding = all.into_iter().find(|finding| finding.rule == "migrate/change-type-rewrites").expect("the rewrite");
    let change = finding.change.expect("a change");
    assert_eq!(change.forward[0], "ALTER TABLE t ADD COLUMN c_new varchar(50) COLLATE \"C\"");
}

#[test]
fn each_file_looks_in_the_schemas_of_the_target_first() {
    let drop = "DROP TABLE t;";
    let of = |files: &[&str]| {
        let scripts: Vec<Script> =
            files.iter().enumerate().map(|(n, text)| script(&format!("{n}.sql"), text)).collect();
        let mut found = lint(&scripts, None, &LintOptions::default()).expect("a lint").findings;
        found.retain(|finding| finding.rule == "migrate/drop-table");
        assert_eq!(found.len(), 1, "{files:?}: {found:?}");
        found.remove(0).subject
    };
    assert_eq!(of(&[drop]), "public.t");
    for set in ["SET search_path TO app;", "SELECT set_config('search_path', 'app', false);"] {
        assert_eq!(of(&[&format!("{set} {drop}")]), "app.t");
        assert_eq!(of(&[set, drop]), "public.t", "{set}");
        assert_eq!(of(&[&format!("{set} SET search_path TO DEFAULT; {drop}")]), "public.t", "{set}");
    }
}

//! `migrate` on SQLite files, end to end through the binary: planned, applied, killed, resumed, undone, finished.

use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::common::dbwright;

const TARGET: &str = "sqlite:shop.db";
const CHANGE: &str = "-- codes are numbers\nALTER TABLE customers ALTER COLUMN code TYPE INTEGER, ALTER COLUMN code SET NOT NULL;\nPRAGMA user_version = 2;\n";

/// A folder with a database and a folder of migrations.
struct Shop(TempDir);

impl Shop {
    fn new(customers: u32, change: &str) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let shop = Self(folder);
        fs::create_dir(shop.path("migrations")).expect("a folder");
        fs::write(shop.path("migrations/20261121093000_codes.sql"), change).expect("written");
        let setup = format!(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, code TEXT, note TEXT);
             CREATE TABLE orders (customer INTEGER REFERENCES customers); CREATE INDEX by_code ON customers (code);
             WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {customers})
             INSERT INTO customers SELECT x, '00' || x, hex(randomblob(40)) FROM n; INSERT INTO orders VALUES (1);"
        );
        shop.db().execute_batch(&setup).expect("valid SQL");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn db(&self) -> Connection {
        Connection::open(self.path("shop.db")).expect("it opens")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        dbwright().current_dir(self.0.path()).arg("migrate").args(arguments).output().expect("dbwright starts")
    }

    /// Standard output of a run that ends with `code`.
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// All rows and the schema but for the journal, in one text.
    fn contents(&self) -> String {
        let sql = "SELECT group_concat(line, char(10)) FROM (
            SELECT type || replace(sql, '\"', '') AS line FROM sqlite_schema WHERE name NOT GLOB 'dbwright_*' AND sql IS NOT NULL
            UNION ALL SELECT id || typeof(code) || code || note FROM customers ORDER BY 1)";
        self.db().query_row(sql, [], |row| row.get(0)).expect("a text")
    }
}

#[test]
fn planned_applied_undone_and_finished() {
    let shop = Shop::new(50, CHANGE);
    let before = shop.contents();
    let plan = shop.ends(0, &["plan", TARGET]);
    assert!(plan.contains("customers"), "{plan}");
    assert_eq!(shop.contents(), before, "plan changes nothing");
    assert!(!shop.path("shop.db-wal").exists() && !shop.path("shop.db-journal").exists());
    shop.ends(0, &["apply", TARGET, "--yes"]);
    let rows: (i64, String) = shop
        .db()
        .query_row("SELECT sum(code), min(typeof(code)) FROM customers", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a row");
    assert_eq!(rows, (1275, "integer".to_owned()));
    shop.ends(0, &["undo", TARGET, "--yes"]);
    assert_eq!(shop.contents(), before);
    shop.ends(0, &["apply", TARGET, "--yes"]);
    shop.ends(0, &["contract", TARGET, "--yes"]);
    let left: i64 = shop
        .db()
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'dbwright_[kn]*'", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(left, 0);
    assert!(!shop.path("shop.db-dbwright-lock").exists());
}

#[test]
fn the_plan_as_sql_runs_in_sqlites_own_shell_form() {
    let shop = Shop::new(50, CHANGE);
    let sql = shop.ends(0, &["plan", TARGET, "--sql"]);
    // What the shell's dot commands set is of no interest to the library.
    let plain = sql.lines().filter(|line| !line.starts_with('.')).collect::<Vec<_>>().join("\n");
    shop.db().execute_batch(&plain).unwrap_or_else(|e| panic!("{e} in\n{plain}"));
    let kind: String =
        shop.db().query_row("SELECT min(typeof(code)) FROM customers", [], |row| row.get(0)).expect("a row");
    assert_eq!(kind, "integer");
}

#[test]
fn killed_at_any_moment_it_is_resumed() {
    let shop = Shop::new(60_000, CHANGE);
    let before = shop.contents();
    let mut killed = 0;
    for moment in [30, 90, 150, 250, 400, 700] {
        let program = assert_cmd::cargo::cargo_bin!("dbwright");
        let verb = if killed == 0 { "apply" } else { "resume" };
        let mut child = std::process::Command::new(program)
            .current_dir(shop.0.path())
            .args(["migrate", verb, TARGET, "--yes"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("dbwright starts");
        std::thread::sleep(Duration::from_millis(moment));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let begun = shop.db().query_row("SELECT count(*) FROM dbwright_migrations", [], |row| row.get::<_, i64>(0));
        killed += usize::from(begun.is_ok_and(|begun| begun > 0));
    }
    let verb = if killed == 0 { "apply" } else { "resume" };
    let last = shop.run(&[verb, TARGET, "--yes"]);
    let text = String::from_utf8_lossy(&last.stderr).into_owned();
    // The last child may have come to the end before it was killed: then nothing is left to resume.
    let kind: String =
        shop.db().query_row("SELECT min(typeof(code)) FROM customers", [], |row| row.get(0)).expect("a row");
    assert_eq!(kind, "integer", "{text}");
    shop.ends(0, &["undo", TARGET, "--yes"]);
    assert_eq!(shop.contents(), before);
}

#[test]
fn what_the_rows_forbid_leaves_a_finding_until_it_is_settled() {
    let shop = Shop::new(5, "CREATE TABLE extra (a);\nCREATE UNIQUE INDEX one ON customers (substr(code, 1, 1));\n");
    let output = shop.run(&["apply", TARGET, "--yes"]);
    assert_ne!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("resume"), "{output:?}");
    let check = |arguments: &[&str]| {
        let output = dbwright().current_dir(shop.0.path()).args(arguments).output().expect("dbwright starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let report = check(&["check", TARGET, "--format", "json"]);
    assert!(report.contains("migrate/failed-migration"), "{report}");
    shop.ends(0, &["undo", TARGET, "--yes"]);
    let report = check(&["check", TARGET, "--format", "json"]);
    assert!(!report.contains("migrate/failed-migration"), "{report}");
}

/// Findings of `check --migrations` on the migrations themselves: rule and subject.
fn found(shop: &Shop) -> Vec<(String, String)> {
    let arguments =
        ["check", TARGET, "--no-prove", "--only", "migrate/*", "--migrations", "migrations", "--format", "json"];
    let output = dbwright().current_dir(shop.0.path()).args(arguments).output().expect("dbwright starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| (text(finding, "rule"), text(finding, "subject"))).collect()
}

#[test]
fn check_compares_a_folder_of_migrations_with_the_journal() {
    let shop = Shop::new(3, CHANGE);
    let one = |rule: &str, subject: &str| (format!("migrate/{rule}"), subject.to_owned());
    let pending = one("pending-migration", "migrations in migrations");
    assert_eq!(found(&shop), std::slice::from_ref(&pending));
    shop.ends(0, &["apply", TARGET, "--yes"]);
    assert_eq!(found(&shop), []);

    fs::write(shop.path("migrations/20261122_more.sql"), "CREATE TABLE more (id INTEGER PRIMARY KEY);")
        .expect("written");
    let first = shop.path("migrations/20261121093000_codes.sql");
    fs::write(&first, format!("{CHANGE}-- later\n")).expect("written");
    assert_eq!(found(&shop), [one("changed-migration", "migrations/20261121093000_codes.sql"), pending.clone()]);
    fs::remove_file(first).expect("removed");
    assert_eq!(found(&shop), [one("lost-migration", "migration 20261121093000"), pending]);
}

#[test]
fn what_is_unfinished_is_told_before_any_plan() {
    let shop = Shop::new(50, "UPDATE customers SET note = 'x';\nCREATE UNIQUE INDEX notes ON customers (note);\n");
    let failed = shop.run(&["apply", TARGET, "--yes"]);
    assert!(!failed.status.success() && !failed.stdout.is_empty(), "{failed:?}");
    let again = shop.run(&["apply", TARGET, "--yes"]);
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(
        again.stdout.is_empty() && said.contains("is not finished") && said.contains("migrate resume"),
        "{again:?}"
    );
}

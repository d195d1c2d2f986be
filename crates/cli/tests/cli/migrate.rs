//! `migrate` on a real PostgreSQL: the life of a migration from the file to the undo, and the ways in which it is refused.

use std::fs;
use std::process::Output;

use dbwright_testkit::Database;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::dbwright;

struct Project {
    dir: TempDir,
    database: Database,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { dir: tempfile::tempdir().expect("a temporary folder"), database: Database::create(17) };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    fn write(&self, name: &str, text: &str) {
        let folder = self.dir.path().join("migrations");
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(name), text).expect("written");
    }

    fn run(&self, verb: &str, more: &[&str]) -> Output {
        let target = self.database.url.as_str();
        dbwright()
            .current_dir(self.dir.path())
            .args(["migrate", verb, target])
            .args(more)
            .output()
            .expect("dbwright starts")
    }

    fn done(&self, verb: &str, more: &[&str]) -> String {
        let output = self.run(verb, more);
        assert_eq!(output.status.code(), Some(0), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn refused(&self, verb: &str, more: &[&str], code: i32) -> String {
        let output = self.run(verb, more);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{verb}: {error}");
        error
    }

    fn states(&self) -> Vec<String> {
        let output = self.run("status", &["--format", "json"]);
        let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let list = status["migrations"].as_array().expect("a list").clone();
        list.iter().map(|one| one["state"].as_str().expect("a state").to_owned()).collect()
    }
}

const A: (&str, &str) = ("1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n-- down\nDROP TABLE a;\n");

#[test]
fn a_migration_is_planned_applied_verified_and_undone() {
    let project = Project::new(&[A]);
    let plan = project.done("plan", &[]);
    assert!(plan.contains("CREATE TABLE a") && plan.contains("1 step in 1 migration"), "{plan}");
    let sql = project.done("plan", &["--sql"]);
    assert!(sql.contains("CREATE TABLE a (id int PRIMARY KEY);"), "{sql}");
    assert_eq!(project.states(), ["pending"]);
    let applied = project.done("apply", &["--yes"]);
    assert!(applied.contains("✓ 1 a: applied, 1 step in "), "{applied}");
    assert_eq!(project.states(), ["applied"]);
    assert!(project.done("verify", &[]).contains("as its journal says"));
    assert!(project.done("apply", &["--yes"]).contains("Nothing is pending."));
    project.done("undo", &["--yes"]);
    assert_eq!(project.states(), ["rolled-back"]);
    assert!(project.done("apply", &["--yes"]).contains("✓ 1 a: applied"));
}

#[test]
fn without_a_terminal_nothing_is_changed_unless_yes_is_said() {
    let project = Project::new(&[A]);
    let error = project.refused("apply", &[], 2);
    assert!(error.contains("error[migrate.not-asked]") && error.contains("--yes"), "{error}");
    assert_eq!(project.states(), ["pending"]);
}

#[test]
fn a_file_that_was_edited_after_it_was_applied_is_told() {
    let project = Project::new(&[A]);
    project.done("apply", &["--yes"]);
    project.write("1_a.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n");
    project.write("2_b.sql", "SELECT 1;");
    let error = project.refused("apply", &["--yes"], 2);
    assert!(error.contains("migrations/1_a.sql was changed after it was applied"), "{error}");
    let output = project.run("status", &[]);
    let status = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(status.contains("file changed") && status.contains("1 file changed after it was applied"), "{status}");
}

#[test]
fn what_no_server_runs_is_told_with_line_and_caret() {
    let project = Project::new(&[("1_a.sql", "SELECT 1;\n\\i other.sql\n")]);
    let error = project.refused("plan", &[], 2);
    assert!(error.contains("migrations/1_a.sql:2:1: `\\i` is a command of psql"), "{error}");
    assert!(error.contains("2 | \\i other.sql\n    | ^^^^^^^^^^^^"), "{error}");
    project.write("1_a.sql", "-- nothing yet\n");
    assert!(project.refused("apply", &["--yes"], 2).contains("migrations/1_a.sql holds no statement"));
    project.write("1_a.sql", "BEGIN;\nSELECT 1;\nROLLBACK;\n");
    assert!(project.refused("apply", &["--yes"], 2).contains("ROLLBACK takes back what stands before it"));
}

#[test]
fn what_is_in_effect_need_not_be_sql_any_more() {
    let dump = "\\restrict abc\nCREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\n\\.\n\\unrestrict abc\n";
    let project = Project::new(&[("1_dump.sql", dump)]);
    project.database.execute("CREATE TABLE a (id int)");
    assert!(project.done("baseline", &["--yes"]).contains("✓ 1 dump: recorded"));
    project.write("2_b.sql", "ALTER TABLE a ADD COLUMN note text;");
    project.done("apply", &["--yes"]);
    assert_eq!(project.states(), ["baseline", "applied"]);
}

#[test]
fn a_failed_statement_is_resumed_when_its_file_is_mended() {
    let project = Project::new(&[(
        "1_a.sql",
        "CREATE TABLE a (id int);\nALTER TABLE a ADD COLUMN b text COLLATE \"no_such\";\n",
    )]);
    let output = project.run("apply", &["--yes"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(0), "{error}");
    assert!(error.contains("no_such") && error.contains("migrate resume"), "{error}");
    assert_eq!(project.states(), ["running"]);
    project.write("1_a.sql", "CREATE TABLE a (id int);\nALTER TABLE a ADD COLUMN b text;\n");
    let resumed = project.done("resume", &["--yes"]);
    assert!(resumed.contains("left to do") && resumed.contains("✓ 1 a: applied"), "{resumed}");
    assert_eq!(project.states(), ["applied"]);
}

#[test]
fn only_a_live_database_can_be_changed() {
    let project = Project::new(&[A]);
    let output = dbwright()
        .current_dir(project.dir.path())
        .args(["migrate", "apply", "migrations/1_a.sql", "--yes"])
        .output()
        .expect("dbwright starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
}

#[test]
fn lint_shows_the_line_in_every_format_and_asks_for_what_the_tool_does_not_do() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
    write("10_b.sql", "CREATE TABLE fresh (id int);\nALTER TABLE fresh ADD COLUMN a int;\n");
    write("9_a.sql", "ALTER TABLE orders\n  ADD COLUMN a int,\n  ALTER COLUMN id TYPE bigint;\n");
    let lint = |more: &[&str]| {
        let files = ["migrate", "lint", "10_b.sql", "9_a.sql"];
        dbwright().current_dir(dir.path()).args([&files, more].concat()).output().expect("dbwright starts")
    };
    let text = lint(&[]);
    assert_eq!(text.status.code(), Some(1), "{}", String::from_utf8_lossy(&text.stderr));
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    assert!(text.contains("3 |   ALTER COLUMN id TYPE bigint;\n    |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"), "{text}");
    assert!(text.contains("1 finding in 3 statements in 2 files: 1 high"), "{text}");
    let json: Value = serde_json::from_slice(&lint(&["--format", "json"]).stdout).expect("JSON");
    let place = &json["findings"][0]["location"];
    assert_eq!(
        (place["file"].as_str(), place["line"].as_u64(), place["column"].as_u64()),
        (Some("9_a.sql"), Some(3), Some(3))
    );
    let sarif: Value = serde_json::from_slice(&lint(&["--format", "sarif"]).stdout).expect("JSON");
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"].as_u64(), Some(3));
    let github = String::from_utf8(lint(&["--format", "github"]).stdout).expect("UTF-8");
    assert!(github.starts_with("::error file=9_a.sql,line=3,col=3,title=migrate/change-type-rewrites::"), "{github}");
    let psql = String::from_utf8(lint(&["--applied-by", "psql"]).stdout).expect("UTF-8");
    assert!(psql.contains("migrate/no-lock-timeout") && psql.contains("migrate/not-idempotent"), "{psql}");
    let critical = lint(&["--fail-on", "critical"]);
    assert_eq!(critical.status.code(), Some(0));
}

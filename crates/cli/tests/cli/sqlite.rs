//! `check` and `snapshot` on real SQLite files: what is selected, what is left out, and that nothing is changed.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::dbwright;

/// A folder with a database `shop.db`: a table without a key and a foreign key without an index.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self::with(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
             CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
             CREATE TABLE log (at TEXT, what TEXT);
             INSERT INTO customers (name) VALUES ('ann'), ('bob');
             INSERT INTO orders (customer_id) VALUES (1), (2);
             INSERT INTO log VALUES ('now', 'made');",
        )
    }

    fn with(sql: &str) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let database = rusqlite::Connection::open(folder.path().join("shop.db")).expect("a new file");
        database.execute_batch(sql).expect("valid SQL");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = dbwright();
        command.current_dir(self.folder.path()).args(arguments).output().expect("dbwright starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {error}"))
    }
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["rule"].as_str().expect("a rule")).collect()
}

#[test]
fn fail_on_decides_between_0_and_1() {
    let shop = Shop::new();
    let code = |arguments: &[&str]| shop.run(&[&["check", "shop.db"], arguments].concat()).status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "medium"]), Some(1));
    assert_eq!(code(&["--fail-on", "critical"]), Some(0));
    assert_eq!(code(&["--fail-on", "low", "--only", "sqlite/integrity-check-failed"]), Some(0));
}

#[test]
fn rules_are_selected_by_id_and_pattern() {
    let shop = Shop::new();
    let found = shop.json(&["check", "shop.db"]);
    assert!(rules(&found).contains(&"sql/no-primary-key"), "{found}");
    assert!(rules(&found).contains(&"sql/unindexed-foreign-key"), "{found}");
    assert_eq!(rules(&shop.json(&["check", "shop.db", "--only", "sql/no-*"])), ["sql/no-primary-key"]);
    let rest = shop.json(&["check", "shop.db", "--skip", "sql/no-primary-key,sqlite/*"]);
    assert_eq!(rules(&rest), ["sql/unindexed-foreign-key"]);
    let unknown = shop.run(&["check", "shop.db", "--only", "sql/no-primary-keys"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("sql/no-primary-key"));
}

#[test]
fn a_baseline_leaves_the_known_out_and_says_how_many() {
    let shop = Shop::new();
    let first = shop.json(&["check", "shop.db", "-o", "-"]);
    shop.write("last.json", &first.to_string());
    rusqlite::Connection::open(shop.path("shop.db"))
        .and_then(|database| database.execute_batch("CREATE TABLE newer (a TEXT, b TEXT)"))
        .expect("valid SQL");
    let second = shop.json(&["check", "shop.db", "--baseline", "last.json", "--only", "sql/*"]);
    let subjects: Vec<_> = second["findings"].as_array().expect("findings").iter().map(|f| &f["subject"]).collect();
    assert_eq!(subjects, ["main.newer"]);
    assert!(second["hidden"]["baseline"].as_u64() >= Some(2), "{second}");
}

#[test]
fn the_configuration_is_found_above_and_the_command_line_comes_first() {
    let shop = Shop::new();
    shop.write(
        "dbwright.toml",
        "[check]\nfail-on = \"low\"\n\n[[ignore]]\nrule = \"sql/no-primary-key\"\nsubject = \"main.log\"\nreason = \"written once\"\n\n[targets.mine]\nurl = \"sqlite:${SHOP_FILE}\"\n",
    );
    fs::create_dir(shop.path("inner")).expect("a folder");
    let mut command = dbwright();
    command.current_dir(shop.path("inner")).env("SHOP_FILE", shop.path("shop.db")).args(["check", "mine"]);
    let output = command.args(["--format", "json"]).output().expect("dbwright starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(1), "fail-on of the file");
    assert!(!rules(&report).contains(&"sql/no-primary-key"), "{report}");
    assert_eq!(report["hidden"]["ignored"], 1);
    let lenient = command.args(["--fail-on", "critical"]).output().expect("dbwright starts");
    assert_eq!(lenient.status.code(), Some(0), "fail-on of the command line");
    let unset = shop.run(&["check", "mine"]);
    assert_eq!(unset.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unset.stderr).contains("SHOP_FILE"));
}

/// The findings but their proofs: only a live database has rows to experiment with.
fn without_proofs(report: &Value) -> Vec<Value> {
    let mut findings = report["findings"].as_array().expect("findings").clone();
    for finding in &mut findings {
        finding["proof"] = Value::Null;
    }
    findings
}

#[test]
fn a_snapshot_says_what_the_database_says() {
    let shop = Shop::new();
    let live = shop.json(&["check", "shop.db", "--no-prove"]);
    for (file, format) in [("shop.snapshot.json.zst", "zst"), ("plain.json", "json")] {
        let made = shop.run(&["snapshot", "shop.db", "-o", file, "--format", format]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(made.stdout.is_empty());
        let from_file = shop.json(&["check", file]);
        assert_eq!(without_proofs(&from_file), without_proofs(&live), "{file}");
        assert_eq!(from_file["target"], live["target"], "{file}");
    }
}

#[test]
fn the_file_is_as_it_was_and_alone() {
    let shop = Shop::new();
    let before = fs::read(shop.path("shop.db")).expect("readable");
    shop.write("queries.sql", "SELECT * FROM orders WHERE customer_id = 1;\n");
    let output = shop.run(&["check", "shop.db", "--workload", "queries.sql", "--format", "html", "-o", "shop.html"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(shop.path("shop.db")).expect("readable"), before);
    let mut names: Vec<_> =
        fs::read_dir(shop.folder.path()).expect("a list").map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["queries.sql", "shop.db", "shop.html"]);
}

/// The names are real here: they went through the engine and its rules.
#[test]
fn hostile_names_of_a_real_database_act_on_nothing() {
    let name = "ev\"\"il\u{1b}[2J\n HIGH  </script>|`\u{202e}";
    let shop = Shop::with(&format!(
        "CREATE TABLE \"p{name}\" (id INTEGER PRIMARY KEY);
         CREATE TABLE \"c{name}\" (a TEXT, b INTEGER REFERENCES \"p{name}\" (id));
         INSERT INTO \"p{name}\" VALUES (1); INSERT INTO \"c{name}\" VALUES ('x', 1);"
    ));
    for format in ["text", "markdown", "html", "sarif"] {
        let output = shop.run(&["check", "shop.db", "--format", format]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("no-primary-key"), "{format}: {text}");
        assert!(!text.contains('\u{1b}'), "{format}");
        assert!(!text.contains("\n HIGH  </script>"), "{format}: {text}");
        assert!(format != "html" || !text.contains("</script>"), "{text}");
    }
    let fix = &shop.json(&["check", "shop.db", "--only", "sql/unindexed-foreign-key"])["findings"][0]["change"];
    let sql = fix["forward"][0].as_str().expect("a statement").to_owned();
    let database = rusqlite::Connection::open(shop.path("shop.db")).expect("opens");
    database.execute_batch(&sql).unwrap_or_else(|e| panic!("the JSON's statement runs as it is: {e}: {sql}"));
}

#[test]
fn progress_and_notes_stay_off_standard_output() {
    let shop = Shop::new();
    let output = shop.run(&["check", "shop.db", "--format", "json"]);
    assert!(output.stdout.starts_with(b"{\n") && output.stdout.ends_with(b"}\n"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

//! `advise` on real databases: what is proposed, what is kept, what the exit code says, and that nothing is changed.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use dbwright_testkit::Database;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::dbwright;

/// A folder with a database of orders without an index on the customer, and a workload that looks them up.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self::with(20_000)
    }

    fn with(orders: u32) -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let database = rusqlite::Connection::open(folder.path().join("shop.db")).expect("a new file");
        let sql = format!(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, note TEXT NOT NULL);
             CREATE INDEX orders_note_idx ON orders (note);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {orders})
             INSERT INTO orders (customer_id, note) SELECT i % 4000, 'some words on order ' || i FROM n;
             ANALYZE;"
        );
        database.execute_batch(&sql).expect("valid SQL");
        let shop = Self { folder };
        let workload = "-- weight: 500\nSELECT id, note FROM orders WHERE customer_id = 42;\nSELECT note FROM orders WHERE id = 7;\n";
        fs::write(shop.path("queries.sql"), workload).expect("written");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = dbwright();
        command.current_dir(self.folder.path()).args(["advise", "sqlite:shop.db", "--workload", "queries.sql"]);
        command.args(arguments).output().expect("dbwright starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {error}"))
    }
}

fn created(advice: &Value) -> Vec<&str> {
    let create = advice["create"].as_array().expect("a list");
    create.iter().map(|one| one["statement"].as_str().expect("a statement")).collect()
}

#[test]
fn the_missing_index_is_proposed_and_the_file_stays_as_it_is() {
    let shop = Shop::new();
    let before = fs::read(shop.path("shop.db")).expect("readable");
    let advice = shop.json(&[]);
    let statements = created(&advice);
    assert!(statements.iter().any(|sql| sql.contains("(customer_id")), "{advice}");
    let (cost_before, cost_after) = (advice["cost_before"].as_f64(), advice["cost_after"].as_f64());
    assert!(cost_after < cost_before, "{advice}");
    assert!(advice["optimality_gap"].as_f64().is_some_and(|gap| (0.0..0.5).contains(&gap)), "{advice}");
    assert!(fs::read(shop.path("shop.db")).expect("readable") == before, "the file was changed");
    let names: Vec<_> = fs::read_dir(shop.folder.path()).expect("a folder").filter_map(Result::ok).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_budget_of_nothing_creates_nothing() {
    let shop = Shop::new();
    for limit in [["--budget", "0"], ["--max-indexes", "0"]] {
        let advice = shop.json(&limit);
        assert!(created(&advice).is_empty(), "{limit:?}: {advice}");
        let output = shop.run(&[&limit[..], &["--no-drops"]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("the budget allows no new index"), "{limit:?}: {text}");
    }
    let output = shop.run(&["--budget", "5000", "--no-drops"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("no index that would pay fits within 5"), "{text}");
}

#[test]
fn what_is_to_be_kept_is_not_dropped() {
    let shop = Shop::new();
    let dropped = |arguments: &[&str]| shop.json(arguments)["drop"].to_string().contains("orders_note_idx");
    assert!(!dropped(&["--keep", "orders_note_idx"]));
    assert!(!dropped(&["--no-drops"]));
}

#[test]
fn the_exit_code_follows_the_saving() {
    let shop = Shop::new();
    for (arguments, code) in [
        (&[][..], 0),
        (&["--fail-on", "any"], 1),
        (&["--fail-on", "1%"], 1),
        (&["--fail-on", "100%"], 0),
        (&["--fail-on", "any", "--budget", "0", "--no-drops"], 0),
    ] {
        let output = shop.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn text_can_be_pasted() {
    let shop = Shop::new();
    let text = String::from_utf8(shop.run(&["--no-drops"]).stdout).expect("UTF-8");
    let (_, sql) = text.split_once("To run").expect("statements");
    let (forward, back) = sql.split_once("The way back").expect("a way back");
    let statements = |part: &str| {
        let lines = part.lines().skip(1).take_while(|line| !line.is_empty());
        lines.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let database = rusqlite::Connection::open(shop.path("shop.db")).expect("opens");
    let indexes = || -> i64 {
        let count = "SELECT count(*) FROM sqlite_schema WHERE type = 'index'";
        database.query_row(count, [], |row| row.get(0)).expect("a number")
    };
    database.execute_batch(&statements(forward)).expect(forward);
    assert!(indexes() > 1, "{text}");
    database.execute_batch(&statements(back)).expect(back);
    assert_eq!(indexes(), 1, "{text}");
}

#[test]
fn a_missing_workload_says_how_to_give_one() {
    let shop = Shop::new();
    let mut command = dbwright();
    let output = command.current_dir(shop.folder.path()).args(["advise", "sqlite:shop.db"]).output().expect("starts");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("no workload") && message.contains("--workload FILE"), "{message}");
}

#[test]
fn a_replica_that_can_not_be_had_is_named() {
    let shop = Shop::new();
    let output = shop.run(&["--replica", "sqlite:no-such-file.db"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("replica sqlite:no-such-file.db"), "{message}");
}

/// The first proposed index on the column, which must have been measured to gain.
fn measured_on<'a>(advice: &'a Value, column: &str) -> &'a Value {
    let create = advice["create"].as_array().expect("a list");
    let one = create.iter().find(|one| one["statement"].as_str().is_some_and(|sql| sql.contains(column)));
    let one = one.unwrap_or_else(|| panic!("no index on {column}: {advice}"));
    let proof = &one["proof"];
    assert_eq!(proof["method"], "measured", "{one}");
    assert!(proof["after"].as_f64() < proof["before"].as_f64(), "{one}");
    one
}

#[test]
fn an_index_is_proven_by_measurement_in_a_copy_of_the_file() {
    // So many that a scan takes far longer than a busy machine makes a look-up wait.
    let shop = Shop::with(400_000);
    let before = fs::read(shop.path("shop.db")).expect("readable");
    let advice = shop.json(&["--prove", "measured"]);
    measured_on(&advice, "(customer_id");
    let times = |key: &str| advice["statements"].as_array().expect("a list").iter().any(|one| one[key].is_number());
    assert!(times("measured_before_ms") && times("measured_after_ms"), "{advice}");
    assert!(fs::read(shop.path("shop.db")).expect("readable") == before, "the file was changed");
}

#[test]
fn an_index_is_proven_by_measurement_in_a_copy_of_a_servers_rows() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, note text NOT NULL);
         INSERT INTO orders SELECT g, g % 4000, repeat('some words on order ' || g, 4) FROM generate_series(1, 200000) g;
         ANALYZE orders",
    );
    let shop = Shop::new();
    let workload = shop.path("queries.sql").display().to_string();
    let binaries = dbwright_testkit::postgres_bin(17).display().to_string();
    let arguments = ["advise", &database.url, "--workload", &workload, "--pg-bin", &binaries, "--prove", "measured"];
    let output = dbwright().args(arguments).args(["--format", "json"]).output().expect("dbwright starts");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{error}");
    measured_on(&serde_json::from_slice(&output.stdout).expect("JSON"), "(customer_id");
}

#[test]
fn a_snapshot_has_no_rows_to_measure_with() {
    let shop = Shop::new();
    let run = |arguments: &[&str]| {
        let mut command = dbwright();
        command.current_dir(shop.folder.path()).args(arguments).output().expect("dbwright starts")
    };
    let taken = run(&["snapshot", "sqlite:shop.db", "-o", "shop.snapshot.json.zst"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let output = run(&["advise", "shop.snapshot.json.zst", "--workload", "queries.sql", "--prove", "measured"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("has no rows to measure with"), "{message}");
}

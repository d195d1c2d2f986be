//! A MySQL of ten thousand tables, and what the server itself counts of a visit.

use std::path::Path;
use std::thread;

use dbwright_testkit::my::sql::Session;
use dbwright_testkit::{MyServer, Scratch, my_server};

use super::super::measure;
use super::super::report::Figure;
use crate::Done;

/// Tables; each has two indexes beside its key, a foreign key and ten rows.
const TABLES: u32 = 10_000;
/// Tables made by one string of statements.
const BATCH: u32 = 50;
/// Sessions that make them.
const SESSIONS: u32 = 4;

/// Measures it.
pub(in super::super) fn mysql(binary: &Path) -> Done<Vec<Figure>> {
    let server = my_server("mysql", &["--table-definition-cache=2000", "--innodb-buffer-pool-size=256M"]);
    eprintln!("making {TABLES} tables");
    fill(&server)?;
    let url = format!("{}shop", server.url);
    let scratch = Scratch::new();
    let file = scratch.path().join("mysql.snapshot.json");
    let before = Counted::of(&server);
    let run = measure::run(binary, &["check", &url, "--no-prove", "--format", "json"])?;
    let after = Counted::of(&server);
    measure::run(binary, &["snapshot", &url, "--format", "json", "-o", &file.to_string_lossy()])?;
    let cost = measure::cost(&file)?;
    let again = measure::run(binary, &["check", &url, "--no-prove", "--format", "json"])?;
    let offline = measure::run(binary, &["check", &file.to_string_lossy(), "--format", "json"])?;
    Ok(vec![
        Figure::new("MySQL, 10,000 tables, 30,000 indexes: check", run.wall_s, "s").below(15.0),
        Figure::new("the same again, with the server's caches warm", again.wall_s, "s").below(15.0),
        Figure::new("most memory with MySQL", run.peak_bytes / 1e6, "MB"),
        Figure::new("queries to MySQL", cost.queries, "queries"),
        Figure::new("results received from MySQL", cost.bytes / 1e6, "MB"),
        Figure::new("waiting for MySQL", cost.target_s, "s"),
        Figure::new("dbwright's own time of observing MySQL", cost.own_s, "s"),
        Figure::new("check of the snapshot file of MySQL", offline.wall_s, "s"),
        Figure::new("rows of the user's tables that were read", after.read - before.read, "rows"),
        Figure::new("rows of the user's tables that were written", after.written - before.written, "rows"),
        Figure::new("bytes in the binary log", after.logged - before.logged, "bytes"),
    ])
}

/// What the server counts of the user's tables, and the length of its binary log.
struct Counted {
    read: f64,
    written: f64,
    logged: f64,
}

impl Counted {
    fn of(server: &MyServer) -> Self {
        let rows = server.query(
            "SELECT SUM(count_fetch), SUM(count_write) FROM performance_schema.table_io_waits_summary_by_table \
             WHERE object_schema = 'shop'; SHOW BINARY LOG STATUS",
        );
        let number =
            |row: usize, column: usize| rows.get(row).and_then(|row| row.get(column)?.parse().ok()).unwrap_or(f64::NAN);
        Self { read: number(0, 0), written: number(0, 1), logged: number(1, 1) }
    }
}

fn fill(server: &MyServer) -> Done {
    server.execute("CREATE DATABASE shop");
    let outcomes: Vec<Done> = thread::scope(|scope| {
        let threads: Vec<_> = (0..SESSIONS).map(|number| scope.spawn(move || part(server, number))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    outcomes.into_iter().collect()
}

/// Every session makes every so many tables, each with a reference to its own one before.
fn part(server: &MyServer, number: u32) -> Done {
    let session = Session::open(&format!("{}shop", server.url))?;
    let numbers: Vec<u32> = (number..TABLES).step_by(SESSIONS as usize).collect();
    for batch in numbers.chunks(BATCH as usize) {
        let sql: String = batch.iter().map(|table| one(*table)).collect();
        session.query(&sql)?;
    }
    Ok(())
}

fn one(number: u32) -> String {
    let parent = number
        .checked_sub(SESSIONS)
        .map_or(String::new(), |parent| format!(", FOREIGN KEY (parent) REFERENCES table_{parent} (id)"));
    let rows: Vec<_> = (1..=10).map(|row| format!("(NULL, 'row {row}', 'new')")).collect();
    format!(
        "CREATE TABLE table_{number} (id BIGINT AUTO_INCREMENT PRIMARY KEY, parent BIGINT, name VARCHAR(80) NOT NULL, \
         state VARCHAR(20), made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY (parent), KEY (made){parent}); \
         INSERT INTO table_{number} (parent, name, state) VALUES {};\n",
        rows.join(", "),
    )
}

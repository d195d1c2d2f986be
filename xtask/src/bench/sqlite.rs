//! A SQLite file of 1 GB: a shop's tables, with indexes, foreign keys and statistics.
//!
//! Made by Python's own SQLite, so that this crate needs no database library to be built.

use std::path::Path;
use std::process::Command;

use crate::Done;
use crate::command::quietly;

const SCRIPT: &str = r#"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript("""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  made_at TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, note TEXT);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
INSERT INTO customers SELECT i, 'customer ' || i, 'c' || i || '@example.org' FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5600000)
INSERT INTO orders SELECT i, 1 + i * 7919 % 200000, datetime(1700000000 + i * 13, 'unixepoch'),
  CASE i % 10 WHEN 0 THEN 'open' ELSE 'done' END, i % 9973, hex(zeroblob(48)) FROM n;
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
CREATE INDEX orders_made_at_idx ON orders (made_at);
PRAGMA journal_mode = DELETE;
ANALYZE;
""")
"#;

/// Makes the file.
pub(super) fn make(file: &Path) -> Done {
    quietly(Command::new("python3").args(["-c", SCRIPT]).arg(file)).map(drop)
}

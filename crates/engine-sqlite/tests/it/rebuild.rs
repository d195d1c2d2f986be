//! A table that is made anew to change a column keeps its rows, indexes and triggers.

use rusqlite::Connection;

use crate::common::{self, Database};

#[test]
fn the_rows_survive_and_the_numbers_become_numbers() {
    let database = Database::of(
        "CREATE TABLE customers (id integer PRIMARY KEY);
         INSERT INTO customers VALUES (1), (7);
         CREATE TABLE orders (id integer PRIMARY KEY, customer_id text REFERENCES customers, note text DEFAULT 'a, b');
         CREATE INDEX orders_customer ON orders (customer_id);
         CREATE TRIGGER log AFTER DELETE ON orders BEGIN SELECT 1; END;
         INSERT INTO orders VALUES (1, '7', 'x'), (2, 1, NULL), (3, NULL, 'odd ''quote''');",
    );
    let (_, outcome) = common::check(&database.path);
    let finding = outcome.findings.iter().find(|f| f.rule == "sql/foreign-key-type-mismatch").expect("it is found");
    let change = finding.change.as_ref().expect("nothing refers to the table");
    database.run(&format!("BEGIN IMMEDIATE; {}; COMMIT", change.forward.join(";\n")));
    let db = Connection::open(&database.path).expect("it opens");
    let one =
        |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{e}: {sql}")) };
    let rows = "SELECT group_concat(id || ' ' || typeof(customer_id) || ' ' || coalesce(customer_id, '-') || ' ' || coalesce(note, '-'), '; ') FROM orders";
    assert_eq!(one(rows), "1 integer 7 x; 2 integer 1 -; 3 null - odd 'quote'");
    assert_eq!(one("SELECT count(*) || '' FROM pragma_foreign_key_check"), "0");
    assert_eq!(
        one("SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema ORDER BY name)"),
        "customers log orders orders_customer"
    );
}

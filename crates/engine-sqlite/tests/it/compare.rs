//! Two snapshots of one file: what was done in between is told, and nothing else.

use dbwright_check::Checks as _;
use dbwright_engine_sqlite::Sqlite;

use crate::common::{self, Database};

#[test]
fn what_was_done_in_between_is_told() {
    let database = Database::of(
        "CREATE TABLE orders (id integer PRIMARY KEY, note text, gone integer);
         CREATE INDEX orders_note ON orders (note);
         CREATE TABLE items (id integer PRIMARY KEY, order_id integer REFERENCES orders);
         CREATE VIEW notes AS SELECT note FROM orders;",
    );
    let compare = Sqlite.compare().expect("SQLite compares");
    let before = common::observe(&database.path).expect("a database");
    let again = common::observe(&database.path).expect("a database");
    assert_eq!(compare.compare(&before, &again).expect("the same engine"), []);
    database.run(
        "ALTER TABLE orders DROP COLUMN gone;
         ALTER TABLE items ADD COLUMN parent integer REFERENCES items (id);
         DROP INDEX orders_note;
         CREATE UNIQUE INDEX \"orders.note\" ON orders (note);
         DROP VIEW notes;
         CREATE TRIGGER log AFTER INSERT ON items BEGIN SELECT 1; END;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO orders SELECT i, printf('%0100d', i) FROM n;
         PRAGMA user_version = 7;",
    );
    let after = common::observe(&database.path).expect("a database");
    let differences = compare.compare(&before, &after).expect("the same engine");
    let found: Vec<_> = differences.iter().map(|one| (one.area, one.kind, one.subject.as_str())).collect();
    let expected = [
        ("schema", "removed", "main.notes"),
        ("schema", "added", "main.items.parent"),
        (
            "schema",
            "added",
            "main.items FOREIGN KEY (parent) REFERENCES main.items (id) ON DELETE NO ACTION ON UPDATE NO ACTION",
        ),
        ("schema", "added", "main.items.log"),
        ("schema", "removed", "main.orders.gone"),
        ("schema", "added", "main.orders.\"orders.note\""),
        ("schema", "removed", "main.orders.orders_note"),
        ("setting", "changed", "user_version"),
        ("growth", "changed", "main.orders"),
    ];
    assert_eq!(found, expected, "{differences:#?}");
}

//! Every kind of change: applied, compared with a file that was made so from the start, undone, compared with before.

use rusqlite::Connection;

use super::{apply, contents, contract, file, leftovers, undo};

/// What the changes are made to: a table that others refer to, are triggered by, and look at.
const SHOP: &str = "
    CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, code TEXT, age, -- years
      tier TEXT DEFAULT 'a' CHECK (tier <> ''), parent INTEGER REFERENCES customers (id), up TEXT GENERATED ALWAYS AS (upper(email)) VIRTUAL,
      CONSTRAINT adult CHECK (age > 17));
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE, total REAL);
    CREATE TABLE log (what TEXT);
    CREATE INDEX by_code ON customers (code COLLATE nocase, age DESC) WHERE code IS NOT NULL;
    CREATE INDEX by_age ON customers (age);
    CREATE VIEW adults AS SELECT id, email FROM customers WHERE age > 17;
    CREATE TRIGGER welcome AFTER INSERT ON customers BEGIN INSERT INTO log VALUES ('new ' || new.id); END;
    CREATE TRIGGER bought AFTER INSERT ON orders BEGIN UPDATE customers SET tier = 'b' WHERE id = new.customer; END;
    INSERT INTO customers (id, email, code, age, parent) VALUES (3, 'x@y', '007', 20, NULL), (9, 'z@y', '42', 30.5, 3), (12, 'q@y', NULL, 50, 3);
    DELETE FROM customers WHERE id = 12;
    INSERT INTO orders VALUES (1, 9, 9.5), (2, 3, 1);
    ANALYZE;";

/// As [`check`], where planner statistics go with what is dropped.
fn check_unmeasured(statement: &str, wanted: &str) {
    check(&SHOP.replace("ANALYZE;", ""), statement, wanted);
}

/// Applies a statement; the file must then be as `wanted` makes it; undone, it must be as it was, and so again.
fn check(setup: &str, statement: &str, wanted: &str) {
    let database = file(setup);
    let before = contents(&database.path);
    apply(&database.path, statement).unwrap_or_else(|e| panic!("{e} {:?}\n{statement}", e.hints));
    let expected = file(&format!("{setup}; PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; {wanted}"));
    assert_same(&contents(&database.path), &contents(&expected.path), statement);
    whole(&database.path, statement);
    undo(&database.path).unwrap_or_else(|e| panic!("{e} {:?}\nundo of {statement}", e.hints));
    assert_same(&contents(&database.path), &before, &format!("undo of {statement}"));
    assert!(leftovers(&database.path).is_empty(), "{statement}: {:?}", leftovers(&database.path));
    apply(&database.path, statement).unwrap_or_else(|e| panic!("{e}\nagain: {statement}"));
    contract(&database.path).unwrap_or_else(|e| panic!("{e}\ncontract of {statement}"));
    assert_same(&contents(&database.path), &contents(&expected.path), &format!("contract of {statement}"));
    assert!(leftovers(&database.path).is_empty(), "{statement}: {:?}", leftovers(&database.path));
}

/// The order of rows in `sqlite_stat1` is of no interest, nor are their keys.
fn assert_same(found: &[String], expected: &[String], what: &str) {
    let sorted = |lines: &[String]| {
        let mut lines: Vec<String> = lines
            .iter()
            .map(|line| {
                let own = line.starts_with("sqlite_stat") || line.starts_with("sqlite_sequence");
                if own { line.split_once(") ").map_or(line.clone(), |(_, rest)| rest.to_owned()) } else { line.clone() }
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(found), sorted(expected), "{what}");
}

fn whole(path: &std::path::Path, what: &str) {
    let db = Connection::open(path).expect("it opens");
    let problem: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(problem, "ok", "{what}");
    let orphans: i64 =
        db.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(orphans, 0, "{what}");
    // SQLite looks through all views and triggers when it renames anything.
    db.execute_batch("CREATE TABLE probe (a); ALTER TABLE probe RENAME TO probed; DROP TABLE probed")
        .unwrap_or_else(|e| panic!("{e} after {what}"));
}

/// The shop with another table of customers in the place of the old one.
fn remade(columns: &str, copied: &str, from: &str) -> String {
    format!(
        "CREATE TABLE n ({columns}); INSERT INTO n ({copied}) SELECT {from} FROM customers;
         UPDATE sqlite_sequence SET seq = 12 WHERE name = 'n'; DELETE FROM sqlite_sequence WHERE name = 'customers';
         UPDATE sqlite_stat1 SET tbl = 'n' WHERE tbl = 'customers'; UPDATE sqlite_stat4 SET tbl = 'n' WHERE tbl = 'customers';
         DROP TABLE customers; ALTER TABLE n RENAME TO customers;
         UPDATE sqlite_stat1 SET tbl = 'customers' WHERE tbl = 'n'; UPDATE sqlite_stat4 SET tbl = 'customers' WHERE tbl = 'n';
         CREATE INDEX by_code ON customers (code COLLATE nocase, age DESC) WHERE code IS NOT NULL;
         CREATE INDEX by_age ON customers (age);
         CREATE TRIGGER welcome AFTER INSERT ON customers BEGIN INSERT INTO log VALUES ('new ' || new.id); END;"
    )
}

const ALL: &str = "id, email, code, age, tier, parent";

#[test]
fn a_type_is_changed_by_a_rebuild_that_keeps_everything_else() {
    check(
        SHOP,
        "ALTER TABLE customers ALTER COLUMN code TYPE INTEGER",
        &remade(
            "id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, code INTEGER, age, -- years
             tier TEXT DEFAULT 'a' CHECK (tier <> ''), parent INTEGER REFERENCES customers (id), up TEXT GENERATED ALWAYS AS (upper(email)) VIRTUAL,
             CONSTRAINT adult CHECK (age > 17)",
            ALL,
            ALL,
        ),
    );
}

#[test]
fn several_clauses_are_one_rebuild() {
    check(
        SHOP,
        "ALTER TABLE customers ALTER age TYPE REAL USING age + 1, ADD CONSTRAINT one UNIQUE (code, age), ALTER tier SET DEFAULT lower('X'), \
         ADD COLUMN since TEXT NOT NULL DEFAULT (date('2020-01-01')), DROP CONSTRAINT adult, ALTER COLUMN email DROP NOT NULL",
        &remade(
            "id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, code TEXT, age REAL, -- years
             tier TEXT DEFAULT (lower('X')) CHECK (tier <> ''), parent INTEGER REFERENCES customers (id), up TEXT GENERATED ALWAYS AS (upper(email)) VIRTUAL,
             since TEXT NOT NULL DEFAULT (date('2020-01-01')), CONSTRAINT one UNIQUE (code, age)",
            ALL,
            "id, email, code, age + 1, tier, parent",
        ),
    );
}

#[test]
fn a_foreign_key_is_added_and_a_column_moved() {
    check(
        SHOP,
        "ALTER TABLE orders ADD COLUMN agent INTEGER; ALTER TABLE orders ADD CONSTRAINT by FOREIGN KEY (agent) REFERENCES customers (id); \
         ALTER TABLE orders ALTER COLUMN agent AFTER id;",
        "CREATE TABLE n (id INTEGER PRIMARY KEY, agent INTEGER, customer INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE, total REAL,
           CONSTRAINT by FOREIGN KEY (agent) REFERENCES customers (id));
         INSERT INTO n (id, customer, total) SELECT * FROM orders; DROP TABLE orders; ALTER TABLE n RENAME TO orders;
         CREATE TRIGGER bought AFTER INSERT ON orders BEGIN UPDATE customers SET tier = 'b' WHERE id = new.customer; END;
         INSERT INTO sqlite_stat1 VALUES ('orders', NULL, '2');",
    );
}

#[test]
fn what_sqlite_does_by_itself_is_left_to_it() {
    for (statement, wanted) in [
        ("ALTER TABLE customers ADD COLUMN note TEXT DEFAULT 'n'", None),
        ("ALTER TABLE customers RENAME COLUMN age TO years", None),
        ("ALTER TABLE orders RENAME TO \"Or ders\"", None),
        ("CREATE INDEX i ON orders (total)", None),
        ("CREATE TABLE extra (a); INSERT INTO extra VALUES (1); CREATE VIEW v AS SELECT * FROM extra", None),
        ("DROP INDEX by_age", None),
        ("DROP VIEW adults; CREATE VIEW adults AS SELECT 1 AS x", None),
        ("DROP TRIGGER welcome", None),
        ("ALTER TABLE customers ALTER COLUMN age SET NOT NULL", None),
        ("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)", None),
        ("ALTER TABLE IF EXISTS nothing ADD x", Some("SELECT 1")),
        (
            "CREATE TABLE IF NOT EXISTS orders (x); DROP INDEX IF EXISTS nothing; PRAGMA user_version = 7",
            Some("PRAGMA user_version = 7"),
        ),
    ] {
        check_unmeasured(statement, &format!("PRAGMA legacy_alter_table = OFF; {}", wanted.unwrap_or(statement)));
    }
}

#[test]
fn what_is_dropped_is_kept_until_contract() {
    check(SHOP, "ALTER TABLE orders DROP COLUMN total", "ALTER TABLE orders DROP COLUMN total");
    check_unmeasured("DROP TABLE log; CREATE TABLE log (what, more)", "DROP TABLE log; CREATE TABLE log (what, more)");
    let database = file(SHOP);
    apply(&database.path, "ALTER TABLE orders DROP COLUMN total").expect("it is applied");
    database.run("DELETE FROM orders WHERE id = 1; INSERT INTO orders (id, customer) VALUES (1, 3), (5, 3); UPDATE orders SET id = 8 WHERE id = 2;");
    undo(&database.path).expect("it is undone");
    let db = Connection::open(&database.path).expect("it opens");
    let rows = super::rows_of(&db, "SELECT id, total FROM orders ORDER BY id");
    assert_eq!(
        rows,
        ["Integer(1) Null", "Integer(5) Null", "Integer(8) Real(1.0)"],
        "rows of before have their values, others none"
    );
}

/// Tables that refer to others, to themselves and to each other; nothing of them stands in the way of those others meanwhile.
#[test]
fn a_dropped_table_that_refers_to_others_comes_back_whole() {
    const KIN: &str = "
        CREATE TABLE \"P\"\"1\" (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO \"P\"\"1\" VALUES ('x', 1), ('y', 2);
        CREATE TABLE kin (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
          boss INT CONSTRAINT up REFERENCES kin (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED CHECK (boss <> id), a TEXT COLLATE nocase NOT NULL DEFAULT 'x', b INT,
          twice INT GENERATED ALWAYS AS (b * 2) STORED, CONSTRAINT \"o'f\" FOREIGN KEY (a, b) REFERENCES \"P\"\"1\" ON UPDATE CASCADE, UNIQUE (a, b, boss));
        INSERT INTO kin (id, boss, a, b) VALUES (4, NULL, 'x', 1), (7, 4, 'y', 2), (9, 7, 'y', NULL); DELETE FROM kin WHERE id = 9;
        CREATE INDEX by_b ON kin (b DESC) WHERE b > 0; CREATE TABLE heard (what);
        CREATE TRIGGER told AFTER INSERT ON kin BEGIN INSERT INTO heard VALUES (new.id); END;
        CREATE VIEW bosses AS SELECT boss FROM kin; CREATE TABLE egg (id INTEGER PRIMARY KEY, hen INT REFERENCES hen);
        CREATE TABLE hen (id INTEGER PRIMARY KEY, egg INT REFERENCES egg, x ANY) STRICT; INSERT INTO egg VALUES (1, NULL), (2, NULL);
        INSERT INTO hen VALUES (5, 1, 1.5), (6, NULL, x'00'); CREATE TABLE loose (r INT REFERENCES egg); INSERT INTO loose (rowid, r) VALUES (30, 1), (50, NULL);";
    check(KIN, "DROP VIEW bosses; DROP TABLE kin", "DROP VIEW bosses; DROP TABLE kin");
    check(
        KIN,
        "DROP TABLE IF EXISTS hen; DROP TABLE loose; DROP TABLE egg",
        "DROP TABLE hen; DROP TABLE loose; DROP TABLE egg",
    );
    check_unmeasured("DROP TABLE orders", "DROP TABLE orders");
    check_unmeasured(
        "DROP TABLE orders; DROP TABLE customers; DROP VIEW adults",
        "DROP TABLE orders; DROP TABLE customers; DROP VIEW adults",
    );
    let database = file(KIN);
    apply(&database.path, "DROP TABLE loose").expect("it is applied");
    database.run("PRAGMA foreign_keys = ON; DELETE FROM hen; DELETE FROM egg WHERE id = 1");
    let failure = undo(&database.path).expect_err("its rows refer to what is gone");
    assert!(failure.message.contains("refer to rows that were deleted meanwhile"), "{failure}");
    database.run("INSERT INTO egg VALUES (1, NULL)");
    undo(&database.path).expect("it is undone");
    let db = Connection::open(&database.path).expect("it opens");
    assert_eq!(super::rows_of(&db, "SELECT rowid, r FROM loose"), ["Integer(30) Integer(1)", "Integer(50) Null"]);
    assert!(leftovers(&database.path).is_empty(), "{:?}", leftovers(&database.path));
}

#[test]
fn converted_values_come_back_unless_they_were_changed_since() {
    let database = file(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT); INSERT INTO t VALUES (1, '007'), (2, '0010'), (3, '5')",
    );
    apply(&database.path, "ALTER TABLE t ALTER code TYPE INTEGER").expect("it is applied");
    database.run("UPDATE t SET code = 11 WHERE id = 2; INSERT INTO t VALUES (4, 77)");
    undo(&database.path).expect("it is undone");
    let db = Connection::open(&database.path).expect("it opens");
    let rows = super::rows_of(&db, "SELECT code FROM t ORDER BY id");
    assert_eq!(rows, [r#"Text("007")"#, r#"Text("11")"#, r#"Text("5")"#, r#"Text("77")"#]);
}

#[test]
fn tables_of_every_shape_are_rebuilt() {
    let hostile = "CREATE TABLE \"ta\"\"ble 😀\" (\"co l\" TEXT, [select] INT, `x\"y` TEXT, rowid TEXT);
        INSERT INTO \"ta\"\"ble 😀\" (_rowid_, \"co l\", \"select\", rowid) VALUES (5, 'a', 1, 'mine'), (99, 'b', 2, 'own');
        CREATE UNIQUE INDEX \"in'dex\" ON \"ta\"\"ble 😀\" (\"co l\", [select]);
        CREATE TABLE keyed (a TEXT, b INT, c, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO keyed VALUES ('x', 1, 'y'), ('x', 2, NULL);
        CREATE TABLE strict (a INT, b ANY) STRICT; INSERT INTO strict VALUES (1, 'x'), (2, x'00');
        CREATE TABLE loose (a, b INT GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO loose (rowid, a) VALUES (3, 1), (7, 2);
        CREATE TABLE customers (email, age); CREATE TABLE orders (id, customer, total); CREATE VIEW adults AS SELECT * FROM customers;";
    for (statement, wanted) in [
        (
            "ALTER TABLE \"ta\"\"ble 😀\" ALTER COLUMN \"select\" TYPE TEXT",
            "CREATE TABLE n (\"co l\" TEXT, [select] TEXT, `x\"y` TEXT, rowid TEXT); INSERT INTO n (_rowid_, \"co l\", \"select\", rowid) SELECT _rowid_, \"co l\", \"select\", rowid FROM \"ta\"\"ble 😀\";
             DROP TABLE \"ta\"\"ble 😀\"; ALTER TABLE n RENAME TO \"ta\"\"ble 😀\"; CREATE UNIQUE INDEX \"in'dex\" ON \"ta\"\"ble 😀\" (\"co l\", [select])",
        ),
        (
            "ALTER TABLE keyed ALTER c SET DEFAULT 0, ALTER c TYPE TEXT",
            "CREATE TABLE n (a TEXT, b INT, c TEXT DEFAULT 0, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO n SELECT * FROM keyed; DROP TABLE keyed; ALTER TABLE n RENAME TO keyed",
        ),
        (
            "ALTER TABLE strict ALTER a TYPE TEXT",
            "CREATE TABLE n (a TEXT, b ANY) STRICT; INSERT INTO n (rowid, a, b) SELECT rowid, a, b FROM strict; DROP TABLE strict; ALTER TABLE n RENAME TO strict",
        ),
        (
            "ALTER TABLE loose ALTER b DROP EXPRESSION",
            "CREATE TABLE n (a, b INT); INSERT INTO n (rowid, a, b) SELECT rowid, a, b FROM loose; DROP TABLE loose; ALTER TABLE n RENAME TO loose",
        ),
        (
            "ALTER TABLE loose ADD COLUMN id INTEGER PRIMARY KEY FIRST",
            "CREATE TABLE n (id INTEGER PRIMARY KEY, a, b INT GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO n (id, a) SELECT rowid, a FROM loose; DROP TABLE loose; ALTER TABLE n RENAME TO loose",
        ),
    ] {
        check(hostile, statement, wanted);
    }
}

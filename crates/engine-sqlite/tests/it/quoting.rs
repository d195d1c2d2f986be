//! Names and literals as `dbwright-sql` writes them, read back by the real library.

use dbwright_sql::Dialect::Sqlite;
use rusqlite::Connection;

/// Names and texts that break careless quoting.
const HOSTILE: [&str; 17] = [
    "plain",
    "Upper",
    "with space",
    "dot.ted",
    "quo\"te",
    "\"",
    "ap'os",
    "'; DROP TABLE x; --",
    "back\\slash",
    "new\nline",
    "emoji ✂🐘",
    "1st",
    "?1",
    "[a]",
    "`a`",
    "--",
    "/*",
];

#[test]
fn literals_come_back() {
    let db = Connection::open_in_memory().expect("memory");
    for text in HOSTILE.into_iter().chain(["a\0b'c", "\0", ""]) {
        let sql = format!("SELECT {}", Sqlite.literal(text));
        let back: String = db.query_row(&sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{sql:?}: {e}"));
        assert_eq!(back, text);
    }
}

/// Every keyword, and hostile names, as table, column, index and constraint.
#[test]
fn names_name_what_they_should() {
    let keywords = keywords();
    assert!(keywords.len() > 140, "{} keywords", keywords.len());
    for name in HOSTILE.into_iter().map(str::to_owned).chain(keywords) {
        let db = Connection::open_in_memory().expect("memory");
        let written = Sqlite.name(&name);
        let index = Sqlite.name(&format!("{name}_idx"));
        let made = format!(
            "CREATE TABLE other ({written} integer);
             CREATE TABLE {written} ({written} integer UNIQUE, b text, CONSTRAINT {written} CHECK ({written} > 0));
             CREATE INDEX main.{index} ON {written} ({written} DESC, b);
             CREATE TABLE child (x integer REFERENCES {written} ({written}));
             INSERT INTO main.{written} ({written}, b) VALUES (7, 'x');
             UPDATE {written} SET {written} = 8 WHERE {written} = 7;
             DROP INDEX main.{index}",
        );
        db.execute_batch(&made).unwrap_or_else(|e| panic!("{name:?}: {e}\n{made}"));
        let joined = format!("SELECT {written}.{written} FROM {written} JOIN other ON other.{written} IS NULL OR 1");
        let count: i64 =
            db.query_row(&format!("SELECT count(*) FROM ({joined})"), [], |row| row.get(0)).expect("a join");
        assert_eq!(count, 0);
        let value: i64 =
            db.query_row(&format!("SELECT {written} FROM {written}"), [], |row| row.get(0)).expect("the column");
        assert_eq!(value, 8, "{written} is not the column");
        let known: String = db
            .query_row(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('other', 'child')",
                [],
                |row| row.get(0),
            )
            .expect("the table");
        assert_eq!(known, name);
    }
}

/// The keywords of SQLite's documentation, in lower case.
fn keywords() -> Vec<String> {
    let listed = "ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE \
        CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE \
        DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN \
        FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED \
        INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING \
        NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE \
        REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP \
        TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT";
    listed.split_ascii_whitespace().map(str::to_ascii_lowercase).collect()
}

//! Rows, matviews, enums, functions, views.

use crate::harness::Case;

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); \
    INSERT INTO t SELECT n, n, repeat('b', 50) FROM generate_series(1, 25000) n; \
    CREATE MATERIALIZED VIEW m AS SELECT id, a FROM t WHERE id < 100; CREATE UNIQUE INDEX ON m (id); \
    CREATE VIEW v AS SELECT id FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
    CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE written (at timestamptz DEFAULT now())";

fn t(method: &'static str, statement: &'static str) -> Case<'static> {
    Case::new(method, T, statement)
}

#[test]
fn rows_in_batches() {
    t("batched", "UPDATE t SET a = t.a + 1, b = upper(b) WHERE t.a % 2 = 0").check();
    t("batched", "DELETE FROM t WHERE id > 100").check();
    t("as-is", "UPDATE t SET id = id + 100000").check();
    t("as-is", "UPDATE t SET a = (SELECT max(a) FROM t)").check();
}

#[test]
fn what_goes_back_to_what_it_was() {
    for statement in [
        "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
        "CREATE TABLE fresh (id int)",
        "GRANT SELECT, INSERT ON t TO PUBLIC",
        "DROP VIEW v",
        "DROP FUNCTION f()",
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        "ALTER TYPE mood ADD VALUE 'glad'",
        "CREATE SEQUENCE s",
    ] {
        t("as-is", statement).check();
    }
}

#[test]
fn matviews_are_refreshed_beside_readers() {
    t("concurrent-refresh", "REFRESH MATERIALIZED VIEW m").check();
}

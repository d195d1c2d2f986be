//! Indexes.

use crate::harness::Case;

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, \"B c\" text, d jsonb); \
    INSERT INTO t SELECT n, n % 10, 'x' || n, '{\"k\": 1}' FROM generate_series(1, 1000) n; \
    CREATE INDEX there ON t (a) WHERE a > 3; COMMENT ON INDEX there IS 'kept'; CREATE TABLE written (n int)";

fn t(statement: &'static str) -> Case<'static> {
    Case::new("concurrent-index", T, statement)
}

#[test]
fn created_concurrently_under_the_servers_names() {
    t("CREATE INDEX ON t (a)").writer("UPDATE t SET a = a + 1 WHERE id = 5").check();
    t("CREATE INDEX ON t (lower(\"B c\"), (a + 1), (a * 2)) INCLUDE (id)").check();
    t("CREATE INDEX ON t ((d ->> 'k'), ((d ->> 'k')::int))").check();
    t("CREATE UNIQUE INDEX \"Näme\" ON t USING btree (\"B c\" DESC NULLS LAST) WITH (fillfactor = 80) WHERE a IS NOT NULL").check();
    t("CREATE INDEX IF NOT EXISTS g ON t USING gin (d jsonb_path_ops)").check();
    Case::new("as-is", T, "CREATE INDEX IF NOT EXISTS there ON t (id)").check();
}

#[test]
fn dropped_and_rebuilt_concurrently() {
    t("DROP INDEX there").check();
    t("REINDEX INDEX there").check();
    t("REINDEX TABLE t").check();
}

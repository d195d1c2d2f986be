//! Type changes.

use crate::harness::Case;

const T: &str = "CREATE TABLE p (k int PRIMARY KEY); INSERT INTO p SELECT n FROM generate_series(0, 9) n; \
    CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 3 CHECK (a >= 0) REFERENCES p, v varchar(10) CHECK (v <> ''), \
        n numeric(10,2), ts timestamp, c cidr, x text); \
    INSERT INTO t SELECT n, n % 10, 'v' || n, n, '2026-01-01', '10.0.0.0/8', n::text FROM generate_series(1, 1500) n; \
    CREATE INDEX t_a ON t (a, x); CREATE UNIQUE INDEX t_ax ON t (id, a) WHERE a > 0; CREATE INDEX t_v ON t (v); CREATE INDEX t_c ON t (c); \
    CREATE INDEX t_e ON t ((a + 1)); \
    CREATE STATISTICS t_s ON a, x FROM t; COMMENT ON COLUMN t.a IS 'it''s a'; ALTER TABLE t ALTER a SET STATISTICS 500; \
    COMMENT ON INDEX t_a IS 'i'; GRANT SELECT (a), UPDATE (a) ON t TO PUBLIC; ALTER TABLE t CLUSTER ON t_a; \
    CREATE TABLE written (at timestamptz DEFAULT now()); ANALYZE";
const WRITE: &str =
    "UPDATE t SET a = (a + 1) % 10 WHERE id % 100 = 7; INSERT INTO t (id, a, x) SELECT max(id) + 1, 4, 'w' FROM t";

fn t(method: &'static str, statement: &'static str) -> Case<'static> {
    Case::new(method, T, statement)
}

#[test]
fn what_writes_nothing_stays_as_it_is() {
    for statement in [
        "ALTER TABLE t ALTER COLUMN v TYPE varchar(20)",
        "ALTER TABLE t ALTER COLUMN v TYPE text",
        "ALTER TABLE t ALTER COLUMN n TYPE numeric(12,2)",
        "ALTER TABLE t ALTER COLUMN c TYPE inet",
        "SET TimeZone = 'UTC'; ALTER TABLE t ALTER COLUMN ts TYPE timestamptz",
    ] {
        if !statement.starts_with("SET") {
            t("as-is", statement).check();
        }
    }
}

#[test]
fn a_wider_integer() {
    t("new-column", "ALTER TABLE t ALTER COLUMN a TYPE bigint").writer(WRITE).check();
}

#[test]
fn other_rewrites() {
    for statement in [
        "ALTER TABLE t ALTER COLUMN n TYPE numeric(12,4)",
        "ALTER TABLE t ALTER COLUMN v TYPE varchar(6)",
        "ALTER TABLE t ALTER COLUMN x TYPE integer USING x::integer, ALTER COLUMN a TYPE smallint",
        "ALTER TABLE t ALTER COLUMN x TYPE bigint USING (length(t.x) + a)",
    ] {
        t("new-column", statement).check();
    }
}

#[test]
fn a_primary_key_without_references() {
    let start = "CREATE TABLE t (\"Id\" serial PRIMARY KEY, x text); INSERT INTO t (x) SELECT 'x' FROM generate_series(1, 700); \
        COMMENT ON CONSTRAINT t_pkey ON t IS 'key'; CREATE TABLE written (at timestamptz DEFAULT now())";
    Case::new("new-column", start, "ALTER TABLE t ALTER COLUMN \"Id\" TYPE bigint")
        .writer("INSERT INTO t (x) VALUES ('w')")
        .check();
    let start = "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 2) PRIMARY KEY, x text); \
        INSERT INTO t (x) SELECT 'x' FROM generate_series(1, 700); CREATE TABLE written (at timestamptz DEFAULT now()); \
        GRANT USAGE ON SEQUENCE t_id_seq TO PUBLIC";
    Case::new("new-column", start, "ALTER TABLE t ALTER COLUMN id TYPE bigint")
        .writer("INSERT INTO t (x) VALUES ('w')")
        .check();
}

#[test]
fn views_policies_triggers_and_publications_go_over() {
    let start = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT n, n, 'b' FROM generate_series(1, 500) n; \
        CREATE VIEW v WITH (security_barrier) AS SELECT id, a FROM t WHERE a > 3; CREATE VIEW w AS SELECT a * 2 AS twice FROM v; \
        COMMENT ON VIEW v IS 'seen'; GRANT SELECT ON w TO PUBLIC; \
        CREATE POLICY p ON t USING (a > 0) WITH CHECK (a < 1000000); \
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := NEW.b || ''!''; RETURN NEW; END'; \
        CREATE TRIGGER on_a BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 10) EXECUTE FUNCTION f(); \
        CREATE TRIGGER each BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.b <> 'never') EXECUTE FUNCTION f(); \
        ALTER TABLE t DISABLE TRIGGER on_a; CREATE PUBLICATION pub FOR TABLE t (id, a)";
    let twin = "DROP PUBLICATION pub; DROP VIEW w; DROP VIEW v; DROP POLICY p ON t; DROP TRIGGER on_a ON t; ALTER TABLE t ALTER COLUMN a TYPE bigint; \
        CREATE VIEW v WITH (security_barrier) AS SELECT id, a FROM t WHERE a > 3; CREATE VIEW w AS SELECT a * 2 AS twice FROM v; \
        COMMENT ON VIEW v IS 'seen'; GRANT SELECT ON w TO PUBLIC; CREATE POLICY p ON t USING (a > 0) WITH CHECK (a < 1000000); \
        CREATE TRIGGER on_a BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (NEW.a > 10) EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER on_a; \
        CREATE PUBLICATION pub FOR TABLE t (id, a)";
    Case::new("new-column", start, "ALTER TABLE t ALTER COLUMN a TYPE bigint").twin(twin).from(15).check();
}

#[test]
fn what_foreign_keys_refer_to() {
    let start = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (p int REFERENCES p); INSERT INTO t VALUES (1)";
    Case::new("shadow-table", start, "ALTER TABLE p ALTER COLUMN id TYPE bigint").chosen();
}

const USED: &str = "CREATE TABLE t (id int PRIMARY KEY, v varchar(10), n int, g int GENERATED ALWAYS AS (n + 1) STORED, m int); \
    INSERT INTO t (id, v, n, m) SELECT i, 'v' || i, i, i FROM generate_series(1, 500) i; CREATE TABLE o (id int, b varchar(10)); \
    CREATE VIEW seen AS SELECT v FROM t; GRANT SELECT ON seen TO PUBLIC; \
    CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE TO PUBLIC, pg_monitor USING (v <> '') WITH CHECK (v <> 'x'); \
    COMMENT ON POLICY own ON t IS 'own'; CREATE POLICY \"of o\" ON o USING (b IN (SELECT v FROM t) OR id IN (SELECT m FROM t)); \
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
    CREATE TRIGGER on_v AFTER UPDATE OF v ON t FOR EACH ROW WHEN (OLD.v <> NEW.v) EXECUTE FUNCTION f(); \
    ALTER TABLE t ENABLE ALWAYS TRIGGER on_v; CREATE TABLE e (id int, v varchar(10)); CREATE VIEW of_e AS SELECT v FROM e; \
    CREATE TABLE r (id int, v varchar(10), k int); INSERT INTO r SELECT i, 'v', i FROM generate_series(1, 500) i; \
    CREATE VIEW of_r AS SELECT v, k FROM r; CREATE MATERIALIZED VIEW kept AS SELECT v, k FROM of_r; ALTER TABLE r ADD PRIMARY KEY (id); ANALYZE";

/// What the plain statement needs around it: the server refuses it otherwise.
fn around(drop: &str, change: &str, again: &str) -> String {
    format!("{drop}; {change}; {again}")
}

#[test]
fn what_uses_a_column_is_made_again_where_the_type_changes_in_the_catalog_alone() {
    let change = "ALTER TABLE t ALTER COLUMN v TYPE varchar(20)";
    let twin = around(
        "DROP VIEW seen; DROP POLICY own ON t; DROP POLICY \"of o\" ON o; DROP TRIGGER on_v ON t",
        change,
        "CREATE VIEW seen AS SELECT v FROM t; GRANT SELECT ON seen TO PUBLIC; \
         CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE TO PUBLIC, pg_monitor USING (v <> '') WITH CHECK (v <> 'x'); \
         COMMENT ON POLICY own ON t IS 'own'; CREATE POLICY \"of o\" ON o USING (b IN (SELECT v FROM t) OR id IN (SELECT m FROM t)); \
         CREATE TRIGGER on_v AFTER UPDATE OF v ON t FOR EACH ROW WHEN (OLD.v <> NEW.v) EXECUTE FUNCTION f(); \
         ALTER TABLE t ENABLE ALWAYS TRIGGER on_v",
    );
    Case::new("as-is", USED, change).twin(&twin).check();
    Case::new("as-is", USED, "ALTER TABLE e ALTER COLUMN v TYPE int USING length(v)").chosen();
    let empty = "ALTER TABLE e ALTER COLUMN v TYPE varchar(20)";
    let twin = around("DROP VIEW of_e", empty, "CREATE VIEW of_e AS SELECT v FROM e");
    Case::new("as-is", USED, empty).twin(&twin).check();
}

#[test]
fn the_policy_of_another_table_goes_over_to_the_new_column() {
    let change = "ALTER TABLE t ALTER COLUMN m TYPE bigint";
    let twin = around(
        "DROP POLICY \"of o\" ON o",
        change,
        "CREATE POLICY \"of o\" ON o USING (b IN (SELECT v FROM t) OR id IN (SELECT m FROM t))",
    );
    Case::new("new-column", USED, change).twin(&twin).check();
}

#[test]
fn what_is_built_on_a_column_is_built_on_a_shadow_and_what_it_computes_is_named() {
    Case::new("shadow-table", USED, "ALTER TABLE r ALTER COLUMN k TYPE bigint").chosen();
    Case::new("shadow-table", USED, "ALTER TABLE r ALTER COLUMN v TYPE varchar(20)").chosen();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for major in dbwright_testkit::majors().expect("versions") {
        let own = dbwright_testkit::Database::create(major);
        own.execute(USED);
        let planned = runtime.block_on(async {
            let client = crate::harness::connect(&own.url).await;
            crate::harness::plan_on(&client, "ALTER TABLE t ALTER COLUMN n TYPE bigint").await
        });
        let reason = planned.blocking.expect("the server refuses").reason;
        assert!(reason.contains("column g uses the column"), "{reason}");
    }
}

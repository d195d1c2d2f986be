//! Columns added, dropped, renamed, and their defaults.

use crate::harness::Case;

const T: &str = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p SELECT n FROM generate_series(1, 9) n; \
    CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 3); INSERT INTO t SELECT n, n FROM generate_series(1, 1500) n; \
    CREATE TABLE written (at timestamptz DEFAULT now())";
const INSERT: &str = "INSERT INTO t (id, a) SELECT max(id) + 1, 1 FROM t";

fn t(method: &'static str, statement: &'static str) -> Case<'static> {
    Case::new(method, T, statement)
}

#[test]
fn what_takes_a_moment_stays_as_it_is() {
    for statement in [
        "ALTER TABLE t ADD COLUMN b text",
        "ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 5, ADD COLUMN c date",
        "ALTER TABLE t ADD COLUMN b int REFERENCES p",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 4",
        "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
        "ALTER TABLE t RENAME COLUMN a TO \"B\"",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t SET (fillfactor = 70)",
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    ] {
        t("as-is", statement).check();
    }
}

#[test]
fn constraints_of_a_new_column_read_nothing_under_a_lock() {
    t("default-later", "ALTER TABLE t ADD COLUMN b int DEFAULT 1 CHECK (b > 0)").writer(INSERT).check();
    t("default-later", "ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 1 REFERENCES p").check();
    t("default-later", "ALTER TABLE t ADD COLUMN b int UNIQUE").check();
}

#[test]
fn values_of_a_sequence_come_in_batches() {
    let twin = "CREATE SEQUENCE t_n_seq AS integer; ALTER TABLE t ADD COLUMN n integer; ALTER SEQUENCE t_n_seq OWNED BY t.n; \
        UPDATE t SET n = s.k FROM (SELECT id, row_number() OVER (ORDER BY id) AS k FROM t) s WHERE s.id = t.id; \
        ALTER TABLE t ALTER n SET DEFAULT nextval('t_n_seq'::regclass), ALTER n SET NOT NULL";
    t("default-later", "ALTER TABLE t ADD COLUMN n serial").twin(twin).writer(INSERT).check();
    t("default-later", "ALTER TABLE t ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY (START WITH 10)")
        .writer(INSERT)
        .check();
}

#[test]
fn volatile_defaults() {
    let statement = "ALTER TABLE t ADD COLUMN u uuid NOT NULL DEFAULT gen_random_uuid()";
    let t = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT n FROM generate_series(1, 1500) n; \
        CREATE TABLE written (at timestamptz DEFAULT now())";
    Case::new("default-later", t, statement).writer("INSERT INTO t (id) SELECT max(id) + 1 FROM t").hidden("u").check();
}

#[test]
fn stored_generated_columns_come_with_a_shadow() {
    t("shadow-table", "ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (a * 2) STORED").chosen();
}

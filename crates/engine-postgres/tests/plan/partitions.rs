//! Partitioned tables.

use crate::harness::Case;

const P: &str = "CREATE TABLE c (id int PRIMARY KEY); INSERT INTO c SELECT n FROM generate_series(0, 9) n; \
    CREATE TABLE p (id int NOT NULL, at date NOT NULL, c int, CONSTRAINT p_ck CHECK (id > 0)) PARTITION BY RANGE (at); \
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); \
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (c); \
    CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (0, 1, 2, 3, 4); CREATE TABLE p2b PARTITION OF p2 DEFAULT; \
    INSERT INTO p SELECT n, date '2026-01-01' + n % 59, n % 10 FROM generate_series(1, 1000) n; \
    CREATE TABLE n (id int NOT NULL, at date NOT NULL, c int, CONSTRAINT p_ck CHECK (id > 0)); \
    INSERT INTO n SELECT n, date '2026-03-01' + n % 30, n % 10 FROM generate_series(1, 500) n; CREATE TABLE written (at int)";
const INSERT: &str = "INSERT INTO p VALUES (5, '2026-02-03', 3)";

fn p(method: &'static str, statement: &'static str) -> Case<'static> {
    Case::new(method, P, statement)
}

#[test]
fn indexes_are_built_partition_by_partition() {
    p("concurrent-index", "CREATE INDEX ON p (c)").writer(INSERT).check();
    p("concurrent-index", "CREATE UNIQUE INDEX u ON p (id, at, c)").check();
    p("concurrent-index", "ALTER TABLE p ADD PRIMARY KEY (id, at, c)").check();
    p("concurrent-index", "ALTER TABLE p ADD CONSTRAINT u UNIQUE (at, c, id)").check();
}

#[test]
fn constraints_are_checked_without_a_lock() {
    p("validate-later", "ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES c").writer(INSERT).check();
    p("check-first", "ALTER TABLE p ALTER COLUMN c SET NOT NULL").writer(INSERT).check();
    p("validate-later", "ALTER TABLE p ADD CHECK (c < 100)").check();
}

#[test]
fn a_partition_is_attached_without_a_scan() {
    let attach = "ALTER TABLE p ATTACH PARTITION n FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')";
    p("check-first", attach).writer(INSERT).check();
    let more = format!(
        "{P}; ALTER TABLE p ADD PRIMARY KEY (id, at, c); CREATE INDEX ON p (lower(c::text)); \
        ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES c; ALTER TABLE n ALTER c SET NOT NULL; \
        CREATE TABLE rest PARTITION OF p DEFAULT; INSERT INTO p SELECT n, '2027-01-01', 1 FROM generate_series(1, 100) n"
    );
    Case::new("check-first", &more, attach).check();
}

#[test]
fn lists_and_hashes_are_attached_without_a_scan() {
    let start = "CREATE TABLE p (k text, h int) PARTITION BY LIST (k); CREATE TABLE a (k text, h int); \
        INSERT INTO a SELECT 'a', n FROM generate_series(1, 300) n; CREATE TABLE d PARTITION OF p DEFAULT; INSERT INTO p VALUES ('z', 1); \
        CREATE TABLE q (h int) PARTITION BY HASH (h); CREATE TABLE q0 (h int)";
    Case::new("check-first", start, "ALTER TABLE p ATTACH PARTITION a FOR VALUES IN ('a', NULL, 'b')").check();
}

#[test]
fn a_partition_is_detached_beside_readers_and_writers() {
    p("concurrent-detach", "ALTER TABLE p DETACH PARTITION p1").from(14).writer(INSERT).check();
    p("as-is", "ALTER TABLE p DETACH PARTITION p1").to(13).check();
}

//! Constraints.

use crate::harness::Case;

const ORDERS: &str = "CREATE TABLE customers (id int PRIMARY KEY, name text); \
    INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 50) n; \
    CREATE TABLE orders (id int, customer int, amount numeric, note text); \
    INSERT INTO orders SELECT n, n % 50 + 1, n, 'n' || n FROM generate_series(1, 2000) n; \
    CREATE TABLE written (at timestamptz DEFAULT now()); ANALYZE";

const INSERT: &str = "INSERT INTO orders SELECT coalesce(max(id), 0) + 1, 7, 1, 'w' FROM orders";

fn orders(method: &'static str, statement: &'static str) -> Case<'static> {
    Case::new(method, ORDERS, statement)
}

#[test]
fn not_null() {
    orders("check-first", "ALTER TABLE orders ALTER COLUMN customer SET NOT NULL").to(17).writer(INSERT).check();
    orders("validate-later", "ALTER TABLE orders ALTER COLUMN customer SET NOT NULL").from(18).writer(INSERT).check();
    orders("as-is", "ALTER TABLE customers ALTER COLUMN id SET NOT NULL").check();
    orders("as-is", "ALTER TABLE customers ALTER COLUMN name DROP NOT NULL").check();
}

#[test]
fn check() {
    orders("validate-later", "ALTER TABLE orders ADD CONSTRAINT positive CHECK (amount > 0)").writer(INSERT).check();
    orders("validate-later", "ALTER TABLE orders ADD CHECK (amount > 0)").check();
    orders(
        "validate-later",
        "ALTER TABLE orders ADD CHECK (amount > 0 OR note IS NULL), ADD CHECK (lower(note) <> '')",
    )
    .check();
    orders("as-is", "ALTER TABLE orders ADD CHECK (amount > 0) NOT VALID").check();
}

#[test]
fn foreign_key() {
    orders("validate-later", "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE")
        .writer(INSERT)
        .check();
    orders(
        "validate-later",
        "ALTER TABLE orders ADD CONSTRAINT \"To whom?\" FOREIGN KEY (customer) REFERENCES customers (id)",
    )
    .check();
}

#[test]
fn keys() {
    orders("concurrent-index", "ALTER TABLE orders ADD PRIMARY KEY (id)").check();
    orders(
        "concurrent-index",
        "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (id, customer) DEFERRABLE INITIALLY DEFERRED",
    )
    .check();
    orders("concurrent-index", "ALTER TABLE orders ADD UNIQUE (id) INCLUDE (note) WITH (fillfactor = 70)").check();
    orders("concurrent-index", "ALTER TABLE orders ADD UNIQUE NULLS NOT DISTINCT (note, id)").from(15).check();
}

#[test]
fn another_primary_key() {
    let start = "CREATE TABLE t (a int PRIMARY KEY, b int, c text); INSERT INTO t SELECT n, n, 'x' FROM generate_series(1, 500) n; \
        COMMENT ON CONSTRAINT t_pkey ON t IS 'old'";
    Case::new("concurrent-index", start, "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)").check();
    Case::new("as-is", start, "ALTER TABLE t DROP CONSTRAINT t_pkey").check();
}

#[test]
fn dropped_constraints_come_back() {
    let start = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); \
        CREATE TABLE t (a int NOT NULL, b int UNIQUE DEFERRABLE, c int REFERENCES p, CONSTRAINT ck CHECK (a > 0)); \
        INSERT INTO t SELECT n, n, 1 FROM generate_series(1, 100) n; COMMENT ON CONSTRAINT ck ON t IS 'why'";
    for statement in [
        "ALTER TABLE t DROP CONSTRAINT ck",
        "ALTER TABLE t DROP CONSTRAINT t_b_key, DROP CONSTRAINT t_c_fkey",
        "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
        "ALTER TABLE t RENAME CONSTRAINT ck TO \"other Ck\"",
    ] {
        Case::new("as-is", start, statement).check();
    }
}

#[test]
fn what_blocks_is_said() {
    let start = "CREATE TABLE t (a int4range); INSERT INTO t SELECT int4range(n, n + 1) FROM generate_series(1, 100) n";
    Case::new("blocking", start, "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (a WITH &&)").check();
}

//! A change with every kind of step, written by hand: a column's type through a new column, an index, a constraint.

use std::sync::Arc;

use dbwright_migrate::Migration;
use dbwright_migrate::plan::{Back, Backfill, KeyColumn, Lock, Phase, Planned, Require, Step, Work};
use dbwright_testkit::writer::Columns;

use crate::common::{Plans, migration};

pub(crate) const WIDEN: &str = "ALTER TABLE t ALTER COLUMN v TYPE bigint";
pub(crate) const INDEX: &str = "CREATE INDEX t_v ON t (v)";
pub(crate) const CHECK: &str = "ALTER TABLE t ADD CONSTRAINT t_positive CHECK (v >= 0)";

/// A table whose rows move between partitions when they are written, and whose key is widened beside it.
pub(crate) const PARTS: &str = "ALTER TABLE t ALTER COLUMN id TYPE bigint";

/// Which change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Steps written by hand.
    ByHand,
    /// A partitioned table, planned by the product itself.
    Parts,
}

impl Scene {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ByHand => "by-hand",
            Self::Parts => "parts",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        if name == Self::Parts.name() { Self::Parts } else { Self::ByHand }
    }

    /// The tables that it changes, with rows.
    pub(crate) fn table(self, rows: u32) -> String {
        match self {
            Self::ByHand => table(rows),
            Self::Parts => format!(
                "CREATE TABLE t (id int, v int, PRIMARY KEY (id, v)) PARTITION BY RANGE (v); \
                 CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (400); \
                 CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (400) TO (500000) PARTITION BY HASH (v); \
                 CREATE TABLE t_high_0 PARTITION OF t_high FOR VALUES WITH (MODULUS 1, REMAINDER 0); CREATE TABLE t_rest PARTITION OF t DEFAULT; \
                 INSERT INTO t SELECT i, i % 1000 FROM generate_series(1, {rows}) i; \
                 CREATE TABLE c (id int, v int, FOREIGN KEY (id, v) REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE); \
                 INSERT INTO c SELECT id, v FROM t WHERE id % 5 = 0; ANALYZE t"
            ),
        }
    }

    pub(crate) fn change(self) -> Migration {
        match self {
            Self::ByHand => change(),
            Self::Parts => migration("1", PARTS, None),
        }
    }

    pub(crate) fn plans(self) -> Arc<Plans> {
        match self {
            Self::ByHand => plans(),
            Self::Parts => Arc::default(),
        }
    }
}

/// The table that it changes, with rows.
pub(crate) fn table(rows: u32) -> String {
    format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, v int NOT NULL); \
         INSERT INTO t SELECT i, i % 1000 FROM generate_series(1, {rows}) i; ANALYZE t"
    )
}

/// The table as a writer sees it.
pub(crate) fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

pub(crate) fn change() -> Migration {
    migration("1", &format!("{WIDEN};\n{INDEX};\n{CHECK};"), None)
}

pub(crate) fn plans() -> Arc<Plans> {
    let all = [(WIDEN, widen()), (INDEX, index()), (CHECK, check())];
    let planned = |(sql, steps): (&str, Vec<Step>)| {
        let planned = Planned {
            statement: sql.to_owned(),
            line: 1,
            method: "by-hand".to_owned(),
            steps,
            notes: Vec::new(),
            blocking: None,
            later: None,
        };
        (sql.to_owned(), planned)
    };
    Arc::new(all.into_iter().map(planned).collect())
}

fn step(title: &str, phase: Phase, work: Work, back: Back, mode: &str) -> Step {
    let lock = Lock { mode: mode.to_owned(), objects: vec!["public.t".to_owned()], ..Lock::default() };
    Step { title: title.to_owned(), phase, work, back, lock, estimate_ms: None }
}

fn transaction<const N: usize>(statements: [&str; N]) -> Work {
    Work::Transaction { statements: statements.map(str::to_owned).to_vec(), require: Vec::new() }
}

fn require(query: &str, or: &str) -> Require {
    Require { query: query.to_owned(), or: or.to_owned() }
}

/// One function for each direction: a session keeps what it made of a function, types of columns included, and would
/// refuse its writes when they change under it.
const FORWARD: [&str; 2] = [
    "CREATE FUNCTION dbwright.dbwright_t_v() RETURNS trigger LANGUAGE plpgsql AS \
        $$BEGIN NEW.dbwright_v := NEW.v; RETURN NEW; END$$",
    "CREATE TRIGGER dbwright_t_v BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION dbwright.dbwright_t_v()",
];
const REVERSE: [&str; 2] = [
    "CREATE FUNCTION dbwright.dbwright_t_r() RETURNS trigger LANGUAGE plpgsql AS \
        $$BEGIN NEW.dbwright_v := NEW.v; RETURN NEW; END$$",
    "CREATE TRIGGER dbwright_t_r BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION dbwright.dbwright_t_r()",
];
const REMOVE: [&str; 5] = [
    "DROP TRIGGER IF EXISTS dbwright_t_v ON t",
    "DROP FUNCTION IF EXISTS dbwright.dbwright_t_v()",
    "DROP TRIGGER IF EXISTS dbwright_t_r ON t",
    "DROP FUNCTION IF EXISTS dbwright.dbwright_t_r()",
    "ALTER TABLE t DROP COLUMN IF EXISTS dbwright_v",
];
const EXCHANGE: [&str; 4] = [
    "ALTER TABLE t RENAME COLUMN v TO dbwright_old",
    "ALTER TABLE t RENAME COLUMN dbwright_v TO v",
    "ALTER TABLE t RENAME COLUMN dbwright_old TO dbwright_v",
    "ALTER TABLE t ALTER COLUMN v SET NOT NULL, ALTER COLUMN dbwright_v DROP NOT NULL",
];

fn widen() -> Vec<Step> {
    let expand = transaction(["ALTER TABLE t ADD COLUMN dbwright_v bigint", FORWARD[0], FORWARD[1]]);
    let same = require("SELECT NOT EXISTS (SELECT FROM t WHERE dbwright_v IS DISTINCT FROM v)", "values differ");
    let backfill = Work::Backfill(Backfill {
        table: "public.t".to_owned(),
        only: false,
        key: vec![KeyColumn { name: "id".to_owned(), ty: "bigint".to_owned() }],
        batch: "UPDATE public.t s SET dbwright_v = s.v WHERE {range} AND s.dbwright_v IS DISTINCT FROM s.v".to_owned(),
        before_batch: Vec::new(),
        rows: None,
        verify: vec![same.clone()],
    });
    let lock = ["LOCK TABLE t IN ACCESS EXCLUSIVE MODE"];
    let there = [&lock[..], &REMOVE[..2], &EXCHANGE, &REVERSE].concat();
    let switch =
        Work::Transaction { statements: there.into_iter().map(str::to_owned).collect(), require: vec![same.clone()] };
    let back = Back::by([&lock[..], &REMOVE[2..4], &EXCHANGE, &FORWARD].concat());
    vec![
        step("add the new column", Phase::Expand, expand, Back::by(REMOVE), "ACCESS EXCLUSIVE"),
        step("move the rows", Phase::Backfill, backfill, Back::nothing(), ""),
        step("compare", Phase::Backfill, Work::Verify { require: vec![same] }, Back::nothing(), ""),
        step("switch", Phase::Switch, switch, back, "ACCESS EXCLUSIVE"),
        step(
            "remove the old",
            Phase::Contract,
            transaction(REMOVE),
            Back::impossible("it is gone"),
            "ACCESS EXCLUSIVE",
        ),
    ]
}

fn index() -> Vec<Step> {
    let valid = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('t_v') AND indisvalid)";
    let leftovers = "SELECT 'DROP INDEX CONCURRENTLY IF EXISTS t_v' FROM pg_index \
        WHERE indexrelid = to_regclass('t_v') AND NOT indisvalid";
    let build = Work::Alone {
        statement: "CREATE INDEX CONCURRENTLY t_v ON t (v)".to_owned(),
        done: valid.to_owned(),
        clear: vec![leftovers.to_owned()],
    };
    let back = Back::alone(["DROP INDEX CONCURRENTLY IF EXISTS t_v"]);
    vec![step("build the index", Phase::Expand, build, back, "SHARE UPDATE EXCLUSIVE")]
}

fn check() -> Vec<Step> {
    let add = transaction(["ALTER TABLE t ADD CONSTRAINT t_positive CHECK (v >= 0) NOT VALID"]);
    let validate = transaction(["ALTER TABLE t VALIDATE CONSTRAINT t_positive"]);
    let back = Back::by(["ALTER TABLE t DROP CONSTRAINT IF EXISTS t_positive"]);
    vec![
        step("add the constraint", Phase::Expand, add, back, "ACCESS EXCLUSIVE"),
        step("validate it", Phase::Expand, validate, Back::nothing(), "SHARE UPDATE EXCLUSIVE"),
    ]
}

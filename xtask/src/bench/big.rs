//! A PostgreSQL with very many tables, for measuring what a large catalog costs.

use dbwright_testkit::sql::execute;

use crate::Done;

/// Tables; each has three indexes, a sequence, a foreign key, ten rows and statistics.
pub(super) const TABLES: u32 = 10_000;
/// Tables made in one transaction, each of which holds a lock on all that it made.
const BATCH: u32 = 500;

/// Makes the tables in the database of this URL.
pub(super) fn make(url: &str) -> Done {
    for first in (1..=TABLES).step_by(BATCH as usize) {
        execute(url, &batch(first, first + BATCH - 1))?;
    }
    execute(url, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")?;
    execute(url, "CREATE EXTENSION IF NOT EXISTS pg_walinspect")?;
    // As on a server that has run for long: nothing is left for a reader to clean up, no statistics are missing.
    execute(url, "VACUUM (ANALYZE)")?;
    // Analysing has left dead rows in the catalog, which the next reader, whoever it is, would prune.
    execute(
        url,
        "VACUUM pg_class, pg_attribute, pg_statistic, pg_index, pg_constraint, pg_depend, pg_type, pg_attrdef, pg_proc",
    )?;
    // What the server's own workers write must not be taken for dbwright's.
    execute(url, "ALTER SYSTEM SET autovacuum = off")?;
    execute(url, "SELECT pg_reload_conf()")?;
    execute(url, "CHECKPOINT")
}

fn batch(first: u32, last: u32) -> String {
    format!(
        "DO $do$ BEGIN FOR i IN {first}..{last} LOOP
           EXECUTE format('CREATE TABLE table_%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent bigint, \
             name text NOT NULL, state text, made timestamptz NOT NULL DEFAULT now())', i);
           EXECUTE format('CREATE INDEX ON table_%s (parent)', i);
           EXECUTE format('CREATE INDEX ON table_%s (made)', i);
           EXECUTE format('INSERT INTO table_%s (name, state) SELECT n, ''new'' FROM generate_series(1, 10) n', i);
           IF i > {first} THEN
             EXECUTE format('ALTER TABLE table_%s ADD FOREIGN KEY (parent) REFERENCES table_%s', i, i - 1);
           END IF;
         END LOOP; END $do$"
    )
}

//! Each kind of change on a table of many rows: how long it takes, and which of them not within five minutes.

use std::fmt::Write as _;

use dbwright_testkit::sql::{execute, query};

use super::Bench;
use crate::Done;
use crate::bench::report::Figure;

/// What a change may take, in seconds.
const LIMIT_S: f64 = 300.0;

/// The kinds: what it is, and the statement as a user writes it.
const KINDS: [(&str, &str); 22] = [
    ("add a column", "ALTER TABLE big ADD COLUMN c int;"),
    ("add a column with a constant default", "ALTER TABLE big ADD COLUMN c int NOT NULL DEFAULT 7;"),
    ("add a column with a volatile default", "ALTER TABLE big ADD COLUMN c uuid NOT NULL DEFAULT gen_random_uuid();"),
    ("drop a column", "ALTER TABLE big DROP COLUMN note;"),
    ("rename a column", "ALTER TABLE big RENAME COLUMN note TO remark;"),
    ("set NOT NULL", "ALTER TABLE big ALTER COLUMN n SET NOT NULL;"),
    ("int → bigint, a plain column", "ALTER TABLE big ALTER COLUMN n TYPE bigint;"),
    ("text → varchar(100)", "ALTER TABLE big ALTER COLUMN note TYPE varchar(100);"),
    ("int → bigint, the primary key with a reference", "ALTER TABLE big ALTER COLUMN id TYPE bigint;"),
    ("create an index", "CREATE INDEX big_note ON big (note);"),
    ("create a unique index", "CREATE UNIQUE INDEX big_code ON big (code);"),
    ("drop an index", "DROP INDEX big_n;"),
    ("add a CHECK", "ALTER TABLE big ADD CONSTRAINT big_n_positive CHECK (n >= 0);"),
    ("add a foreign key", "ALTER TABLE big ADD CONSTRAINT big_kind FOREIGN KEY (kind) REFERENCES kinds;"),
    ("add UNIQUE", "ALTER TABLE big ADD CONSTRAINT big_code UNIQUE (code);"),
    ("change the primary key", "ALTER TABLE big DROP CONSTRAINT big_pkey CASCADE, ADD PRIMARY KEY (code);"),
    ("update all rows", "UPDATE big SET note = 'x' || note;"),
    ("delete many rows", "DELETE FROM small WHERE big_id % 2 = 0;"),
    ("set UNLOGGED", "ALTER TABLE loose SET UNLOGGED;"),
    ("attach a partition", "ALTER TABLE parts ATTACH PARTITION loose FOR VALUES FROM (0) TO (2000000000);"),
    ("refresh a materialized view", "REFRESH MATERIALIZED VIEW totals;"),
    ("reindex", "REINDEX INDEX big_n;"),
];

/// The figures, and a table of all kinds.
pub(super) fn figures(bench: &Bench<'_>, rows: u64) -> Done<(Vec<Figure>, String)> {
    let mut table = format!("\nEach kind on {rows} rows, from `migrate apply --contract` to its end:\n\n");
    table.push_str("| change | how | took | |\n|---|---|---|---|\n");
    let (mut within, mut slowest) = (0, 0.0_f64);
    let template = bench.database();
    make(&template.url, rows)?;
    for (what, sql) in KINDS {
        eprintln!("{what}");
        let database = bench.database();
        copy(bench, &template, &database)?;
        let outcome = bench.apply(&database.url, &format!("{sql}\n"), &["--contract", "--allow-blocking"])?;
        let methods = "SELECT string_agg(DISTINCT p #>> '{plan,method}', ', ') FROM dbwright.migrations, \
                       jsonb_array_elements(planned) p";
        let how =
            query(&database.url, methods).ok().and_then(|rows| rows.first()?.first().cloned()).unwrap_or_default();
        let (took, remark) = match outcome {
            Ok(seconds) => {
                slowest = slowest.max(seconds);
                if seconds < LIMIT_S {
                    within += 1;
                }
                (format!("{seconds:.1} s"), if seconds < LIMIT_S { "" } else { "**over 5 min**" }.to_owned())
            }
            Err(said) => ("–".to_owned(), said.lines().next().unwrap_or_default().replace('|', "\\|")),
        };
        let _ = writeln!(table, "| {what} | {how} | {took} | {remark} |");
    }
    let all = KINDS.len() as f64;
    let figures = vec![
        Figure::new("kinds of change on the smaller table", all, "kinds"),
        Figure::new("kinds that end within 5 min", 100.0 * f64::from(within) / all, "%"),
        Figure::new("the slowest kind", slowest, "s"),
    ];
    Ok((figures, table))
}

fn make(url: &str, rows: u64) -> Done {
    execute(
        url,
        &format!(
            "CREATE TABLE kinds (id int PRIMARY KEY); INSERT INTO kinds SELECT generate_series(1, 100);
             CREATE TABLE big (id serial PRIMARY KEY, n int DEFAULT 0, kind int NOT NULL, code text NOT NULL, note text);
             INSERT INTO big (n, kind, code, note) SELECT n % 1000, 1 + n % 100, 'code ' || n, 'note ' || n FROM generate_series(1, {rows}) n;
             CREATE INDEX big_n ON big (n);
             CREATE TABLE small (big_id int NOT NULL REFERENCES big, place int NOT NULL, PRIMARY KEY (big_id, place));
             INSERT INTO small SELECT n, 1 FROM generate_series(1, {rows}, 4) n;
             CREATE TABLE loose (id int PRIMARY KEY, n int); INSERT INTO loose SELECT n, n FROM generate_series(1, {rows}) n;
             CREATE TABLE parts (id int NOT NULL, n int) PARTITION BY RANGE (id);
             CREATE MATERIALIZED VIEW totals AS SELECT kind, count(*) FROM big GROUP BY kind; CREATE UNIQUE INDEX ON totals (kind)"
        ),
    )?;
    execute(url, "VACUUM (ANALYZE)")?;
    execute(url, "CHECKPOINT")
}

/// Makes the database anew as a copy of another one.
fn copy(bench: &Bench<'_>, from: &dbwright_testkit::Database, to: &dbwright_testkit::Database) -> Done {
    execute(bench.url, &format!("DROP DATABASE {}", to.name))?;
    execute(bench.url, &format!("CREATE DATABASE {} TEMPLATE {}", to.name, from.name))
}

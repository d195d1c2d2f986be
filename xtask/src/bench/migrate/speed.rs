//! How fast rows are moved when nothing is throttled, beside one UPDATE of all of them; and the memory that it takes.

use std::time::Instant;

use dbwright_testkit::Scratch;
use dbwright_testkit::sql::{execute, query};

use super::Bench;
use crate::Done;
use crate::bench::measure;
use crate::bench::report::Figure;

/// The change: a new column takes the place of the old one, and every row is moved.
const CHANGE: &str = "ALTER TABLE moved ALTER COLUMN n TYPE bigint;\n";
/// Seconds that the steps took that move rows.
const BACKFILL: &str = "SELECT coalesce(sum(extract(epoch FROM finished_at - started_at)), 0) FROM dbwright.steps \
                        WHERE plan #>> '{work,kind}' = 'backfill'";

/// The figures.
pub(super) fn figures(bench: &Bench<'_>, rows: u64) -> Done<Vec<Figure>> {
    let few = run(bench, rows / 4)?;
    let many = run(bench, rows)?;
    let share = 100.0 * many.update_s / many.backfill_s.max(0.001);
    Ok(vec![
        Figure::new("backfill: rows", rows as f64, "rows"),
        Figure::new("backfill: one UPDATE of all rows", many.update_s, "s"),
        Figure::new("backfill: in batches, throttle off", many.backfill_s, "s").below(2.0 * many.update_s),
        Figure::new("backfill: speed, of the one UPDATE's", share, "%"),
        Figure::new("backfill: peak memory with a quarter of the rows", few.peak / 1e6, "MB"),
        Figure::new("backfill: peak memory", many.peak / 1e6, "MB").below(few.peak / 1e6 + 16.0),
    ])
}

struct Run {
    update_s: f64,
    backfill_s: f64,
    peak: f64,
}

fn run(bench: &Bench<'_>, rows: u64) -> Done<Run> {
    let database = bench.database();
    let url = &database.url;
    eprintln!("making {rows} rows");
    execute(
        url,
        &format!(
            "CREATE TABLE moved (id int PRIMARY KEY, n int, note text);
             INSERT INTO moved SELECT n, n, 'note ' || n FROM generate_series(1, {rows}) n;
             CREATE TABLE twin (id int PRIMARY KEY, n int, note text, m bigint);
             INSERT INTO twin SELECT * FROM moved"
        ),
    )?;
    execute(url, "VACUUM (ANALYZE)")?;
    execute(url, "CHECKPOINT")?;
    let begun = Instant::now();
    execute(url, "UPDATE twin SET m = n")?;
    let update_s = begun.elapsed().as_secs_f64();
    execute(url, "CHECKPOINT")?;
    let scratch = Scratch::new();
    let file = scratch.path().join("1_change.sql");
    std::fs::write(&file, CHANGE).map_err(|e| format!("{}: {e}", file.display()))?;
    let folder = scratch.path().to_string_lossy().into_owned();
    let run = measure::run(bench.binary, &["migrate", "apply", url, "--yes", "--no-throttle", "--dir", &folder])?;
    let backfill_s: f64 = query(url, BACKFILL)?[0][0].parse().map_err(|_| "no time of the backfill".to_owned())?;
    if backfill_s == 0.0 {
        return Err("the change moved no rows in batches".to_owned());
    }
    Ok(Run { update_s, backfill_s, peak: run.peak_bytes })
}

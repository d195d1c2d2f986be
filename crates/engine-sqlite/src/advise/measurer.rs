//! The copy as a place to measure in: built indexes, timed runs in turns, and what writers manage.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Built, Digest, Measurer, Run, Shape, Timing, WriteRate};
use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure, Snapshot};
use rusqlite::Connection;

use super::copy::{Copy, failed, quoted};
use super::whatif::create;
use super::work;
use crate::explain;
use crate::prove::{LONGEST, Side};

/// Rows that are taken out and put back to see how fast a table is written.
const WRITTEN: u32 = 2_000;
/// How often that is done; the median counts.
const ROUNDS: usize = 5;

/// The copy.
pub(super) struct Bench {
    state: Mutex<State>,
    place: String,
}

struct State {
    copy: Copy,
    /// Names of the built indexes, by position; none for one that was refused.
    built: Vec<Option<String>>,
}

impl Bench {
    /// A bench on a copy.
    ///
    /// # Errors
    /// When SQLite refuses a setting.
    pub(super) fn new(copy: Copy, _snapshot: &Snapshot) -> Result<Self, Failure> {
        let off = rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER;
        // Rows are put back by statements of our own, which must not do what the user's triggers do.
        copy.db().set_db_config(off, true).map_err(failed("the lab is unusable"))?;
        let place = format!("a copy of {} with all its rows in SQLite {}", copy.name, rusqlite::version());
        Ok(Self { state: Mutex::new(State { copy, built: Vec::new() }), place })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn names(&self, with: &[usize]) -> Vec<String> {
        with.iter().filter_map(|at| self.built.get(*at).cloned().flatten()).collect()
    }

    fn build(&mut self, index: &Index) -> Result<Built, String> {
        let name = format!("dbwright_built_{}", self.built.len());
        let start = Instant::now();
        let built = self.copy.build(&name, &create(index, &name));
        self.built.push(built.is_ok().then_some(name));
        let (bytes, _) = built.map_err(|error| error.to_string())?;
        Ok(Built { bytes, ms: start.elapsed().as_secs_f64() * 1000.0, scaled_bytes: bytes })
    }

    fn once(&self, run: &Run) -> rusqlite::Result<(f64, work::Work, Vec<usize>)> {
        let hidden: Vec<String> = run.without.iter().map(|(_, name)| name.clone()).collect();
        self.copy.with(&self.names(&run.with), &hidden, |side| {
            let plan = explain::plan(&side.db, &run.sql)?;
            let names = explain::indexes(&plan);
            let start = Instant::now();
            let work = work::of(side, &run.sql)?;
            let ms = start.elapsed().as_secs_f64() * 1000.0;
            let uses =
                |at: &usize| self.built.get(*at).and_then(Option::as_ref).is_some_and(|name| names.contains(name));
            Ok((ms, work, run.with.iter().copied().filter(uses).collect()))
        })
    }

    /// `EXPLAIN QUERY PLAN` tells no cost.
    fn plan(&self, run: &Run) -> rusqlite::Result<Shape> {
        let hidden: Vec<String> = run.without.iter().map(|(_, name)| name.clone()).collect();
        self.copy.with(&self.names(&run.with), &hidden, |side| {
            let plan = explain::plan(&side.db, &run.sql)?;
            let names = explain::indexes(&plan);
            let uses =
                |at: &usize| self.built.get(*at).and_then(Option::as_ref).is_some_and(|name| names.contains(name));
            let mut hasher = DefaultHasher::new();
            plan.walk().for_each(|node| node.operation.hash(&mut hasher));
            Ok(Shape { cost: 0.0, used: run.with.iter().copied().filter(uses).collect(), hash: hasher.finish() })
        })
    }

    fn writes(&self, table: &ObjectName, with: &[usize]) -> rusqlite::Result<WriteRate> {
        self.copy.with(&self.names(with), &[], |side| {
            let mut rates = Vec::new();
            for _ in 0..ROUNDS {
                rates.push(round(side, &table.name)?);
            }
            let median = |of: &dyn Fn(&(f64, f64)) -> f64| {
                let mut all: Vec<f64> = rates.iter().map(of).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2]
            };
            Ok(WriteRate { inserts: median(&|rate| rate.0), updates: median(&|rate| rate.1) })
        })
    }
}

/// Rows per second: put back after they were taken out, and written anew with all their columns.
fn round(side: &Side, table: &str) -> rusqlite::Result<(f64, f64)> {
    let db = &side.db;
    let name = quoted(table);
    db.execute_batch("SAVEPOINT round")?;
    let done = (|| {
        let columns = columns(db, table)?;
        db.execute_batch(&format!(
            "CREATE TEMP TABLE dbwright_rows AS SELECT rowid AS dbwright_rowid, {columns} FROM main.{name} \
             WHERE rowid IN (SELECT rowid FROM main.{name} ORDER BY random() LIMIT {WRITTEN})"
        ))?;
        let chosen = "rowid IN (SELECT dbwright_rowid FROM temp.dbwright_rows)";
        let each: Vec<String> = columns.split(", ").map(|column| format!("{column} = {column}")).collect();
        let update = timed(db, &format!("UPDATE main.{name} SET {} WHERE {chosen}", each.join(", ")))?;
        db.execute_batch(&format!("DELETE FROM main.{name} WHERE {chosen}"))?;
        let insert =
            timed(db, &format!("INSERT INTO main.{name} ({columns}) SELECT {columns} FROM temp.dbwright_rows"))?;
        Ok((insert, update))
    })();
    db.execute_batch("ROLLBACK TO round; RELEASE round")?;
    done
}

/// The columns that can be written, quoted.
fn columns(db: &Connection, table: &str) -> rusqlite::Result<String> {
    let mut statement = db.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0")?;
    let names = statement.query_map([table], |row| Ok(quoted(&row.get::<_, String>(0)?)))?;
    Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
}

/// Rows per second of a statement that writes.
fn timed(db: &Connection, sql: &str) -> rusqlite::Result<f64> {
    let start = Instant::now();
    let rows = db.execute(sql, [])?;
    Ok(rows as f64 / start.elapsed().as_secs_f64().max(1e-9))
}

impl Measurer for Bench {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn build<'a>(
        &'a self,
        indexes: &'a [Index],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Built, String>>, Failure>> {
        Box::pin(async move {
            progress.stage("building indexes in a copy", Some(indexes.len() as u64));
            let mut state = self.state();
            let mut done = Vec::with_capacity(indexes.len());
            for (at, index) in indexes.iter().enumerate() {
                progress.step(at as u64);
                done.push(if progress.cancelled() { Err("stopped".to_owned()) } else { state.build(index) });
            }
            Ok(done)
        })
    }

    fn plans<'a>(&'a self, runs: &'a [Run]) -> BoxFuture<'a, Result<Vec<Result<Shape, String>>, Failure>> {
        Box::pin(async move {
            let state = self.state();
            Ok(runs.iter().map(|run| state.plan(run).map_err(|error| error.to_string())).collect())
        })
    }

    fn run<'a>(
        &'a self,
        runs: &'a [Run],
        repeat: u32,
        limit_ms: f64,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Timing, String>>, Failure>> {
        Box::pin(async move {
            let state = self.state();
            let mut all: Vec<Result<Timing, String>> = runs.iter().map(|_| Ok(Timing::default())).collect();
            progress.stage("running statements in a copy", Some(u64::from(repeat) + 1));
            for round in 0..=repeat {
                progress.step(u64::from(round));
                for (run, timing) in runs.iter().zip(&mut all) {
                    if progress.cancelled() {
                        return Ok(all);
                    }
                    again(&state, run, timing, (round, limit_ms));
                }
            }
            Ok(all)
        })
    }

    fn writes<'a>(
        &'a self,
        table: &'a ObjectName,
        with: &'a [usize],
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<WriteRate, Failure>> {
        Box::pin(async move { self.state().writes(table, with).map_err(failed("rows can't be written in the lab")) })
    }
}

/// One more run of an entry; the first round warms the cache and is not counted.
fn again(state: &State, run: &Run, timing: &mut Result<Timing, String>, (round, limit_ms): (u32, f64)) {
    let Ok(so_far) = timing else { return };
    if so_far.cut {
        return;
    }
    match state.once(run) {
        Ok((ms, work, used)) => {
            so_far.cut = work.cut || ms > limit_ms.max(LONGEST.as_secs_f64() * 1000.0);
            so_far.used = used;
            so_far.result =
                (!work.cut).then_some(Digest { rows: work.digest.rows, sum: work.digest.sum(), rounded: 0.0 });
            if round > 0 || so_far.cut {
                so_far.ms.push(ms);
            } else {
                so_far.first = Some(ms);
            }
        }
        Err(error) => *timing = Err(error.to_string()),
    }
}

//! The bench: two copies of the target, the time that is left, and the indexes that were made on one of them.

use std::collections::BTreeSet;
use std::time::Instant;

use dbwright_core::progress::Progress;
use rusqlite::Connection;

use super::Terms;
use super::candidates::Candidate;
use super::measure::Side;
use crate::body::SqliteBody;
use crate::error::Error;
use crate::explain;
use crate::lab::Lab;

/// Two copies of the target.
pub(super) struct Bench<'a> {
    /// What was observed.
    pub(super) body: &'a SqliteBody,
    /// What the experiments must show.
    pub(super) terms: Terms,
    /// Where progress is shown.
    pub(super) progress: &'a dyn Progress,
    /// The copy as it is.
    pub(super) base: Side,
    /// The copy that gets indexes.
    pub(super) with: Side,
    lab: Lab,
    until: Instant,
    made: u32,
    /// Names of the trial indexes that are on the second copy.
    trials: BTreeSet<String>,
}

/// Name of the copy that stays as it is.
pub(super) const BASE: &str = "base.db";

/// The tables that `ANALYZE` writes.
const STATISTICS: [&str; 2] = ["sqlite_stat1", "sqlite_stat4"];

impl<'a> Bench<'a> {
    /// Takes a lab with its first copy, [`BASE`], and makes the second one.
    ///
    /// # Errors
    /// When there is no room.
    pub(super) fn new(
        (lab, base): (Lab, Connection),
        body: &'a SqliteBody,
        terms: Terms,
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let with = lab.copy(&base, "with.db", progress)?;
        let (base, with, until) = (side(base)?, side(with)?, Instant::now());
        let mut bench = Self { body, terms, progress, base, with, lab, until, made: 0, trials: BTreeSet::new() };
        bench.until += bench.terms.half();
        Ok(bench)
    }

    /// Gathers figures of a sample on the second copy, so that its planner can tell the trial indexes apart.
    ///
    /// # Errors
    /// When SQLite refuses, or the disk is full.
    pub(super) fn analyze(&self) -> Result<(), Error> {
        let failed = || Error::sqlite("statistics can't be gathered in the lab");
        for table in STATISTICS.into_iter().filter(|table| self.has(table)) {
            let sql = format!("CREATE TABLE dbwright_{table} AS SELECT * FROM {table}");
            self.with.db.execute_batch(&sql).map_err(failed())?;
        }
        self.with.db.execute_batch("PRAGMA analysis_limit = 1000; ANALYZE").map_err(failed())
    }

    /// Gives the second copy the indexes and statistics back that it had, and the next experiments their time.
    ///
    /// # Errors
    /// When SQLite refuses, or the disk is full.
    pub(super) fn renew(&mut self) -> Result<(), Error> {
        for name in std::mem::take(&mut self.trials) {
            self.with.db.execute_batch(&format!("DROP INDEX main.{name}")).map_err(Error::sqlite("in the lab"))?;
        }
        for table in STATISTICS.into_iter().filter(|table| self.has(table)) {
            let saved = format!("dbwright_{table}");
            let sql = if self.has(&saved) {
                format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {saved}; DROP TABLE {saved}")
            } else {
                format!("DROP TABLE {table}")
            };
            self.with.db.execute_batch(&sql).map_err(Error::sqlite("statistics can't be put back in the lab"))?;
        }
        // Only a new connection forgets the statistics that the old one has read.
        self.with = side(self.lab.open("with.db")?)?;
        self.until = Instant::now() + self.terms.half();
        Ok(())
    }

    /// Gives the lab back, with the first copy as it was and nothing else in it.
    pub(super) fn finish(self) -> Lab {
        let Self { lab, base, with, .. } = self;
        drop((base, with));
        // What can't be removed now goes with the lab.
        drop(std::fs::remove_file(lab.path("with.db")));
        lab
    }

    fn has(&self, table: &str) -> bool {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        self.with.db.query_row(sql, [table], |_| Ok(())).is_ok()
    }

    /// Leaves the next experiments a quarter of the usual time at least: they are short, and others may have used it up.
    pub(super) fn at_least_a_quarter(&mut self) {
        self.until = self.until.max(Instant::now() + self.terms.half() / 4);
    }

    /// Whether no more experiments should begin.
    pub(super) fn over(&self) -> bool {
        Instant::now() > self.until || self.progress.cancelled()
    }

    /// Makes an index on the second copy under a name of its own, which is returned.
    ///
    /// # Errors
    /// When SQLite refuses, or the disk is full.
    pub(super) fn make(&mut self, candidate: &Candidate) -> Result<String, Error> {
        self.made += 1;
        let name = format!("dbwright_trial_{}", self.made);
        let sql = candidate.create(&self.body.catalog, &name);
        self.with.db.execute_batch(&sql).map_err(Error::sqlite(format!("in the lab: {sql}")))?;
        self.trials.insert(name.clone());
        Ok(name)
    }

    /// Drops an index that [`Bench::make`] made.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(super) fn unmake(&mut self, name: &str) -> Result<(), Error> {
        self.trials.remove(name);
        self.with.db.execute_batch(&format!("DROP INDEX main.{name}")).map_err(Error::sqlite("in the lab"))
    }

    /// The trial indexes that the second copy uses for a statement.
    pub(super) fn used(&self, sql: &str) -> Vec<String> {
        let plan = explain::plan(&self.with.db, sql);
        plan.map(|plan| explain::indexes(&plan)).unwrap_or_default()
    }

    /// How the first copy reads: the lines of its plan that read whole tables, or all when none does.
    pub(super) fn scans(&self, sql: &str) -> Vec<String> {
        let Ok(plan) = explain::plan(&self.base.db, sql) else { return Vec::new() };
        let costly =
            |line: &&str| line.starts_with("SCAN ") || line.contains("AUTOMATIC") || line.contains("TEMP B-TREE");
        let all: Vec<_> = plan.walk().map(|node| node.operation.as_str()).collect();
        let scans: Vec<_> = all.iter().copied().filter(costly).collect();
        (if scans.is_empty() { all } else { scans }).into_iter().map(str::to_owned).collect()
    }

    /// Bytes of an index of the second copy.
    pub(super) fn bytes(&self, index: &str) -> Option<i64> {
        let sql = "SELECT pgsize FROM dbstat('main', 1) WHERE name = ?1";
        self.with.db.query_row(sql, [index], |row| row.get(0)).ok()
    }
}

fn side(db: Connection) -> Result<Side, Error> {
    Side::new(db).map_err(Error::sqlite("the lab is unusable"))
}

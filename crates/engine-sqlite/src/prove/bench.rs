//! The bench: two copies of the target, the time that is left, and the indexes that were made on one of them.

use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;

use super::Terms;
use super::candidates::Candidate;
use super::measure::Side;
use crate::body::SqliteBody;
use crate::connect::Source;
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
}

impl<'a> Bench<'a> {
    /// Copies an open source twice.
    ///
    /// # Errors
    /// When there is no room, or the source can't be read.
    pub(super) fn new(
        source: &Source,
        body: &'a SqliteBody,
        terms: Terms,
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let bytes = source.bytes + source.wal_bytes.unwrap_or(0);
        let lab = Lab::new(bytes * 5 / 2)?;
        let base = lab.copy(&source.db, "base.db", progress)?;
        let with = lab.copy(&base, "with.db", progress)?;
        let until = Instant::now() + Duration::from_secs_f64(terms.budget_s.clamp(0.0, 86_400.0));
        Ok(Self { body, terms, progress, base: side(base)?, with: side(with)?, lab, until, made: 0 })
    }

    /// Throws the second copy away and makes it anew, without indexes and statistics of earlier trials.
    ///
    /// # Errors
    /// When the copy can't be made.
    pub(super) fn renew(&mut self, progress: &dyn Progress) -> Result<(), Error> {
        let path = self.lab.path("with.db");
        self.with = side(rusqlite::Connection::open_in_memory().map_err(Error::sqlite("a lab"))?)?;
        std::fs::remove_file(&path).map_err(Error::io(format!("{} can't be removed", path.display())))?;
        self.with = side(self.lab.copy(&self.base.db, "with.db", progress)?)?;
        Ok(())
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
        Ok(name)
    }

    /// Drops an index that [`Bench::make`] made.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub(super) fn unmake(&self, name: &str) -> Result<(), Error> {
        self.with.db.execute_batch(&format!("DROP INDEX main.{name}")).map_err(Error::sqlite("in the lab"))
    }

    /// The trial indexes that the second copy uses for a statement.
    pub(super) fn used(&self, sql: &str) -> Vec<String> {
        let plan = explain::plan(&self.with.db, sql);
        plan.map(|plan| explain::indexes(&plan)).unwrap_or_default()
    }

    /// How the first copy reads: the lines of its plan that read whole tables.
    pub(super) fn scans(&self, sql: &str) -> Vec<String> {
        let Ok(plan) = explain::plan(&self.base.db, sql) else { return Vec::new() };
        let costly =
            |line: &&str| line.starts_with("SCAN ") || line.contains("AUTOMATIC") || line.contains("TEMP B-TREE");
        plan.walk().map(|node| node.operation.as_str()).filter(costly).map(str::to_owned).collect()
    }

    /// Bytes of an index of the second copy.
    pub(super) fn bytes(&self, index: &str) -> Option<i64> {
        let sql = "SELECT pgsize FROM dbstat('main', 1) WHERE name = ?1";
        self.with.db.query_row(sql, [index], |row| row.get(0)).ok()
    }
}

fn side(db: rusqlite::Connection) -> Result<Side, Error> {
    Side::new(db).map_err(Error::sqlite("the lab is unusable"))
}

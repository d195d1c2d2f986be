//! Reading with a limit on time: what a query has found when its time is up is kept, and the rest is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dbwright_core::snapshot::Gap;
use rusqlite::{Connection, ErrorCode, Params, Row};

/// Virtual machine steps between two looks at the clock; about a tenth of a millisecond.
const STEPS: i32 = 2_000;

/// A connection whose queries end when their time is up, and what could not be read through it.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    /// The connection; reading through it directly is not counted.
    pub(crate) db: &'a Connection,
    deadline: Deadline,
    /// What could not be observed.
    pub(crate) gaps: Vec<Gap>,
    /// Queries sent.
    pub(crate) queries: u32,
    /// Seconds spent in them.
    pub(crate) seconds: f64,
}

/// A point in time that a connection's queries look at.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    start: Instant,
    micros: Arc<AtomicU64>,
}

impl Deadline {
    /// Makes the queries of `db` look at a deadline, which is far away at first.
    ///
    /// # Errors
    /// When the connection is unusable.
    pub(crate) fn install(db: &mut Connection) -> rusqlite::Result<Self> {
        let deadline = Self { start: Instant::now(), micros: Arc::new(AtomicU64::new(u64::MAX)) };
        let (start, micros) = (deadline.start, Arc::clone(&deadline.micros));
        db.progress_handler(STEPS, Some(move || passed(start) > micros.load(Ordering::Relaxed)))?;
        Ok(deadline)
    }

    /// Lets queries run for `time` from now on.
    pub(crate) fn within(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.micros.store(passed(self.start).saturating_add(micros), Ordering::Relaxed);
    }

    /// Lets queries run as long as they need.
    pub(crate) fn lift(&self) {
        self.micros.store(u64::MAX, Ordering::Relaxed);
    }

    /// Whether the time is up.
    pub(crate) fn over(&self) -> bool {
        passed(self.start) > self.micros.load(Ordering::Relaxed)
    }
}

fn passed(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl<'a> Reader<'a> {
    /// A reader over a connection that looks at `deadline`.
    pub(crate) const fn new(db: &'a Connection, deadline: Deadline) -> Self {
        Self { db, deadline, gaps: Vec::new(), queries: 0, seconds: 0.0 }
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// When the query fails, or its time is up.
    pub(crate) fn rows<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let (rows, error) = self.rows_until(sql, params, read);
        error.map_or(Ok(rows), Err)
    }

    /// The rows of a query up to its first error, and that error.
    pub(crate) fn rows_until<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> (Vec<T>, Option<rusqlite::Error>) {
        let start = Instant::now();
        let mut found = Vec::new();
        let result = self.db.prepare(sql).and_then(|mut statement| {
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                found.push(read(row)?);
            }
            Ok(())
        });
        self.queries += 1;
        self.seconds += start.elapsed().as_secs_f64();
        (found, result.err())
    }

    /// The first row of a query, when there is one.
    ///
    /// # Errors
    /// When the query fails, or its time is up.
    pub(crate) fn first<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        Ok(self.rows(sql, params, read)?.into_iter().next())
    }

    /// Runs `work` with a limit on its time.
    pub(crate) fn within<T>(&mut self, time: Duration, work: impl FnOnce(&mut Self) -> T) -> T {
        self.deadline.within(time);
        let result = work(self);
        self.deadline.lift();
        result
    }

    /// Whether the time of [`Reader::within`] is up.
    pub(crate) fn over(&self) -> bool {
        self.deadline.over()
    }

    /// Notes what could not be observed.
    pub(crate) fn gap(&mut self, area: &str, reason: impl Into<String>, remedy: Option<&str>) {
        self.gaps.push(Gap { area: area.to_owned(), reason: reason.into(), remedy: remedy.map(str::to_owned) });
    }
}

/// Whether a query ended because its time was up.
pub(crate) fn interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// A text column, whatever is in it: names in a damaged or hostile file need not be valid UTF-8.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(optional_text(row, column)?.unwrap_or_default())
}

/// A text column that may be null.
pub(crate) fn optional_text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(n.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

//! Runs of one statement on two databases that differ in indexes only, interleaved, each with its result.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::observe::Deadline;

/// Fewest and most runs of each side.
const RUNS: std::ops::RangeInclusive<usize> = 5..=15;
/// Time after which no more than the fewest runs are made.
const ENOUGH: Duration = Duration::from_millis(600);
/// A run is repeated until it takes this long, because clocks and schedulers blur what is shorter.
const SHORTEST_MS: f64 = 2.0;
/// Most repetitions of a run.
const MOST_LOOPS: u32 = 1000;
/// Longest time of one run.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// A database of the lab.
#[derive(Debug)]
pub(crate) struct Side {
    /// Its connection.
    pub(crate) db: Connection,
    deadline: Deadline,
}

/// The rows of a result without their order: how many, and a sum over their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Digest {
    /// Rows.
    pub(crate) rows: u64,
    sum: u64,
}

impl Side {
    /// A side whose statements end after [`LONGEST`].
    ///
    /// # Errors
    /// When the connection is unusable.
    pub(crate) fn new(mut db: Connection) -> rusqlite::Result<Self> {
        let deadline = Deadline::install(&mut db)?;
        Ok(Self { db, deadline })
    }

    /// Runs a statement once, whatever it writes undone: milliseconds and result.
    ///
    /// # Errors
    /// When it fails, or takes longer than [`LONGEST`].
    pub(crate) fn once(&self, sql: &str) -> rusqlite::Result<(f64, Digest)> {
        let mut statement = self.db.prepare(sql)?;
        self.timed(&mut statement, 1)
    }

    /// Does something that ends after [`LONGEST`].
    pub(crate) fn limited<T>(&self, act: impl FnOnce() -> T) -> T {
        self.deadline.within(LONGEST);
        let done = act();
        self.deadline.lift();
        done
    }

    fn timed(&self, statement: &mut Statement<'_>, loops: u32) -> rusqlite::Result<(f64, Digest)> {
        let mut spent = Duration::ZERO;
        let mut digest = Digest::default();
        for _ in 0..loops {
            let writes = !statement.readonly();
            if writes {
                self.db.execute_batch("SAVEPOINT run")?;
            }
            self.deadline.within(LONGEST);
            let start = Instant::now();
            let result = drain(statement);
            spent += start.elapsed();
            self.deadline.lift();
            if writes {
                self.db.execute_batch("ROLLBACK TO run; RELEASE run")?;
            }
            digest = result?;
        }
        Ok((spent.as_secs_f64() * 1000.0 / f64::from(loops), digest))
    }
}

/// Steps through all rows.
pub(crate) fn drain(statement: &mut Statement<'_>) -> rusqlite::Result<Digest> {
    let columns = statement.column_count();
    let mut digest = Digest::default();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let mut hasher = DefaultHasher::new();
        for column in 0..columns {
            hash(row.get_ref(column)?, &mut hasher);
        }
        digest.rows += 1;
        digest.sum = digest.sum.wrapping_add(hasher.finish());
    }
    Ok(digest)
}

fn hash(value: ValueRef<'_>, hasher: &mut DefaultHasher) {
    match value {
        ValueRef::Null => hasher.write_u8(0),
        ValueRef::Integer(n) => hasher.write_i64(n),
        // Sums of fractions differ in the last digits when rows come in another order.
        ValueRef::Real(n) => hasher.write(format!("{n:.9e}").as_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            hasher.write_usize(bytes.len());
            hasher.write(bytes);
        }
    }
}

impl Digest {
    /// The sum over the rows' hashes.
    pub(crate) const fn sum(self) -> u64 {
        self.sum
    }
}

/// What the runs of one statement gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs {
    /// Milliseconds without the indexes.
    pub(crate) before: Vec<f64>,
    /// Milliseconds with them.
    pub(crate) after: Vec<f64>,
    /// Whether both sides gave the same rows.
    pub(crate) same: bool,
    /// Whether the side without was stopped, so that its true time is longer.
    pub(crate) stopped: bool,
}

/// Runs a statement on both sides in turns; one that is known to take longer than [`LONGEST`] without the indexes
/// only on the side that has them.
///
/// # Errors
/// When it fails with the indexes, or without them for another reason than its time.
pub(crate) fn compare(without: &Side, with: &Side, sql: &str, endless: bool) -> rusqlite::Result<Runs> {
    let (mut slow, mut fast) = (without.db.prepare(sql)?, with.db.prepare(sql)?);
    let (first_after, result) = with.timed(&mut fast, 1)?;
    let first = if endless { None } else { Some(without.timed(&mut slow, 1)) };
    let (first_before, plain) = match first {
        Some(Err(error)) if !crate::observe::interrupted(&error) => return Err(error),
        Some(Ok(first)) => first,
        _ => {
            let again = |_| with.timed(&mut fast, 1).map(|(ms, _)| ms);
            let after = (0..*RUNS.start()).map(again).collect::<Result<_, _>>()?;
            let before = vec![LONGEST.as_secs_f64() * 1000.0];
            return Ok(Runs { before, after, same: true, stopped: true });
        }
    };
    let loops = |ms: f64| {
        let nanos = |ms: f64| Duration::from_secs_f64(ms / 1000.0).as_nanos();
        u32::try_from(nanos(SHORTEST_MS).div_ceil(nanos(ms).max(1)))
            .map_or(MOST_LOOPS, |loops| loops.clamp(1, MOST_LOOPS))
    };
    let (slow_loops, fast_loops) = (loops(first_before), loops(first_after));
    let mut runs = Runs { same: plain == result, ..Runs::default() };
    let start = Instant::now();
    while runs.before.len() < *RUNS.start() || (start.elapsed() < ENOUGH && runs.before.len() < *RUNS.end()) {
        runs.before.push(without.timed(&mut slow, slow_loops)?.0);
        runs.after.push(with.timed(&mut fast, fast_loops)?.0);
    }
    Ok(runs)
}

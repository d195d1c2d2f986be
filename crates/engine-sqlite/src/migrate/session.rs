//! A session: one connection to a file, through which statements are planned and steps carried out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::{BoxFuture, Failure, FailureKind};
use dbwright_migrate::journal::{Entry, Place, Progressed, State, Write, Written};
use dbwright_migrate::plan::{Planned, Require, Step, Work};
use dbwright_migrate::port::{Facts, OpenOptions, Remark};
use dbwright_migrate::throttle::Limits;
use dbwright_migrate::{Session, Statement};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::journal;
use super::lock::Lock;
use super::plan::Planner;
use super::schema::before_transaction;
use crate::connect::Source;
use crate::error::Error;
use crate::path::uri;

/// How long the file is waited for when only the journal is written.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(10);

/// A session on a file.
pub(super) struct Open {
    facts: Facts,
    path: PathBuf,
    // The connection goes before the lock: whoever comes next finds the file closed.
    link: Link,
    lock: Option<Lock>,
}

/// The connection: only for reading, which leaves no trace at the file, or for changing it.
enum Link {
    Reading(Box<Source>),
    Writing(Connection),
}

impl Open {
    /// Opens a file.
    ///
    /// # Errors
    /// When it is no database, or may not be read, or written where that is wanted.
    pub(super) fn new(path: &Path, options: &OpenOptions) -> Result<Self, Failure> {
        let link = if options.read_only {
            Link::Reading(Box::new(Source::open(path, &ObserveOptions::default())?))
        } else {
            Link::Writing(writing(path)?)
        };
        let facts = Facts {
            engine: "sqlite".to_owned(),
            target: path.display().to_string(),
            version: rusqlite::version().to_owned(),
            warnings: Vec::new(),
            asked: None,
        };
        Ok(Self { facts, path: path.to_path_buf(), link, lock: None })
    }

    fn db(&self) -> &Connection {
        match &self.link {
            Link::Reading(source) => &source.db,
            Link::Writing(db) => db,
        }
    }

    /// Plans statements; `passed` are those of the same migration that are done.
    fn planned(&self, statements: &[Statement]) -> Result<Vec<Planned>, Failure> {
        let mut planner = Planner::new(self.db()).map_err(Error::sqlite("the schema can't be read"))?;
        let journal = journal::read(self.db())?;
        let mut after = Vec::new();
        for entry in journal.iter().filter(|entry| entry.state == State::Running) {
            let first = statements.first();
            let is_first = |written: &&Written| first.is_some_and(|s| s.sql == written.sql && s.line == written.line);
            for written in entry.up.iter().take_while(|written| !is_first(written)) {
                planner.passed(&written.sql);
            }
            planner.owe(entry.steps.iter().map(|mark| &mark.plan));
            after.extend(entry.up.iter().skip_while(|written| !is_first(written)).skip(1).map(|one| one.sql.as_str()));
        }
        let mut line = 0;
        let mut plans = Vec::new();
        for (at, statement) in statements.iter().enumerate() {
            if statement.line < line {
                planner.next_migration();
            }
            line = statement.line;
            let same =
                statements[at + 1..].iter().zip(&statements[at..]).take_while(|(next, one)| next.line >= one.line);
            planner.foresee(same.map(|(next, _)| next.sql.as_str()).chain(after.iter().copied()));
            plans.push(planner.plan(statement)?);
        }
        Ok(plans)
    }

    /// Carries statements out with their mark, all or nothing, trying again as long as others have the file.
    fn transaction(
        &self,
        (place, state): (&Place, Progressed),
        (statements, require): (&[String], &[Require]),
        limits: &Limits,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        let begun = if state == Progressed::Done { Progressed::Running } else { Progressed::Undoing };
        self.patiently(limits, progress, &|db| in_transaction(db, &|db| Ok(journal::set(db, place, begun)?)))?;
        let keys_off = statements.iter().any(|sql| before_transaction(sql));
        self.db()
            .pragma_update(None, "foreign_keys", !keys_off)
            .map_err(Error::sqlite("the connection is unusable"))?;
        let result = self.patiently(limits, progress, &|db| {
            in_transaction(db, &|db| {
                if journal::progress(db, place)? == Some(state) {
                    return Ok(());
                }
                for sql in statements.iter().filter(|sql| !before_transaction(sql)) {
                    run(db, sql)?;
                    progress.point("statement");
                }
                for question in require {
                    if !db.query_row(&question.query, [], |row| row.get::<_, bool>(0))? {
                        return Err(Trouble::No(question.or.clone()));
                    }
                }
                progress.point("before commit");
                Ok(journal::set(db, place, state)?)
            })
        });
        // A failed step may have left it on.
        let _ = self.db().execute_batch("PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON");
        result
    }

    /// One statement that SQLite does not run in a transaction; its mark follows it.
    fn alone(
        &self,
        place: &Place,
        state: Progressed,
        sql: &str,
        limits: &Limits,
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        if journal::progress(self.db(), place).map_err(Error::sqlite("the journal can't be read"))? == Some(state) {
            return Ok(());
        }
        self.patiently(limits, progress, &|db| Ok(run(db, sql)?))?;
        self.patiently(limits, progress, &|db| in_transaction(db, &|db| Ok(journal::set(db, place, state)?)))
    }

    /// Does something as often as others keep it from being done, up to the limit; the user can stop it at any time.
    fn patiently(
        &self,
        limits: &Limits,
        progress: &dyn Progress,
        work: &dyn Fn(&Connection) -> Result<(), Trouble>,
    ) -> Result<(), Failure> {
        let db = self.db();
        let until = Instant::now() + limits.lock_patience;
        let mut told = false;
        loop {
            match watched(db, progress, || work(db)) {
                Ok(()) => return Ok(()),
                Err(Trouble::Sqlite(error)) if is_busy(&error) => {
                    if progress.cancelled() {
                        return Err(stopped());
                    }
                    if Instant::now() >= until {
                        return Err(Error::Locked(self.path.clone()).into());
                    }
                    if !told {
                        progress.note(&format!("another process is using {}; trying again", self.path.display()));
                        told = true;
                    }
                }
                Err(trouble) => return Err(trouble.failure(&self.path)),
            }
        }
    }

    fn carry_out(&self, place: &Place, step: &Step, limits: &Limits, progress: &dyn Progress) -> Result<(), Failure> {
        match &step.work {
            Work::Transaction { statements, require } => {
                self.transaction((place, Progressed::Done), (statements, require), limits, progress)
            }
            Work::Verify { require } => self.transaction((place, Progressed::Done), (&[], require), limits, progress),
            Work::Alone { statement, .. } => self.alone(place, Progressed::Done, statement, limits, progress),
            Work::Backfill(_) | Work::Program(_) => {
                Err(Failure::internal("migrate.no-plan", "SQLite's plans have no batches and start no programs"))
            }
        }
    }

    fn take_back(&self, place: &Place, step: &Step, limits: &Limits, progress: &dyn Progress) -> Result<(), Failure> {
        if !step.back.alone {
            return self.transaction((place, Progressed::Undone), (&step.back.statements, &[]), limits, progress);
        }
        step.back.statements.iter().try_for_each(|sql| self.alone(place, Progressed::Undone, sql, limits, progress))
    }

    fn remarks(&self) -> Result<Vec<Remark>, Failure> {
        let sql = "SELECT type, name FROM main.sqlite_schema WHERE name GLOB 'dbwright_*' AND sql IS NOT NULL \
                   AND name NOT IN ('dbwright_migrations', 'dbwright_steps') ORDER BY name /* dbwright */";
        let found = self.db().prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map([], |row| {
                let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(Remark { object: name, what: format!("is a {kind} that dbwright made for a change"), helper: true })
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        });
        Ok(found.map_err(Error::sqlite("the schema can't be read"))?)
    }
}

impl Session for Open {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn lock<'a>(&'a mut self, wait: Duration, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            if self.lock.is_none() {
                self.lock = Some(Lock::take(&self.path, wait, progress)?);
            }
            Ok(())
        })
    }

    fn journal(&mut self) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        Box::pin(async move { journal::read(self.db()) })
    }

    fn write<'a>(&'a mut self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let limits = Limits { lock_patience: JOURNAL_PATIENCE, ..Limits::default() };
            self.patiently(&limits, &dbwright_core::progress::Silent, &|db| {
                in_transaction(db, &|db| Ok(writes.iter().try_for_each(|write| journal::write(db, write))?))
            })
        })
    }

    fn plan<'a>(&'a mut self, statements: &'a [Statement]) -> BoxFuture<'a, Result<Vec<Planned>, Failure>> {
        Box::pin(async move { self.planned(statements) })
    }

    fn run<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.carry_out(place, step, limits, progress) })
    }

    fn back<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.take_back(place, step, limits, progress) })
    }

    fn ask<'a>(&'a mut self, questions: &'a [Require]) -> BoxFuture<'a, Result<Vec<Require>, Failure>> {
        Box::pin(async move {
            let mut no = Vec::new();
            for question in questions {
                let yes: bool = self
                    .db()
                    .query_row(&question.query, [], |row| row.get(0))
                    .map_err(Error::sqlite("a question can't be asked"))?;
                if !yes {
                    no.push(question.clone());
                }
            }
            Ok(no)
        })
    }

    fn settle<'a>(
        &'a mut self,
        _limits: &'a Limits,
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        // There are no replicas, and no load that could be seen: whoever is writing is waited for where it matters.
        Box::pin(async move { Ok(()) })
    }

    fn inspect(&mut self) -> BoxFuture<'_, Result<Vec<Remark>, Failure>> {
        Box::pin(async move { self.remarks() })
    }
}

/// Why something could not be done.
enum Trouble {
    Sqlite(rusqlite::Error),
    /// A question was answered with no.
    No(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Trouble {
    fn failure(self, path: &Path) -> Failure {
        let error = match self {
            Self::No(reason) => {
                return Failure::usage("migrate.refused", format!("the change was rolled back: {reason}"))
                    .hint("nothing is changed; mend the rows, then resume");
            }
            Self::Sqlite(error) => error,
        };
        let said = super::schema::said(&error);
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => stopped(),
            Some(ErrorCode::ConstraintViolation) => {
                Failure::usage("migrate.refused", format!("the rows don't allow it, and nothing is changed: {said}"))
                    .hint("mend the rows, then resume")
                    .caused_by(error)
            }
            Some(ErrorCode::DiskFull) => Failure::internal(
                "sqlite.no-room",
                format!("there is no room for changing {}; nothing is changed", path.display()),
            )
            .hint("a rebuild needs as much room again as the table takes; make room, then resume")
            .caused_by(error),
            Some(ErrorCode::ReadOnly) => {
                Failure::not_permitted("sqlite.refused", format!("{} can't be written: {said}", path.display()))
                    .hint("run dbwright as a user who may write the file and its folder")
                    .caused_by(error)
            }
            _ => Error::sqlite(format!("{} can't be changed, and is as it was", path.display()))(error).into(),
        }
    }
}

fn stopped() -> Failure {
    Failure::new(
        FailureKind::Interrupted,
        "migrate.stopped",
        "stopped on request; the step that was under way is rolled back",
    )
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Opens a file for changing it.
fn writing(path: &Path) -> Result<Connection, Failure> {
    let opening = |error| Error::opening(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(uri(path, "mode=rw"), flags).map_err(opening)?;
    db.busy_handler(Some(wait_a_moment)).map_err(opening)?;
    // What views and triggers of the file say must not run anything but plain SQL.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(opening)?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(opening)?;
    if db.is_readonly("main").map_err(opening)? {
        return Err(Failure::not_permitted("sqlite.refused", format!("{} can't be written", path.display()))
            .hint("run dbwright as a user who may write the file and its folder"));
    }
    Ok(db)
}

/// Waits for a file that others use: a quarter of a second in short steps, so that a gap between their writes is found.
/// Nobody queues behind who waits here.
fn wait_a_moment(tries: i32) -> bool {
    let begun = Instant::now();
    std::thread::sleep(Duration::from_millis(1));
    WAITED_US.fetch_add(u64::try_from(begun.elapsed().as_micros()).unwrap_or(0), Ordering::Relaxed);
    tries < 250
}

/// How long sessions of this process have waited for files; a rehearsal, which has one, asks.
static WAITED_US: AtomicU64 = AtomicU64::new(0);

/// How long sessions of this process have waited for files, in microseconds.
pub(super) fn waited_us() -> u64 {
    WAITED_US.load(Ordering::Relaxed)
}

/// Runs one statement; rows that it yields are of no interest.
fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.execute_batch(sql)
}

/// Does something in a transaction that can write from its start, so that nobody comes between reading and writing.
fn in_transaction(db: &Connection, work: &dyn Fn(&Connection) -> Result<(), Trouble>) -> Result<(), Trouble> {
    db.execute_batch("BEGIN IMMEDIATE /* dbwright */")?;
    let result = work(db).and_then(|()| Ok(commit(db)?));
    if result.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    result
}

/// Commits, with some patience for readers: the work is done, and doing it again would cost more than waiting.
fn commit(db: &Connection) -> rusqlite::Result<()> {
    let mut left = 20;
    loop {
        match db.execute_batch("COMMIT") {
            Err(error) if is_busy(&error) && left > 0 => left -= 1,
            result => return result,
        }
    }
}

/// Runs `work`, and interrupts the statement that it is at when the user wants to stop.
fn watched<T>(db: &Connection, progress: &dyn Progress, work: impl FnOnce() -> T) -> T {
    /// Ends the watcher however the work ends.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let (handle, over) = (db.get_interrupt_handle(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                if progress.cancelled() {
                    handle.interrupt();
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        let result = {
            let _over = Over(&over);
            work()
        };
        watcher.thread().unpark();
        result
    })
}

//! Watches the file from beside the session: who gets in, what is written to the log, which tables move.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::Step;
use dbwright_migrate::plan::Held;
use dbwright_migrate::rehearse::spans::Spans;
use dbwright_migrate::rehearse::{LockHeld, Watch, Watched};
use rusqlite::{Connection, ErrorCode};

use super::client::Waiting;
use super::{EVERYBODY, WRITERS, broken};
use crate::migrate::session::waited_us;
use crate::path::beside;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(1);
/// Time after a step until all of it was seen.
const AFTER: Duration = Duration::from_millis(25);

/// Tries without end whether a reader and a writer get in.
pub(super) struct Prober {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    db: Connection,
    waiting: Arc<Waiting>,
    from: From,
}

/// How things were when a step began.
struct From {
    at: Instant,
    written: u64,
    waited_us: u64,
    roots: BTreeMap<String, i64>,
}

struct Shared {
    begun: Instant,
    stop: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    locks: Spans<&'static str>,
    written: u64,
}

impl Prober {
    /// Begins.
    ///
    /// # Errors
    /// When the copy can't be opened.
    pub(super) fn start(path: &Path, waiting: Arc<Waiting>) -> Result<Self, Failure> {
        let open = || Connection::open(path);
        let (db, probe) = (open().map_err(broken)?, open().map_err(broken)?);
        probe.busy_timeout(Duration::ZERO).map_err(broken)?;
        let shared = Arc::new(Shared { begun: Instant::now(), stop: AtomicBool::new(false), seen: Mutex::default() });
        let (theirs, log) = (Arc::clone(&shared), Log::of(path, &db).map_err(broken)?);
        let thread = std::thread::Builder::new()
            .name("dbwright-watch".to_owned())
            .spawn(move || probing(&probe, log, &theirs))
            .map_err(|e| Failure::internal("rehearse.watch", format!("no thread to watch: {e}")))?;
        let from = From { at: Instant::now(), written: 0, waited_us: 0, roots: BTreeMap::new() };
        Ok(Self { shared, thread: Some(thread), db, waiting, from })
    }

    fn begun(&mut self) -> Result<(), Failure> {
        let roots = roots(&self.db).map_err(broken)?;
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.locks.cut(self.shared.now());
        self.from = From { at: Instant::now(), written: seen.written, waited_us: waited_us(), roots };
        Ok(())
    }

    async fn ended(&mut self, step: &Step) -> Result<Watched, Failure> {
        let to = Instant::now();
        let waited = waited_us() - self.from.waited_us;
        // The looks at the log come a moment later, and those who waited come through now.
        tokio::time::sleep(AFTER).await;
        let (locks, wal_bytes) = {
            let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
            (seen.locks.cut(self.shared.now()), seen.written - self.from.written)
        };
        let ms = (to - self.from.at).as_secs_f64() * 1000.0;
        let mut locks: Vec<LockHeld> = locks
            .into_iter()
            .map(|(mode, sum)| LockHeld {
                relation: "the file".to_owned(),
                mode: mode.to_owned(),
                // A look that began before the step says nothing of it.
                longest_ms: sum.longest.min(ms),
                times: sum.times,
            })
            .collect();
        locks.sort_by(|a, b| a.mode.cmp(&b.mode));
        let rewritten = self.rewritten(step, wal_bytes).map_err(broken)?;
        let blocked = self.waiting.between(self.from.at, to);
        let waited_ms = waited as f64 / 1000.0;
        Ok(Watched { ms, locks, waited_ms, blocked, rewritten, wal_bytes, temp_bytes: None })
    }

    /// Tables whose root is another page now, and those of which most was written.
    fn rewritten(&self, step: &Step, written: u64) -> rusqlite::Result<Vec<String>> {
        let now = roots(&self.db)?;
        let moved = |(name, root): (&String, &i64)| {
            self.from.roots.get(name).is_some_and(|before| before != root).then(|| format!("main.{name}"))
        };
        let mut found: Vec<String> = now.iter().filter_map(moved).collect();
        for object in step.lock.objects.iter().filter(|_| step.lock.held == Held::Rewrite) {
            let name = object.trim_start_matches("main.").trim_matches('"').to_owned();
            let bytes: Option<i64> = self.db.query_row(
                "SELECT sum(pgsize) FROM dbstat WHERE name = ?1 AND aggregate = TRUE",
                [&name],
                |row| row.get(0),
            )?;
            let most = bytes.is_some_and(|bytes| written > bytes.cast_unsigned() / 2);
            let subject = format!("main.{name}");
            if most && now.contains_key(&name) && self.from.roots.contains_key(&name) && !found.contains(&subject) {
                found.push(subject);
            }
        }
        Ok(found)
    }
}

impl Watch for Prober {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async move { self.begun() })
    }

    fn end<'a>(&'a mut self, step: &'a Step) -> BoxFuture<'a, Result<Watched, Failure>> {
        Box::pin(self.ended(step))
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }
}

fn probing(db: &Connection, mut log: Log, shared: &Shared) {
    let mut before = shared.now();
    while !shared.stop.load(Ordering::Relaxed) {
        let begun = shared.now();
        let reader = refused(&db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())));
        let writer = refused(&db.execute_batch("BEGIN IMMEDIATE"));
        let _ = db.execute_batch("ROLLBACK");
        let held = [(reader, EVERYBODY), (writer, WRITERS)];
        let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.locks.look(before, shared.now(), held.into_iter().filter(|(held, _)| *held).map(|(_, mode)| mode));
        seen.written += log.grown();
        drop(seen);
        before = begun;
        std::thread::sleep(PAUSE);
    }
}

fn refused(result: &rusqlite::Result<()>) -> bool {
    let busy = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    };
    result.as_ref().err().is_some_and(busy)
}

/// The root page of each table and index of the user's.
fn roots(db: &Connection) -> rusqlite::Result<BTreeMap<String, i64>> {
    let sql = "SELECT name, rootpage FROM main.sqlite_schema WHERE rootpage > 0 AND name NOT GLOB 'sqlite_*' \
               AND name NOT GLOB 'dbwright_*' /* dbwright */";
    let mut statement = db.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The write-ahead log, whose index says how many frames it has, or the rollback journal, by its length.
struct Log {
    index: PathBuf,
    journal: PathBuf,
    frame: u64,
    last: u64,
}

impl Log {
    fn of(path: &Path, db: &Connection) -> rusqlite::Result<Self> {
        let page: u32 = db.query_row("PRAGMA main.page_size", [], |row| row.get(0))?;
        let frame = u64::from(page) + 24;
        let mut log = Self { index: beside(path, "-shm"), journal: beside(path, "-journal"), frame, last: 0 };
        log.grown();
        Ok(log)
    }

    /// Bytes that came since the last look. A log that begins anew counts from its start.
    fn grown(&mut self) -> u64 {
        let now = self.length();
        let grown = if now >= self.last { now - self.last } else { now };
        self.last = now;
        grown
    }

    fn length(&self) -> u64 {
        frames(&self.index).map_or_else(
            || std::fs::metadata(&self.journal).map_or(0, |meta| meta.len()),
            |frames| u64::from(frames) * self.frame,
        )
    }
}

/// The last valid frame of the log, from the header of its index ("WAL-index File Format", section 2.1).
fn frames(index: &Path) -> Option<u32> {
    let mut bytes = [0_u8; 4];
    let mut file = File::open(index).ok()?;
    file.seek(SeekFrom::Start(16)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(u32::from_ne_bytes(bytes))
}

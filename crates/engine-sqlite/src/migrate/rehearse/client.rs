//! Sessions of the load. SQLite works in the thread that calls it, so each has a thread of its own.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::rehearse::{Client, Clients, Waits};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::broken;

/// How long an application waits for the file before a statement fails: the busy timeout of most drivers.
const PATIENCE: Duration = Duration::from_secs(5);
/// Points of a queue's history that are kept, at most.
const POINTS: usize = 200;

/// Connects sessions of the load.
pub(super) struct Connector {
    /// The copy.
    pub(super) path: PathBuf,
    /// Where they note how long they waited.
    pub(super) waiting: Arc<Waiting>,
}

/// How long sessions of the load waited for the file: from, to.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Vec<(Instant, Instant)>>);

thread_local! {
    /// When this thread's statement began to wait.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

fn wait(_tries: i32) -> bool {
    let since = SINCE.get().unwrap_or_else(Instant::now);
    SINCE.set(Some(since));
    std::thread::sleep(Duration::from_millis(1));
    since.elapsed() < PATIENCE
}

impl Waiting {
    fn note(&self) {
        if let Some(since) = SINCE.take() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((since, Instant::now()));
        }
    }

    /// The waits in a stretch of time.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Waits {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = |instant: Instant| instant.saturating_duration_since(from).as_secs_f64() * 1000.0;
        let within = all.iter().filter(|(since, until)| *since < to && *until > from);
        let spans: Vec<(f64, f64)> = within.map(|(since, until)| (ms(*since), ms((*until).min(to)))).collect();
        drop(all);
        let mut events: Vec<(f64, i32)> = spans.iter().flat_map(|(since, until)| [(*since, 1), (*until, -1)]).collect();
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut now, mut queue) = (0, Vec::new());
        for (at, by) in events {
            now += by;
            queue.push((at, usize::try_from(now).unwrap_or(0)));
        }
        let most = queue.iter().map(|(_, length)| *length).max().unwrap_or(0);
        let every = queue.len().div_ceil(POINTS).max(1);
        Waits {
            longest_ms: spans.iter().map(|(since, until)| until - since).fold(0.0, f64::max),
            total_ms: spans.iter().map(|(since, until)| until - since).sum(),
            most,
            queue: queue.into_iter().step_by(every).collect(),
        }
    }
}

impl Clients for Connector {
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Client>, Failure>> {
        Box::pin(async move {
            let db = open(&self.path).map_err(broken)?;
            let (to, from) = channel();
            let waiting = Arc::clone(&self.waiting);
            std::thread::Builder::new()
                .name("dbwright-client".to_owned())
                .spawn(move || serve(&db, &from, &waiting))
                .map_err(|e| Failure::internal("rehearse.load", format!("no thread for the load: {e}")))?;
            Ok(Box::new(Session { to, closed: false }) as Box<dyn Client>)
        })
    }
}

/// Opens the copy as an application would; nothing needs to survive a crash here, so that the load's own writes are short.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut db = Connection::open(path)?;
    db.busy_handler(Some(wait))?;
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON")?;
    Ok(db)
}

/// What came of a statement: keys, or what SQLite says.
type Answer = Result<Vec<String>, String>;
/// A statement, and where its answer goes.
type Asked = (String, oneshot::Sender<Answer>);

fn serve(db: &Connection, from: &Receiver<Asked>, waiting: &Waiting) {
    while let Ok((sql, reply)) = from.recv() {
        let answer = run(db, &sql).map_err(|error| crate::migrate::schema::said(&error));
        waiting.note();
        // Whoever asked may have gone.
        let _ = reply.send(answer);
    }
}

fn run(db: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare(sql)?;
    if statement.column_count() > 0 {
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        return Ok(Vec::new());
    }
    let changed = statement.execute([])?;
    let inserted = changed > 0 && sql.contains("*/ INSERT ");
    Ok(if inserted { vec![db.last_insert_rowid().to_string()] } else { Vec::new() })
}

/// A session of the load, as its thread is spoken to.
struct Session {
    to: Sender<Asked>,
    closed: bool,
}

impl Client for Session {
    fn run<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.closed = self.to.send((sql.to_owned(), reply)).is_err();
            answer.await.unwrap_or_else(|_| {
                self.closed = true;
                Err("the connection is gone".to_owned())
            })
        })
    }

    fn closed(&self) -> bool {
        self.closed
    }
}

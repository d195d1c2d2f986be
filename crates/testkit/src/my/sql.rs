//! SQL on MySQL and MariaDB, for set-up and for looking at what a test has done.
//!
//! Blocking, each session on a thread of its own: it works in any test, and a test can keep several open, one of them
//! waiting for a lock. Several statements in one string run one after the other; `DELIMITER` is a word of the client
//! program and not needed.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, OptsBuilder, Value};

/// Rows as the server prints them, `NULL` as an empty text.
pub type Rows = Vec<Vec<String>>;

type Outcome = Result<Rows, String>;

/// Runs SQL without a result.
///
/// # Errors
/// When the server can't be reached or refuses, with its message.
pub fn execute(url: &str, sql: &str) -> Result<(), String> {
    query(url, sql).map(drop)
}

/// Runs SQL and gives the rows of all its statements.
///
/// # Errors
/// When the server can't be reached or refuses, with its message.
pub fn query(url: &str, sql: &str) -> Outcome {
    Session::open(url)?.query(sql)
}

/// A connection that stays open; closed in order when dropped.
#[derive(Debug)]
pub struct Session {
    /// What the server calls it in its list of processes.
    pub id: u32,
    jobs: Sender<(String, Sender<Outcome>)>,
}

impl Session {
    /// Connects.
    ///
    /// # Errors
    /// When the server can't be reached or refuses, with its message.
    pub fn open(url: &str) -> Result<Self, String> {
        let options = Opts::from_url(url).map_err(|e| format!("{url}: {e}"))?;
        let options = OptsBuilder::from_opts(options).prefer_socket(false);
        let (jobs, inbox) = channel::<(String, Sender<Outcome>)>();
        let (tell, told) = channel();
        thread::spawn(move || serve(options, &inbox, &tell));
        let id = told.recv().map_err(|_| gone())??;
        Ok(Self { id, jobs })
    }

    /// Runs SQL and gives the rows of all its statements.
    ///
    /// # Errors
    /// When the server refuses, with its message, or the connection is lost.
    pub fn query(&self, sql: &str) -> Outcome {
        self.begin(sql).wait()
    }

    /// Runs SQL without a result.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    pub fn execute(&self, sql: &str) {
        self.query(sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"));
    }

    /// Begins to run SQL, which may wait for a lock.
    #[must_use]
    pub fn begin(&self, sql: &str) -> Pending {
        let (answer, outcome) = channel();
        // Nobody there to take it means the connection's thread has ended: waiting will say so.
        let _ = self.jobs.send((sql.to_owned(), answer));
        Pending(outcome)
    }
}

/// SQL that runs.
#[derive(Debug)]
pub struct Pending(Receiver<Outcome>);

impl Pending {
    /// Waits until it is done.
    ///
    /// # Errors
    /// When the server refused, with its message, or the connection was lost.
    pub fn wait(self) -> Outcome {
        self.0.recv().map_err(|_| gone())?
    }

    /// What came of it, when it is done.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.try_recv().ok()
    }
}

fn gone() -> String {
    "the connection's thread has ended".to_owned()
}

fn serve(options: OptsBuilder, inbox: &Receiver<(String, Sender<Outcome>)>, tell: &Sender<Result<u32, String>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return drop(tell.send(Err(e.to_string()))),
    };
    let mut connection = match runtime.block_on(Conn::new(options)) {
        Ok(connection) => connection,
        Err(e) => return drop(tell.send(Err(e.to_string()))),
    };
    let _ = tell.send(Ok(connection.id()));
    while let Ok((sql, answer)) = inbox.recv() {
        let _ = answer.send(runtime.block_on(run(&mut connection, &sql))); // who asked may have gone on
    }
    let _ = runtime.block_on(connection.disconnect()); // the server may be gone
}

async fn run(connection: &mut Conn, sql: &str) -> Outcome {
    let mut result = connection.query_iter(sql).await.map_err(|e| e.to_string())?;
    let mut all = Rows::new();
    while !result.is_empty() {
        let rows: Vec<mysql_async::Row> = result.collect().await.map_err(|e| e.to_string())?;
        all.extend(rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()));
    }
    result.drop_result().await.map_err(|e| e.to_string())?;
    Ok(all)
}

/// In the text protocol every value that is not `NULL` comes as bytes.
fn text(value: Value) -> String {
    match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true),
    }
}

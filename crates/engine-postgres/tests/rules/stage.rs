//! Runs a script against one database, and keeps its connections open until the rule's test is over.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::script::{How, Script, Step};

/// When a script counts as hung. No measure of speed: filling a table takes a second here and minutes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);

/// Before version 15 a session hands its counters in at the end of a transaction, and not twice within half a second;
/// who reads them may get what was written half a second ago.
const INTERVAL: Duration = Duration::from_millis(550);

/// One database with the connections that a script opened.
pub(crate) struct Stage {
    url: String,
    sessions: BTreeMap<String, Session>,
    watch: Session,
    /// The server's major version.
    pub(crate) major: u32,
}

struct Session {
    client: Client,
    pid: i32,
}

impl Stage {
    /// Connects to a database.
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        let watch = connect(url, "watch").await?;
        let version = "SELECT current_setting('server_version_num')::int / 10000";
        let major: i32 = watch.client.query_one(version, &[]).await.map_err(|e| full(&e))?.get(0);
        Ok(Self { url: url.to_owned(), sessions: BTreeMap::new(), watch, major: major.unsigned_abs() })
    }

    /// Connects anew after a restart of the server, which ended every connection.
    pub(crate) async fn reopen(&mut self) -> Result<(), String> {
        let url = self.url.clone();
        *self = Self::open(&url).await?;
        Ok(())
    }

    /// Runs a script, and makes the counters of what it did visible.
    pub(crate) async fn run(&mut self, script: &Script) -> Result<(), String> {
        for step in &script.steps {
            match step {
                Step::Run { session, sql, how } => self.statement(session, sql, *how).await?,
                Step::Wait(query) => self.wait(query).await?,
            }
            // Counters that a session still keeps when it runs ANALYZE or VACUUM are added after these, and count twice.
            self.flush().await?;
        }
        self.settle().await;
        Ok(())
    }

    /// Runs statements of a change as a user would: each by itself, or all in one transaction.
    pub(crate) async fn change(&mut self, statements: &[String], in_transaction: bool) -> Result<(), String> {
        let (begin, end) = if in_transaction { (Some("BEGIN"), Some("COMMIT")) } else { (None, None) };
        let all = begin.into_iter().chain(statements.iter().map(String::as_str)).chain(end);
        for sql in all {
            self.statement("change", sql, How::Succeeds).await?;
        }
        if self.flush().await.is_err() {
            // A change may end idle sessions, and the watch is one of them.
            self.watch = connect(&self.url, "watch").await?;
        }
        self.flush().await?;
        self.settle().await;
        Ok(())
    }

    /// Puts names in place of what differs from run to run: the database, and the sessions' process ids.
    pub(crate) fn rename(&self, text: &str, database: &str) -> String {
        let mut text = text.replace(database, "<database>");
        for (name, session) in &self.sessions {
            text = replace_pid(&text, session.pid, &format!("<pid of {name}>"));
        }
        text
    }

    async fn statement(&mut self, session: &str, sql: &str, how: How) -> Result<(), String> {
        if !self.sessions.contains_key(session) {
            self.sessions.insert(session.to_owned(), connect(&self.url, session).await?);
        }
        let client = &self.sessions[session].client;
        let running = client.batch_execute(sql);
        if how == How::Background {
            // The statement is sent with the first poll; its answer is nobody's concern.
            let _ = tokio::time::timeout(Duration::from_millis(20), running).await;
            return Ok(());
        }
        match (tokio::time::timeout(PATIENCE, running).await, how) {
            (Err(_), _) => Err(format!("still running after {PATIENCE:?}: {sql}")),
            (Ok(Ok(())), How::Fails) => Err(format!("should have failed: {sql}")),
            (Ok(Err(error)), How::Succeeds) => Err(format!("{}\nin: {sql}", full(&error))),
            _ => Ok(()),
        }
    }

    async fn wait(&self, query: &str) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            self.flush().await?;
            let rows = self.watch.client.simple_query(query).await.map_err(|e| format!("{}\nin: {query}", full(&e)))?;
            let says = rows.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            });
            if says == Some("t") {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("not true after {PATIENCE:?}, but {says:?}: {query}"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Lets the idle sessions hand in their counters.
    async fn flush(&self) -> Result<(), String> {
        let idle = "SELECT pid FROM pg_stat_activity WHERE state = 'idle'";
        let idle = self.watch.client.query(idle, &[]).await.map_err(|e| full(&e))?;
        let idle: Vec<i32> = idle.iter().map(|row| row.get(0)).collect();
        let sessions: Vec<_> = self.sessions.values().filter(|session| idle.contains(&session.pid)).collect();
        if self.has_collector() && !sessions.is_empty() {
            tokio::time::sleep(INTERVAL).await;
        }
        let sql = if self.has_collector() { "SELECT 1" } else { "SELECT pg_stat_force_next_flush()" };
        for session in sessions {
            session.client.batch_execute(sql).await.map_err(|e| full(&e))?;
        }
        Ok(())
    }

    /// Whether counters go through the collector process that 15 did away with.
    const fn has_collector(&self) -> bool {
        self.major < 15
    }

    /// Waits until what was handed in can be read.
    async fn settle(&self) {
        if self.has_collector() {
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

async fn connect(url: &str, name: &str) -> Result<Session, String> {
    let mut config: tokio_postgres::Config = url.parse().map_err(|e| format!("{url}: {e}"))?;
    config.application_name(format!("test {name}"));
    let (client, connection) = config.connect(NoTls).await.map_err(|e| full(&e))?;
    // Its end, by a dropped client or a terminated backend, is part of the tests.
    tokio::spawn(async move { connection.await.ok() });
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(|e| full(&e))?;
    Ok(Session { pid: row.get(0), client })
}

/// The error with its cause: the driver shows only "db error" by itself.
fn full(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Words before a process id; the same number elsewhere is a count.
const BEFORE_PID: [&str; 3] = ["pid ", "pid = ", "backend("];

/// Replaces a process id in a text.
fn replace_pid(text: &str, number: i32, with: &str) -> String {
    let number = number.to_string();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&number) {
        let (before, after) = (&rest[..at], &rest[at + number.len()..]);
        let a_pid = BEFORE_PID.iter().any(|word| before.ends_with(word));
        let other = !a_pid || after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if other { &number } else { with });
        rest = after;
    }
    out + rest
}

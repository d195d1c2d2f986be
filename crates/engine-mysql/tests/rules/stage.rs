//! Runs a script against one database, and keeps its connections open until the rule's test is over.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::sql::{Pending, Session};

use crate::script::{How, Script, Step};
use crate::server::Servers;

/// When a script counts as hung. No measure of speed: filling a table takes a second here and minutes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);

/// MariaDB shows transactions as they were when somebody last asked, unless that is a tenth of a second ago.
pub(crate) const CACHED: Duration = Duration::from_millis(150);

/// Empties the counters of statements, which begin anew with each script.
const FORGET: &str = "TRUNCATE TABLE performance_schema.events_statements_summary_by_digest";

/// One database with the connections that a script opened.
pub(crate) struct Stage {
    url: String,
    database: String,
    sessions: BTreeMap<String, Session>,
    running: Vec<Pending>,
    watch: Option<Session>,
}

impl Stage {
    /// Connects to a database.
    pub(crate) fn open(database: &MyDatabase) -> Result<Self, String> {
        let watch = Session::open(&database.url)?;
        watch.query(FORGET)?;
        // MySQL keeps the figures of information_schema for a day; MariaDB does not know the setting.
        let _ = watch.query("SET SESSION information_schema_stats_expiry = 0");
        Ok(Self {
            url: database.url.clone(),
            database: database.name.clone(),
            sessions: BTreeMap::new(),
            running: Vec::new(),
            watch: Some(watch),
        })
    }

    /// Runs a script.
    pub(crate) fn run(&mut self, script: &Script, servers: &mut Servers) -> Result<(), String> {
        for step in &script.steps {
            match step {
                Step::Run { session, sql, how, times } => {
                    for _ in 0..*times {
                        self.statement(session, sql, *how)?;
                    }
                }
                Step::Refused(times) => self.refused(*times)?,
                Step::Wait(query) => self.wait(query)?,
                Step::Restart => self.restart(servers)?,
            }
        }
        std::thread::sleep(CACHED);
        Ok(())
    }

    /// Runs statements of a change as a user would, one after the other on one connection.
    pub(crate) fn change(&mut self, statements: &[String]) -> Result<(), String> {
        for sql in statements {
            self.statement("mending", sql, How::Succeeds)?;
        }
        Ok(())
    }

    /// Starts the server anew, which ends every connection.
    pub(crate) fn restart(&mut self, servers: &mut Servers) -> Result<(), String> {
        self.sessions.clear();
        self.running.clear();
        self.watch = None;
        servers.reboot();
        self.watch = Some(Session::open(&self.url)?);
        Ok(())
    }

    /// Puts names in place of what differs from run to run: the database, and the sessions' ids.
    pub(crate) fn rename(&self, text: &str) -> String {
        let mut text = text.replace(&self.database, "<database>");
        for (name, session) in &self.sessions {
            text = replace_id(&text, session.id, &format!("<pid of {name}>"));
        }
        text
    }

    fn statement(&mut self, session: &str, sql: &str, how: How) -> Result<(), String> {
        if !self.sessions.contains_key(session) {
            self.sessions.insert(session.to_owned(), Session::open(&self.url)?);
        }
        let sql = sql.replace("<database>", &self.database);
        let pending = self.sessions[session].begin(&sql);
        match how {
            How::Background => self.running.push(pending),
            How::Either => drop(pending.wait()),
            How::Succeeds => drop(pending.wait().map_err(|reason| format!("{reason}\nin: {sql}"))?),
        }
        Ok(())
    }

    fn refused(&self, times: u32) -> Result<(), String> {
        let url = self.url.replacen('@', "-wrong@", 1);
        for _ in 0..times {
            if Session::open(&url).is_ok() {
                return Err(format!("{url} lets everybody in"));
            }
        }
        Ok(())
    }

    fn wait(&self, query: &str) -> Result<(), String> {
        let query = query.replace("<database>", &self.database);
        let watch = self.watch.as_ref().ok_or("no connection")?;
        let end = Instant::now() + PATIENCE;
        loop {
            let says = watch.query(&query).map_err(|reason| format!("{reason}\nin: {query}"))?;
            if says == [["1"]] {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("not true after {PATIENCE:?}, but {says:?}: {query}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Words before a connection id; the same number elsewhere is a count.
const BEFORE_ID: [&str; 4] = ["pid ", "KILL ", "transaction = ", "processlist_id = "];

/// Replaces a connection id in a text.
fn replace_id(text: &str, number: u32, with: &str) -> String {
    let number = number.to_string();
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(&number) {
        let (before, after) = (&rest[..at], &rest[at + number.len()..]);
        let an_id = BEFORE_ID.iter().any(|word| before.ends_with(word));
        let other = !an_id || after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if other { &number } else { with });
        rest = after;
    }
    out + rest
}

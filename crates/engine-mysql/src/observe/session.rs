//! The one connection and transaction of an observation: every query passes through here, and has a limit on its time
//! that the server keeps, and a longer one that we keep.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::snapshot::{Cost, Gap};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};

use super::cells::{self, Cells};
use crate::body::area;
use crate::connect::Connection;
use crate::error;
use crate::flavour::Flavour;

/// What a server gets on top of its own limit before we give up on it.
const GRACE: Duration = Duration::from_secs(5);

/// An observation under way.
#[derive(Debug)]
pub(crate) struct Session {
    conn: Conn,
    name: String,
    tls: bool,
    database: Option<String>,
    limit: Duration,
    began: Instant,
    queries: u32,
    bytes: u64,
    waited: Duration,
    gaps: Vec<Gap>,
    /// The account that observes, as a grant names it.
    account: Option<String>,
    /// Why nothing more can be asked.
    lost: Option<String>,
}

impl Session {
    /// Gives the session settings of our own and begins the transaction.
    ///
    /// # Errors
    /// When the server does not answer, or is none that we know.
    pub(crate) async fn begin(connection: Connection, options: &ObserveOptions) -> Result<Self, Failure> {
        let Connection { conn, name, tls, database } = connection;
        let mut session = Self {
            conn,
            name,
            tls,
            database,
            limit: options.statement_timeout + GRACE,
            began: Instant::now(),
            queries: 0,
            bytes: 0,
            waited: Duration::ZERO,
            gaps: Vec::new(),
            account: None,
            lost: None,
        };
        let version = session.rows("SELECT /* dbwright */ VERSION()", |row| Flavour::of(&row.text())).await;
        let flavour = version.map_err(|e| session.failure(&e))?.pop().unwrap_or(Flavour::MySql);
        for setting in settings(flavour, options) {
            // Old versions do not know all of them, and none is worth failing for.
            match session.command(&format!("SET /* dbwright */ SESSION {setting}")).await {
                Err(Trouble::Lost(text)) => return Err(session.failure(&Trouble::Lost(text))),
                Ok(()) | Err(Trouble::Refused { .. }) => {}
            }
        }
        for statement in [
            "SET /* dbwright */ SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET /* dbwright */ SESSION TRANSACTION READ ONLY",
            "START /* dbwright */ TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ] {
            session.command(statement).await.map_err(|e| session.failure(&e))?;
        }
        Ok(session)
    }

    /// `host:port[/database]` of the connection.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the connection is encrypted.
    pub(crate) const fn tls(&self) -> bool {
        self.tls
    }

    /// The database that the address named.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Whether the server is gone.
    #[expect(dead_code)]
    pub(crate) const fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Ends the transaction and says what it cost.
    pub(crate) async fn end(mut self) -> (Cost, Vec<Gap>) {
        if self.lost.is_none() {
            // Nothing depends on it: closing the connection ends the transaction as well.
            let _ = self.command("ROLLBACK /* dbwright */").await;
        }
        let total = self.began.elapsed().as_secs_f64();
        let target_s = self.waited.as_secs_f64();
        let cost = Cost { queries: self.queries, bytes: self.bytes, target_s, own_s: (total - target_s).max(0.0) };
        let (gaps, lost) = (self.gaps, self.lost.is_some());
        if !lost {
            let _ = tokio::time::timeout(GRACE, self.conn.disconnect()).await;
        }
        (cost, gaps)
    }

    /// Runs a query and decodes each row. A failure becomes a gap of `area`, and no rows; `grant` would close it.
    pub(crate) async fn read<T>(
        &mut self,
        area: &str,
        grant: &str,
        sql: &str,
        decode: impl FnMut(&mut Cells<'_>) -> T,
    ) -> Vec<T> {
        match self.rows(sql, decode).await {
            Ok(rows) => rows,
            Err(trouble) => {
                self.note(area, grant, &trouble);
                Vec::new()
            }
        }
    }

    /// Runs a query whose failure is the caller's to judge.
    pub(crate) async fn rows<T>(
        &mut self,
        sql: &str,
        mut decode: impl FnMut(&mut Cells<'_>) -> T,
    ) -> Result<Vec<T>, Trouble> {
        self.raw(sql, |row| decode(&mut Cells::new(row))).await
    }

    /// Runs a query and gives each row to `decode`, columns by name included.
    pub(crate) async fn raw<T>(&mut self, sql: &str, mut decode: impl FnMut(&Row) -> T) -> Result<Vec<T>, Trouble> {
        if let Some(why) = &self.lost {
            return Err(Trouble::Lost(why.clone()));
        }
        self.queries += 1;
        let sent = Instant::now();
        let (mut found, mut bytes) = (Vec::new(), 0);
        let work = async {
            let mut result = self.conn.query_iter(sql).await?;
            while let Some(row) = result.next().await? {
                bytes += cells::bytes(&row);
                found.push(decode(&row));
            }
            result.drop_result().await
        };
        let done = tokio::time::timeout(self.limit, work).await;
        self.bytes += bytes;
        self.waited += sent.elapsed();
        match done {
            Ok(Ok(())) => Ok(found),
            Ok(Err(Error::Server(server))) if !is_end(server.code) => {
                Err(Trouble::Refused { code: server.code, message: server.message })
            }
            Ok(Err(other)) => Err(self.lose(error::text(&other))),
            Err(_) => {
                let seconds = self.limit.as_secs();
                Err(self.lose(format!("the server did not answer a query within {seconds} s")))
            }
        }
    }

    async fn command(&mut self, sql: &str) -> Result<(), Trouble> {
        self.raw(sql, |_| ()).await.map(|_| ())
    }

    fn lose(&mut self, why: String) -> Trouble {
        let gap = format!("the connection to {} was lost while observing: {why}; the snapshot is partial", self.name);
        self.gap(area::CONNECTION, gap, Some("look into the server's log, then run the command again"));
        self.lost = Some(why.clone());
        Trouble::Lost(why)
    }

    /// Notes what a trouble means for an area.
    pub(crate) fn note(&mut self, area: &str, grant: &str, trouble: &Trouble) {
        match trouble {
            Trouble::Lost(why) => {
                let reason = format!("the connection was lost before it was read: {why}");
                self.gap(area, reason, Some("run the command again"));
            }
            Trouble::Refused { code, message } => {
                let remedy = match code {
                    // MAX_EXECUTION_TIME, max_statement_time.
                    3024 | 1969 => "give it more time with --statement-timeout",
                    1205 | 3572 => "run it again when the lock is gone, or wait longer with --lock-timeout",
                    _ => grant,
                };
                self.gap(area, message.clone(), Some(remedy).filter(|remedy| !remedy.is_empty()));
            }
        }
    }

    /// Takes note of who observes (`CURRENT_USER()`), so that grants can name the account.
    pub(crate) fn is_account(&mut self, account: &str) {
        let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
        let quoted = [user, host].map(|part| format!("'{}'", part.replace('\\', "\\\\").replace('\'', "''")));
        self.account = Some(quoted.join("@"));
    }

    /// Notes an area that could not be observed. In `remedy`, `TO the account` stands for who observes.
    pub(crate) fn gap(&mut self, area: &str, reason: impl Into<String>, remedy: Option<&str>) {
        let named = |remedy: &str| match &self.account {
            Some(account) => remedy.replace("TO the account", &format!("TO {account}")),
            None => remedy.to_owned(),
        };
        let gap = Gap { area: area.to_owned(), reason: reason.into(), remedy: remedy.map(named) };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// The failure of a server that could not even tell what it is.
    pub(crate) fn failure(&self, trouble: &Trouble) -> Failure {
        match trouble {
            Trouble::Lost(why) => Failure::unreachable(
                "mysql.connection-lost",
                format!("the connection to {} was lost while observing: {why}", self.name),
            )
            .hint("look into the server's log, then run the command again"),
            Trouble::Refused { code, message } => {
                Failure::unreachable("mysql.refused-session", format!("{} refuses: {message} ({code})", self.name))
                    .hint("check that it is a MySQL or MariaDB server, and no proxy that filters statements")
            }
        }
    }
}

/// Why a query gave nothing.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// The server is gone, or does not answer.
    Lost(String),
    /// The server refused.
    Refused {
        /// Its number.
        code: u16,
        /// Its words.
        message: String,
    },
}

/// Whether an error means that the session is over: killed, shut down.
const fn is_end(code: u16) -> bool {
    matches!(code, 1053 | 1152 | 1159 | 1161 | 1927 | 2006 | 2013 | 3169 | 4031)
}

/// Our own session's settings: what the server or account may have set otherwise must not change what we read.
fn settings(flavour: Flavour, options: &ObserveOptions) -> Vec<String> {
    let limit = flavour.statement_limit();
    let lock = options.lock_timeout.as_secs().max(1);
    let mut settings = vec![
        "sql_mode = ''".to_owned(),
        "time_zone = '+00:00'".to_owned(),
        format!("lock_wait_timeout = {lock}"),
        format!("innodb_lock_wait_timeout = {lock}"),
        format!("{} = {}", limit.variable, (options.statement_timeout.as_secs_f64() * limit.per_second).ceil()),
        "group_concat_max_len = 1048576".to_owned(),
        "character_set_results = utf8mb4".to_owned(),
    ];
    settings.extend(flavour.session_settings().iter().map(|(name, value)| format!("{name} = {value}")));
    settings
}

//! One connection of a session, with settings that no server can have set otherwise.

use std::collections::BTreeMap;

use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_migrate::port::{Facts, OpenOptions};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Params, Row, Value};

use super::trouble;
use crate::connect;
use crate::flavour::{Flavour, version_numbers};

/// The cells of a row as texts.
pub(crate) type Cells = Vec<Option<String>>;

/// A connection and what it is connected to.
pub(crate) struct Link {
    conn: Conn,
    pub(crate) name: String,
    pub(crate) flavour: Flavour,
    pub(crate) version: (u16, u16, u16),
    text: String,
    /// The database that the address names.
    pub(crate) home: Option<String>,
    pub(crate) account: String,
    /// Whether it is encrypted.
    pub(crate) secure: bool,
    read_only: bool,
    /// Whether the binary log holds statements, which are the same on a replica only with gaps locked.
    pub(in crate::migrate) logs_statements: bool,
    /// Sizes of tables that plans go by where they are larger than the server's own.
    pub(in crate::migrate) sizes: BTreeMap<(String, String), (u64, u64)>,
    /// Set when an error said that the connection is gone.
    lost: bool,
}

/// A migration takes its time; names and texts are what they are.
const SETTINGS: &str = "SET /* dbwright */ NAMES utf8mb4, SESSION autocommit = 1, SESSION wait_timeout = 28800, \
    SESSION net_read_timeout = 600, SESSION net_write_timeout = 600, SESSION group_concat_max_len = 1048576, \
    SESSION foreign_key_checks = 1, SESSION unique_checks = 1, SESSION time_zone = @@GLOBAL.time_zone, \
    @dbwright_silent = NULL";

const ABOUT: &str = "SELECT /* dbwright */ VERSION(), DATABASE(), CURRENT_USER(), \
    @@GLOBAL.read_only + @@GLOBAL.innodb_read_only, @@version_comment";

const LOG: &str = "SELECT /* dbwright */ @@GLOBAL.log_bin = 1 AND @@GLOBAL.binlog_format = 'STATEMENT'";

impl Link {
    pub(crate) async fn open(address: &Address, options: &OpenOptions) -> Result<Self, Failure> {
        let connection = connect::open(address, options.connect_timeout).await?;
        let failed = |e: &Error| trouble::failure(e, "the session can't be read");
        let mut conn = connection.conn;
        let row: Option<Row> = conn.query_first(ABOUT).await.map_err(|e| failed(&e))?;
        let about = row.map(cells).unwrap_or_default();
        let text = |at: usize| about.get(at).cloned().flatten();
        let version = text(0).unwrap_or_default();
        let log: Result<Option<Row>, Error> = conn.query_first(LOG).await;
        // A version that knows no other form than rows has no such variable.
        let log = log.ok().flatten().map(cells).unwrap_or_default();
        let mut link = Self {
            logs_statements: log.first().is_some_and(|cell| cell.as_deref() == Some("1")),
            flavour: Flavour::of(&version),
            version: version_numbers(&version),
            text: version,
            home: text(1),
            account: text(2).unwrap_or_default(),
            read_only: text(3).is_some_and(|sum| sum != "0"),
            name: connection.name,
            secure: connection.tls,
            conn,
            sizes: options.sizes.clone(),
            lost: false,
        };
        link.set_up(&[]).await?;
        Ok(link)
    }

    /// Begins with settings of our own, and runs what a file has set.
    pub(crate) async fn set_up(&mut self, settings: &[String]) -> Result<(), Failure> {
        self.reset(settings).await.map_err(|e| trouble::failure(&e, "the session can't be set up"))
    }

    async fn reset(&mut self, settings: &[String]) -> Result<(), Error> {
        self.run("SET /* dbwright */ SESSION sql_mode = @@GLOBAL.sql_mode").await?;
        self.run(SETTINGS).await?;
        for setting in self.flavour.migration_settings() {
            // A server that has no such variable needs none.
            let _ = self.run(&format!("SET /* dbwright */ SESSION {setting}")).await;
        }
        for setting in settings {
            self.run(setting).await?;
        }
        Ok(())
    }

    /// The server's number of this session.
    pub(crate) fn id(&self) -> u32 {
        self.conn.id()
    }

    pub(crate) const fn lost(&self) -> bool {
        self.lost
    }

    /// Runs a query; each row as texts.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Vec<Cells>, Error> {
        let rows = self.conn.query::<Row, _>(sql).await;
        self.seen(rows).map(|rows| rows.into_iter().map(cells).collect())
    }

    /// Runs a query with parameters; each row as texts.
    pub(crate) async fn rows_with(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Cells>, Error> {
        let rows = self.conn.exec::<Row, _, _>(sql, Params::Positional(params)).await;
        self.seen(rows).map(|rows| rows.into_iter().map(cells).collect())
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<u64, Error> {
        let done = self.conn.query_drop(sql).await;
        self.seen(done).map(|()| self.conn.affected_rows())
    }

    /// Runs a statement with parameters; how many rows it changed.
    pub(crate) async fn run_with(&mut self, sql: &str, params: Vec<Value>) -> Result<u64, Error> {
        let done = self.conn.exec_drop(sql, Params::Positional(params)).await;
        self.seen(done).map(|()| self.conn.affected_rows())
    }

    /// Has the server read and resolve a statement, and run nothing of it.
    pub(crate) async fn prepares(&mut self, sql: &str) -> Result<(), Error> {
        let prepared = self.conn.prep(sql).await;
        let prepared = self.seen(prepared)?;
        let closed = self.conn.close(prepared).await;
        self.seen(closed)
    }

    /// Begins a transaction that locks rows and no gaps between them, where the server's log allows it.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        if !self.logs_statements {
            self.run("SET /* dbwright */ TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        }
        self.run("START TRANSACTION /* dbwright */").await.map(drop)
    }

    /// Has later statements read rows without keeping them from writers, where the server's log allows it: a query that fills
    /// a table locks all that it reads otherwise. Gives the level that was.
    pub(super) async fn let_others_write(&mut self) -> Result<Option<String>, Error> {
        if self.logs_statements {
            return Ok(None);
        }
        let sql =
            "SHOW /* dbwright */ SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')";
        let level = self.rows(sql).await?.first().and_then(|row| row.get(1).cloned().flatten());
        if level.is_some() {
            self.isolate("READ COMMITTED").await?;
        }
        Ok(level)
    }

    /// Isolates later transactions of the session at a level.
    pub(super) async fn isolate(&mut self, level: &str) -> Result<(), Error> {
        let level = level.replace('-', " ");
        self.run(&format!("SET /* dbwright */ SESSION TRANSACTION ISOLATION LEVEL {level}")).await.map(drop)
    }

    /// Whether the server still answers.
    pub(super) async fn answers(&mut self) -> bool {
        let ping = self.conn.ping().await;
        !self.lost && self.seen(ping).is_ok()
    }

    fn seen<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.lost |= trouble::is_lost(error);
        }
        result
    }

    pub(super) fn facts(&self) -> Facts {
        let mut warnings = Vec::new();
        if self.version < self.flavour.atomic_ddl_since() {
            let (major, minor, _) = self.flavour.atomic_ddl_since();
            warnings.push(format!(
                "before {} {major}.{minor} a crash in the middle of a schema change can leave it half done",
                self.flavour.name()
            ));
        }
        Facts {
            engine: "mysql".to_owned(),
            target: self.name.clone(),
            version: self.text.clone(),
            warnings,
            asked: None,
        }
    }

    /// The database whose migrations these are.
    ///
    /// # Errors
    /// When the address names none.
    pub(crate) fn home(&self) -> Result<String, Failure> {
        self.home.clone().ok_or_else(|| {
            Failure::usage(
                "migrate.no-database",
                format!("{} names no database, and a migration belongs to one", self.name),
            )
            .hint("add it to the URL: mysql://user@host/DATABASE")
        })
    }

    /// # Errors
    /// When the server lets nobody write.
    pub(super) fn writable(&self) -> Result<(), Failure> {
        if !self.read_only {
            return Ok(());
        }
        let message = format!("{} is read-only: it is a replica, or its owner set read_only", self.name);
        Err(Failure::new(FailureKind::NotPermitted, "migrate.standby", message)
            .hint("name the server that it replicates from: the change comes to its replicas by itself"))
    }

    /// # Errors
    /// When two connections are one session of the server's: a pooler stands between.
    pub(super) fn unpooled(one: &Self, other: &Self) -> Result<(), Failure> {
        if one.id() != other.id() {
            return Ok(());
        }
        let message = format!("{} hands one session of the server to several connections", one.name);
        Err(Failure::not_permitted("migrate.pooler", message)
            .hint("name the server itself: a migration needs a session of its own"))
    }
}

/// A row as texts; what is no text is left out.
fn cells(row: Row) -> Cells {
    let text = |value: Value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::Date(y, mo, d, h, mi, s, us) => Some(format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}.{us:06}")),
        Value::Time(..) => Some(value.as_sql(true)),
    };
    row.unwrap().into_iter().map(text).collect()
}

//! One connection of a session, with settings that no role or database can have set otherwise.

use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_migrate::port::{Facts, OpenOptions};
use dbwright_sql::Dialect;
use tokio_postgres::Client;

use super::trouble;
use crate::connect::{self, Connection};

/// A connection and what it is connected to.
pub(super) struct Link {
    connection: Connection,
    /// The server's process for it.
    pub(super) pid: i32,
    pub(super) version: i32,
    standby: bool,
    read_only: bool,
    role: String,
    database: String,
    replica_role: bool,
}

/// Limits of a role or database that would end a long step, or the session between two steps, and a server that works on for
/// a client that is gone. `default_transaction_read_only` protects from accidents; a migration is meant. Between two
/// statements of a transaction nothing is waited for: a session that is idle there has lost its client, and gives up its locks.
const SETTINGS: &str = "SELECT /* dbwright */ pg_catalog.set_config(s.name, s.value, false) FROM (VALUES \
    ('statement_timeout', '0'), ('lock_timeout', '0'), ('idle_in_transaction_session_timeout', '60s'), \
    ('tcp_keepalives_idle', '15'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', '4'), ('tcp_user_timeout', '45s'), \
    ('idle_session_timeout', '0'), ('transaction_timeout', '0'), ('default_transaction_read_only', 'off'), \
    ('default_transaction_isolation', 'read committed'), ('default_transaction_deferrable', 'off'), \
    ('extra_float_digits', '1'), ('bytea_output', 'hex'), \
    ('standard_conforming_strings', 'on'), ('row_security', 'off'), \
    ('client_min_messages', 'warning')) s(name, value) \
    JOIN pg_catalog.pg_settings k ON k.name = s.name";

/// A server that works on for a client that is gone holds the lock of migrations meanwhile. Not every system can look.
const GONE: &str = "SET /* dbwright */ client_connection_check_interval = '2s'";

/// Makes a session as new, but for its locks, and runs what a file has set.
pub(super) async fn set_up(client: &Client, settings: &[String]) -> Result<(), Failure> {
    let failed = |e: tokio_postgres::Error| trouble::failure(&e, "the session can't be set up");
    client.batch_execute("RESET /* dbwright */ ALL").await.map_err(failed)?;
    client.batch_execute(SETTINGS).await.map_err(failed)?;
    let _ = client.batch_execute(GONE).await;
    for setting in settings {
        client.batch_execute(setting).await.map_err(failed)?;
        if setting.to_ascii_lowercase().starts_with("reset all") {
            client.batch_execute(SETTINGS).await.map_err(failed)?;
        }
    }
    Ok(())
}

const ABOUT: &str = "SELECT /* dbwright */ pg_catalog.pg_backend_pid(), \
    pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'), \
    pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on', \
    current_user::text, pg_catalog.current_database()::text, \
    pg_catalog.current_setting('session_replication_role') <> 'origin'";

impl Link {
    pub(super) async fn open(address: &Address, options: &OpenOptions) -> Result<Self, Failure> {
        let connection = connect::open(address, options.connect_timeout).await?;
        let client = &connection.client;
        let failed = |e: tokio_postgres::Error| trouble::failure(&e, "the session can't be set up");
        // Where nothing is changed, a pooler may stand between: what is set would reach other people's transactions.
        if !options.read_only {
            set_up(client, &[]).await?;
        }
        let row = client.query_typed_one(ABOUT, &[]).await.map_err(failed)?;
        let get = |e: tokio_postgres::Error| trouble::failure(&e, "the session can't be read");
        Ok(Self {
            pid: row.try_get(0).map_err(get)?,
            version: row.try_get(1).map_err(get)?,
            standby: row.try_get(3).map_err(get)?,
            read_only: row.try_get(4).map_err(get)?,
            role: row.try_get(5).map_err(get)?,
            database: row.try_get(6).map_err(get)?,
            replica_role: row.try_get(7).map_err(get)?,
            connection,
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// The client, as long as the connection is kept.
    pub(super) fn pulse(&self) -> std::sync::Weak<Client> {
        std::sync::Arc::downgrade(&self.connection.client)
    }

    /// What ends the connection from this side.
    pub(super) fn ender(&self) -> tokio::task::AbortHandle {
        self.connection.ender()
    }

    pub(super) fn lost(&self) -> bool {
        self.connection.client.is_closed()
    }

    pub(super) fn facts(&self) -> Facts {
        let mut warnings = self.connection.warnings.clone();
        if self.replica_role {
            warnings.push(format!(
                "session_replication_role is set for the role {}: its triggers and foreign keys are not carried out",
                self.role
            ));
        }
        let (major, minor) = (self.version / 10_000, self.version % 10_000);
        Facts {
            engine: "postgres".to_owned(),
            target: self.connection.name.clone(),
            version: format!("PostgreSQL {major}.{minor}"),
            warnings,
            asked: None,
        }
    }

    /// What a missing privilege on the database is granted with.
    pub(super) fn grant_create(&self) -> String {
        let (database, role) = (Dialect::Postgres.name(&self.database), Dialect::Postgres.name(&self.role));
        format!(
            "GRANT CREATE ON DATABASE {database} TO {role}, or as its owner: CREATE SCHEMA dbwright AUTHORIZATION {role}"
        )
    }

    /// # Errors
    /// When the server is a standby, or lets nobody write.
    pub(super) fn writable(&self) -> Result<(), Failure> {
        let name = &self.connection.name;
        if self.standby {
            return Err(Failure::not_permitted("migrate.standby", format!("{name} is a standby: it can't be changed"))
                .hint("name the primary, or several hosts with target_session_attrs=read-write"));
        }
        if self.read_only {
            return Err(Failure::not_permitted("migrate.read-only", format!("{name} lets this session only read"))
                .hint("the server's log or its owner says why: a pooler's setting, or a read-only server"));
        }
        if self.replica_role {
            return Err(Failure::new(
                FailureKind::NotPermitted,
                "migrate.replication-role",
                format!(
                    "session_replication_role is not origin for {}: triggers that keep rows in step would not run",
                    self.role
                ),
            )
            .hint(
                "connect as a role without that setting, or add options=-csession_replication_role=origin to the URL",
            ));
        }
        Ok(())
    }

    /// # Errors
    /// When two connections are one session of the server's: a pooler hands it out by the transaction. Advisory locks and
    /// settings don't last there.
    pub(super) fn unpooled(one: &Self, other: &Self) -> Result<(), Failure> {
        if one.pid == other.pid { Err(pooled(&one.connection.name)) } else { Ok(()) }
    }

    /// The same where a pool has several sessions: while the second connection holds the session that the first had last, the
    /// first gets another one.
    ///
    /// # Errors
    /// As [`Self::unpooled`].
    pub(super) async fn keeps_its_session(&self, other: &Self) -> Result<(), Failure> {
        let wrong = |e: tokio_postgres::Error| trouble::failure(&e, "the session can't be set up");
        let pid = "SELECT /* dbwright */ pg_catalog.pg_backend_pid()";
        for _ in 0..8 {
            other.client().batch_execute("BEGIN /* dbwright */").await.map_err(wrong)?;
            let row = self.client().query_typed_one(pid, &[]).await;
            other.client().batch_execute("ROLLBACK /* dbwright */").await.map_err(wrong)?;
            let now: i32 = row.and_then(|row| row.try_get(0)).map_err(wrong)?;
            if now != self.pid {
                return Err(self.pooled());
            }
        }
        Ok(())
    }

    pub(super) fn pooled(&self) -> Failure {
        pooled(&self.connection.name)
    }
}

fn pooled(name: &str) -> Failure {
    let message =
        format!("{name} is a pooler that hands every transaction to another session (PgBouncer: transaction mode)");
    Failure::not_permitted("migrate.pooler", message)
        .hint("name the server itself, or a pool in session mode: a migration needs a session of its own")
}

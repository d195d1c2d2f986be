//! One run at a time on one database: a lock by name that lasts as long as the session.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_sql::Dialect;

use super::MySession;
use super::patience::sleep;
use super::trouble::failure;
use crate::migrate::table::mark;

/// How often a lock that another holds is tried.
const EVERY: Duration = Duration::from_millis(250);

/// A rename waits ten seconds for its lock at most.
const LONGEST_RENAME: Duration = Duration::from_secs(30);

impl MySession {
    fn lock_name(&self) -> String {
        // A lock's name has 64 characters at most, a database's too.
        format!("dbwright.migrate.{}", mark(&self.home))
    }

    /// Takes the lock, and keeps in mind to take it again after a lost connection.
    pub(super) async fn take_lock(&mut self, wait: Duration, progress: &dyn Progress) -> Result<(), Failure> {
        let began = Instant::now();
        let mut told = false;
        let sql = format!("SELECT /* dbwright */ GET_LOCK('{}', 0)", self.lock_name());
        loop {
            let rows = self.main.rows(&sql).await.map_err(|e| failure(&e, "the lock of migrations can't be taken"))?;
            if rows.first().and_then(|row| row.first()).is_some_and(|cell| cell.as_deref() == Some("1")) {
                self.locked = Some(wait);
                return self.outlived().await;
            }
            let holder = self.holder().await;
            if began.elapsed() >= wait {
                let message = format!("another migration is under way: {holder}");
                return Err(Failure::not_permitted("migrate.locked", message)
                    .hint("wait until it has ended, or wait longer with --lock-wait"));
            }
            if !told {
                told = true;
                progress.note(&format!("another migration is under way: {holder}; waiting for it"));
            }
            sleep(EVERY, "waiting for another migration", progress).await?;
        }
    }

    /// Waits until no rename of a run that was killed is left: the server does not notice that nobody waits for its end, and it
    /// would change the tables under our eyes. It has a lock timeout of a few seconds.
    async fn outlived(&mut self) -> Result<(), Failure> {
        let sql = format!(
            "SELECT /* dbwright */ COUNT(*) FROM information_schema.processlist WHERE id NOT IN ({}, {}) \
             AND info LIKE 'RENAME TABLE {}.%dbwright\\_%'",
            self.main.id(),
            self.watch.id(),
            Dialect::Mysql.ident(&self.home).replace('\\', "\\\\").replace(['_', '%'], "_").replace('\'', "''")
        );
        let began = Instant::now();
        while began.elapsed() < LONGEST_RENAME {
            let rows =
                self.watch.rows(&sql).await.map_err(|e| failure(&e, "the sessions of the server can't be listed"))?;
            if rows.first().and_then(|row| row.first()).is_some_and(|cell| cell.as_deref() == Some("0")) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(Failure::not_permitted("migrate.locked", "a rename of an earlier run still waits on the server")
            .hint("run the command again when it has ended; SHOW PROCESSLIST shows it"))
    }

    /// Who holds the lock, for a message.
    async fn holder(&mut self) -> String {
        let sql = format!(
            "SELECT /* dbwright */ p.id, p.user, p.host, p.time FROM information_schema.processlist p \
             WHERE p.id = IS_USED_LOCK('{}')",
            self.lock_name()
        );
        let rows = self.watch.rows(&sql).await.unwrap_or_default();
        let text = |at: usize| rows.first().and_then(|row| row.get(at).cloned().flatten());
        match (text(0), text(1), text(2)) {
            (Some(id), Some(user), Some(host)) => format!("session {id} (account {user}, from {host})"),
            _ => "a session of another account, or one that has just ended".to_owned(),
        }
    }
}

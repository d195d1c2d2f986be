//! One run at a time on one database: an advisory lock that lasts as long as the session.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_core::progress::Progress;

use super::PgSession;
use super::patience::sleep;
use super::trouble::failure;
use super::watch::age;

/// `dbwr` and `migr` in ASCII: the two halves of the key.
const KEY: &str = "1684174706, 1835624306";

const HOLDER: &str = "SELECT /* dbwright */ a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), \
    coalesce(host(a.client_addr), 'this machine'), pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), \
    extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)::float8 \
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = 1684174706 AND l.objid = 1835624306 \
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

/// How often a lock that another holds is tried.
const EVERY: Duration = Duration::from_millis(250);

impl PgSession {
    /// Takes the lock, and keeps in mind to take it again after a lost connection.
    pub(super) async fn take_lock(&mut self, wait: Duration, progress: &dyn Progress) -> Result<(), Failure> {
        let began = Instant::now();
        let mut told = false;
        let sql = format!("SELECT /* dbwright */ pg_catalog.pg_try_advisory_lock({KEY})");
        loop {
            let row = self.main.client().query_typed_one(&sql, &[]).await;
            let failed = |e: tokio_postgres::Error| failure(&e, "the lock of migrations can't be taken");
            if row.and_then(|row| row.try_get::<_, bool>(0)).map_err(failed)? {
                self.locked = Some(wait);
                return Ok(());
            }
            let holder = self.holder().await;
            if began.elapsed() >= wait {
                return Err(Failure::not_permitted(
                    "migrate.locked",
                    format!("another migration is under way: {holder}"),
                )
                .hint("wait until it has ended, or wait longer with --lock-wait"));
            }
            if !told {
                told = true;
                progress.note(&format!("another migration is under way: {holder}; waiting for it"));
            }
            sleep(EVERY, "waiting for another migration", progress).await?;
        }
    }

    /// Who holds the lock, for a message.
    async fn holder(&self) -> String {
        let row = self.watch.client().query_typed_opt(HOLDER, &[]).await.ok().flatten();
        let named = row.and_then(|row| {
            let text = |at| row.try_get::<_, String>(at).ok().filter(|text| !text.is_empty());
            let pid: i32 = row.try_get(0).ok()?;
            let application = text(1).unwrap_or_else(|| "no application name".to_owned());
            let (role, from, since) = (text(2).unwrap_or_default(), text(3)?, text(4)?);
            let lasts = row.try_get(5).map(age).ok()?;
            Some(format!("pid {pid} ({application}, role {role}, from {from}, since {since}, for {lasts})"))
        });
        named.unwrap_or_else(|| "a session that has just ended".to_owned())
    }
}

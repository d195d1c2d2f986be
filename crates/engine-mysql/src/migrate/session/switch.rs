//! Scripts of several statements that are one thing: a round of bringing over, and the switch under the lock of both tables.
//!
//! # Why the switch is all or nothing
//!
//! `RENAME TABLE a TO old, new TO a` is atomic on both servers. On MySQL it runs under the very lock under which the last
//! notes were brought over, so that nobody can write in between. MariaDB takes no `RENAME` under `LOCK TABLES`: there another
//! connection sends it, and it waits for the lock; only when it is seen waiting, the lock is given up, and a rename that
//! waits for a table comes before all writers that do. It queues for its tables in the order of their names, so those of a copy
//! sort behind the user's (`shadow::script`). Should the connection that holds the lock be lost before, the rename would come
//! too early: so a table of the old name stands in its way until the last moment, and the rename fails on that.

use std::time::{Duration, Instant};

use dbwright_core::Failure;
use mysql_async::Error;

use super::backfill::ON_DUPLICATE;
use super::link::Link;
use super::patience::Tries;
use super::trouble::Trouble;
use super::watch::{Guard, kill, watched};
use super::{Job, MySession, shown};
use crate::migrate::text::split;

/// How a script begins that runs under a lock.
pub(in crate::migrate) const LOCKED: &str = "-- under the lock of both tables\n";

/// How a script begins that is one transaction.
pub(in crate::migrate) const ROUND: &str = "-- in one transaction\n";

/// How long a rename may take to be seen waiting for the lock that we hold: nobody can write meanwhile.
const SEEN: Duration = Duration::from_secs(2);

/// How often a round is tried when rows that were not yet brought over stand in its way.
const ROUNDS: u32 = 20;

impl MySession {
    /// One transaction in `READ COMMITTED`: what it reads of users' tables it reads without locks, each statement at one moment.
    pub(super) async fn round(&mut self, job: Job<'_>, script: &str) -> Result<(), Trouble> {
        let done = self.rounds(job, script).await;
        if done.is_err() {
            self.roll_back().await;
        }
        let restored = self.main.set_up(&self.settings).await;
        done?;
        restored.map_err(Trouble::Final)
    }

    async fn rounds(&mut self, job: Job<'_>, script: &str) -> Result<(), Trouble> {
        let (parts, title) = (parts(script), &job.step.title);
        let mut left = ROUNDS;
        loop {
            let Err(error) = self.try_round(&parts).await else { return Ok(()) };
            match Trouble::of(&error, title) {
                // A row that was changed since it was copied stands in the way of a unique key; its note is there by now.
                Trouble::Duplicate(_) if left > 0 => {
                    self.roll_back().await;
                    for part in parts.iter().filter(|part| part.on_duplicate) {
                        self.main.run(&part.sql).await.map_err(|e| Trouble::of(&e, title))?;
                    }
                }
                Trouble::Busy(_) if left > 0 => self.roll_back().await,
                other => return Err(other),
            }
            left -= 1;
        }
    }

    async fn try_round(&mut self, parts: &[Part]) -> Result<(), Error> {
        self.limit(1).await?;
        let always = || parts.iter().filter(|part| !part.on_duplicate);
        // Settings and the session's own tables stand in front.
        for part in always().filter(|part| !part.changes()) {
            self.main.run(&part.sql).await?;
        }
        self.main.begin().await?;
        for part in always().filter(|part| part.changes()) {
            self.main.run(&part.sql).await?;
        }
        self.main.run("COMMIT").await.map(drop)
    }

    /// Statements under `LOCK TABLES`. A `SELECT` among them must say yes, or nothing is done, and it is tried again.
    pub(super) async fn under_lock(&mut self, job: Job<'_>, script: &str, tries: &mut Tries) -> Result<(), Trouble> {
        let done = self.locked_script(job, script, tries).await;
        if done.is_err() {
            let _ = self.main.run("ROLLBACK").await;
        }
        // Whatever happened: others go on.
        let _ = self.main.run("UNLOCK TABLES").await;
        let _ = self.main.run("SET /* dbwright */ SESSION autocommit = 1").await;
        let restored = self.main.set_up(&self.settings).await;
        done?;
        // The tables have changed places: what fails now is found out by the next look at them.
        restored.map_err(Trouble::Final)
    }

    async fn locked_script(&mut self, job: Job<'_>, script: &str, tries: &mut Tries) -> Result<(), Trouble> {
        let title = &job.step.title;
        let wrong = |e: Error| Trouble::of(&e, title);
        self.limit(1).await.map_err(wrong)?;
        self.main.run("SET /* dbwright */ SESSION autocommit = 0").await.map_err(wrong)?;
        for (at, Part { sql, .. }) in parts(script).into_iter().enumerate() {
            let word = sql.split_whitespace().next().unwrap_or_default().to_owned();
            match word.as_str() {
                "LOCK" => {
                    let queue = job.limits.lock_timeout.max(Duration::from_millis(1));
                    let guard = Guard { main: self.main.id(), queue, what: title, progress: job.progress };
                    let locked = watched(self.main.run(&sql), &mut self.watch, &guard, &mut tries.seen).await;
                    if tries.seen.gave_way || tries.seen.stopped {
                        let _ = self.main.run("DO /* dbwright */ 0").await;
                    }
                    locked.map_err(wrong)?;
                    job.progress.point("locked");
                }
                "SELECT" => {
                    if !shown::ask(&mut self.main, &sql).await.map_err(wrong)? {
                        return Err(Trouble::Busy("much was written in the last moment".to_owned()));
                    }
                }
                "RENAME" if !self.main.flavour.renames_under_lock() => self.renamed_by_another(job, &sql).await?,
                "RENAME" => {
                    self.main.run("COMMIT").await.map_err(wrong)?;
                    job.progress.point("brought over");
                    self.main.run(&sql).await.map_err(wrong)?;
                    job.progress.point("renamed");
                }
                // What is there at once, whatever happens then.
                "ALTER" | "CREATE" | "DROP" => {
                    self.main.run(&sql).await.map_err(wrong)?;
                    job.progress.point(&format!("part {at}"));
                }
                _ => drop(self.main.run(&sql).await.map_err(wrong)?),
            }
        }
        Ok(())
    }

    /// A rename that another connection sends while this one holds the lock.
    async fn renamed_by_another(&mut self, job: Job<'_>, rename: &str) -> Result<(), Trouble> {
        let title = &job.step.title;
        self.main.run("COMMIT").await.map_err(|e| Trouble::of(&e, title))?;
        job.progress.point("brought over");
        let mut other = Link::open(&self.address, &self.options).await?;
        other
            .run("SET /* dbwright */ SESSION lock_wait_timeout = 3, SESSION innodb_lock_wait_timeout = 2")
            .await
            .map_err(|e| Trouble::of(&e, title))?;
        let id = other.id();
        let sql = rename.to_owned();
        let sent = tokio::spawn(async move { other.run(&sql).await });
        let began = Instant::now();
        let waits = loop {
            if sent.is_finished() {
                break false;
            }
            if self.renames(id).await {
                break true;
            }
            if began.elapsed() > SEEN {
                break false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if waits {
            job.progress.point("queued");
            // The table that stands in the way: from here on the rename goes through as soon as the lock is given up.
            if let Some(guard) = in_the_way(rename) {
                self.main
                    .run(&format!("DROP /* dbwright */ TABLE {guard}"))
                    .await
                    .map_err(|e| Trouble::of(&e, title))?;
            }
            job.progress.point("free");
        } else {
            kill(&mut self.watch, id).await;
        }
        let unlocked = self.main.run("UNLOCK TABLES").await;
        let renamed = sent.await.map_err(|e| {
            Trouble::Final(Failure::internal("migrate.switch", format!("{title}: the rename was lost: {e}")))
        })?;
        job.progress.point("renamed");
        match renamed {
            Ok(_) => unlocked.map(drop).map_err(|e| Trouble::of(&e, title)),
            Err(_) if !waits => Err(Trouble::Busy("the rename was not seen waiting for the lock".to_owned())),
            Err(error) => Err(Trouble::of(&error, title)),
        }
    }

    /// Whether a connection waits for the lock of a table.
    async fn renames(&mut self, id: u32) -> bool {
        super::watch::waiting(&mut self.watch, id).await.0
    }
}

/// A statement of a script.
struct Part {
    sql: String,
    on_duplicate: bool,
}

impl Part {
    fn changes(&self) -> bool {
        let word = self.sql.split_whitespace().next().unwrap_or_default();
        matches!(word, "INSERT" | "DELETE" | "UPDATE")
    }
}

/// The statements of a script.
fn parts(script: &str) -> Vec<Part> {
    let script = split::script("script", script).map(|script| script.statements).unwrap_or_default();
    let part = |statement: dbwright_migrate::Statement| Part {
        on_duplicate: statement.comments.iter().any(|comment| ON_DUPLICATE.trim_end() == comment.as_str()),
        sql: statement.sql,
    };
    script.into_iter().map(part).collect()
}

/// The first new name of a rename: of a table that is there only so that the rename can't come too early.
fn in_the_way(rename: &str) -> Option<String> {
    let crate::migrate::parse::Act::RenameTable { pairs } = crate::migrate::parse::act(rename) else { return None };
    let (_, to) = pairs.first()?;
    let ident = |name: &str| dbwright_sql::Dialect::Mysql.ident(name);
    Some(match &to.schema {
        Some(schema) => format!("{}.{}", ident(schema), ident(&to.name)),
        None => ident(&to.name),
    })
}

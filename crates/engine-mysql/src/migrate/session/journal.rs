//! The journal: schema `dbwright`, tables `migrations` and `steps`. A server has one for all its databases: `home` says whose
//! an entry is.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_migrate::journal::{Entry, Mark, Part, Place, Progressed, State, Turn, Write};
use dbwright_migrate::plan::Planned;
use jiff::Timestamp;
use mysql_async::{Error, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MySession;
use super::link::{Cells, Link};
use super::mark::key;
use super::patience::sleep;
use super::trouble::{Trouble, failure};

/// Made with the first write.
const SCHEMA: [&str; 3] = [
    "CREATE DATABASE IF NOT EXISTS dbwright CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "CREATE TABLE IF NOT EXISTS dbwright.migrations (
    home varchar(64) NOT NULL,
    version varchar(255) NOT NULL,
    name text NOT NULL,
    checksum varchar(64) NOT NULL,
    state varchar(20) NOT NULL,
    started_at datetime(6) NOT NULL,
    applied_at datetime(6) NULL,
    execution_time_ms bigint NOT NULL DEFAULT 0,
    rolled_back boolean NOT NULL DEFAULT false,
    rolled_back_at datetime(6) NULL,
    up longtext NOT NULL,
    down longtext NULL,
    planned longtext NOT NULL,
    tool varchar(64) NOT NULL,
    ordinal bigint NOT NULL AUTO_INCREMENT,
    PRIMARY KEY (home, version),
    UNIQUE KEY (ordinal)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='What dbwright migrate has applied; times are UTC'",
    "CREATE TABLE IF NOT EXISTS dbwright.steps (
    home varchar(64) NOT NULL,
    version varchar(255) NOT NULL,
    part varchar(8) NOT NULL,
    statement int NOT NULL,
    step int NOT NULL,
    title text NOT NULL,
    phase varchar(16) NOT NULL,
    state varchar(16) NOT NULL,
    position longtext NULL,
    plan longtext NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    error text NULL,
    started_at datetime(6) NULL,
    finished_at datetime(6) NULL,
    PRIMARY KEY (home, version, part, statement, step)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='The steps of each migration, and how far they are; times are UTC'",
];

const MIGRATIONS: &str = "SELECT /* dbwright */ version, name, checksum, state, started_at, applied_at, execution_time_ms, \
    rolled_back, rolled_back_at, up, down, planned FROM dbwright.migrations WHERE home = ? ORDER BY ordinal";

const STEPS: &str = "SELECT /* dbwright */ version, part, statement, step, state, position, plan, attempts, error, started_at, \
    finished_at FROM dbwright.steps WHERE home = ? ORDER BY version, part DESC, statement, step";

const THERE: &str = "SELECT /* dbwright */ COUNT(*) FROM information_schema.tables \
    WHERE table_schema = 'dbwright' AND table_name IN ('migrations', 'steps')";

const UNWRITTEN: &str = "the journal (schema dbwright) can't be written";

enum Wrong {
    Server(Error),
    Own(Failure),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Self::Own(failure)
    }
}

impl MySession {
    pub(super) async fn read_journal(&mut self) -> Result<Vec<Entry>, Failure> {
        match self.try_journal().await {
            Err(Wrong::Server(error))
                if matches!(Trouble::of(&error, ""), Trouble::Lost(_)) && self.locked.is_some() =>
            {
                self.reconnect(&crate::error::text(&error), &Silent).await?;
                self.try_journal().await.map_err(unreadable)
            }
            read => read.map_err(unreadable),
        }
    }

    async fn try_journal(&mut self) -> Result<Vec<Entry>, Wrong> {
        if !there(&mut self.main).await? {
            return Ok(Vec::new());
        }
        let home = || vec![Value::from(self.home.as_str())];
        let (migrations, steps) = (home(), home());
        let rows = self.main.rows_with(MIGRATIONS, migrations).await?;
        let steps = self.main.rows_with(STEPS, steps).await?;
        let mut entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        for row in &steps {
            let mark = mark(row)?;
            if let Some(entry) = entries.iter_mut().find(|entry| entry.version == mark.place.version) {
                entry.steps.push(mark);
            }
        }
        Ok(entries)
    }

    /// Writes, on a new connection if need be: what is written may be written twice.
    pub(super) async fn write_journal(&mut self, writes: &[Write]) -> Result<(), Failure> {
        let mut left = 20;
        loop {
            let Err(wrong) = write_all(&mut self.main, &self.home, writes).await else { return Ok(()) };
            // The transaction is aborted or gone; either way nothing of it is left.
            let _ = self.main.run("ROLLBACK").await;
            let error = match wrong {
                Wrong::Own(failure) => return Err(failure),
                Wrong::Server(error) => error,
            };
            match Trouble::of(&error, UNWRITTEN) {
                Trouble::Lost(why) if left > 0 => {
                    left -= 1;
                    self.reconnect(&why, &Silent).await?;
                }
                // Other databases' migrations write to the same tables.
                Trouble::Busy(_) if left > 0 => {
                    left -= 1;
                    sleep(Duration::from_millis(50), UNWRITTEN, &Silent).await?;
                }
                _ => return Err(self.unwritten(&error)),
            }
        }
    }

    fn unwritten(&self, error: &Error) -> Failure {
        let failure = failure(error, UNWRITTEN);
        if failure.code != "migrate.privilege" {
            return failure;
        }
        let account = self.main.account.split('@').map(|part| format!("'{}'", part.replace('\'', "''")));
        failure.hint(format!("GRANT ALL ON dbwright.* TO {}", account.collect::<Vec<_>>().join("@")))
    }
}

async fn there(link: &mut Link) -> Result<bool, Error> {
    let rows = link.rows(THERE).await?;
    Ok(rows.first().and_then(|row| row.first().cloned().flatten()).as_deref() == Some("2"))
}

async fn write_all(link: &mut Link, home: &str, writes: &[Write]) -> Result<(), Wrong> {
    // DDL ends a transaction, so the journal is made before one begins.
    if writes.iter().any(|write| matches!(write, Write::Begin(_))) && !there(link).await? {
        for statement in SCHEMA {
            link.run(&format!("/* dbwright */ {statement}")).await?;
        }
    }
    link.begin().await?;
    for write in writes {
        write_one(link, home, write).await?;
    }
    link.run("COMMIT").await?;
    Ok(())
}

async fn write_one(link: &mut Link, home: &str, write: &Write) -> Result<(), Wrong> {
    match write {
        Write::Begin(entry) => begin(link, home, entry).await,
        Write::Plan { version, part, statement, plan } => planned(link, home, version, (*part, *statement), plan).await,
        Write::Mended { version, checksum, up, down } => {
            let down = down.as_ref().map(json).transpose()?;
            let sql = "UPDATE /* dbwright */ dbwright.migrations SET checksum = ?, up = ?, down = ? WHERE home = ? AND version = ?";
            let params = vec![checksum.into(), json(up)?.into(), down.into(), home.into(), version.into()];
            Ok(link.run_with(sql, params).await.map(drop)?)
        }
        Write::State { version, state } => {
            let word = state.word();
            let sql = "UPDATE /* dbwright */ dbwright.migrations SET state = ?, \
                applied_at = IF(? IN ('awaits-contract', 'applied'), COALESCE(applied_at, UTC_TIMESTAMP(6)), applied_at), \
                rolled_back = (? = 'rolled-back'), \
                rolled_back_at = IF(? = 'rolled-back', UTC_TIMESTAMP(6), NULL) WHERE home = ? AND version = ?";
            let params = vec![word.into(), word.into(), word.into(), word.into(), home.into(), version.into()];
            Ok(link.run_with(sql, params).await.map(drop)?)
        }
        Write::Took { version, ms } => {
            let sql = "UPDATE /* dbwright */ dbwright.migrations SET execution_time_ms = execution_time_ms + ? \
                WHERE home = ? AND version = ?";
            Ok(link.run_with(sql, vec![(*ms).into(), home.into(), version.into()]).await.map(drop)?)
        }
        Write::Failed { place, error } => {
            let sql = "UPDATE /* dbwright */ dbwright.steps SET error = ? \
                WHERE home = ? AND version = ? AND part = ? AND statement = ? AND step = ?";
            let mut params = vec![error.chars().take(10_000).collect::<String>().into()];
            params.extend(key(home, place));
            Ok(link.run_with(sql, params).await.map(drop)?)
        }
    }
}

async fn begin(link: &mut Link, home: &str, entry: &Entry) -> Result<(), Wrong> {
    for table in ["steps", "migrations"] {
        let sql = format!("DELETE /* dbwright */ FROM dbwright.{table} WHERE home = ? AND version = ?");
        link.run_with(&sql, vec![home.into(), entry.version.as_str().into()]).await?;
    }
    let sql = "INSERT /* dbwright */ INTO dbwright.migrations \
        (home, version, name, checksum, state, up, down, planned, tool, started_at, applied_at) \
        VALUES (?, ?, ?, ?, ?, ?, ?, '[]', ?, UTC_TIMESTAMP(6), IF(? = 'baseline', UTC_TIMESTAMP(6), NULL))";
    let down = entry.down.as_ref().map(json).transpose()?;
    let tool = concat!("dbwright ", env!("CARGO_PKG_VERSION"));
    let state = entry.state.word();
    let params = vec![
        home.into(),
        entry.version.as_str().into(),
        entry.name.as_str().into(),
        entry.checksum.as_str().into(),
        state.into(),
        json(&entry.up)?.into(),
        down.into(),
        tool.into(),
        state.into(),
    ];
    Ok(link.run_with(sql, params).await.map(drop)?)
}

async fn planned(
    link: &mut Link,
    home: &str,
    version: &str,
    (part, statement): (Part, usize),
    plan: &Planned,
) -> Result<(), Wrong> {
    let delete =
        "DELETE /* dbwright */ FROM dbwright.steps WHERE home = ? AND version = ? AND part = ? AND statement = ?";
    let place = |step| Place { version: version.to_owned(), part, statement, step };
    let mut statement_key = key(home, &place(0));
    statement_key.pop();
    link.run_with(delete, statement_key).await?;
    let read = "SELECT /* dbwright */ planned FROM dbwright.migrations WHERE home = ? AND version = ? FOR UPDATE";
    let rows = link.rows_with(read, vec![home.into(), version.into()]).await?;
    let text = rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default();
    let mut turns: Vec<Turn> = serde_json::from_str(&text).unwrap_or_default();
    turns.retain(|turn| (turn.part, turn.statement) != (part, statement));
    turns.push(Turn { part, statement, plan: Planned { steps: Vec::new(), ..plan.clone() } });
    let update = "UPDATE /* dbwright */ dbwright.migrations SET planned = ? WHERE home = ? AND version = ?";
    link.run_with(update, vec![json(&turns)?.into(), home.into(), version.into()]).await?;
    for (number, step) in plan.steps.iter().enumerate() {
        let sql = "INSERT /* dbwright */ INTO dbwright.steps (home, version, part, statement, step, title, phase, state, plan) \
            VALUES (?, ?, ?, ?, ?, ?, ?, 'planned', ?)";
        let mut params = key(home, &place(number));
        let phase = json(&step.phase)?;
        params.extend([step.title.as_str().into(), phase.trim_matches('"').into(), json(step)?.into()]);
        link.run_with(sql, params).await?;
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|e| Failure::internal("migrate.journal", format!("a plan can't be written down: {e}")))
}

fn unreadable(wrong: Wrong) -> Failure {
    match wrong {
        Wrong::Own(failure) => failure,
        Wrong::Server(error) => failure(&error, "the journal (schema dbwright) can't be read"),
    }
}

fn entry(row: &Cells) -> Result<Entry, Failure> {
    let cells = Row(row);
    let word = cells.text(3);
    Ok(Entry {
        version: cells.text(0),
        name: cells.text(1),
        checksum: cells.text(2),
        state: State::of(&word).ok_or_else(|| foreign(&word))?,
        started_at: cells.moment(4),
        applied_at: cells.moment(5),
        execution_time_ms: cells.number(6),
        rolled_back: cells.number(7) != 0,
        rolled_back_at: cells.moment(8),
        up: cells.json(9)?.unwrap_or_default(),
        down: cells.json(10)?,
        planned: cells.json(11)?.unwrap_or_default(),
        steps: Vec::new(),
    })
}

fn mark(row: &Cells) -> Result<Mark, Failure> {
    let cells = Row(row);
    let word = cells.text(4);
    let part = if cells.text(1) == Part::Down.word() { Part::Down } else { Part::Up };
    let number = |at| usize::try_from(cells.number(at)).unwrap_or_default();
    Ok(Mark {
        place: Place { version: cells.text(0), part, statement: number(2), step: number(3) },
        state: Progressed::of(&word).ok_or_else(|| foreign(&word))?,
        position: cells.json(5)?,
        plan: cells.json(6)?.ok_or_else(|| foreign("a step without its plan"))?,
        attempts: i32::try_from(cells.number(7)).unwrap_or(i32::MAX),
        error: row.get(8).cloned().flatten(),
        started_at: cells.moment(9),
        finished_at: cells.moment(10),
    })
}

struct Row<'a>(&'a Cells);

impl Row<'_> {
    fn cell(&self, at: usize) -> Option<&str> {
        self.0.get(at).and_then(Option::as_deref)
    }

    fn text(&self, at: usize) -> String {
        self.cell(at).unwrap_or_default().to_owned()
    }

    fn number(&self, at: usize) -> i64 {
        self.cell(at).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    fn moment(&self, at: usize) -> Option<Timestamp> {
        format!("{}Z", self.cell(at)?.replacen(' ', "T", 1)).parse().ok()
    }

    fn json<T: DeserializeOwned>(&self, at: usize) -> Result<Option<T>, Failure> {
        self.cell(at).map(|text| serde_json::from_str(text).map_err(|e| foreign(&e.to_string()))).transpose()
    }
}

fn foreign(what: &str) -> Failure {
    let message = format!("the journal (schema dbwright) holds what this version of dbwright does not know: {what}");
    Failure::unreachable("migrate.journal", message).hint("a newer dbwright may have written it: use that one")
}

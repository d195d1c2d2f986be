//! The journal: schema `dbwright`, tables `migrations` and `steps`.

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_migrate::journal::{Entry, Mark, Part, Place, Progressed, State, Write};
use dbwright_migrate::plan::Planned;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::PgSession;
use super::trouble::{Trouble, failure};

/// Made with the first write. The journal belongs to who made it; others may be let in with GRANT.
const SCHEMA: &str = "
CREATE SCHEMA IF NOT EXISTS dbwright;
CREATE TABLE IF NOT EXISTS dbwright.migrations (
    version text PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    state text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_at timestamptz,
    execution_time_ms bigint NOT NULL DEFAULT 0,
    rolled_back boolean NOT NULL DEFAULT false,
    rolled_back_at timestamptz,
    up jsonb NOT NULL,
    down jsonb,
    planned jsonb NOT NULL DEFAULT '[]',
    tool text NOT NULL,
    ordinal bigint GENERATED ALWAYS AS IDENTITY
);
CREATE TABLE IF NOT EXISTS dbwright.steps (
    version text NOT NULL REFERENCES dbwright.migrations ON DELETE CASCADE,
    part text NOT NULL,
    statement int NOT NULL,
    step int NOT NULL,
    title text NOT NULL,
    phase text NOT NULL,
    state text NOT NULL,
    position jsonb,
    plan jsonb NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    error text,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (version, part, statement, step)
);
COMMENT ON SCHEMA dbwright IS 'Journal and helpers of dbwright migrate';
COMMENT ON TABLE dbwright.migrations IS 'What dbwright migrate has applied';
COMMENT ON TABLE dbwright.steps IS 'The steps of each migration, and how far they are';
";

/// A moment in microseconds, because the server's clock is the only one that counts here.
const MIGRATIONS: &str = "SELECT /* dbwright */ version, name, checksum, state, \
    (extract(epoch FROM started_at) * 1000000)::int8, (extract(epoch FROM applied_at) * 1000000)::int8, \
    execution_time_ms, rolled_back, (extract(epoch FROM rolled_back_at) * 1000000)::int8, \
    up::text, down::text, planned::text FROM dbwright.migrations ORDER BY ordinal";

const STEPS: &str = "SELECT /* dbwright */ version, part, statement, step, state, position::text, plan::text, attempts, \
    error, (extract(epoch FROM started_at) * 1000000)::int8, (extract(epoch FROM finished_at) * 1000000)::int8 \
    FROM dbwright.steps ORDER BY version, part DESC, statement, step";

impl PgSession {
    pub(super) async fn read_journal(&mut self) -> Result<Vec<Entry>, Failure> {
        let client = self.main.client();
        let there = "SELECT /* dbwright */ pg_catalog.to_regclass('dbwright.migrations') IS NOT NULL \
            AND pg_catalog.to_regclass('dbwright.steps') IS NOT NULL";
        let failed = |e: tokio_postgres::Error| unreadable(&e);
        if !client.query_typed_one(there, &[]).await.and_then(|row| row.try_get::<_, bool>(0)).map_err(failed)? {
            return Ok(Vec::new());
        }
        let rows = client.query_typed(MIGRATIONS, &[]).await.map_err(failed)?;
        let steps = client.query_typed(STEPS, &[]).await.map_err(failed)?;
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
        let mut left = 3;
        loop {
            let client = self.main.client();
            let Err(wrong) = write_all(client, writes).await else { return Ok(()) };
            // The transaction is aborted or gone; either way nothing of it is left.
            let _ = client.batch_execute("ROLLBACK").await;
            let failure = match wrong {
                Wrong::Server(error) => match Trouble::of(&error, UNWRITTEN) {
                    Trouble::Lost(why) if left > 0 => {
                        left -= 1;
                        self.reconnect(&why, &Silent).await?;
                        continue;
                    }
                    _ => failure(&error, UNWRITTEN),
                },
                Wrong::Own(failure) => failure,
            };
            let refused = failure.code == "migrate.privilege";
            return Err(if refused { failure.hint(self.main.grant_create()) } else { failure });
        }
    }
}

const UNWRITTEN: &str = "the journal (schema dbwright) can't be written";

enum Wrong {
    Server(tokio_postgres::Error),
    Own(Failure),
}

impl From<tokio_postgres::Error> for Wrong {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Self::Own(failure)
    }
}

async fn write_all(client: &Client, writes: &[Write]) -> Result<(), Wrong> {
    client.batch_execute("BEGIN").await?;
    if writes.iter().any(|write| matches!(write, Write::Begin(_))) {
        let there = "SELECT /* dbwright */ pg_catalog.to_regclass('dbwright.steps') IS NOT NULL";
        // Looked at first: without the right to create schemas, IF NOT EXISTS fails even where there is one.
        if !client.query_typed_one(there, &[]).await?.try_get::<_, bool>(0)? {
            client.batch_execute(SCHEMA).await?;
        }
    }
    for write in writes {
        write_one(client, write).await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}

async fn write_one(client: &Client, write: &Write) -> Result<(), Wrong> {
    match write {
        Write::Begin(entry) => begin(client, entry).await,
        Write::Plan { version, part, statement, plan } => planned(client, version, *part, *statement, plan).await,
        Write::Mended { version, checksum, up, down } => {
            let down = down.as_ref().map(json).transpose()?;
            let sql = "UPDATE /* dbwright */ dbwright.migrations \
                SET checksum = $2, up = $3::text::jsonb, down = $4::text::jsonb WHERE version = $1";
            run(client, sql, &[version, checksum, &json(up)?, &down]).await
        }
        Write::State { version, state } => {
            forget_keys(client, version, *state).await?;
            let sql = "UPDATE /* dbwright */ dbwright.migrations SET state = $2, \
                applied_at = CASE WHEN $2 IN ('awaits-contract', 'applied') THEN coalesce(applied_at, clock_timestamp()) \
                    ELSE applied_at END, \
                rolled_back = ($2 = 'rolled-back'), \
                rolled_back_at = CASE WHEN $2 = 'rolled-back' THEN clock_timestamp() END WHERE version = $1";
            run(client, sql, &[version, &state.word()]).await
        }
        Write::Took { version, ms } => {
            let sql = "UPDATE /* dbwright */ dbwright.migrations SET execution_time_ms = execution_time_ms + $2::text::int8 \
                WHERE version = $1";
            run(client, sql, &[version, &ms.to_string()]).await
        }
        Write::Failed { place, error } => {
            let sql = "UPDATE /* dbwright */ dbwright.steps SET error = $5 \
                WHERE version = $1 AND part = $2 AND statement = $3::text::int AND step = $4::text::int";
            let (statement, step) = (place.statement.to_string(), place.step.to_string());
            run(client, sql, &[&place.version, &place.part.word(), &statement, &step, error]).await
        }
    }
}

/// Keys of inserted rows are kept for undo alone: they go with `contract`, and their table with the last of them.
async fn forget_keys(client: &Client, version: &str, state: State) -> Result<(), Wrong> {
    if !matches!(state, State::Applied | State::RolledBack) {
        return Ok(());
    }
    let mine = "SELECT /* dbwright */ coalesce((SELECT pg_catalog.pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class \
        WHERE oid = pg_catalog.to_regclass('dbwright.inserted')), false)";
    if !client.query_typed_one(mine, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(());
    }
    if state == State::Applied {
        // The moment at the end of `rows_of` stands in the step that noted the keys, and in no other.
        let sql = "DELETE /* dbwright */ FROM dbwright.inserted k USING (SELECT DISTINCT i.rows_of FROM (SELECT DISTINCT rows_of FROM dbwright.inserted) i \
            JOIN dbwright.steps s ON s.version = $1 AND pg_catalog.strpos(s.plan::text, pg_catalog.right(i.rows_of, 24)) > 0 \
            JOIN dbwright.migrations m ON m.version = s.version AND m.state = 'awaits-contract') gone WHERE k.rows_of = gone.rows_of";
        run(client, sql, &[&version]).await?;
    }
    let drop = "DO /* dbwright */ $dbwright$ BEGIN IF NOT EXISTS (SELECT FROM dbwright.inserted) THEN DROP TABLE dbwright.inserted; \
        END IF; END $dbwright$";
    Ok(client.batch_execute(drop).await?)
}

async fn begin(client: &Client, entry: &Entry) -> Result<(), Wrong> {
    run(client, "DELETE /* dbwright */ FROM dbwright.migrations WHERE version = $1", &[&entry.version]).await?;
    let sql = "INSERT /* dbwright */ INTO dbwright.migrations (version, name, checksum, state, up, down, tool, applied_at) \
        VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, $7, CASE WHEN $4 = 'baseline' THEN clock_timestamp() END)";
    let down = entry.down.as_ref().map(json).transpose()?;
    let tool = concat!("dbwright ", env!("CARGO_PKG_VERSION"));
    let state = entry.state.word();
    run(client, sql, &[&entry.version, &entry.name, &entry.checksum, &state, &json(&entry.up)?, &down, &tool]).await
}

async fn planned(client: &Client, version: &str, part: Part, statement: usize, plan: &Planned) -> Result<(), Wrong> {
    let at = statement.to_string();
    let delete = "DELETE /* dbwright */ FROM dbwright.steps \
        WHERE version = $1 AND part = $2 AND statement = $3::text::int";
    run(client, delete, &[&version, &part.word(), &at]).await?;
    let turn = serde_json::json!([{
        "part": part, "statement": statement, "plan": Planned { steps: Vec::new(), ..plan.clone() },
    }]);
    let update = "UPDATE /* dbwright */ dbwright.migrations SET planned = coalesce((SELECT jsonb_agg(t) \
        FROM jsonb_array_elements(planned) t WHERE NOT (t->>'part' = $2 AND (t->>'statement') = $3)), '[]') \
        || $4::text::jsonb WHERE version = $1";
    run(client, update, &[&version, &part.word(), &at, &turn.to_string()]).await?;
    for (number, step) in plan.steps.iter().enumerate() {
        let sql = "INSERT /* dbwright */ INTO dbwright.steps (version, part, statement, step, title, phase, state, plan) \
            VALUES ($1, $2, $3::text::int, $4::text::int, $5, $6, 'planned', $7::text::jsonb)";
        let phase = json(&step.phase)?;
        let phase = phase.trim_matches('"');
        let number = number.to_string();
        run(client, sql, &[&version, &part.word(), &at, &number, &step.title, &phase, &json(step)?]).await?;
    }
    Ok(())
}

/// All parameters are texts, so that no driver has to know more types than that.
async fn run(client: &Client, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(), Wrong> {
    let typed: Vec<_> = params.iter().map(|value| (*value, Type::TEXT)).collect();
    client.execute_typed(sql, &typed).await?;
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|e| Failure::internal("migrate.journal", format!("a plan can't be written down: {e}")))
}

fn unreadable(error: &tokio_postgres::Error) -> Failure {
    let failure = failure(error, "the journal (schema dbwright) can't be read");
    if failure.code == "migrate.privilege" {
        return failure
            .hint("GRANT USAGE ON SCHEMA dbwright TO …; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dbwright TO …");
    }
    failure
}

fn entry(row: &Row) -> Result<Entry, Failure> {
    let cells = Cells(row);
    let word: String = cells.get(3)?;
    Ok(Entry {
        version: cells.get(0)?,
        name: cells.get(1)?,
        checksum: cells.get(2)?,
        state: State::of(&word).ok_or_else(|| foreign(&word))?,
        started_at: cells.moment(4)?,
        applied_at: cells.moment(5)?,
        execution_time_ms: cells.get(6)?,
        rolled_back: cells.get(7)?,
        rolled_back_at: cells.moment(8)?,
        up: cells.json(9)?.unwrap_or_default(),
        down: cells.json(10)?,
        planned: cells.json(11)?.unwrap_or_default(),
        steps: Vec::new(),
    })
}

fn mark(row: &Row) -> Result<Mark, Failure> {
    let cells = Cells(row);
    let (part, word): (String, String) = (cells.get(1)?, cells.get(4)?);
    let part = if part == Part::Down.word() { Part::Down } else { Part::Up };
    let number = |at| Ok::<_, Failure>(usize::try_from(cells.get::<i32>(at)?).unwrap_or_default());
    Ok(Mark {
        place: Place { version: cells.get(0)?, part, statement: number(2)?, step: number(3)? },
        state: Progressed::of(&word).ok_or_else(|| foreign(&word))?,
        position: cells.json(5)?,
        plan: cells.json(6)?.ok_or_else(|| foreign("a step without its plan"))?,
        attempts: cells.get(7)?,
        error: cells.get(8)?,
        started_at: cells.moment(9)?,
        finished_at: cells.moment(10)?,
    })
}

struct Cells<'a>(&'a Row);

impl Cells<'_> {
    fn get<'r, T: tokio_postgres::types::FromSql<'r>>(&'r self, at: usize) -> Result<T, Failure> {
        self.0.try_get(at).map_err(|e| foreign(&e.to_string()))
    }

    fn moment(&self, at: usize) -> Result<Option<Timestamp>, Failure> {
        Ok(self.get::<Option<i64>>(at)?.and_then(|us| Timestamp::from_microsecond(us).ok()))
    }

    fn json<T: DeserializeOwned>(&self, at: usize) -> Result<Option<T>, Failure> {
        let text: Option<&str> = self.get(at)?;
        text.map(|text| serde_json::from_str(text).map_err(|e| foreign(&e.to_string()))).transpose()
    }
}

fn foreign(what: &str) -> Failure {
    let message = format!("the journal (schema dbwright) holds what this version of dbwright does not know: {what}");
    Failure::unreachable("migrate.journal", message).hint("a newer dbwright may have written it: use that one")
}

//! The mark of a step: the one line of the journal that says how far it is.

use dbwright_core::Failure;
use dbwright_migrate::journal::{Place, Progressed};
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::link::Link;
use super::patience::Tries;
use super::trouble::Trouble;
use super::{Job, PgSession};

const WHERE: &str = "version = $1 AND part = $2 AND statement = $3::int AND step = $4::int";

/// A step's place as parameters.
struct Key {
    version: String,
    part: &'static str,
    statement: i32,
    step: i32,
}

impl Key {
    fn of(place: &Place) -> Self {
        let small = |number| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            version: place.version.clone(),
            part: place.part.word(),
            statement: small(place.statement),
            step: small(place.step),
        }
    }

    fn params<'a>(&'a self, more: &[&'a (dyn ToSql + Sync)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        let mut params: Vec<(&(dyn ToSql + Sync), Type)> = vec![
            (&self.version, Type::TEXT),
            (&self.part, Type::TEXT),
            (&self.statement, Type::INT4),
            (&self.step, Type::INT4),
        ];
        params.extend(more.iter().map(|value| (*value, Type::TEXT)));
        params
    }
}

/// What the journal says of a step, read and kept from others inside a transaction.
pub(super) struct Mark {
    pub(super) state: Option<Progressed>,
    pub(super) position: Option<serde_json::Value>,
}

/// Reads a mark and keeps it locked for the transaction; also sees whether the session is still the same.
pub(super) async fn hold(link: &Link, place: &Place) -> Result<Mark, Trouble> {
    let client = link.client();
    let sql = format!(
        "SELECT /* dbwright */ state, position::text, pg_catalog.pg_backend_pid() FROM dbwright.steps WHERE {WHERE} FOR UPDATE"
    );
    let what = "the journal can't be read";
    let row = client.query_typed_opt(&sql, &Key::of(place).params(&[])).await.map_err(|e| Trouble::of(&e, what))?;
    let Some(row) = row else {
        return Err(Failure::internal("migrate.journal", "the journal has lost a step: was it changed by hand?").into());
    };
    let get = |e: tokio_postgres::Error| Trouble::of(&e, what);
    if row.try_get::<_, i32>(2).map_err(get)? != link.pid {
        return Err(link.pooled().into());
    }
    let position: Option<&str> = row.try_get(1).map_err(get)?;
    Ok(Mark {
        state: Progressed::of(row.try_get(0).map_err(get)?),
        position: position.and_then(|text| serde_json::from_str(text).ok()),
    })
}

/// Marks a step done or undone, in whatever transaction is open.
pub(super) async fn set(client: &Client, place: &Place, state: Progressed) -> Result<(), Trouble> {
    let sql = format!(
        "UPDATE /* dbwright */ dbwright.steps SET state = $5, error = NULL, finished_at = clock_timestamp() WHERE {WHERE}"
    );
    let word = state.word();
    let done = client.execute_typed(&sql, &Key::of(place).params(&[&word])).await;
    done.map(drop).map_err(|e| Trouble::of(&e, "the journal can't be written"))
}

/// Writes down where a backfill goes on, in the transaction of its batch.
pub(super) async fn move_to(client: &Client, place: &Place, position: &serde_json::Value) -> Result<(), Trouble> {
    let sql = format!("UPDATE /* dbwright */ dbwright.steps SET position = $5::jsonb WHERE {WHERE}");
    let text = position.to_string();
    let done =
        client.execute_typed(&sql.replace("$5::jsonb", "$5::text::jsonb"), &Key::of(place).params(&[&text])).await;
    done.map(drop).map_err(|e| Trouble::of(&e, "the journal can't be written"))
}

impl PgSession {
    /// Marks a step as begun, whatever interruption comes next. True when it is done (or undone) already.
    pub(super) async fn begin(&mut self, job: Job<'_>, state: Progressed) -> Result<bool, Failure> {
        let mut tries = Tries::new();
        loop {
            match self.try_begin(job.place, state).await {
                Ok(done) => return Ok(done),
                Err(trouble) => self.after(trouble, &mut tries, job).await?,
            }
        }
    }

    async fn try_begin(&self, place: &Place, state: Progressed) -> Result<bool, Trouble> {
        let end = if state == Progressed::Undoing { Progressed::Undone } else { Progressed::Done };
        let sql = format!(
            "UPDATE /* dbwright */ dbwright.steps SET state = $5, attempts = attempts + 1, error = NULL, \
             started_at = coalesce(started_at, clock_timestamp()) WHERE {WHERE} AND state <> $6"
        );
        let (word, end) = (state.word(), end.word());
        let begun = self.main.client().execute_typed(&sql, &Key::of(place).params(&[&word, &end])).await;
        Ok(begun.map_err(|e| Trouble::of(&e, "the journal can't be written"))? == 0)
    }
}

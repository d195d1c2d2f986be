//! The mark of a step: the one line of the journal that says how far it is.

use dbwright_core::Failure;
use dbwright_migrate::journal::{Place, Progressed};
use mysql_async::Value;

use super::link::Link;
use super::patience::Tries;
use super::trouble::Trouble;
use super::{Job, MySession};

const WHERE: &str = "home = ? AND version = ? AND part = ? AND statement = ? AND step = ?";

/// A step's place as parameters.
pub(super) fn key(home: &str, place: &Place) -> Vec<Value> {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    vec![
        home.into(),
        place.version.as_str().into(),
        place.part.word().into(),
        number(place.statement).into(),
        number(place.step).into(),
    ]
}

/// What the journal says of a step, read and kept from others inside a transaction.
pub(super) struct Mark {
    pub(super) state: Option<Progressed>,
    pub(super) position: Option<serde_json::Value>,
}

/// Reads a mark and keeps it locked for the transaction.
pub(super) async fn hold(link: &mut Link, home: &str, place: &Place) -> Result<Mark, Trouble> {
    let sql = format!("SELECT /* dbwright */ state, position FROM dbwright.steps WHERE {WHERE} FOR UPDATE");
    let rows =
        link.rows_with(&sql, key(home, place)).await.map_err(|e| Trouble::of(&e, "the journal can't be read"))?;
    let Some(row) = rows.first() else {
        return Err(Failure::internal("migrate.journal", "the journal has lost a step: was it changed by hand?").into());
    };
    let text = |at: usize| row.get(at).and_then(Option::as_deref);
    Ok(Mark {
        state: text(0).and_then(Progressed::of),
        position: text(1).and_then(|text| serde_json::from_str(text).ok()),
    })
}

/// Marks a step done or undone, in whatever transaction is open.
pub(super) async fn set(link: &mut Link, home: &str, place: &Place, state: Progressed) -> Result<(), Trouble> {
    let sql = format!(
        "UPDATE /* dbwright */ dbwright.steps SET state = ?, error = NULL, finished_at = UTC_TIMESTAMP(6) WHERE {WHERE}"
    );
    let mut params = vec![state.word().into()];
    params.extend(key(home, place));
    let done = link.run_with(&sql, params).await;
    done.map(drop).map_err(|e| Trouble::of(&e, "the journal can't be written"))
}

/// Writes down where a backfill goes on, in the transaction of its batch.
pub(super) async fn move_to(
    link: &mut Link,
    home: &str,
    place: &Place,
    position: &serde_json::Value,
) -> Result<(), Trouble> {
    let sql = format!("UPDATE /* dbwright */ dbwright.steps SET position = ? WHERE {WHERE}");
    let mut params = vec![position.to_string().into()];
    params.extend(key(home, place));
    let done = link.run_with(&sql, params).await;
    done.map(drop).map_err(|e| Trouble::of(&e, "the journal can't be written"))
}

impl MySession {
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

    async fn try_begin(&mut self, place: &Place, state: Progressed) -> Result<bool, Trouble> {
        let end = if state == Progressed::Undoing { Progressed::Undone } else { Progressed::Done };
        let sql = format!(
            "UPDATE /* dbwright */ dbwright.steps SET state = ?, attempts = attempts + 1, error = NULL, \
             started_at = COALESCE(started_at, UTC_TIMESTAMP(6)) WHERE {WHERE} AND state <> ?"
        );
        let mut params = vec![state.word().into()];
        params.extend(key(&self.home, place));
        params.push(end.word().into());
        let begun = self.main.run_with(&sql, params).await;
        Ok(begun.map_err(|e| Trouble::of(&e, "the journal can't be written"))? == 0)
    }
}

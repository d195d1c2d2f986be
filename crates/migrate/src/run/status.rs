//! How things stand: each migration, in files and in the journal.

use dbwright_core::Failure;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::preview::is_drift;
use crate::journal::{Entry, Mark, Progressed, State};
use crate::migration::Migration;
use crate::port::Session;

/// All migrations, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// `host:port/database` or a file.
    pub target: String,
    /// One line each: files in their order, then what only the journal knows.
    pub migrations: Vec<Line>,
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its file; none when only the journal knows it.
    pub file: Option<String>,
    /// How it stands.
    pub state: Where,
    /// Whether the file was changed after it was applied.
    pub drift: bool,
    /// When it was applied.
    pub applied_at: Option<Timestamp>,
    /// How long dbwright worked on it.
    pub execution_time_ms: Option<i64>,
    /// Steps done, and steps known so far.
    pub steps: (usize, usize),
    /// For what is unfinished: the step where it stands.
    pub at: Option<String>,
    /// And why that failed.
    pub error: Option<String>,
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    /// Not in the target.
    Pending,
    /// Begun and not finished.
    Running,
    /// In use; the old is still there.
    AwaitsContract,
    /// Done.
    Applied,
    /// Half undone.
    Undoing,
    /// Undone; pending again.
    RolledBack,
    /// Recorded as applied.
    Baseline,
}

impl From<State> for Where {
    fn from(state: State) -> Self {
        match state {
            State::Running => Self::Running,
            State::AwaitsContract => Self::AwaitsContract,
            State::Applied => Self::Applied,
            State::Undoing => Self::Undoing,
            State::RolledBack => Self::RolledBack,
            State::Baseline => Self::Baseline,
        }
    }
}

/// Says how files and journal stand. Writes nothing.
///
/// # Errors
/// When the journal can't be read.
pub async fn status(session: &mut dyn Session, migrations: &[Migration]) -> Result<Status, Failure> {
    let journal = session.journal().await?;
    let of = |m: &Migration| journal.iter().find(|entry| entry.version == m.version);
    let mut lines: Vec<Line> = migrations.iter().map(|m| line(Some(m), of(m))).collect();
    let unknown = |e: &&Entry| !migrations.iter().any(|m| m.version == e.version);
    lines.extend(journal.iter().filter(unknown).map(|entry| line(None, Some(entry))));
    Ok(Status { target: session.facts().target.clone(), migrations: lines })
}

fn line(file: Option<&Migration>, entry: Option<&Entry>) -> Line {
    let text = |of_file: fn(&Migration) -> &String, of_entry: fn(&Entry) -> &String| {
        file.map(of_file).or_else(|| entry.map(of_entry)).cloned().unwrap_or_default()
    };
    let done = |mark: &&Mark| mark.state == Progressed::Done;
    let at = entry.filter(|e| e.state.unfinished()).and_then(current);
    Line {
        version: text(|m| &m.version, |e| &e.version),
        name: text(|m| &m.name, |e| &e.name),
        file: file.map(|m| m.file.clone()),
        state: entry.map_or(Where::Pending, |e| e.state.into()),
        drift: file.zip(entry).is_some_and(|(m, e)| is_drift(e, m)),
        applied_at: entry.and_then(|e| e.applied_at),
        execution_time_ms: entry.map(|e| e.execution_time_ms),
        steps: entry.map_or((0, 0), |e| (e.steps.iter().filter(done).count(), e.steps.len())),
        at: at.map(|mark| mark.plan.title.clone()),
        error: at.and_then(|mark| mark.error.clone()),
    }
}

/// The step where an unfinished migration stands.
fn current(entry: &Entry) -> Option<&Mark> {
    match entry.state {
        State::Undoing => {
            entry.steps.iter().rev().find(|m| !matches!(m.state, Progressed::Undone | Progressed::Planned))
        }
        _ => entry.steps.iter().find(|mark| mark.state != Progressed::Done),
    }
}

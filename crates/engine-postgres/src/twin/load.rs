//! Runs many statements in the twin, in whatever order they can be run.
//!
//! Definitions depend on each other in ways that are tedious to sort out. So they are run in an order that is right for
//! most, many at a time; what fails is tried again after all others, until a round brings nothing more. What is left
//! then can't be made here, and is noted.

use dbwright_core::progress::Progress;
use dbwright_core::snapshot::Gap;
use dbwright_core::{Failure, FailureKind};
use tokio_postgres::{Client, Error as PgError};

/// Statements that are sent together.
const CHUNK: usize = 64;

/// The area of the twin's own gaps.
pub(super) const AREA: &str = "twin";

/// A statement for the twin.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// What it makes, for messages: `function public.f(int)`.
    pub(crate) object: String,
    /// Its text.
    pub(crate) sql: String,
}

impl Statement {
    pub(super) fn new(object: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { object: object.into(), sql: sql.into() }
    }
}

/// Runs them; each that fails for good becomes a gap.
///
/// # Errors
/// When the connection breaks, or the user asked to stop.
pub(crate) async fn run(
    client: &Client,
    statements: &[Statement],
    gaps: &mut Vec<Gap>,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for chunk in statements.chunks(CHUNK) {
        if progress.cancelled() {
            return Err(Failure::new(
                FailureKind::Interrupted,
                "interrupted",
                "stopped while the twin was being built",
            ));
        }
        failed.extend(together(client, chunk).await?);
    }
    loop {
        let before = failed.len();
        let mut left = Vec::new();
        for (statement, _) in failed {
            if let Err(error) = one(client, statement).await? {
                left.push((statement, error));
            }
        }
        failed = left;
        if failed.is_empty() || failed.len() == before {
            break;
        }
    }
    gaps.extend(failed.into_iter().map(|(statement, error)| gap(&statement.object, &crate::error::text(&error))));
    Ok(())
}

/// The gap of something that can't be made in the twin.
pub(super) fn gap(object: &str, why: &str) -> Gap {
    Gap { area: AREA.to_owned(), reason: format!("{object} can't be made in the twin: {why}"), remedy: None }
}

type Failed<'a> = Vec<(&'a Statement, PgError)>;

/// One message for all; when one of them fails, none has been run, and each is run on its own.
async fn together<'a>(client: &Client, chunk: &'a [Statement]) -> Result<Failed<'a>, Failure> {
    let text: String = chunk.iter().flat_map(|statement| [statement.sql.as_str(), ";\n"]).collect();
    match client.batch_execute(&text).await {
        Ok(()) => return Ok(Vec::new()),
        Err(error) if error.is_closed() => return Err(lost(&error)),
        Err(_) => {}
    }
    let mut failed = Vec::new();
    for statement in chunk {
        if let Err(error) = one(client, statement).await? {
            failed.push((statement, error));
        }
    }
    Ok(failed)
}

async fn one(client: &Client, statement: &Statement) -> Result<Result<(), PgError>, Failure> {
    match client.batch_execute(&statement.sql).await {
        Err(error) if error.is_closed() => Err(lost(&error)),
        done => Ok(done),
    }
}

/// The failure of a twin whose server is gone.
pub(super) fn lost(error: &PgError) -> Failure {
    Failure::internal("postgres.twin", format!("the planner twin refuses: {}", crate::error::text(error)))
}

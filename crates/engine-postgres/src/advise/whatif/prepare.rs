//! Statements of the workload as queries that can be planned.

use std::collections::BTreeSet;

use dbwright_advise::port::{Prepared, Query, Skip};
use dbwright_advise::usage::Usage;
use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::workload::Statement;

use super::seat::Seat;
use crate::advise::{params, usage};
use crate::body::PgBody;

/// Why the statements after a Ctrl-C are left out.
const STOPPED: &str = "stopped before it was looked at";

/// Most notes on parameters.
const NOTES: usize = 5;

/// Prepares all statements, in order: first what each costs, then, with index paths off, what it does with its tables.
pub(super) async fn all(
    seat: &Seat,
    body: &PgBody,
    statements: &[Statement],
    progress: &dyn Progress,
) -> Result<(Vec<Prepared>, Vec<String>), Failure> {
    progress.stage("planning the workload", Some(2 * statements.len() as u64));
    let mut prepared = Vec::with_capacity(statements.len());
    let mut notes = BTreeSet::new();
    for (at, statement) in statements.iter().enumerate() {
        progress.step(at as u64);
        prepared.push(if progress.cancelled() {
            skip(STOPPED)
        } else {
            one(seat, body, at, statement, &mut notes).await
        });
        if seat.connection.client.is_closed() {
            return Err(seat.lost("the server closed the connection"));
        }
    }
    let set = |(name, value): &(&str, &str)| format!("SET /* dbwright */ {name} = {value}");
    set_all(seat, usage::SETTINGS.iter().map(set)).await?;
    for (at, one) in prepared.iter_mut().enumerate() {
        progress.step((statements.len() + at) as u64);
        if let Err(skip) = use_of(seat, body, one).await {
            *one = Err(skip);
        }
    }
    set_all(seat, usage::SETTINGS.iter().map(|(name, _)| format!("RESET /* dbwright */ {name}"))).await?;
    Ok((prepared, few(notes)))
}

async fn set_all(seat: &Seat, commands: impl Iterator<Item = String>) -> Result<(), Failure> {
    let commands: Vec<String> = commands.collect();
    seat.command(&commands.join("; ")).await.map_err(|reason| seat.lost(&reason))
}

fn skip(reason: impl Into<String>) -> Prepared {
    Err(Skip { reason: reason.into() })
}

/// The first of many notes.
fn few(notes: BTreeSet<String>) -> Vec<String> {
    let more = notes.len().saturating_sub(NOTES);
    let mut few: Vec<String> = notes.into_iter().take(NOTES).collect();
    if more > 0 {
        few.push(format!("{more} more parameters had to be made up."));
    }
    few
}

/// One statement with parameters in place, once for each kind of value. A value that the planner refuses costs its kind
/// only.
async fn one(seat: &Seat, body: &PgBody, at: usize, statement: &Statement, notes: &mut BTreeSet<String>) -> Prepared {
    let filled = params::fill(&seat.connection.client, statement, body).await?;
    let mut queries = Vec::with_capacity(filled.len());
    let mut refused = String::new();
    for filled in filled {
        let plan = match seat.explain(&filled.sql, "").await {
            Ok(plan) => plan,
            Err(reason) => {
                refused = format!("PostgreSQL can't plan it: {reason}");
                continue;
            }
        };
        notes.extend(filled.notes);
        let (sql, share) = (filled.sql, filled.share);
        queries.push(Query { statement: at, share, sql, usage: Usage::default(), cost: plan.total_cost });
    }
    let whole: f64 = queries.iter().map(|query| query.share).sum();
    for query in &mut queries {
        query.share /= whole;
    }
    if queries.is_empty() { skip(refused) } else { Ok(queries) }
}

/// Fills in what the queries of a statement do with their tables.
async fn use_of(seat: &Seat, body: &PgBody, prepared: &mut Prepared) -> Result<(), Skip> {
    for query in prepared.iter_mut().flatten() {
        let plan = seat.explain(&query.sql, "VERBOSE, ").await;
        let plan =
            plan.map_err(|reason| Skip { reason: format!("PostgreSQL can't plan it without indexes: {reason}") })?;
        if let Some(skip) = params::ungathered(&plan, body) {
            return Err(skip);
        }
        query.usage = usage::of(&plan, body);
    }
    Ok(())
}

/// Milliseconds that one unit of cost takes, over all statements whose time is known.
pub(super) fn pace(statements: &[Statement], prepared: &[Prepared]) -> Option<f64> {
    let (mut ms, mut cost) = (0.0, 0.0);
    for (statement, queries) in statements.iter().zip(prepared) {
        if let (Some(total), Ok(queries)) = (statement.total_ms, queries) {
            ms += total;
            cost += statement.calls * queries.iter().map(|query| query.share * query.cost).sum::<f64>();
        }
    }
    (ms > 0.0 && cost > 0.0).then(|| ms / cost)
}

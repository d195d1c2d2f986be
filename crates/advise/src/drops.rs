//! What is there already and need not be: unused, duplicate, redundant and replaced indexes, and those that do not pay.
//!
//! A reason alone drops nothing: all that could go is hidden at once and the whole workload is planned without it,
//! because two indexes may each stand in for the other. What a statement misses is put back, until no statement is
//! worse by more than one per cent.

mod reason;
mod rehearse;
pub(crate) mod report;

use dbwright_core::Failure;

pub use reason::Reason;

use crate::index::Index;
use crate::port::{Existing, IndexId, Query, WhatIf};
use crate::run::Options;
use crate::weights::Weights;
use rehearse::Rehearsal;

/// Reads that were counted over less than this tell nothing about an index that was never read.
const WINDOW_S: f64 = 7.0 * 86_400.0;

/// What is looked at.
pub struct Look<'a> {
    /// Where plans are made.
    pub whatif: &'a dyn WhatIf,
    /// The queries, by id.
    pub queries: &'a [Query],
    /// What each query weighs.
    pub weights: &'a Weights,
    /// What upkeep weighs against them.
    pub upkeep: f64,
    /// The indexes that are to be created: id and definition.
    pub chosen: &'a [(IndexId, &'a Index)],
    /// Seconds over which reads of indexes were counted, when known.
    pub window_s: Option<f64>,
    /// What the user asked for.
    pub options: &'a Options,
}

/// An index that may go.
#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    /// Its id.
    pub id: IndexId,
    /// Why.
    pub reason: Reason,
    /// Bytes that it frees.
    pub bytes: u64,
    /// Upkeep that it saves, weighted.
    pub saves: f64,
    /// Weighted cost of the workload with the new indexes and with this one, all others here gone.
    pub before: f64,
    /// The same without this one.
    pub after: f64,
}

/// What may go, all of it together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dropped {
    /// The indexes.
    pub gone: Vec<Gone>,
    /// Plans that were made.
    pub calls: u64,
    /// What the reader should know, one sentence each.
    pub notes: Vec<String>,
}

/// Looks for indexes that need not be.
///
/// # Errors
/// When the place where plans are made fails as a whole.
pub async fn look(look: &Look<'_>) -> Result<Dropped, Failure> {
    let existing = look.whatif.existing();
    let mut dropped = Dropped::default();
    if !look.options.drops {
        return Ok(dropped);
    }
    let mut rehearsal = Rehearsal::start(look).await?;
    let mut reasons = reason::reasons(look, &existing, &rehearsal.read());
    loop {
        let hidden: Vec<IndexId> = reasons.iter().map(|(id, _)| *id).collect();
        let missed = rehearsal.missed(&hidden).await?;
        if missed.is_empty() {
            break;
        }
        reasons.retain(|(id, _)| !missed.contains(id));
    }
    loop {
        let hidden: Vec<IndexId> = reasons.iter().map(|(id, _)| *id).collect();
        dropped.gone = rehearsal.worth(&hidden).await?.into_iter().zip(&reasons).map(gone(look, &existing)).collect();
        let before = reasons.len();
        let pays = |gone: &Gone| gone.after - gone.before > gone.saves;
        let kept: Vec<IndexId> = dropped.gone.iter().filter(|gone| pays(gone)).map(|gone| gone.id).collect();
        reasons.retain(|(id, _)| !kept.contains(id));
        if reasons.len() == before {
            break;
        }
    }
    dropped.calls = rehearsal.calls;
    dropped.notes.extend(rehearsal.refused);
    Ok(dropped)
}

type Pair<'r> = ((f64, f64), &'r (IndexId, Reason));

fn gone<'a>(look: &'a Look<'_>, existing: &'a [Existing]) -> impl Fn(Pair<'_>) -> Gone + 'a {
    move |((before, after), (id, reason))| Gone {
        id: *id,
        reason: reason.clone(),
        bytes: existing[*id].bytes,
        saves: existing[*id].upkeep * look.upkeep,
        before,
        after,
    }
}

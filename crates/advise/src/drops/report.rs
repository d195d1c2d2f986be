//! What may go, as the advice lists it.

use dbwright_core::Proof;
use dbwright_core::proof::Experiment;

use super::reason::partner;
use super::{Dropped, Gone, Reason};
use crate::advice::{Drop, Replace};
use crate::port::{Existing, IndexId, WhatIf};

/// What a report says beside the drops themselves.
pub(crate) struct Report<'a> {
    /// Where plans were made.
    pub(crate) whatif: &'a dyn WhatIf,
    /// Unit of costs.
    pub(crate) unit: &'a str,
    /// Brings a sum of counts to that unit.
    pub(crate) shown: &'a dyn Fn(f64) -> f64,
    /// The command that repeats the experiment.
    pub(crate) repeat: String,
    /// New indexes: id and name.
    pub(crate) created: Vec<(IndexId, String)>,
}

impl Report<'_> {
    /// The indexes to drop, and those that new ones take the place of.
    pub(crate) fn lists(&self, dropped: &Dropped) -> (Vec<Drop>, Vec<Replace>) {
        let existing = self.whatif.existing();
        let (mut drops, mut replaced) = (Vec::new(), Vec::new());
        for gone in &dropped.gone {
            match &gone.reason {
                Reason::Replaced(new) => replaced.push(self.replace(gone, new, &existing)),
                reason => drops.push(self.drop(gone, reason, &existing)),
            }
        }
        (drops, replaced)
    }

    fn drop(&self, gone: &Gone, reason: &Reason, existing: &[Existing]) -> Drop {
        let change = self.whatif.drop(gone.id);
        Drop {
            statement: change.forward.join("; "),
            index: subject(&existing[gone.id]),
            bytes: gone.bytes,
            gain: gone.saves,
            reason: reason.word().to_owned(),
            change,
            proof: self.proof(gone, partner(reason).map(|id| subject(&existing[id]))),
        }
    }

    fn replace(&self, gone: &Gone, new: &[IndexId], existing: &[Existing]) -> Replace {
        let change = self.whatif.drop(gone.id);
        let named = self.created.iter().filter(|(id, _)| new.contains(id));
        Replace {
            index: subject(&existing[gone.id]),
            by: named.map(|(_, name)| name.clone()).collect(),
            bytes: gone.bytes,
            statement: change.forward.join("; "),
            change,
            proof: self.proof(gone, None),
        }
    }

    fn proof(&self, gone: &Gone, partner: Option<String>) -> Proof {
        let stays = partner.map_or(String::new(), |name| format!("; {name} stays"));
        let place = self.whatif.place();
        Proof::Planner(Experiment {
            before: (self.shown)(gone.before),
            after: (self.shown)(gone.after),
            unit: self.unit.to_owned(),
            runs: 1,
            spread: 0.0,
            repeat: self.repeat.clone(),
            note: Some(format!(
                "the whole workload with and without it, all other drops carried out, in {place}{stays}"
            )),
        })
    }
}

fn subject(existing: &Existing) -> String {
    match existing.index.table.schema.as_str() {
        "" => existing.name.clone(),
        schema => format!("{schema}.{}", existing.name),
    }
}

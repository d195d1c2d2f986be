//! Narrower indexes in the place of wide ones that do hardly more: without a budget, nothing else speaks against an index
//! that holds half of its table.

use std::cmp::Reverse;

use dbwright_core::Failure;

use super::refine::{Outcome, Search};
use super::space::{CandidateId, Space};

/// Share of what an index gains that a narrower one has to keep.
const KEPT: f64 = 0.99;
/// How much more than with the wider ones any query may cost.
const DEARER: f64 = 1.5;
/// Most bytes of a narrower index, as a share of the wider one's: for less it is not worth a loss.
const SMALLER: f64 = 0.5;
/// Most narrower ones that are tried for one index.
const TRIED: usize = 3;

impl Search<'_> {
    /// Takes narrower indexes for those chosen, where that is nearly as good for the whole and for each query.
    pub(super) async fn thin(&mut self, best: &mut Outcome) -> Result<(), Failure> {
        let most: Vec<f64> = best.costs.iter().map(|cost| cost * DEARER).collect();
        let mut chosen = best.chosen.clone();
        chosen.sort_by_key(|wide| Reverse(self.space.candidates[*wide as usize].estimate.bytes));
        for wide in chosen {
            let narrower = narrower(&self.space, wide);
            if self.clock.over() || narrower.is_empty() {
                continue;
            }
            let rest: Vec<CandidateId> = best.chosen.iter().copied().filter(|c| *c != wide).collect();
            let without = self.priced(rest.clone()).await?;
            let enough = without.cost - (without.cost - best.cost) * KEPT;
            for narrow in narrower {
                if rest.contains(&narrow) {
                    continue;
                }
                let mut chosen = rest.clone();
                chosen.push(narrow);
                chosen.sort_unstable();
                let thinner = self.priced(chosen).await?;
                if thinner.cost <= enough && thinner.costs.iter().zip(&most).all(|(cost, most)| cost <= most) {
                    *best = thinner;
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Candidates of which another one is a wider form, the narrowest first.
fn narrower(space: &Space<'_>, wide: CandidateId) -> Vec<CandidateId> {
    let wide = &space.candidates[wide as usize];
    let stored = |column: &String| {
        wide.index.include.contains(column) || wide.index.keys.iter().any(|key| key.part.column() == Some(column))
    };
    let is_part = |(_, narrow): &(CandidateId, &super::space::Candidate)| {
        let (one, other) = (&narrow.index, &wide.index);
        narrow.estimate.bytes as f64 <= wide.estimate.bytes as f64 * SMALLER
            && (&one.table, &one.method, &one.predicate, &one.options)
                == (&other.table, &other.method, &other.predicate, &other.options)
            && other.keys.starts_with(&one.keys)
            && one.include.iter().all(stored)
    };
    let mut found: Vec<_> = (0..).zip(&space.candidates).filter(is_part).collect();
    found.sort_by_key(|(id, narrow)| (narrow.estimate.bytes, *id));
    found.into_iter().map(|(id, _)| id).take(TRIED).collect()
}

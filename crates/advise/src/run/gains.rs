//! What each chosen index is worth: what the workload would lose without this one.

use std::collections::BTreeMap;

use dbwright_core::Failure;

use crate::search::{CandidateId, Outcome, Question, Search};

/// What one chosen index is worth.
#[derive(Debug, Clone, Default)]
pub(super) struct Worth {
    /// The index.
    pub(super) candidate: CandidateId,
    /// Weighted cost that reading would rise by without it.
    pub(super) gain: f64,
    /// By statement, the most helped first.
    pub(super) helps: Vec<(usize, f64)>,
}

/// The worth of each chosen index, the greatest first.
pub(super) async fn worths(search: &mut Search<'_>, outcome: &Outcome) -> Result<Vec<Worth>, Failure> {
    let (mut questions, mut about) = (Vec::<Question>::new(), Vec::new());
    for query in 0..search.space.queries.len() {
        let seen = search.space.seen(query, &outcome.chosen);
        let Some(fact) = search.oracle.known(query, &seen) else { continue };
        for place in fact.used.iter() {
            about.push(search.space.views[query].list[place]);
            questions.push((query, seen.without(&[place].into_iter().collect())));
        }
    }
    let answers = search.oracle.finish(&search.space, &questions).await?;
    let mut worths: BTreeMap<CandidateId, BTreeMap<usize, f64>> = BTreeMap::new();
    for candidate in &outcome.chosen {
        worths.entry(*candidate).or_default();
    }
    for (((query, _), candidate), answer) in questions.iter().zip(about).zip(answers) {
        let Some(fact) = answer else { continue };
        let loss = search.weights.of(*query, fact.cost) - search.weights.of(*query, outcome.costs[*query]);
        let statement = search.space.queries[*query].statement;
        *worths.entry(candidate).or_default().entry(statement).or_default() += loss;
    }
    let mut found: Vec<_> = worths.into_iter().map(worth).collect();
    found.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.candidate.cmp(&b.candidate)));
    Ok(found)
}

fn worth((candidate, helps): (CandidateId, BTreeMap<usize, f64>)) -> Worth {
    let gain = helps.values().sum();
    let mut helps: Vec<_> = helps.into_iter().filter(|(_, loss)| *loss > 0.0).collect();
    helps.sort_by(|a, b| b.1.total_cmp(&a.1));
    Worth { candidate, gain, helps }
}

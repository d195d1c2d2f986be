//! What a rehearsal says of a change, and how a finding tells it.

use dbwright_core::proof::Experiment;
use dbwright_core::{Finding, Proof};

use super::trial::{Touches, Trial};

/// How the server did an `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    /// `ALGORITHM=INPLACE, LOCK=NONE`.
    pub(super) way: String,
    /// Whether the change itself demands it; else it is the first way of all that the server allows.
    pub(super) demanded: bool,
}

/// What became of the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Back {
    /// Everything is as it was.
    Same,
    /// The finding is back, and the definition is not quite what it was.
    Other,
    /// It does not lead back.
    Fails(String),
    /// There is none.
    None,
}

/// What its rehearsal says of a change.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    Works {
        works: Vec<Work>,
        back: Back,
        /// What the workload's statements had to do with it.
        workload: Option<String>,
    },
    Fails(String),
    Unknown(String),
}

impl Verdict {
    /// Why it is no success.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Works { .. } => String::new(),
            Self::Fails(reason) | Self::Unknown(reason) => reason,
        }
    }
}

/// Enters a verdict into a finding. `place` is the private server, `repeat` the command that does it again.
pub(super) fn enter(finding: &mut Finding, trial: &Trial, verdict: &Verdict, place: &str, repeat: &str) {
    match verdict {
        Verdict::Works { works, back, workload } => {
            if let (Back::Fails(reason), Some(change)) = (back, &mut finding.change) {
                change.back.clear();
                change.irreversible = Some(format!("the way back did not stand its rehearsal: {reason}"));
            }
            finding.proof = Proof::Rehearsed(Experiment {
                before: 1.0,
                after: 0.0,
                unit: "findings".to_owned(),
                runs: 1,
                spread: 0.0,
                repeat: format!("{repeat} --prove --only {}", finding.rule),
                note: Some(
                    [Some(note(trial, works, back, place)), workload.clone()]
                        .into_iter()
                        .flatten()
                        .collect::<Vec<_>>()
                        .join("; "),
                ),
            });
        }
        Verdict::Fails(reason) => finding.withdraw(&format!("was carried out in {place}, but {reason}")),
        Verdict::Unknown(reason) => finding.proof = Proof::unproven(format!("the change was not rehearsed: {reason}")),
    }
}

fn note(trial: &Trial, works: &[Work], back: &Back, place: &str) -> String {
    let state = match &trial.touches {
        Touches::Tables(tables) if tables.len() == 1 => "with the table as the target defines it and no rows",
        Touches::Tables(_) => "with the tables as the target defines them and no rows",
        Touches::Settings(_) => "with the target's value",
        Touches::Accounts(_) => "with such an account (name, lock, TLS, a superuser's rights; not its password)",
    };
    let ways = ways(works).map_or_else(String::new, |ways| format!("{ways}, "));
    let back = match (back, &trial.touches) {
        (Back::Same, Touches::Tables(_)) => "; the way back led to the same definition and the finding again",
        (Back::Same, _) => "; the way back led to the finding again",
        (Back::Other, _) => "; the way back led to the finding again, but not to quite the same definition",
        (Back::Fails(_), _) => "; the way back did not lead back and is left out",
        (Back::None, _) => "",
    };
    format!(
        "carried out in {place}, {state}: the finding showed there, {ways}and the same rules, going by the target's sizes and \
         counters, found it gone and nothing of severity medium or above new{back}"
    )
}

/// How the server did it, for people.
fn ways(works: &[Work]) -> Option<String> {
    let told: Vec<String> = works
        .iter()
        .map(|work| {
            let who = if work.demanded { "the server kept to" } else { "the gentlest way that the server allowed was" };
            format!("{who} {}", work.way)
        })
        .fold(Vec::new(), |mut all, one| {
            if !all.contains(&one) {
                all.push(one);
            }
            all
        });
    (!told.is_empty()).then(|| told.join(" and "))
}

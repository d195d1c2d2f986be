//! Rehearsals: each change that was not measured is carried out in the copy, and the same rules look again.
//!
//! All changes are tried in one transaction and judged by one look, which is nearly always enough. What does
//! badly in company (two changes that make the same table anew, say) gets a transaction and a look of its own.
//! A change that fails, leaves its finding, or brings about another one is withdrawn, and the finding says so.

use std::path::Path;
use std::time::{Duration, Instant};

use dbwright_check::rehearsal::{Alike, alike};
use dbwright_check::{Checks as _, Outcome, overlap};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::{Progress, Quiet};
use dbwright_core::proof::Experiment;
use dbwright_core::rule::Limits;
use dbwright_core::{Failure, Finding, Proof, Snapshot, words};
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode};

use super::missing_index::figure;
use super::trial::{Cost, carry_out};
use crate::Sqlite;
use crate::connect::Source;
use crate::error::Error;
use crate::observe::{self, Deadline, interrupted};

/// Length of a file up to which changes are rehearsed; making one of this length anew takes about a minute.
pub(super) const LARGEST: u64 = 4 << 30;

/// The copy, and what the rules said before.
pub(super) struct Rehearsal<'a> {
    copy: Source,
    options: &'a ObserveOptions,
    limits: &'a Limits,
    progress: &'a dyn Progress,
    until: Instant,
    /// What the rules report without any change.
    first: Outcome,
}

/// How a change went.
enum Ended {
    Done(Cost),
    Failed(String),
    /// The experiment itself came to nothing.
    Unknown(String),
}

/// In which company a change was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// There was no other.
    Only,
    /// After those of worse findings.
    Together,
    /// By itself, because it did not do well with the others.
    Alone,
}

/// What its rehearsal says of a change.
enum Verdict {
    Works { cost: Cost, how: How },
    Fails(String),
    Unknown(String),
}

/// Whether a finding waits for a rehearsal: it has a change that no experiment speaks for.
pub(super) fn waits(finding: &Finding) -> bool {
    finding.change.is_some() && finding.proof.experiment().is_none()
}

/// Says of all waiting findings why their changes are not rehearsed.
pub(super) fn skip(outcome: &mut Outcome, reason: &str) {
    for finding in outcome.findings.iter_mut().filter(|finding| waits(finding)) {
        finding.proof = Proof::unproven(format!("the change was not rehearsed: {reason}"));
    }
}

impl<'a> Rehearsal<'a> {
    /// Prepares a copy of `path` for changes; `time` is for all of them.
    ///
    /// # Errors
    /// When the copy is unusable.
    pub(super) fn new(
        db: Connection,
        path: &Path,
        snapshot: &Snapshot,
        (options, limits): (&'a ObserveOptions, &'a Limits),
        progress: &'a dyn Progress,
        time: Duration,
    ) -> Result<Self, Failure> {
        let unusable = || Error::sqlite("the lab is unusable");
        // VACUUM attaches its scratch file; these statements are our own, and no schema can attach anything.
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1).map_err(unusable())?;
        // What is undone may be larger than the memory.
        db.execute_batch("PRAGMA journal_mode = truncate").map_err(unusable())?;
        let body: &crate::body::SqliteBody = snapshot.body()?;
        let copy = Source::copy(path, db, body.file.bytes);
        Ok(Self {
            copy,
            options,
            limits,
            progress,
            until: Instant::now() + time,
            first: Sqlite.check(snapshot, limits)?,
        })
    }

    /// Rehearses the changes of all waiting findings and fills their proofs in.
    ///
    /// # Errors
    /// When the user stops it.
    pub(super) fn run(mut self, outcome: &mut Outcome, repeat: &str) -> Result<(), Failure> {
        let all = alike(&outcome.findings, waits).into_iter().map(|(change, _)| change);
        let (inside, outside): (Vec<_>, Vec<_>) = all.partition(|one| one.change.in_transaction);
        self.progress.stage("rehearsing the changes in a copy", Some((inside.len() + outside.len()) as u64));
        let mut done = 0;
        let mut verdicts = if inside.len() > 1 { self.together(&inside)? } else { Vec::new() };
        verdicts.resize_with(inside.len(), || None);
        for (trial, verdict) in inside.iter().zip(verdicts).chain(outside.iter().map(|trial| (trial, None))) {
            let verdict = match verdict {
                Some(verdict) => verdict,
                None => self.alone(trial, inside.len() > 1 && trial.change.in_transaction)?,
            };
            for finding in outcome.findings.iter_mut().filter(|f| waits(f) && trial.of.contains(&f.fingerprint)) {
                let plain = self.first.findings.iter().find(|first| first.fingerprint == finding.fingerprint);
                let said = plain.is_none_or(|plain| plain.proof != finding.proof);
                enter(finding, &verdict, said, repeat);
            }
            done += 1;
            self.progress.step(done);
        }
        Ok(())
    }

    /// All changes in one transaction and one look; no verdict for those that have to be tried again.
    fn together(&mut self, trials: &[Alike]) -> Result<Vec<Option<Verdict>>, Failure> {
        self.plain("BEGIN")?;
        let mut ended = Vec::new();
        // Half of the time at most, so that one look can still judge what was carried out.
        let half = Instant::now() + self.until.saturating_duration_since(Instant::now()) / 2;
        for trial in trials {
            if Instant::now() > half {
                break;
            }
            self.plain("SAVEPOINT one")?;
            let end = self.carry_out(trial)?;
            if !matches!(end, Ended::Done(_)) && !self.copy.db.is_autocommit() {
                self.plain("ROLLBACK TO one")?;
            }
            if self.copy.db.is_autocommit() {
                // SQLite gave the whole transaction up, as it does when a disk is full.
                return Ok(Vec::new());
            }
            self.plain("RELEASE one")?;
            ended.push(end);
        }
        let second = self.look();
        self.undo()?;
        let second = second?;
        let works = |(trial, end): (&Alike, Ended)| match end {
            Ended::Done(cost) => {
                self.complaint(trial, &second).is_none().then_some(Verdict::Works { cost, how: How::Together })
            }
            _ => None,
        };
        Ok(trials.iter().zip(ended).map(works).collect())
    }

    /// One change and a look. `again` tells that it did not do well together with the others.
    fn alone(&mut self, trial: &Alike, again: bool) -> Result<Verdict, Failure> {
        if Instant::now() > self.until {
            return Ok(Verdict::Unknown(
                "the time for experiments was up; raise budget_s of sqlite/missing-index".to_owned(),
            ));
        }
        if trial.change.in_transaction {
            self.plain("BEGIN")?;
        }
        let verdict = match self.carry_out(trial)? {
            Ended::Done(cost) => {
                let second = self.look()?;
                self.complaint(trial, &second)
                    .unwrap_or(Verdict::Works { cost, how: if again { How::Alone } else { How::Only } })
            }
            Ended::Failed(reason) => Verdict::Fails(reason),
            Ended::Unknown(reason) => Verdict::Unknown(reason),
        };
        self.undo()?;
        Ok(verdict)
    }

    fn carry_out(&mut self, trial: &Alike) -> Result<Ended, Failure> {
        if self.progress.cancelled() {
            return Err(Error::Cancelled.into());
        }
        let deadline = Deadline::install(&mut self.copy.db).map_err(Error::sqlite("the lab is unusable"))?;
        deadline.within(self.until.saturating_duration_since(Instant::now()));
        let ended = carry_out(&trial.change, &self.copy.db);
        deadline.lift();
        Ok(match ended {
            Ok(cost) => Ended::Done(cost),
            Err((_, error)) if interrupted(&error) => Ended::Unknown(
                "it takes longer than the time for experiments; raise budget_s of sqlite/missing-index".to_owned(),
            ),
            Err((_, error)) if of_the_lab(&error) => Ended::Unknown(format!("the lab failed: {error}")),
            Err((sql, error)) => Ended::Failed(format!("`{}` failed: {error}", words::short(sql))),
        })
    }

    /// What the rules say now.
    fn look(&mut self) -> Result<Outcome, Failure> {
        let snapshot = observe::source_snapshot(&mut self.copy, self.options, &Quiet(self.progress))?;
        Sqlite.check(&snapshot, self.limits)
    }

    /// What a second look has against a change; nothing, when the change works.
    fn complaint(&self, trial: &Alike, second: &Outcome) -> Option<Verdict> {
        if second.findings.iter().any(|finding| trial.of.contains(&finding.fingerprint)) {
            return Some(Verdict::Fails("the finding was still there".to_owned()));
        }
        let unseen = second.not_looked_at.iter().find(|entry| {
            trial.rules.contains(&entry.rule)
                && !self.first.not_looked_at.iter().any(|known| known.reason == entry.reason)
        });
        if let Some(entry) = unseen {
            return Some(Verdict::Unknown(format!("its rule could not look again: {}", entry.reason)));
        }
        let new = overlap::brought(&self.first, second).next();
        new.map(|finding| {
            Verdict::Fails(format!("it brought about another finding: {} ({})", finding.title, finding.rule))
        })
    }

    fn plain(&self, sql: &str) -> Result<(), Error> {
        self.copy.db.execute_batch(sql).map_err(Error::sqlite("in the lab"))
    }

    fn undo(&self) -> Result<(), Error> {
        if self.copy.db.is_autocommit() { Ok(()) } else { self.plain("ROLLBACK") }
    }
}

/// Whether it is the lab that failed, and not the change.
fn of_the_lab(error: &rusqlite::Error) -> bool {
    use ErrorCode::{CannotOpen, DiskFull, OutOfMemory, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(DiskFull | OutOfMemory | SystemIoFailure | CannotOpen))
}

/// Enters a verdict into a finding; `said` tells that measuring has left a reason why it did not measure.
fn enter(finding: &mut Finding, verdict: &Verdict, said: bool, repeat: &str) {
    match verdict {
        Verdict::Works { cost, how } => {
            let mut note = format!(
                "the change took {} ms in a copy{}; the same rules then looked again: it is gone, and nothing of severity medium or above is new",
                figure(cost.ms),
                cost.space(),
            );
            note += match how {
                How::Only => "",
                How::Together => ". All changes were carried out together, those of worse findings first",
                How::Alone => {
                    ". It was tried alone, as it does not go together with the other changes: look again after each"
                }
            };
            if let Proof::Unproven { note: reason } = &finding.proof
                && said
            {
                note += ". What it saves was not measured: ";
                note += reason;
            }
            finding.proof = Proof::Rehearsed(Experiment {
                before: 1.0,
                after: 0.0,
                unit: "findings".to_owned(),
                runs: 1,
                spread: 0.0,
                repeat: format!("{repeat} --only {}", finding.rule),
                note: Some(note),
            });
        }
        Verdict::Fails(reason) => {
            finding.withdraw(&format!("was carried out in a copy, but {reason}"));
        }
        Verdict::Unknown(reason) => {
            finding.proof = Proof::unproven(format!("the change was not rehearsed to its end: {reason}"));
        }
    }
}

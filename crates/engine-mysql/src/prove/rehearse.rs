//! Rehearsals: each change is carried out on a private server that has the state it is about, and the same rules look again.
//!
//! Changes of different tables are tried side by side, so that a round is judged by one look before, one after and one when
//! all ways back were gone; changes of one table, and of tables that refer to each other, are in different rounds. A
//! change that fails, leaves its finding, or brings about another one is withdrawn, and the finding says so.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_check::{Outcome, overlap};
use dbwright_core::{Failure, Finding, words};
use dbwright_sql::Dialect;
use dbwright_sql::model::Catalog;
use mysql_async::Error;

use super::room::{Room, gone};
use super::trial::{TableName, Touches, Trial};
use super::verdict::{Back, Verdict, Work};
use crate::lab::like::without_counter;
use crate::migrate::{OF_THE_MACHINE, REFUSED_WAY, ways_of};

/// Why the rest was not tried.
pub(super) const NO_TIME: &str =
    "the time for experiments was up; check a part of the rules with --only, or one database";

/// Most changes of tables that are tried in one round.
const SIDE_BY_SIDE: usize = 100;

/// The server's numbers for a setting that is wrong on any machine: no such variable, not global, such a value, read-only.
const WRONG_SETTING: [u16; 5] = [1193, 1228, 1231, 1232, 1238];

impl Room<'_> {
    /// Rehearses changes of settings or accounts, each by itself.
    pub(super) async fn one_by_one(&mut self, trials: &[Trial]) -> Result<Vec<Verdict>, Failure> {
        let mut verdicts = Vec::new();
        for trial in trials {
            verdicts.push(self.by_itself(trial).await?);
        }
        Ok(verdicts)
    }

    async fn by_itself(&mut self, trial: &Trial) -> Result<Verdict, Failure> {
        if self.time_is_up() {
            return Ok(Verdict::Unknown(NO_TIME.to_owned()));
        }
        let own = self.own(trial).await?;
        let verdict = if let Err(why) = self.prepare(trial).await {
            Verdict::Unknown(why)
        } else {
            let first = self.look(&trial.touches).await?;
            self.round(&[trial], &first).await?.pop().flatten().unwrap_or_else(not_there)
        };
        self.clear(trial, &own).await?;
        Ok(verdict)
    }

    /// Rehearses changes of tables, which were made before.
    pub(super) async fn in_rounds(
        &mut self,
        trials: &[Trial],
        neighbours: &Neighbours,
    ) -> Result<Vec<Verdict>, Failure> {
        let mut verdicts: Vec<Option<Verdict>> = Vec::new();
        for trial in trials {
            verdicts.push(self.prepare(trial).await.err().map(Verdict::Unknown));
        }
        let Some(any) = trials.iter().map(|trial| &trial.touches).next() else { return Ok(Vec::new()) };
        let first = self.look(any).await?;
        let around: Vec<_> = trials.iter().map(|trial| neighbours.around(trial)).collect();
        self.progress.stage("rehearsing the changes on a private server", Some(trials.len() as u64));
        while verdicts.iter().any(Option::is_none) {
            let members = company(&verdicts, &around);
            if self.time_is_up() {
                let late = || Verdict::Unknown(NO_TIME.to_owned());
                return Ok(verdicts.into_iter().map(|one| one.unwrap_or_else(late)).collect());
            }
            let round: Vec<&Trial> = members.iter().map(|at| &trials[*at]).collect();
            let judged = self.round(&round, &first).await?;
            for (at, verdict) in members.iter().zip(judged) {
                verdicts[*at] = match verdict {
                    Some(verdict) => Some(verdict),
                    // Something is new, and it is not to be seen whose it is.
                    None if self.time_is_up() => Some(Verdict::Unknown(NO_TIME.to_owned())),
                    None => self.round(&[&trials[*at]], &first).await?.pop().flatten(),
                };
            }
            self.progress.step(verdicts.iter().flatten().count() as u64);
        }
        Ok(verdicts.into_iter().flatten().collect())
    }

    /// Tries changes side by side, and leaves the tables as they were; no verdict for those that have to be tried alone.
    async fn round(&mut self, trials: &[&Trial], first: &Outcome) -> Result<Vec<Option<Verdict>>, Failure> {
        let Some(touches) = trials.first().map(|trial| &trial.touches) else { return Ok(Vec::new()) };
        let mut done = Vec::new();
        for trial in trials {
            self.go_on()?;
            let seen =
                trial.alike.of.iter().all(|one| first.findings.iter().any(|finding| finding.fingerprint == *one));
            done.push(if seen { self.run(&trial.alike.change.forward).await? } else { Err(not_there()) });
        }
        let second = self.look(touches).await?;
        let stray = unaccounted(first, &second, trials);
        let mut backs: BTreeMap<usize, Result<Vec<Work>, Verdict>> = BTreeMap::new();
        for (at, trial) in trials.iter().enumerate().rev() {
            if done[at].is_ok() && !trial.alike.change.back.is_empty() {
                backs.insert(at, self.run(&trial.alike.change.back).await?);
            }
        }
        let third = if backs.is_empty() { None } else { Some(self.look(touches).await?) };
        let mut verdicts = Vec::new();
        for (at, (trial, done)) in trials.iter().zip(done).enumerate() {
            let same = self.settled(trial).await?;
            verdicts.push(match done {
                Err(verdict) => Some(verdict),
                Ok(_) if stray && trials.len() > 1 => None,
                Ok(works) => Some(complaint(trial, trials, first, &second).unwrap_or_else(|| Verdict::Works {
                    works,
                    back: way_back(trial, backs.remove(&at), third.as_ref(), same),
                    workload: None,
                })),
            });
        }
        Ok(verdicts)
    }

    /// Whether a trial's tables are what they were; if not, they are made again.
    async fn settled(&mut self, trial: &Trial) -> Result<bool, Failure> {
        let Touches::Tables(tables) = &trial.touches else { return Ok(true) };
        let mut changed = BTreeSet::new();
        for name in tables {
            let now = self.shown(name).await?;
            let same = now.zip(self.made.get(name)).is_some_and(|(now, made)| parts(&now) == parts(made));
            if !same {
                changed.insert(name.clone());
            }
        }
        self.restore(&changed).await?;
        Ok(changed.is_empty())
    }

    /// Runs the statements of a change as they stand; how the server did what it did to tables.
    async fn run(&mut self, statements: &[String]) -> Result<Result<Vec<Work>, Verdict>, Failure> {
        let mut works = Vec::new();
        for sql in statements {
            match self.statement(sql).await {
                Ok(work) => works.extend(work),
                Err(error) if self.link.lost() => return Err(gone(&error)),
                Err(error) => {
                    self.link.set_up(&[]).await?;
                    return Ok(Err(self.refused(sql, &error)));
                }
            }
        }
        self.link.set_up(&[]).await?;
        Ok(Ok(works))
    }

    /// Runs one. What says nothing of the way is asked for in each way, from the least harm to the most.
    async fn statement(&mut self, sql: &str) -> Result<Option<Work>, Error> {
        let Some((head, tail)) = split_alter(sql) else { return self.link.run(sql).await.map(|_| None) };
        if let Some(way) = said(sql) {
            return self.link.run(sql).await.map(|_| Some(Work { way, demanded: true }));
        }
        for way in ways_of(self.link.flavour) {
            match self.link.run(&format!("{head} {way}, {tail}")).await {
                Ok(_) => return Ok(Some(Work { way, demanded: false })),
                Err(Error::Server(error)) if REFUSED_WAY.contains(&error.code) => {}
                Err(error) => return Err(error),
            }
        }
        self.link.run(sql).await.map(|_| None)
    }

    fn refused(&self, sql: &str, error: &Error) -> Verdict {
        let text = format!("`{}` failed: {}", words::short(sql), crate::error::text(error));
        let code = if let Error::Server(server) = error { server.code } else { 0 };
        let other = !self.like.lab.programs().is_of_series(self.target.server.version);
        let set = sql.starts_with("SET ");
        let of_the_change = if set { WRONG_SETTING.contains(&code) } else { !OF_THE_MACHINE.contains(&code) };
        if other || !of_the_change { Verdict::Unknown(text) } else { Verdict::Fails(text) }
    }
}

/// The verdict on what can't be tried, because there is nothing to mend.
fn not_there() -> Verdict {
    let why = "what it is about does not show on a private server with the same definitions and settings";
    Verdict::Unknown(why.to_owned())
}

/// As many of those that wait as touch nothing of each other, the worst first; not too many, so that time for the next ones
/// is looked at now and then.
fn company(verdicts: &[Option<Verdict>], around: &[BTreeSet<TableName>]) -> Vec<usize> {
    let (mut taken, mut members) = (BTreeSet::new(), Vec::new());
    for (at, tables) in around.iter().enumerate().filter(|(at, _)| verdicts[*at].is_none()) {
        if members.len() < SIDE_BY_SIDE && tables.is_disjoint(&taken) {
            taken.extend(tables.iter().cloned());
            members.push(at);
        }
    }
    members
}

/// Which tables refer to which, either way.
pub(super) struct Neighbours(BTreeMap<TableName, BTreeSet<TableName>>);

impl Neighbours {
    /// Those of a catalog.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut all: BTreeMap<TableName, BTreeSet<TableName>> = BTreeMap::new();
        for table in &catalog.tables {
            let own = (table.schema.clone(), table.name.clone());
            for (_, to) in table.foreign_keys() {
                let other = (to.schema.clone(), to.table.clone());
                all.entry(own.clone()).or_default().insert(other.clone());
                all.entry(other).or_default().insert(own.clone());
            }
        }
        Self(all)
    }

    /// The tables of a trial, and those that refer to them or that they refer to.
    pub(super) fn around(&self, trial: &Trial) -> BTreeSet<TableName> {
        let Touches::Tables(tables) = &trial.touches else { return BTreeSet::new() };
        let beside = tables.iter().filter_map(|table| self.0.get(table)).flatten();
        tables.iter().chain(beside).cloned().collect()
    }
}

/// Whether a finding is about what a trial touches.
fn concerns(finding: &Finding, trial: &Trial) -> bool {
    let Touches::Tables(tables) = &trial.touches else { return true };
    tables.iter().any(|(schema, table)| {
        let own = Dialect::Mysql.subject(&[schema, table]);
        finding.subject.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn unaccounted(first: &Outcome, second: &Outcome, trials: &[&Trial]) -> bool {
    overlap::brought(first, second).any(|finding| !trials.iter().any(|trial| concerns(finding, trial)))
}

/// What a second look has against a change; nothing, when the change works.
fn complaint(trial: &Trial, round: &[&Trial], first: &Outcome, second: &Outcome) -> Option<Verdict> {
    if second.findings.iter().any(|finding| trial.alike.of.contains(&finding.fingerprint)) {
        return Some(Verdict::Fails("the finding was still there".to_owned()));
    }
    let unseen = second.not_looked_at.iter().find(|entry| {
        trial.alike.rules.contains(&entry.rule) && !first.not_looked_at.iter().any(|known| known.reason == entry.reason)
    });
    if let Some(entry) = unseen {
        return Some(Verdict::Unknown(format!("its rule could not look again: {}", entry.reason)));
    }
    let other = overlap::brought(first, second).find(|finding| round.len() == 1 || concerns(finding, trial));
    other.map(|finding| {
        Verdict::Fails(format!("it brought about another finding: {} ({})", finding.title, finding.rule))
    })
}

fn way_back(trial: &Trial, run: Option<Result<Vec<Work>, Verdict>>, third: Option<&Outcome>, same: bool) -> Back {
    let again = |third: &Outcome| trial.alike.of.iter().all(|one| third.findings.iter().any(|f| f.fingerprint == *one));
    match (run, third) {
        (Some(Ok(_)), Some(third)) if again(third) && same => Back::Same,
        (Some(Ok(_)), Some(third)) if again(third) => Back::Other,
        (Some(Ok(_)), _) => Back::Fails("it did not bring the state back that was found".to_owned()),
        (Some(Err(verdict)), _) => Back::Fails(verdict.reason()),
        (None, _) => Back::None,
    }
}

/// `ALTER TABLE name`, and what follows.
fn split_alter(sql: &str) -> Option<(&str, &str)> {
    let mut cursor = crate::migrate::text::Cursor::new(sql);
    if !cursor.accept(&["alter", "table"]) {
        return None;
    }
    cursor.qualified()?;
    Some(sql.split_at(cursor.end()))
}

/// The way that a statement says.
fn said(sql: &str) -> Option<String> {
    let at = sql.rfind("ALGORITHM=")?;
    let text = &sql[at..];
    text.chars().all(|c| c.is_ascii_alphabetic() || "=, ".contains(c)).then(|| text.to_owned())
}

/// The parts of a definition: columns in their order, the rest, whose order says nothing, sorted.
fn parts(definition: &str) -> (Vec<&str>, Vec<String>) {
    let lines = definition.lines().map(|line| line.trim().trim_end_matches(','));
    let (columns, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('`'));
    let mut rest: Vec<String> = rest.into_iter().map(without_counter).collect();
    rest.sort();
    (columns, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_statement_is_read() {
        let sql = "ALTER TABLE a.`b c` DROP INDEX x, ALGORITHM=INPLACE, LOCK=NONE";
        assert_eq!(said(sql).as_deref(), Some("ALGORITHM=INPLACE, LOCK=NONE"));
        assert_eq!(split_alter(sql).map(|(head, _)| head), Some("ALTER TABLE a.`b c`"));
        assert_eq!(said("ALTER TABLE a COMMENT 'ALGORITHM=X'"), None);
    }

    #[test]
    fn a_definition_is_the_same_in_another_order_of_its_indexes() {
        let one = "CREATE TABLE `t` (\n  `a` int,\n  KEY `x` (`a`),\n  KEY `y` (`a`)\n) ENGINE=InnoDB AUTO_INCREMENT=7";
        let other = "CREATE TABLE `t` (\n  `a` int,\n  KEY `y` (`a`),\n  KEY `x` (`a`)\n) ENGINE=InnoDB";
        assert_eq!(parts(one), parts(other));
        assert_ne!(parts(one), parts(&other.replace("`a` int", "`a` bigint")));
    }
}

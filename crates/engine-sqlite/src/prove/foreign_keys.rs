//! What an index on a foreign key saves: the look-up of the referencing rows, which every delete of a referenced
//! row makes, with and without it.

use dbwright_check::Outcome;
use dbwright_core::proof::Experiment;
use dbwright_core::{Finding, Proof};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use super::bench::Bench;
use super::candidates::Candidate;
use super::measure::compare;
use super::missing_index::{Proposed, figure};
use crate::body::SqliteBody;
use crate::error::Error;
use crate::observe::quoted;

/// The rule whose findings are experimented on.
pub(super) const RULE: &str = "sql/unindexed-foreign-key";
/// Rows below which a look-up is too short to be measured.
const FEW: f64 = 1000.0;

/// A foreign key without an index, as a finding has it.
pub(super) struct Question {
    fingerprint: String,
    index: Candidate,
}

/// The foreign keys of the outcome's findings.
pub(super) fn questions(body: &SqliteBody, outcome: &Outcome) -> Vec<Question> {
    let mut found = Vec::new();
    for (at, table) in body.catalog.tables.iter().enumerate() {
        for (constraint, _) in table.foreign_keys() {
            let by_name = body.catalog.subject_in(table, &constraint.name);
            let by_column = constraint.columns.first().map(|column| body.catalog.subject_in(table, column));
            let same = |f: &&Finding| {
                let one = constraint.columns.len() == 1 && by_column.as_ref() == Some(&f.subject);
                f.rule == RULE && (f.subject == by_name || one)
            };
            let Some(finding) = outcome.findings.iter().find(same) else { continue };
            if let Some(keys) = positions(table, &constraint.columns) {
                found.push(Question { fingerprint: finding.fingerprint.clone(), index: Candidate { table: at, keys } });
            }
        }
    }
    found
}

fn positions(table: &Table, columns: &[String]) -> Option<Vec<(usize, bool)>> {
    columns.iter().map(|name| Some((table.columns.iter().position(|c| c.name == *name)?, false))).collect()
}

/// Fills the proofs in; a finding whose index gains nothing is taken out.
///
/// # Errors
/// When the lab fails.
pub(super) fn answer(
    bench: &mut Bench<'_>,
    questions: Vec<Question>,
    proposed: &Proposed,
    outcome: &mut Outcome,
    repeat: &str,
) -> Result<(), Error> {
    bench.progress.stage("measuring look-ups along foreign keys", Some(questions.len() as u64));
    for (done, question) in questions.into_iter().enumerate() {
        bench.progress.step(done as u64);
        let Some(at) = outcome.findings.iter().position(|f| f.fingerprint == question.fingerprint) else { continue };
        let served = proposed.indexes.iter().find(|(candidate, _, _)| question.index.is_prefix_of(candidate));
        if let Some((candidate, _, change)) = served {
            let finding = &mut outcome.findings[at];
            finding.change = Some(change.clone());
            if candidate.keys.len() > question.index.keys.len() {
                finding.why.push_str("; the wider index that the workload asks for serves it too");
            }
        }
        match experiment(bench, &question.index, served.is_some(), repeat)? {
            Answer::Gain(experiment) => outcome.findings[at].proof = Proof::Measured(experiment),
            Answer::NoGain => drop(outcome.findings.remove(at)),
            Answer::Unknown(note) => outcome.findings[at].proof = Proof::unproven(note),
        }
    }
    Ok(())
}

enum Answer {
    Gain(Experiment),
    NoGain,
    Unknown(String),
}

fn experiment(bench: &mut Bench<'_>, index: &Candidate, made: bool, repeat: &str) -> Result<Answer, Error> {
    let table = &bench.body.catalog.tables[index.table];
    if table.rows.is_none_or(|rows| rows < FEW) {
        return Ok(Answer::Unknown(format!("fewer than {FEW} rows: a look-up is too short to be measured")));
    }
    if bench.over() {
        return Ok(Answer::Unknown(
            "the time for experiments was up; raise budget_s of sqlite/missing-index".to_owned(),
        ));
    }
    let Some(sql) = look_up(bench, index) else {
        return Ok(Answer::Unknown("no row refers to anything, so there is nothing to look up".to_owned()));
    };
    if !made {
        bench.make(index)?;
    }
    let runs = match compare(&bench.base, &bench.with, &sql, false) {
        Ok(runs) => runs,
        Err(error) => return Ok(Answer::Unknown(format!("the look-up failed in the lab: {error}"))),
    };
    let Some(measured) = Experiment::of(&runs.before, &runs.after, "ms", repeat) else { return Ok(Answer::NoGain) };
    if !measured.gains(bench.terms.gain) {
        return Ok(Answer::NoGain);
    }
    let note = format!(
        "{sql}: {} ms without, {} ms with the index, on two copies in turns",
        figure(measured.before),
        figure(measured.after)
    );
    Ok(Answer::Gain(Experiment { repeat: format!("{repeat} --only {RULE}"), note: Some(note), ..measured }))
}

/// The look-up of the rows that refer to one key: that of a row in the middle of the table.
fn look_up(bench: &Bench<'_>, index: &Candidate) -> Option<String> {
    let catalog = &bench.body.catalog;
    let table = &catalog.tables[index.table];
    let columns: Vec<_> = index.columns(catalog).into_iter().map(quoted).collect();
    let given: Vec<_> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let values: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
    let name = Dialect::Sqlite.qualified(&table.schema, &table.name);
    let middle = (table.rows.unwrap_or(0.0) / 2.0).min(50_000.0);
    let pick = |offset: f64| {
        let sql = format!(
            "SELECT {} FROM {name} WHERE {} LIMIT 1 OFFSET {offset:.0}",
            values.join(", "),
            given.join(" AND ")
        );
        let read = |row: &rusqlite::Row<'_>| {
            (0..columns.len()).map(|at| row.get::<_, String>(at)).collect::<Result<Vec<_>, _>>()
        };
        bench.base.db.query_row(&sql, [], read).ok()
    };
    let key = pick(middle).or_else(|| pick(0.0))?;
    let equal: Vec<_> = columns.iter().zip(&key).map(|(column, value)| format!("{column} = {value}")).collect();
    Some(format!("SELECT count(*) FROM {name} WHERE {}", equal.join(" AND ")))
}

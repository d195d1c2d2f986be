//! Which indexes a workload misses: tried all at once, chosen by SQLite's planner, narrowed, then measured.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use dbwright_core::change::Change;
use dbwright_core::proof::Experiment;
use dbwright_core::{Finding, Proof, Severity, words};
use dbwright_sql::Dialect;
use dbwright_sql::render::{self, Surroundings};

use super::bench::Bench;
use super::candidates::{Candidate, candidates};
use super::measure::{LONGEST, Runs, compare};
use super::probe::Probe;
use super::{MISSING_INDEX, Said, values};
use crate::error::Error;
use crate::observe::{interrupted, quoted};

/// Statements that are measured: the first words of those that read or change rows.
const MEASURED: [&str; 7] = ["select", "with", "values", "insert", "replace", "update", "delete"];
/// Rows that the number of different values of a column is estimated from.
const DISTINCT_OF: u32 = 20_000;
/// Share of a wider index's gain that a narrower one must keep to be preferred.
const KEPT: f64 = 0.95;

/// A statement that can be run.
pub(super) struct Work {
    sql: String,
    calls: f64,
    /// Milliseconds on the first copy.
    ms: f64,
    /// Whether it was stopped there.
    endless: bool,
    writes: bool,
    /// Whether its parameters were given values from the data.
    filled: bool,
}

/// The statements, and the indexes that the planner would like for them.
#[derive(Default)]
pub(super) struct Search {
    works: Vec<Work>,
    chosen: BTreeSet<Candidate>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Proposed {
    /// The findings.
    pub(super) findings: Vec<Finding>,
    /// Calls and milliseconds of each statement without any change.
    pub(super) times: Vec<(f64, f64)>,
    /// Each proposed index with the name of its trial and its change.
    pub(super) indexes: Vec<(Candidate, String, Change)>,
    /// Trial names of the indexes on the second copy.
    pub(super) trials: BTreeMap<Candidate, String>,
}

/// Finds the indexes worth measuring.
///
/// # Errors
/// When the lab fails.
pub(super) fn search(bench: &mut Bench<'_>, said: &mut Said) -> Result<Search, Error> {
    let works = works(bench, said);
    let slow: Vec<&Work> = works.iter().filter(|work| work.ms >= bench.terms.gain_ms).collect();
    let tried = everything(bench, &slow)?;
    let mut trials = BTreeMap::new();
    for candidate in tried {
        if bench.over() {
            break;
        }
        let name = bench.make(&candidate)?;
        trials.insert(candidate, name);
    }
    bench.analyze()?;
    let mut wanted = BTreeSet::new();
    for work in &slow {
        let used = bench.used(&work.sql);
        wanted.extend(trials.iter().filter(|(_, name)| used.contains(name)).map(|(candidate, _)| candidate.clone()));
    }
    for (_, name) in trials.iter().filter(|(candidate, _)| !wanted.contains(*candidate)) {
        bench.unmake(name)?;
    }
    trials.retain(|candidate, _| wanted.contains(candidate));
    let chosen = narrow(bench, &slow, trials)?;
    Ok(Search { works, chosen })
}

/// The statements of the workload with their first times; what can't be run is said.
fn works(bench: &Bench<'_>, said: &mut Said) -> Vec<Work> {
    let Some(workload) = &bench.body.workload else { return Vec::new() };
    let mut works = Vec::new();
    let mut late = 0;
    bench.progress.stage("running the workload in a copy", Some(workload.statements.len() as u64));
    for (done, statement) in workload.statements.iter().enumerate() {
        bench.progress.step(done as u64);
        if bench.over() {
            late += 1;
            continue;
        }
        let sql = statement.samples.first().unwrap_or(&statement.text);
        match run_once(bench, sql, statement.calls) {
            Ok(work) => works.push(work),
            Err(reason) => {
                said.say(format!("`{}`: {reason}", words::short(sql)), "mend the statement in the workload file");
            }
        }
    }
    if late > 0 {
        said.say(
            format!("the time was up before {late} statements were run"),
            "raise the threshold budget_s of the rule",
        );
    }
    works
}

fn run_once(bench: &Bench<'_>, sql: &str, calls: f64) -> Result<Work, String> {
    let first = sql.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    let known = MEASURED.contains(&first.as_str());
    // Some PRAGMAs work while they are prepared.
    let prepared = if known || first != "pragma" {
        bench.base.db.prepare(sql).map_err(|e| e.to_string())
    } else {
        Err(String::new())
    };
    if !known {
        let faulty = prepared.err().filter(|error| error.contains("syntax error"));
        return Err(faulty.unwrap_or_else(|| "only statements that read or change rows are measured".to_owned()));
    }
    let mut prepared = prepared?;
    let filled = prepared.parameter_count() > 0;
    let with_values;
    let sql = if filled {
        with_values = values::fill(&bench.base.db, &bench.body.catalog, sql).ok_or(
            "it has parameters whose values can't be taken from the data; write it with values, so that it can be run",
        )?;
        prepared = bench.base.db.prepare(&with_values).map_err(|e| e.to_string())?;
        &with_values
    } else {
        sql
    };
    let writes = !prepared.readonly();
    drop(prepared);
    let (ms, endless) = match bench.base.once(sql) {
        Ok((ms, _)) => (ms, false),
        Err(error) if interrupted(&error) => (LONGEST.as_secs_f64() * 1000.0, true),
        Err(error) => return Err(error.to_string()),
    };
    Ok(Work { sql: sql.to_owned(), calls, ms, endless, writes, filled })
}

/// All indexes that any of the statements could use.
fn everything(bench: &Bench<'_>, works: &[&Work]) -> Result<BTreeSet<Candidate>, Error> {
    if works.is_empty() {
        return Ok(BTreeSet::new());
    }
    let catalog = &bench.body.catalog;
    let probe = Probe::new(catalog).map_err(Error::sqlite("the planner can't be asked"))?;
    let mut known: HashMap<(usize, usize), u64> = HashMap::new();
    let mut distinct = |table: usize, column: usize| {
        *known.entry((table, column)).or_insert_with(|| {
            let Some(found) = catalog.tables[table].columns.get(column) else { return 0 };
            let (table, column) = (quoted(&catalog.tables[table].name), quoted(&found.name));
            let sql =
                format!("SELECT count(DISTINCT {column}) FROM (SELECT {column} FROM main.{table} LIMIT {DISTINCT_OF})");
            let count = bench.base.db.query_row(&sql, [], |row| row.get::<_, i64>(0));
            count.map_or(0, i64::cast_unsigned)
        })
    };
    let mut all = BTreeSet::new();
    for work in works {
        // What virtual tables can't stand in for (upserts, INDEXED BY) is still measured, without candidates of its own.
        let accesses = probe.ask(&work.sql).unwrap_or_default();
        all.extend(candidates(catalog, &accesses, &mut distinct));
    }
    Ok(all)
}

/// Takes columns away from the end as long as that costs next to nothing, and prefixes of other indexes.
fn narrow(
    bench: &mut Bench<'_>,
    works: &[&Work],
    mut trials: BTreeMap<Candidate, String>,
) -> Result<BTreeSet<Candidate>, Error> {
    let mut chosen = BTreeSet::new();
    while let Some((candidate, name)) = trials.pop_last() {
        let of_it: Vec<&Work> = works.iter().copied().filter(|work| bench.used(&work.sql).contains(&name)).collect();
        let mut shorter = candidate.clone();
        shorter.keys.pop();
        if candidate.keys.len() == 1 || of_it.is_empty() || bench.over() {
            chosen.insert(candidate);
            continue;
        }
        let wide = quick(bench, &of_it);
        bench.unmake(&name)?;
        let narrow = match trials.get(&shorter) {
            Some(name) => name.clone(),
            None => bench.make(&shorter)?,
        };
        let plain: f64 = of_it.iter().map(|work| work.ms * work.calls).sum();
        if plain - quick(bench, &of_it) >= (plain - wide) * KEPT {
            trials.insert(shorter, narrow);
            continue;
        }
        if !trials.contains_key(&shorter) {
            bench.unmake(&narrow)?;
        }
        bench.make(&candidate)?;
        chosen.insert(candidate);
    }
    let all = chosen.clone();
    chosen.retain(|one| !all.iter().any(|other| other != one && one.is_prefix_of(other)));
    Ok(chosen)
}

/// Milliseconds of some statements on the second copy, weighted: the best of three, which is what an index can do.
fn quick(bench: &Bench<'_>, works: &[&Work]) -> f64 {
    let best = |work: &Work| {
        let runs = (0..3).filter_map(|_| bench.with.once(&work.sql).ok().map(|(ms, _)| ms));
        runs.min_by(f64::total_cmp).unwrap_or(work.ms) * work.calls
    };
    works.iter().map(|work| best(work)).sum()
}

/// Measures the chosen indexes together and proposes those that gain.
///
/// # Errors
/// When the lab fails.
pub(super) fn propose(bench: &mut Bench<'_>, search: Search, said: &mut Said, repeat: &str) -> Result<Proposed, Error> {
    let mut proposed =
        Proposed { times: search.works.iter().map(|w| (w.calls, w.ms)).collect(), ..Proposed::default() };
    for candidate in search.chosen {
        let name = bench.make(&candidate)?;
        proposed.trials.insert(candidate, name);
    }
    thin(bench, &search.works, &mut proposed.trials)?;
    let measured = measured(bench, &search.works, &proposed.trials, said);
    let lost: f64 = measured.iter().filter(|m| m.work.writes).map(|m| m.saved().min(0.0)).sum();
    let won: f64 = measured.iter().map(|m| m.saved().max(0.0)).sum();
    if won + lost < 0.0 && !proposed.trials.is_empty() {
        said.say(
            format!("indexes would save {won:.0} ms of reading and cost {:.0} ms of writing", -lost),
            "none is proposed",
        );
        return Ok(proposed);
    }
    for (candidate, name) in proposed.trials.clone() {
        let gains = |m: &&Measured<'_>| m.used.contains(&name) && m.gains(bench);
        let mut of_it: Vec<_> = measured.iter().filter(gains).collect();
        of_it.sort_by(|a, b| b.saved().total_cmp(&a.saved()));
        let Some(best) = of_it.first() else { continue };
        let change = change(bench, &candidate);
        let finding = finding(bench, &candidate, &name, best, of_it.len(), repeat);
        proposed.findings.push(finding.change(change.clone()));
        proposed.indexes.push((candidate, name, change));
    }
    Ok(proposed)
}

/// Takes indexes away, the widest first, without which the statements that use them are as fast by the others.
fn thin(bench: &mut Bench<'_>, works: &[Work], trials: &mut BTreeMap<Candidate, String>) -> Result<(), Error> {
    let until = Instant::now() + bench.terms.half() / 4;
    let mut order: Vec<_> = trials.keys().cloned().collect();
    order.sort_by_key(|candidate| std::cmp::Reverse(candidate.keys.len()));
    for candidate in order {
        if bench.over() || Instant::now() > until {
            break;
        }
        let Some(name) = trials.remove(&candidate) else { continue };
        let of_it: Vec<&Work> = works.iter().filter(|work| bench.used(&work.sql).contains(&name)).collect();
        let beside = |work: &&Work| bench.used(&work.sql).iter().any(|used| trials.values().any(|other| other == used));
        if !trials.keys().any(|other| other.table == candidate.table) && !of_it.iter().any(beside) {
            trials.insert(candidate, name);
            continue;
        }
        bench.unmake(&name)?;
        // Where no other index steps in, nothing needs to be run.
        let replaced =
            |work: &&Work| bench.used(&work.sql).iter().any(|used| trials.values().any(|other| other == used));
        let others: Option<f64> = of_it.iter().all(replaced).then(|| once(bench, &of_it));
        let name = bench.make(&candidate)?;
        let plain: f64 = of_it.iter().map(|work| work.ms * work.calls).sum();
        if others.is_some_and(|others| plain - others >= (plain - quick(bench, &of_it)) * KEPT) {
            bench.unmake(&name)?;
        } else {
            trials.insert(candidate, name);
        }
    }
    Ok(())
}

/// Milliseconds of one run of each statement on the second copy, weighted.
fn once(bench: &Bench<'_>, works: &[&Work]) -> f64 {
    works.iter().map(|work| bench.with.once(&work.sql).map_or(f64::INFINITY, |(ms, _)| ms) * work.calls).sum()
}

/// A statement with the runs of both sides.
struct Measured<'a> {
    work: &'a Work,
    runs: Runs,
    experiment: Experiment,
    used: Vec<String>,
}

impl Measured<'_> {
    /// Milliseconds saved in all calls.
    fn saved(&self) -> f64 {
        (self.experiment.before - self.experiment.after) * self.work.calls
    }

    fn gains(&self, bench: &Bench<'_>) -> bool {
        let limited = self.work.sql.to_ascii_lowercase().contains("limit");
        let e = &self.experiment;
        (self.runs.same || limited) && e.gains(bench.terms.gain) && e.before - e.after >= bench.terms.gain_ms
    }
}

fn measured<'a>(
    bench: &Bench<'_>,
    works: &'a [Work],
    trials: &BTreeMap<Candidate, String>,
    said: &mut Said,
) -> Vec<Measured<'a>> {
    let mut found = Vec::new();
    let mut late = 0;
    bench.progress.stage("measuring with and without indexes", Some(works.len() as u64));
    for (done, work) in works.iter().enumerate() {
        bench.progress.step(done as u64);
        let used = bench.used(&work.sql);
        let concerned = work.writes || trials.values().any(|name| used.contains(name));
        if trials.is_empty() || !concerned {
            continue;
        }
        if bench.over() {
            late += 1;
            continue;
        }
        match compare(&bench.base, &bench.with, &work.sql, work.endless) {
            Ok(runs) => {
                if !runs.same && !work.sql.to_ascii_lowercase().contains("limit") {
                    let reason = format!(
                        "`{}` does not give the same rows twice, so it can't be compared",
                        words::short(&work.sql)
                    );
                    said.say(reason, "leave random() and the present time out of it");
                }
                let experiment = Experiment::of(&runs.before, &runs.after, "ms", "");
                found.extend(experiment.map(|experiment| Measured { work, runs, experiment, used }));
            }
            Err(error) => said.say(format!("`{}` with an index: {error}", words::short(&work.sql)), "run it again"),
        }
    }
    if late > 0 {
        said.say(
            format!("the time was up before {late} statements were compared"),
            "raise the threshold budget_s of the rule",
        );
    }
    found
}

fn change(bench: &Bench<'_>, candidate: &Candidate) -> Change {
    let catalog = &bench.body.catalog;
    let table = &catalog.tables[candidate.table];
    let columns = candidate.columns(catalog);
    let surroundings = Surroundings::of(catalog);
    let plain = render::create_index(&surroundings, table, &columns);
    if candidate.keys.iter().all(|(_, descending)| !descending) {
        return plain;
    }
    let name = render::index_name(&surroundings, table, &columns);
    Change { forward: vec![candidate.create(catalog, &name)], ..plain }
}

fn finding(
    bench: &Bench<'_>,
    candidate: &Candidate,
    trial: &str,
    best: &Measured<'_>,
    statements: usize,
    repeat: &str,
) -> Finding {
    let catalog = &bench.body.catalog;
    let table = &catalog.tables[candidate.table];
    let columns: Vec<_> = candidate.columns(catalog).into_iter().map(|name| Dialect::Sqlite.name(name)).collect();
    let source = bench.body.workload.as_ref().map_or("workload", |workload| workload.source.as_str());
    let e = &best.experiment;
    let severity = match e.before {
        ms if ms >= bench.terms.slow_ms => Severity::High,
        ms if ms >= bench.terms.felt_ms => Severity::Medium,
        _ => Severity::Low,
    };
    let subject = format!("{}.{}", catalog.subject(table), columns.join(","));
    let title = format!("{} has no index on ({})", catalog.qualified(table), columns.join(", "));
    let scans = bench.scans(&best.work.sql);
    let mut finding = Finding::new(MISSING_INDEX, severity, subject, title)
        .why(format!(
            "without it the statement takes {}{} ms ({}), with it {} ms",
            if best.runs.stopped { "more than " } else { "" },
            figure(e.before),
            if scans.is_empty() { "by another index".to_owned() } else { scans.join("; ") },
            figure(e.after),
        ))
        .evidence("statement", best.work.sql.as_str(), "", source)
        .evidence("calls", best.work.calls, "calls", source)
        .evidence("statements_that_gain", statements, "statements", "runs in a copy")
        .evidence("saved_by_all_calls", (best.saved() * 10.0).round() / 10.0, "ms", "runs in a copy");
    if let Some(rows) = table.rows {
        finding = finding.evidence("rows", rows, "rows", "row count or estimate");
    }
    if let Some(bytes) = bench.bytes(trial) {
        finding = finding.evidence("index_bytes", bytes, "bytes", "dbstat of the copy");
    }
    if !bench.over()
        && let Some(micros) = write_cost(bench, candidate)
    {
        finding =
            finding.evidence("write_cost", micros, "µs a row", "deleting rows in the copies, with against without");
    }
    let note = if best.runs.stopped {
        format!("without the index the statement was stopped after {} s; its true time is longer", LONGEST.as_secs())
    } else {
        format!("`{}` on two copies of the database, in turns; the same rows each time", words::short(&best.work.sql))
    };
    let note = if best.work.filled {
        format!("{note}; its parameters have the values of a row in the middle of the table")
    } else {
        note
    };
    finding.proof(Proof::Measured(Experiment {
        repeat: format!("{repeat} --only {MISSING_INDEX}"),
        note: Some(note),
        ..e.clone()
    }))
}

/// Microseconds that the indexes of the table add to the removal of a row, as those of its insertion.
fn write_cost(bench: &Bench<'_>, candidate: &Candidate) -> Option<f64> {
    const ROWS: f64 = 1000.0;
    let table = &bench.body.catalog.tables[candidate.table];
    let rowid =
        crate::observe::rowid(table).filter(|_| !bench.body.facts(table.id).is_some_and(|f| f.without_rowid))?;
    let name = quoted(&table.name);
    let sql = format!("DELETE FROM main.{name} WHERE {rowid} IN (SELECT {rowid} FROM main.{name} LIMIT {ROWS})");
    let runs = compare(&bench.base, &bench.with, &sql, false).ok()?;
    let e = Experiment::of(&runs.before, &runs.after, "ms", "")?;
    Some((((e.after - e.before) * 1000.0 / ROWS).max(0.0) * 100.0).round() / 100.0)
}

/// Milliseconds for people.
pub(super) fn figure(ms: f64) -> String {
    if ms >= 10.0 { format!("{ms:.0}") } else { format!("{ms:.2}") }
}

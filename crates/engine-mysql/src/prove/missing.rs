//! Indexes that the workload misses: the advisor's answer, measured in a copy of the rows, in place of the rule's estimates.

use dbwright_advise::advice::Create;
use dbwright_advise::index::Index;
use dbwright_advise::missing::{self, rounded};
use dbwright_advise::port::{Advises as _, CopyOptions, WhatIfOptions};
use dbwright_advise::run::{self, Advised, Options, Subject};
use dbwright_advise::settle;
use dbwright_check::Outcome;
use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::finding::Value;
use dbwright_core::progress::Progress;
use dbwright_core::report::ReportTarget;
use dbwright_core::rule::{self, Limits};
use dbwright_core::target::Address;
use dbwright_core::{Failure, Finding, Proof, Severity, Snapshot};
use dbwright_sql::model::{Catalog, Table};
use dbwright_sql::{Dialect, fingerprint};

use crate::MySql;
use crate::body::Body;

/// The rule.
pub(super) const RULE: &str = "mysql/missing-index";
/// Rules whose findings are a reason to look for indexes.
const REASONS: [&str; 3] = [RULE, "mysql/full-scan-statement", "mysql/slow-statement"];
/// Bytes of rows that are copied to measure with.
const COPY_BYTES: u64 = 256 << 20;

/// Asks the advisor, when there is a reason to.
///
/// # Errors
/// When there is no place to measure in; the estimates then say so.
pub(super) async fn look(
    address: &Address,
    options: &ObserveOptions,
    outcome: &mut Outcome,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let reason = outcome.findings.iter().any(|finding| REASONS.contains(&finding.rule.as_str()));
    if !reason && options.workload.is_none() {
        return Ok(());
    }
    match advised(address, options, limits, progress).await {
        Ok(Some((advised, snapshot))) => enter(&advised, snapshot.body()?, address, outcome, limits),
        Ok(None) => {}
        Err(failure) => {
            let why = [std::slice::from_ref(&failure.message), &failure.hints].concat().join("; ");
            for finding in outcome.findings.iter_mut().filter(|finding| finding.rule == RULE) {
                finding.proof = Proof::unproven(format!("an estimate, which could not be measured: {why}"));
            }
            return Err(failure);
        }
    }
    Ok(())
}

/// The best set of indexes, measured; none without statements.
async fn advised(
    address: &Address,
    options: &ObserveOptions,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Option<(Advised, Snapshot)>, Failure> {
    // Statements are known with their values only when values may be read.
    let values = if options.values == Values::None { Values::None } else { Values::All };
    let observe = ObserveOptions { values, workload: None, ..options.clone() };
    let snapshot = MySql.observe(address, &observe, progress).await?;
    let workload = options.workload.clone().or_else(|| MySql.workload(&snapshot));
    let Some(workload) = workload.filter(|workload| !workload.statements.is_empty()) else { return Ok(None) };
    let programs = options.programs.clone();
    let how = WhatIfOptions { observe, ..WhatIfOptions::default() };
    let place = MySql.what_if(&snapshot, Some(address), &how, progress).await?;
    let target = ReportTarget::of(&snapshot.header);
    let time = std::time::Duration::try_from_secs_f64(limit("search_s", limits)).ok();
    let wish = Options { time, ..Options::default() };
    let mut advised = run::advise(&*place, Subject { target, workload }, &wish, progress).await?;
    let tables = advised.queries.iter().flat_map(|query| query.usage.tables.iter().map(|one| one.table.clone()));
    let tables: std::collections::BTreeSet<_> = tables.collect();
    let copy = CopyOptions { programs, bytes: Some(COPY_BYTES), tables: Some(tables.into_iter().collect()) };
    if !advised.indexes.is_empty() {
        let measurer = MySql.measurer(&snapshot, address, &copy, progress).await?;
        settle::settle(&mut advised, &*measurer, &*place, &wish, progress).await?;
    }
    Ok(Some((advised, snapshot)))
}

/// Puts what was measured in the place of what was estimated.
fn enter(advised: &Advised, body: &Body, address: &Address, outcome: &mut Outcome, limits: &Limits) {
    let repeat = format!("dbwright check {} --prove --only {RULE}", address.shown());
    let measured: Vec<(&Index, Finding)> = findings(advised, &body.catalog, &repeat, limits);
    outcome
        .findings
        .retain(|finding| finding.rule != RULE || !measured.iter().any(|(index, _)| serves(index, finding, body)));
    for finding in outcome.findings.iter_mut().filter(|finding| finding.rule == RULE) {
        unconfirmed(finding, advised);
    }
    outcome.findings.extend(measured.into_iter().map(|(_, finding)| finding));
    outcome.not_looked_at.extend(missing::left_out(&advised.advice, RULE));
}

/// Whether a measured index begins with a column of an estimate for the same table.
fn serves(index: &Index, estimate: &Finding, body: &Body) -> bool {
    let first = index.keys.first().and_then(|key| key.part.column()).map(|column| Dialect::Mysql.name(column));
    let table = crate::advise::table(&body.catalog, &index.table).map(|table| body.catalog.subject(table));
    let keys = table.and_then(|table| estimate.subject.strip_prefix(&format!("{table}.")).map(str::to_owned));
    first.zip(keys).is_some_and(|(first, keys)| keys.split(',').any(|key| key == first))
}

/// Says of an estimate that it was not confirmed: it is withdrawn, or could not be looked at.
fn unconfirmed(finding: &mut Finding, advised: &Advised) {
    let text = finding.evidence.iter().find_map(|one| match &one.value {
        Value::Text(text) if one.name == "statement" => Some(text.clone()),
        _ => None,
    });
    let print = text.map(|text| fingerprint(&crate::workload::plain(&text), Dialect::Mysql));
    let planned = print.is_some_and(|print| advised.advice.statements.iter().any(|one| one.fingerprint == print));
    let open = if advised.advice.interrupted {
        Some("the search ended before all was looked at: raise search_s of the rule, or run dbwright advise")
    } else if planned {
        None
    } else {
        Some("its statement could not be planned in the copy: dbwright advise tells why")
    };
    if let Some(why) = open {
        finding.proof = Proof::unproven(format!("an estimate, which could not be measured: {why}"));
        return;
    }
    let told = format!(
        "was only an estimate: looking for the best set of indexes for the whole workload, with real indexes in {}, the advisor \
         found that it does not pay",
        advised.advice.place
    );
    finding.withdraw(&told);
    finding.proof = Proof::unproven(format!("the change {told}"));
    finding.severity = Severity::Low;
}

fn findings<'a>(advised: &'a Advised, catalog: &Catalog, repeat: &str, limits: &Limits) -> Vec<(&'a Index, Finding)> {
    let advice = &advised.advice;
    let least = advice.cost_before * limit("gain_share", limits);
    let pairs = advised.indexes.iter().zip(&advice.create);
    let known = pairs.filter_map(|(index, create)| Some((index, create, crate::advise::table(catalog, &index.table)?)));
    known
        .filter(|(index, create, table)| create.gain >= least && !widens(index, table))
        .map(|(index, create, table)| {
            let subject = catalog.subject(table);
            (index, finding(advised, (index, create), &subject, repeat, limits))
        })
        .collect()
}

/// Whether an index with the same keys is there already: then none is missing, and `advise` tells what a wider one saves.
fn widens(index: &Index, table: &Table) -> bool {
    let keys: Option<Vec<&str>> = index.keys.iter().map(|key| key.part.column()).collect();
    let same = |known: &dbwright_sql::model::Index, keys: &[&str]| {
        known.valid && known.method == "btree" && known.leading_columns().eq(keys.iter().copied())
    };
    keys.is_some_and(|keys| table.indexes.iter().any(|known| same(known, &keys)))
}

/// A threshold, as the user set it or as the rule has it.
fn limit(name: &str, limits: &Limits) -> f64 {
    rule::limit(crate::rules::RULES, RULE, limits, name)
}

fn finding(
    advised: &Advised,
    (index, create): (&Index, &Create),
    table: &str,
    repeat: &str,
    limits: &Limits,
) -> Finding {
    let advice = &advised.advice;
    let share = create.gain / advice.cost_before;
    let mut keys = missing::keys(index, |name| Dialect::Mysql.name(name));
    keys.extend(index.include.iter().map(|column| Dialect::Mysql.name(column)));
    let source = advised.workload.source.as_str();
    let severity = missing::severity(share, |name| limit(name, limits));
    let title = format!("{table} has no index on ({})", keys.join(", "));
    let mut finding = Finding::new(RULE, severity, format!("{table}.{}", keys.join(",")), title)
        .evidence("saved", rounded(share), "ratio", &format!("the workload's cost in {}", advice.place))
        .evidence("index_bytes", create.bytes, "bytes", "built in the copy, scaled to the whole table")
        .evidence("upkeep", rounded(create.write_cost / advice.cost_before), "ratio", &create.write_reason)
        .evidence("statements_that_gain", create.helps.len(), "statements", source);
    let helped = advice.statements.iter().find(|statement| create.helps.first() == Some(&statement.fingerprint));
    if let Some(statement) = helped {
        let why = match (statement.measured_before_ms, statement.measured_after_ms) {
            (Some(before), Some(after)) => format!(
                "with the advised indexes the statement that gains most takes {after:.2} ms instead of {before:.2} ms in the copy"
            ),
            _ => format!(
                "with the advised indexes the statement that gains most costs {:.0} instead of {:.0}",
                statement.after, statement.before
            ),
        };
        finding = finding.why(why).evidence("statement", statement.text.as_str(), "", source).evidence(
            "calls",
            statement.weight,
            "calls",
            source,
        );
    }
    let mut proof = create.proof.clone();
    if let Proof::Measured(experiment) | Proof::Planner(experiment) = &mut proof {
        repeat.clone_into(&mut experiment.repeat);
    }
    finding.change(create.change.clone()).proof(proof)
}

//! Indexes that the workload misses: the advisor's answer as findings.
//!
//! Plans are made in a planner twin, which needs no rows, so that the proof is the planner's.

use dbwright_advise::advice::{Create, StatementCost};
use dbwright_advise::index::Index;
use dbwright_advise::missing::{self, rounded};
use dbwright_advise::port::{Advises as _, WhatIfOptions};
use dbwright_advise::run::{self, Advised, Options, Subject};
use dbwright_check::Outcome;
use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::report::ReportTarget;
use dbwright_core::rule::{self, Limits};
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{Cx, Failure, Finding, Snapshot};
use dbwright_sql::{Catalog, Dialect};

use crate::body::PgBody;
use crate::engine::Postgres;

/// The rule.
pub(super) const RULE: &str = "pg/missing-index";

/// Asks the advisor, when statements are known.
///
/// # Errors
/// When there is no place to plan in.
pub(super) async fn look(
    address: &Address,
    snapshot: &Snapshot,
    options: &ObserveOptions,
    outcome: &mut Outcome,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let body: &PgBody = snapshot.body()?;
    let Some(workload) = options.workload.clone().or_else(|| Postgres.workload(snapshot)) else { return Ok(()) };
    if workload.statements.is_empty() || body.catalog.tables.is_empty() {
        return Ok(());
    }
    // Rules need the greatest values of columns only; plans need all that the statistics know.
    let values = if options.values == Values::None { Values::None } else { Values::All };
    let observe = ObserveOptions { values, workload: None, ..options.clone() };
    let whole = Postgres.observe(address, &observe, progress).await?;
    let how = WhatIfOptions { observe, ..WhatIfOptions::default() };
    let place = Postgres.what_if(&whole, Some(address), &how, progress).await?;
    let target = ReportTarget::of(&snapshot.header);
    let seconds = limit(limits, "search_s");
    let wish = Options { time: std::time::Duration::try_from_secs_f64(seconds).ok(), ..Options::default() };
    let advised = run::advise(&*place, Subject { target, workload: workload.clone() }, &wish, progress).await?;
    outcome.not_looked_at.retain(|entry| entry.rule != RULE);
    outcome.not_looked_at.extend(missing::left_out(&advised.advice, RULE));
    outcome.findings.extend(findings(&advised, &workload, &body.catalog, limits));
    super::smaller::look(&*place, &advised, snapshot, outcome, limits).await
}

/// What the rules say of a snapshot alone: that the findings need plans, and how to have some made.
pub(crate) fn say_what_it_needs(cx: &mut Cx<'_, PgBody>) {
    if cx.body.catalog.user_tables().next().is_none() {
        return;
    }
    match &cx.body.workload {
        Some(workload) if !workload.statements.is_empty() => cx.not_looked(
            "indexes for the workload are proposed from plans in a private server, and none were made",
            Some("check the live database with --prove, or dbwright advise TARGET"),
        ),
        _ => cx.not_looked(
            "no statements are known that indexes could serve",
            Some("CREATE EXTENSION pg_stat_statements, or --workload FILE --prove"),
        ),
    }
}

fn findings(advised: &Advised, workload: &Workload, catalog: &Catalog, limits: &Limits) -> Vec<Finding> {
    let advice = &advised.advice;
    let pairs = advised.indexes.iter().zip(&advice.create);
    let least = advice.cost_before * limit(limits, "gain_share");
    let worth = |(index, create): &(&Index, &Create)| create.gain >= least && !widens(index, catalog);
    pairs.filter(worth).map(|(index, create)| finding(advised, index, create, &workload.source, limits)).collect()
}

/// Whether an index with the same keys is there already: then none is missing, and `advise` tells what a wider one saves.
fn widens(index: &Index, catalog: &Catalog) -> bool {
    let keys: Option<Vec<&str>> = index.keys.iter().map(|key| key.part.column()).collect();
    let here = catalog.tables.iter().filter(|t| t.schema == index.table.schema && t.name == index.table.name);
    keys.is_some_and(|keys| {
        let same = |known: &dbwright_sql::model::Index| {
            known.valid
                && known.predicate.is_none()
                && known.method == index.method
                && known.leading_columns().eq(keys.iter().copied())
        };
        here.flat_map(|table| &table.indexes).any(same)
    })
}

/// A threshold, as the user set it or as the rule has it.
fn limit(limits: &Limits, name: &str) -> f64 {
    rule::limit(crate::rules::RULES, RULE, limits, name)
}

fn finding(advised: &Advised, index: &Index, create: &Create, source: &str, limits: &Limits) -> Finding {
    let advice = &advised.advice;
    let share = create.gain / advice.cost_before;
    let keys = missing::keys(index, |name| Dialect::Postgres.name(name));
    let severity = missing::severity(share, |name| limit(limits, name));
    let place = &advice.place;
    let mut finding = Finding::new(RULE, severity, subject(index, create, &keys), title(index, create, &keys))
        .evidence("saved", rounded(share), "ratio", &format!("the workload's cost in {place}"))
        .evidence("index_bytes", i64::try_from(create.bytes).unwrap_or(i64::MAX), "bytes", "size model")
        .evidence("upkeep", rounded(create.write_cost / advice.cost_before), "ratio", &create.write_reason);
    let helped = advice.statements.iter().find(|statement| create.helps.first() == Some(&statement.fingerprint));
    finding = match helped {
        Some(statement) => most_helped(finding, statement, create.helps.len(), source),
        None => finding,
    };
    finding.change(create.change.clone()).proof(create.proof.clone())
}

fn most_helped(finding: Finding, statement: &StatementCost, helped: usize, source: &str) -> Finding {
    let (before, after) = (statement.before, statement.after);
    finding
        .why(format!("with the advised indexes the statement that gains most costs {after:.0} instead of {before:.0}"))
        .evidence("statement", statement.text.as_str(), "", source)
        .evidence("calls", statement.weight, "calls", source)
        .evidence("statements_that_gain", i64::try_from(helped).unwrap_or(i64::MAX), "statements", "plans in the twin")
}

/// The table with the keys; two indexes on the same keys differ in their method or predicate.
fn subject(index: &Index, create: &Create, keys: &[String]) -> String {
    let mut subject = format!("{}.{}", create.table, keys.join(","));
    if index.method != "btree" && index.method != "brin" {
        subject.push(' ');
        subject.push_str(&index.method);
    }
    if let Some(predicate) = &index.predicate {
        subject.push_str(" WHERE ");
        subject.push_str(predicate);
    }
    subject
}

fn title(index: &Index, create: &Create, keys: &[String]) -> String {
    let (table, keys) = (&create.table, keys.join(", "));
    match (index.method.as_str(), &index.predicate) {
        ("brin", _) => format!("{table} would gain from a block range index on ({keys})"),
        (_, Some(predicate)) => format!("{table} would gain from an index on ({keys}) for the rows with {predicate}"),
        ("btree", None) => format!("{table} has no index on ({keys})"),
        (method, None) => format!("{table} has no {method} index on ({keys})"),
    }
}

//! Large indexes that a much smaller one could replace: a block range index, or one on a part of the rows.
//!
//! Which indexes come into question is told by the snapshot alone. Whether the smaller one serves the statements nearly as
//! well is asked in the twin: each statement that uses the index is planned with it, without it, and with the smaller one
//! in its place.

mod standing;

use std::collections::{BTreeSet, HashMap};

use dbwright_advise::candidates;
use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_advise::port::{Ask, Existing, IndexId, Query, WhatIf};
use dbwright_advise::run::Advised;
use dbwright_advise::usage::Operator;
use dbwright_check::Outcome;
use dbwright_core::proof::Experiment;
use dbwright_core::rule::Limits;
use dbwright_core::{Change, Cx, Failure, Finding, Proof, Snapshot};

use crate::body::PgBody;
use crate::words;
pub(crate) use standing::{Standing, not_looked};

/// The rule on block range indexes.
pub(crate) const BRIN: &str = "pg/brin-candidate";
/// The rule on partial indexes.
pub(crate) const PARTIAL: &str = "pg/partial-index-candidate";

/// What an index is, and what could stand in for it.
struct Question<'a> {
    standing: Standing<'a>,
    id: IndexId,
    existing: Existing,
    /// Queries whose plans use it, with their costs.
    users: Vec<(usize, f64)>,
}

/// What stands in for an index, with its figures.
struct Smaller {
    index: Index,
    bytes: u64,
    /// Weighted cost of the users with the index, with the smaller one, and with neither.
    with: f64,
    instead: f64,
    without: f64,
}

impl Smaller {
    fn kept(&self) -> f64 {
        (self.without - self.instead) / (self.without - self.with)
    }
}

/// The place with all that is known there.
struct Room<'a> {
    place: &'a dyn WhatIf,
    advised: &'a Advised,
    snapshot: &'a Snapshot,
    weights: Vec<f64>,
    /// The id that the next index gets that is defined.
    next: IndexId,
}

/// Looks for both in the place where the advice was made.
///
/// # Errors
/// When the place fails as a whole.
pub(super) async fn look(
    place: &dyn WhatIf,
    advised: &Advised,
    snapshot: &Snapshot,
    outcome: &mut Outcome,
    limits: &Limits,
) -> Result<(), Failure> {
    let body: &PgBody = snapshot.body()?;
    let calls = |query: &Query| advised.workload.statements.get(query.statement).map_or(1.0, |s| s.calls) * query.share;
    let weights = advised.queries.iter().map(calls).collect();
    let next = place.existing().len() + advised.defined.len();
    let mut room = Room { place, advised, snapshot, weights, next };
    for rule in [BRIN, PARTIAL] {
        let Some(known) = crate::rules::RULES.iter().find(|known| known.meta.id == rule) else { continue };
        let mut cx = Cx::new(known.meta, body, &snapshot.header, limits);
        let questions = room.questions(standing::all(&cx, rule)).await?;
        for question in questions {
            let offers = if rule == BRIN { block_range(&question, advised) } else { parts(&question, advised) };
            let best = room.best(&cx, &question, offers).await?;
            if let Some(smaller) = best {
                let finding = room.finding(&cx, &question, &smaller);
                cx.report(finding);
            }
        }
        outcome.not_looked_at.retain(|entry| entry.rule != rule);
        let (found, skipped) = cx.into_results();
        outcome.findings.extend(found);
        outcome.not_looked_at.extend(skipped);
    }
    Ok(())
}

impl Room<'_> {
    /// The indexes that come into question and that statements use.
    async fn questions<'b>(&self, standing: Vec<Standing<'b>>) -> Result<Vec<Question<'b>>, Failure> {
        let existing = self.place.existing();
        let mut questions = Vec::new();
        for standing in standing {
            let is = |one: &Existing| {
                let table = &one.index.table;
                one.name == standing.index.name
                    && (&table.schema, &table.name) == (&standing.table.schema, &standing.table.name)
            };
            let Some(id) = existing.iter().position(|one| is(one) && one.keeps.is_none()) else { continue };
            let users = self.users(&existing[id], id).await?;
            if !users.is_empty() {
                questions.push(Question { standing, id, existing: existing[id].clone(), users });
            }
        }
        Ok(questions)
    }

    async fn users(&self, existing: &Existing, id: IndexId) -> Result<Vec<(usize, f64)>, Failure> {
        let reads = |query: &Query| query.usage.tables.iter().any(|table| table.table == existing.index.table);
        let all = self.advised.queries.iter().enumerate();
        let asked: Vec<usize> = all.filter(|(_, query)| reads(query)).map(|(at, _)| at).collect();
        let asks: Vec<Ask> = asked.iter().map(|query| ask(*query, None, None)).collect();
        let plans = self.place.plan(&asks).await?;
        if plans.iter().any(Result::is_err) {
            return Ok(Vec::new()); // who can't be planned may use it
        }
        let uses = |(query, plan): (usize, Result<dbwright_advise::Planned, String>)| {
            let plan = plan.ok()?;
            plan.used.contains(&id).then_some((query, plan.cost))
        };
        Ok(asked.into_iter().zip(plans).filter_map(uses).collect())
    }

    /// The smallest offer that keeps enough of what the index gains.
    async fn best(
        &mut self,
        cx: &Cx<'_, PgBody>,
        question: &Question<'_>,
        offers: Vec<Index>,
    ) -> Result<Option<Smaller>, Failure> {
        if offers.is_empty() {
            return Ok(None);
        }
        let with = question.users.iter().map(|(query, cost)| cost * self.weights[*query]).sum();
        let Some(without) = self.cost(question, None).await? else { return Ok(None) };
        let estimates = self.place.define(&offers).await?;
        let first = self.next;
        self.next += offers.len();
        let most = words::as_f64(question.existing.bytes) * cx.limit("max_size_share");
        let mut best: Option<Smaller> = None;
        for (at, (index, estimate)) in offers.into_iter().zip(estimates).enumerate() {
            let Some(estimate) = estimate.ok().filter(|estimate| words::as_f64(estimate.bytes) <= most) else {
                continue;
            };
            let Some(instead) = self.cost(question, Some(first + at)).await? else { continue };
            let smaller = Smaller { index, bytes: estimate.bytes, with, instead, without };
            let enough = without > with && smaller.kept() >= cx.limit("kept_gain");
            if enough && best.as_ref().is_none_or(|best| smaller.bytes < best.bytes) {
                best = Some(smaller);
            }
        }
        Ok(best)
    }

    /// Weighted cost of the users without the index, with another in its place; none when one can't be planned.
    async fn cost(&self, question: &Question<'_>, with: Option<IndexId>) -> Result<Option<f64>, Failure> {
        let asks: Vec<Ask> = question.users.iter().map(|(query, _)| ask(*query, with, Some(question.id))).collect();
        let plans = self.place.plan(&asks).await?;
        let costs = plans.into_iter().zip(&question.users);
        Ok(costs.map(|(plan, (query, _))| Some(plan.ok()?.cost * self.weights[*query])).sum())
    }

    fn finding(&self, cx: &Cx<'_, PgBody>, question: &Question<'_>, smaller: &Smaller) -> Finding {
        let Standing { table, index, correlation } = question.standing;
        let catalog = &cx.body.catalog;
        let name = catalog.dialect.name(&index.name);
        let (large, small) = (words::bytes(question.existing.bytes), words::bytes(smaller.bytes));
        let title = match &smaller.index.predicate {
            Some(predicate) => format!("statements need {small} of index {name} ({large}): the rows with {predicate}"),
            None => format!("a block range index of {small} could replace index {name} ({large})"),
        };
        let why = "every write maintains the whole index, and it takes up memory and space; planned side by side, the smaller one \
                   serves the known statements nearly as well; statements that are not known may need the whole";
        let place = self.place.place();
        let kept = (smaller.kept().min(1.0) * 1000.0).round() / 1000.0;
        let mut finding = cx
            .finding(catalog.subject_in(table, &index.name), title)
            .why(why)
            .evidence("index_bytes", question.existing.bytes, "bytes", "pg_relation_size")
            .evidence("smaller_bytes", smaller.bytes, "bytes", "size model")
            .evidence("kept_gain", kept, "ratio", &place)
            .evidence(
                "queries_that_use_it",
                i64::try_from(question.users.len()).unwrap_or(i64::MAX),
                "queries",
                &place,
            );
        if let Some(correlation) = correlation.filter(|_| smaller.index.predicate.is_none()) {
            finding = finding.evidence("correlation", (correlation * 1000.0).round() / 1000.0, "ratio", "pg_stats");
        }
        let rule = if smaller.index.predicate.is_none() { BRIN } else { PARTIAL };
        let proof = self.proof(smaller, rule);
        finding.change(self.change(question, &smaller.index)).proof(proof)
    }

    fn proof(&self, smaller: &Smaller, rule: &str) -> Proof {
        Proof::Planner(Experiment {
            before: smaller.with,
            after: smaller.instead,
            unit: self.place.unit(),
            runs: 1,
            spread: 0.0,
            repeat: format!("dbwright check {} --prove --only {rule}", self.snapshot.header.name),
            note: Some(format!(
                "weighted cost of the statements that use the index, with it and with the smaller one in its place, in {}; \
                 with neither it is {:.0}",
                self.place.place(),
                smaller.without
            )),
        })
    }

    /// The smaller one is there before the large one goes, and the other way round on the way back.
    fn change(&self, question: &Question<'_>, index: &Index) -> Change {
        let (create, drop) = (self.place.create(index, None), self.place.drop(question.id));
        let lock = format!("{}; then {}", create.lock, drop.lock);
        let change = Change::new(create.forward.into_iter().chain(drop.forward), lock).outside_transaction();
        change.back(drop.back.into_iter().chain(create.back))
    }
}

fn ask(query: usize, with: Option<IndexId>, without: Option<IndexId>) -> Ask {
    Ask { query, with: with.into_iter().collect(), without: without.into_iter().collect() }
}

/// A block range index on the same column, when statements ask the index for ranges only.
fn block_range(question: &Question<'_>, advised: &Advised) -> Vec<Index> {
    let index = &question.existing.index;
    let [Key { part: KeyPart::Column(column), .. }] = index.keys.as_slice() else { return Vec::new() };
    let ranges_only = |query: &Query| {
        let tables = query.usage.tables.iter().filter(|table| table.table == index.table);
        let mut on = tables.flat_map(|table| table.conditions.iter().chain(&table.nested));
        on.clone().any(|condition| condition.part.column() == Some(column.as_str()))
            && on.all(|one| one.part.column() != Some(column.as_str()) || one.operator == Operator::Range)
    };
    if !question.users.iter().all(|(query, _)| ranges_only(&advised.queries[*query])) {
        return Vec::new();
    }
    let key = Key::column(column.as_str());
    let whole = Index { method: "brin".to_owned(), keys: vec![key], ..Index::btree::<String>(index.table.clone(), []) };
    let finer = Index { options: vec![("pages_per_range".to_owned(), "32".to_owned())], ..whole.clone() };
    vec![whole, finer]
}

/// The same index for the rows that its users have in common, when it is known of all of them which constants never change.
fn parts(question: &Question<'_>, advised: &Advised) -> Vec<Index> {
    let mut times: HashMap<usize, usize> = HashMap::new();
    for query in &advised.queries {
        *times.entry(query.statement).or_default() += 1;
    }
    let users: Vec<Query> = question.users.iter().map(|(query, _)| advised.queries[*query].clone()).collect();
    if users.iter().any(|query| times[&query.statement] < 2) {
        return Vec::new();
    }
    let own = &question.existing.index;
    let same = |index: &Index| index.table == own.table;
    let predicates: BTreeSet<String> =
        candidates::partial(&users).into_iter().filter(same).filter_map(|index| index.predicate).collect();
    predicates.into_iter().map(|predicate| Index { predicate: Some(predicate), ..own.clone() }).collect()
}

//! Conditions of a scan and equalities of a join, as an index could serve them.

use std::collections::BTreeSet;
use std::ops::Range;

use dbwright_advise::index::KeyPart;
use dbwright_advise::usage::{Condition, Join, Operator};
use dbwright_sql::model::Table;

use super::compare::{Comparison, comparison, kind, part};
use super::expr::{self, Form, Node};
use super::lex::Source;
use super::names::{mentions, runs_a_plan, unqualified};
use super::refs::References;
use super::single::{one_of, single};
use crate::explain::Plan;

/// What the conditions of a statement came to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Conditions on one reference.
    pub(super) conditions: Vec<(usize, Condition)>,
    /// Equalities between references.
    pub(super) joins: Vec<(usize, Join)>,
    /// Other comparisons between references.
    pub(super) nested: Vec<(usize, Condition)>,
    /// Groups of alternatives so far.
    groups: u32,
}

/// A condition with what it is about.
struct Clause<'s, 'a> {
    source: &'s Source<'a>,
    node: &'s Node,
    /// Whether names stand for all branches of a `UNION ALL`: above it they do, inside not.
    above: bool,
    /// References whose columns it names; [`OUTSIDE`] stands for what is no table.
    about: BTreeSet<usize>,
}

/// A name that belongs to no table that could have an index: a subquery, a common table expression, a function.
const OUTSIDE: usize = usize::MAX;

impl Found {
    /// Reads the conditions of a node that reads the reference `at`.
    pub(super) fn scan(&mut self, references: &References<'_>, node: &Plan, at: usize) {
        for text in [&node.filter, &node.index_cond, &node.recheck_cond].into_iter().flatten() {
            let source = Source::new(text);
            let whole = expr::condition(&source);
            for node in conjuncts(&whole) {
                self.clause(references, &source, node, at);
            }
        }
    }

    fn clause(&mut self, references: &References<'_>, source: &Source<'_>, node: &Node, at: usize) {
        let clause = Clause::new(references, source, node, false);
        if runs_a_plan(source, node.tokens.clone()) || !clause.about.contains(&at) {
            return;
        }
        if clause.about.len() > 1 {
            self.across(references, &clause, Some(at));
            return;
        }
        let Some(table) = references.all.get(at).map(|reference| reference.table) else { return };
        let found = match &node.form {
            Form::Or(arms) if one_of(source, arms, table).is_none() => self.alternatives(source, arms, table),
            _ => vec![single(source, node, table)],
        };
        for condition in found {
            if !self.conditions.iter().any(|(other, known)| *other == at && same(known, &condition)) {
                self.conditions.push((at, condition));
            }
        }
    }

    fn alternatives(&mut self, source: &Source<'_>, arms: &[Node], table: &Table) -> Vec<Condition> {
        self.groups += 1;
        let mut all = Vec::new();
        for (arm, node) in arms.iter().enumerate() {
            for node in conjuncts(node) {
                let arm = u32::try_from(arm).unwrap_or(u32::MAX);
                all.push(Condition { alternative: Some(self.groups), arm, ..single(source, node, table) });
            }
        }
        all
    }

    /// Reads the equalities of a join; `visible` are the references that no aggregate or the like hides from it.
    pub(super) fn join(&mut self, references: &References<'_>, node: &Plan, visible: &BTreeSet<usize>) {
        for text in [&node.hash_cond, &node.merge_cond, &node.join_filter].into_iter().flatten() {
            let source = Source::new(text);
            let whole = expr::condition(&source);
            for node in conjuncts(&whole) {
                let mut clause = Clause::new(references, &source, node, true);
                let runs = runs_a_plan(&source, node.tokens.clone());
                if !runs && clause.about.len() < 2 {
                    continue;
                }
                clause.about.retain(|at| *at == OUTSIDE || visible.contains(at));
                if runs {
                    self.with_a_plan(references, &clause);
                } else {
                    self.across(references, &clause, None);
                }
            }
        }
    }

    /// A comparison between references, seen from each side that names one only; or from the side of `at`.
    fn across(&mut self, references: &References<'_>, clause: &Clause<'_, '_>, at: Option<usize>) {
        for from_right in [false, true] {
            let Some(comparison) = comparison(clause.node, from_right) else { continue };
            let here = clause.names(references, &comparison.own.tokens);
            let there = clause.names(references, &comparison.other.tokens);
            let usable =
                |one: &usize| clause.about.contains(one) && at.is_none_or(|at| at == *one) && !there.contains(one);
            for one in here.iter().copied().filter(usable) {
                self.side(references, clause, &comparison, one, &there);
            }
        }
    }

    /// A comparison of a join with the result of a plan that is run for each row. It hangs on another reference, or it would
    /// stand at a scan: inside a nested loop it runs once for each outer row, and an index is read with what it gave.
    fn with_a_plan(&mut self, references: &References<'_>, clause: &Clause<'_, '_>) {
        for from_right in [false, true] {
            let Some(comparison) = comparison(clause.node, from_right) else { continue };
            let runs = |node: &Node| runs_a_plan(clause.source, node.tokens.clone());
            let here = clause.names(references, &comparison.own.tokens);
            let (Some(one), 1) = (here.first().copied(), here.len()) else { continue };
            if runs(comparison.own) || !runs(comparison.other) || !clause.about.contains(&one) {
                continue;
            }
            let own = mine(references, clause, comparison.own, one);
            if let Some(condition) = own.and_then(|own| between(clause, &comparison, own)) {
                push(&mut self.nested, (one, condition));
            }
        }
    }

    fn side(
        &mut self,
        references: &References<'_>,
        clause: &Clause<'_, '_>,
        comparison: &Comparison<'_>,
        at: usize,
        there: &BTreeSet<usize>,
    ) {
        let Some(own) = mine(references, clause, comparison.own, at) else { return };
        if comparison.symbol != "=" {
            if let Some(condition) = between(clause, comparison, own) {
                push(&mut self.nested, (at, condition));
            }
            return;
        }
        for partner in there {
            let other_part = mine(references, clause, comparison.other, *partner)
                .unwrap_or_else(|| KeyPart::Expression(clause.source.slice(&comparison.other.tokens).to_owned()));
            let name = references.all.get(*partner).map(|reference| reference.alias.clone());
            let name = name.or_else(|| {
                mentions(clause.source, comparison.other.tokens.clone()).into_iter().find_map(|(alias, _)| alias)
            });
            push(&mut self.joins, (at, Join { part: own.clone(), other: name.unwrap_or_default(), other_part }));
        }
    }
}

impl<'s, 'a> Clause<'s, 'a> {
    fn new(references: &References<'_>, source: &'s Source<'a>, node: &'s Node, above: bool) -> Self {
        let empty = Self { source, node, above, about: BTreeSet::new() };
        Self { about: empty.names(references, &node.tokens), ..empty }
    }

    fn names(&self, references: &References<'_>, tokens: &Range<usize>) -> BTreeSet<usize> {
        let mut about = BTreeSet::new();
        for mention in mentions(self.source, tokens.clone()) {
            let found = if self.above { references.resolve(&mention) } else { references.resolve_own(&mention) };
            if found.is_empty() && mention.0.is_some() {
                about.insert(OUTSIDE);
            }
            about.extend(found.into_iter().map(|(at, _)| at));
        }
        about
    }
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether two conditions of one reference say the same; partitions repeat each other.
fn same(a: &Condition, b: &Condition) -> bool {
    a.text == b.text
        && a.alternative.is_some() == b.alternative.is_some()
        && (a.alternative.is_none() || a.arm == b.arm)
}

/// The side of a comparison as a key of the reference `at`: above a `UNION ALL` the text shows another branch's column.
fn mine(references: &References<'_>, clause: &Clause<'_, '_>, node: &Node, at: usize) -> Option<KeyPart> {
    let table = references.all.get(at)?.table;
    let named = mentions(clause.source, node.tokens.clone());
    let (true, [mention]) = (clause.above, named.as_slice()) else { return Some(part(clause.source, node, table)) };
    let column = references.resolve(mention).into_iter().find_map(|(one, name)| if one == at { name } else { None })?;
    if mention.1.as_ref() != Some(&column) {
        return table.column(&column).map(|column| KeyPart::Column(column.name.clone()));
    }
    Some(part(clause.source, node, table))
}

fn between(clause: &Clause<'_, '_>, comparison: &Comparison<'_>, part: KeyPart) -> Option<Condition> {
    let operator = kind(&comparison.symbol, comparison.any, None);
    if operator == Operator::Filter {
        return None;
    }
    Some(Condition {
        part,
        operator,
        constant: None,
        symbol: comparison.symbol.clone(),
        text: unqualified(clause.source, &clause.node.tokens),
        selectivity: None,
        alternative: None,
        arm: 0,
    })
}

fn conjuncts(node: &Node) -> Vec<&Node> {
    match &node.form {
        Form::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![node],
    }
}

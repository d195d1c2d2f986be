//! What stands above the scans: orders, groups, the columns that are needed, and limits.

use std::collections::BTreeSet;

use dbwright_advise::index::{Key, KeyPart};
use dbwright_advise::usage::{Condition, Operator};

use super::compare::{comparison, is_distance, part, same_collation};
use super::expr::{self, Form, Node};
use super::lex::Source;
use super::names::{self, mentions};
use super::refs::{self, References};
use crate::explain::Plan;

/// Nodes that let rows through unchanged, one by one or as a whole, so that what is below can serve what is above.
const OPEN: &[&str] = &[
    "Nested Loop",
    "Hash Join",
    "Merge Join",
    "Hash",
    "Sort",
    "Incremental Sort",
    "Materialize",
    "Memoize",
    "Gather",
    "Gather Merge",
    "Append",
    "Merge Append",
    "Result",
    "LockRows",
    "ModifyTable",
    "ProjectSet",
    "Unique",
];

/// Nodes that ask nothing of the width of the rows below them: a scan there may yield more columns than are needed.
const CARELESS: &[&str] = &[
    "Nested Loop",
    "Hash Join",
    "Merge Join",
    "Aggregate",
    "Group",
    "WindowAgg",
    "Result",
    "ProjectSet",
    "SetOp",
    "Unique",
];

/// Whether a node belongs to the statement around it, rather than being a plan of its own.
pub(super) fn belongs(node: &Plan) -> bool {
    !matches!(node.parent_relationship.as_deref(), Some("SubPlan" | "InitPlan"))
}

/// Whether conditions above a node can reach the scans below it.
pub(super) fn is_open(node: &Plan) -> bool {
    OPEN.contains(&node.node_type.as_str()) || (node.node_type == "Aggregate" && only_distinct(node))
}

/// Whether an aggregate only removes duplicates.
fn only_distinct(node: &Plan) -> bool {
    !node.group_key.is_empty() && node.output.iter().all(|text| node.group_key.iter().any(|key| ends_alike(key, text)))
}

fn ends_alike(key: &str, text: &str) -> bool {
    key == text || key.rsplit('.').next() == Some(text)
}

/// A key of a sort or group.
struct SortKey {
    at: usize,
    key: Key,
}

/// Orders that a sort asks for: the leading keys that belong to one reference.
pub(super) fn order(references: &References<'_>, node: &Plan) -> Vec<(usize, Vec<Key>)> {
    let computed = computes(node);
    let grouped: Vec<&str> = node.walk().flat_map(|below| below.group_key.iter().map(String::as_str)).collect();
    let mut found: Vec<(usize, Vec<Key>)> = Vec::new();
    for text in &node.sort_key {
        let source = Source::new(text);
        let (whole, end) = expr::read(&source);
        let allowed = matches!(whole.form, Form::Column { .. }) || !computed || grouped.contains(&text.as_str());
        let keys = if allowed { keys(references, &source, &whole, end) } else { Vec::new() };
        if found.is_empty() {
            found.extend(keys.into_iter().map(|one| (one.at, vec![one.key])));
        } else {
            // Who has no part in this key has an order as far as it goes; the first one that has goes on.
            let mut any = false;
            for (at, order) in &mut found {
                if let Some(one) = keys.iter().find(|one| one.at == *at) {
                    order.push(one.key.clone());
                    any = true;
                }
            }
            if !any {
                break;
            }
        }
        if found.is_empty() {
            break;
        }
    }
    found
}

/// Whether something below a node computes what no index has: aggregates and window functions.
fn computes(node: &Plan) -> bool {
    node.walk()
        .skip(1)
        .any(|below| matches!(below.node_type.as_str(), "Aggregate" | "WindowAgg" | "Group" | "ProjectSet"))
}

/// One key as each reference has it that it belongs to.
fn keys(references: &References<'_>, source: &Source<'_>, node: &Node, end: usize) -> Vec<SortKey> {
    let rest: Vec<&str> = (end..source.tokens.len()).map(|at| source.word(at)).collect();
    let has = |word: &str| rest.contains(&word);
    let nulls_first = if has("NULLS") { Some(has("FIRST")) } else { None };
    if has("USING") {
        return Vec::new();
    }
    let collation = match &node.form {
        Form::Collate { collation, .. } => Some(collation.clone()),
        _ => None,
    };
    let of = |(at, part): (usize, KeyPart)| {
        let own = part.column().and_then(|name| references.all.get(at)?.table.column(name)?.collation.clone());
        let collation = collation.clone().filter(|collation| !own.is_some_and(|own| same_collation(&own, collation)));
        let key = Key { descending: has("DESC"), nulls_first, collation, ..Key::of(part) };
        SortKey { at, key }
    };
    parts(references, source, node).into_iter().map(of).collect()
}

/// A key as each reference has it that it belongs to; nothing when it belongs to more than one.
fn parts(references: &References<'_>, source: &Source<'_>, node: &Node) -> Vec<(usize, KeyPart)> {
    let named = mentions(source, node.tokens.clone());
    let resolved: Vec<_> = named.iter().map(|mention| references.resolve(mention)).collect();
    let computed = node.tokens.clone().any(|at| source.is(at, "OVER") || source.is(at, "FILTER"))
        || names::runs_a_plan(source, node.tokens.clone());
    let unknown =
        computed || named.iter().zip(&resolved).any(|(mention, found)| mention.0.is_some() && found.is_empty());
    let resolved: Vec<_> = resolved.into_iter().filter(|found| !found.is_empty()).collect();
    let Some(first) = resolved.first().filter(|_| !unknown) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, column) in first {
        let everywhere = resolved.iter().all(|one| one.iter().any(|(other, _)| other == at));
        let Some(table) = references.all.get(*at).map(|reference| reference.table).filter(|_| everywhere) else {
            continue;
        };
        let written = named.iter().any(|(_, name)| name == column);
        if written || resolved.len() > 1 {
            found.push((*at, part(source, node, table)));
        } else if let (Some(column), Form::Column { .. }) = (column, &node.form) {
            // Another branch of a UNION ALL.
            found.extend(table.column(column).map(|column| (*at, KeyPart::Column(column.name.clone()))));
        }
    }
    found
}

/// Groups that a node makes, as far as the keys belong to each reference: rows that come sorted by some of the keys need
/// less sorting by the others.
pub(super) fn group(references: &References<'_>, node: &Plan) -> Vec<(usize, Vec<KeyPart>)> {
    let mut found: Vec<(usize, Vec<KeyPart>)> = Vec::new();
    if computes(node) {
        return found;
    }
    for text in &node.group_key {
        let source = Source::new(text);
        let (whole, _) = expr::read(&source);
        for (at, part) in parts(references, &source, &whole) {
            match found.iter_mut().find(|(known, _)| *known == at) {
                Some((_, parts)) => parts.push(part),
                None => found.push((at, vec![part])),
            }
        }
    }
    found
}

/// Orders that `min` and `max` without groups would like: the ends of an index are at hand.
pub(super) fn ends(references: &References<'_>, node: &Plan) -> Vec<(usize, Vec<Key>)> {
    let plain = node.node_type == "Aggregate" && node.group_key.is_empty() && node.grouping_sets.is_empty();
    let below = node.plans.iter().filter(|child| belongs(child));
    let simple = below.clone().count() == 1
        && below.clone().all(|child| child.relation.is_some() || child.node_type == "Append");
    if !plain || !simple {
        return Vec::new();
    }
    let mut found = Vec::new();
    for text in &node.output {
        let source = Source::new(text);
        for at in 0..source.tokens.len() {
            let word = source.word(at);
            if !source.is(at + 1, "(") || !word.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            let end = matches!(word, "min" | "max");
            if !end && AGGREGATES.contains(&word) {
                return Vec::new();
            }
            if end {
                let argument =
                    text.get(source.tokens.get(at + 1).map_or(0, |token| token.span.start)..).unwrap_or_default();
                let source = Source::new(argument);
                let (of, _) = expr::read(&source);
                let keys = parts(references, &source, &of).into_iter();
                found.extend(keys.map(|(at, part)| (at, vec![Key { descending: word == "max", ..Key::of(part) }])));
            }
        }
    }
    found
}

const AGGREGATES: &[&str] = &[
    "count",
    "sum",
    "avg",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "bool_and",
    "bool_or",
    "every",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "xmlagg",
    "bit_and",
    "bit_or",
    "corr",
    "covar_pop",
    "covar_samp",
    "range_agg",
    "percentile_cont",
    "percentile_disc",
    "mode",
    "any_value",
];

/// Orders by a distance from something, and whether that is a constant rather than another reference's column.
pub(super) fn nearest(references: &References<'_>, node: &Plan) -> Option<(usize, Condition, bool)> {
    let source = Source::new(node.sort_key.first()?);
    let (whole, _) = expr::read(&source);
    for from_right in [false, true] {
        let Some(found) = comparison(&whole, from_right).filter(|found| is_distance(&found.symbol)) else { continue };
        let Some((at, part)) = parts(references, &source, found.own).into_iter().next() else { continue };
        let alone = mentions(&source, found.other.tokens.clone()).iter().all(|mention| mention.0.is_none());
        let constant = (found.other.form == Form::Constant).then(|| source.slice(&found.other.tokens).to_owned());
        let text = names::unqualified(&source, &whole.tokens);
        let symbol = found.symbol;
        let operator = Operator::Nearest;
        let condition =
            Condition { part, operator, constant, symbol, text, selectivity: None, alternative: None, arm: 0 };
        return Some((at, condition, alone));
    }
    None
}

/// Columns of each reference that anything but the yield of careless scans names; none for the whole row.
pub(super) fn needed(references: &References<'_>, plan: &Plan) -> Vec<Option<BTreeSet<String>>> {
    let mut needed: Vec<Option<BTreeSet<String>>> = references.all.iter().map(|_| Some(BTreeSet::new())).collect();
    need(references, plan, false, &mut needed);
    needed
}

fn need(references: &References<'_>, node: &Plan, careless: bool, needed: &mut [Option<BTreeSet<String>>]) {
    let is_scan = node.alias.is_some() && node.node_type != "ModifyTable";
    let output = node.output.iter().filter(|_| !(is_scan && careless)).map(String::as_str);
    for text in refs::conditions(node).chain(output) {
        let source = Source::new(text);
        for mention in mentions(&source, 0..source.tokens.len()) {
            for (at, column) in references.resolve(&mention) {
                take(references, needed, at, column);
            }
        }
    }
    let passes = matches!(node.node_type.as_str(), "Limit" | "LockRows");
    let careless = if passes { careless } else { CARELESS.contains(&node.node_type.as_str()) };
    for child in &node.plans {
        need(references, child, careless && belongs(child), needed);
    }
}

fn take(references: &References<'_>, needed: &mut [Option<BTreeSet<String>>], at: usize, column: Option<String>) {
    let known = column.filter(|name| references.all.get(at).is_some_and(|one| one.table.column(name).is_some()));
    let Some(slot) = needed.get_mut(at) else { return };
    match known {
        Some(name) => {
            if let Some(columns) = slot {
                columns.insert(name);
            }
        }
        None => *slot = None,
    }
}

/// References that can be read a few rows at a time because of a limit above them.
pub(super) fn limited(references: &References<'_>, plan: &Plan) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for limit in plan.walk().filter(|node| node.node_type == "Limit") {
        for child in limit.plans.iter().filter(|child| belongs(child)) {
            found.extend(visible(references, child));
        }
    }
    found
}

/// References below a node that no aggregate or the like hides.
pub(super) fn visible(references: &References<'_>, node: &Plan) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = node
        .alias
        .iter()
        .flat_map(|alias| references.named(alias))
        .copied()
        .filter(|_| node.relation.is_some())
        .collect();
    if node.relation.is_some() || is_open(node) {
        for child in node.plans.iter().filter(|child| belongs(child)) {
            found.extend(visible(references, child));
        }
    }
    found
}

//! Which references to tables a plan has, and what the names in its expressions mean.
//!
//! Partitions are mapped to their parent: PostgreSQL calls them `t_1`, `t_2` where the statement says `t`, and what
//! stands above them says `t` again. Above a `UNION ALL` the names are those of its first branch.

use std::collections::{HashMap, HashSet};

use dbwright_sql::model::{ObjectId, Table, TableKind};

use super::expr;
use super::lex::Source;
use super::names::{self, Mention};
use crate::body::PgBody;
use crate::explain::Plan;

/// One reference to a table.
#[derive(Debug)]
pub(super) struct Reference<'a> {
    /// The table; the parent for partitions.
    pub(super) table: &'a Table,
    /// Its name in the statement.
    pub(super) alias: String,
    /// The nodes that read it: several for a partitioned table, none for a target of `INSERT`.
    pub(super) scans: Vec<&'a Plan>,
    /// Whether the statement writes it.
    pub(super) written: bool,
}

/// All references of a statement.
#[derive(Debug)]
pub(super) struct References<'a> {
    /// The references.
    pub(super) all: Vec<Reference<'a>>,
    /// References by the names that expressions use for them.
    names: HashMap<String, Vec<usize>>,
    /// Columns of other branches of a `UNION ALL` by the first one's.
    branches: HashMap<(String, String), Vec<(usize, String)>>,
    /// The reference whose columns are printed without a name.
    only: Option<usize>,
}

/// Columns that every table has and no index.
const SYSTEM: &[&str] = &["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

/// A column of a reference; none for the whole row.
pub(super) type Named = (usize, Option<String>);

impl<'a> References<'a> {
    /// Collects the references of a plan.
    pub(super) fn of(plan: &'a Plan, body: &'a PgBody) -> Self {
        let mut collector = Collector {
            tables: body.catalog.indexed_tables().map(|t| ((t.schema.as_str(), t.name.as_str()), t)).collect(),
            by_id: body.catalog.by_id(),
            found: Vec::new(),
            appends: 0,
            scans: 0,
        };
        collector.visit(plan, None);
        let only = (collector.scans == 1 && !collector.found.is_empty()).then_some(0);
        let mut references = Self { all: Vec::new(), names: HashMap::new(), branches: HashMap::new(), only };
        references.group(&collector.found);
        references.targets(plan, &collector.tables);
        references.parents(plan);
        references.branch(plan);
        references
    }

    /// Makes references of scans: those of one partitioned table under one append are one.
    fn group(&mut self, found: &[Found<'a>]) {
        let mut groups: HashMap<(usize, ObjectId, String), usize> = HashMap::new();
        for scan in found {
            let alias = scan.node.alias.clone().unwrap_or_else(|| scan.table.name.clone());
            let group =
                scan.append.filter(|_| scan.partition).map(|append| (append, scan.table.id, stem(&alias).to_owned()));
            let known = group.as_ref().and_then(|group| groups.get(group)).copied();
            let at = known.unwrap_or(self.all.len());
            if known.is_none() {
                let (table, alias) = (scan.table, alias.clone());
                self.all.push(Reference { table, alias, scans: Vec::new(), written: false });
            }
            if let Some(group) = group {
                groups.insert(group, at);
            }
            if let Some(reference) = self.all.get_mut(at) {
                reference.scans.push(scan.node);
            }
            self.names.entry(alias).or_default().push(at);
        }
    }

    /// Adds what the statement writes.
    fn targets(&mut self, plan: &'a Plan, tables: &HashMap<(&str, &str), &'a Table>) {
        for node in plan.walk().filter(|node| node.node_type == "ModifyTable") {
            let name = node.schema.as_deref().zip(node.relation.as_deref());
            let Some(table) = name.and_then(|name| tables.get(&name)).copied() else { continue };
            let alias = node.alias.clone().unwrap_or_else(|| table.name.clone());
            let same =
                self.all.iter_mut().find(|r| r.table.id == table.id && (r.alias == alias || stem(&r.alias) == alias));
            if let Some(reference) = same {
                reference.written = true;
            } else {
                self.names.entry(alias.clone()).or_default().push(self.all.len());
                self.all.push(Reference { table, alias, scans: Vec::new(), written: true });
            }
        }
    }

    /// Finds the names of partitioned and inherited tables, which no node has: names that are used and not explained, in the
    /// order of the children that share their stem.
    fn parents(&mut self, plan: &Plan) {
        let scans = plan.walk().filter(|node| node.node_type != "ModifyTable");
        let own: HashSet<&str> = scans.filter_map(|node| node.alias.as_deref()).collect();
        let mut unknown: Vec<String> = Vec::new();
        for text in plan.walk().flat_map(texts) {
            let source = Source::new(text);
            for (alias, _) in names::mentions(&source, 0..source.tokens.len()) {
                unknown.extend(alias.filter(|alias| !own.contains(alias.as_str()) && !unknown.contains(alias)));
            }
        }
        unknown.sort_by_key(|alias| (alias.len(), alias.clone()));
        let mut taken: HashSet<String> = HashSet::new();
        for (at, reference) in self.all.iter_mut().enumerate() {
            let base = stem(&reference.alias).to_owned();
            if base == reference.alias || reference.scans.is_empty() {
                continue;
            }
            let inherited = reference.table.kind != TableKind::Partitioned;
            let position = unknown.iter().position(|alias| *alias == base || stem(alias) == base);
            let name = position.and_then(|position| unknown.get(position).cloned());
            if let (Some(position), false) = (position, inherited) {
                unknown.remove(position);
            }
            let name = name.unwrap_or_else(|| base.clone());
            if !inherited && !own.contains(name.as_str()) && taken.insert(name.clone()) {
                reference.alias.clone_from(&name);
            }
            if !own.contains(name.as_str()) {
                self.names.entry(name).or_default().push(at);
            }
        }
    }

    /// Learns which columns the branches of a `UNION ALL` put beside each other.
    fn branch(&mut self, plan: &Plan) {
        for node in plan.walk().filter(|node| matches!(node.node_type.as_str(), "Append" | "Merge Append")) {
            let mut members = node.plans.iter().filter(|child| child.parent_relationship.as_deref() == Some("Member"));
            let Some(first) = members.next() else { continue };
            for other in members {
                for (left, right) in first.output.iter().zip(&other.output) {
                    self.beside(left, right);
                }
            }
        }
    }

    fn beside(&mut self, left: &str, right: &str) {
        let column = |text: &str| {
            let source = Source::new(text);
            let node = expr::condition(&source);
            match node.form {
                expr::Form::Column { alias: Some(alias), name } => Some((alias, name)),
                _ => None,
            }
        };
        let Some(((left, name), (right, other))) = column(left).zip(column(right)) else { return };
        let ats = self.names.get(&right).cloned().unwrap_or_default();
        if self.names.get(&left) != Some(&ats) {
            self.branches.entry((left, name)).or_default().extend(ats.into_iter().map(|at| (at, other.clone())));
        }
    }

    /// What a mention means: nothing when it is no column of a table that can be indexed.
    pub(super) fn resolve(&self, mention: &Mention) -> Vec<Named> {
        let mut found = self.resolve_own(mention);
        if let (Some(alias), Some(name)) = mention
            && let Some(others) = self.branches.get(&(alias.clone(), name.clone()))
        {
            found.extend(others.iter().map(|(at, name)| (*at, Some(name.clone()))));
        }
        found
    }

    /// The same inside of a branch of a `UNION ALL`, where a name means this branch only.
    pub(super) fn resolve_own(&self, mention: &Mention) -> Vec<Named> {
        let (alias, name) = mention;
        let Some(alias) = alias else {
            let known = |table: &Table, name: &str| table.column(name).is_some() || SYSTEM.contains(&name);
            let table = self.only.and_then(|only| self.all.get(only)).map(|reference| reference.table);
            let found = table.zip(name.as_deref()).is_some_and(|(table, name)| known(table, name));
            return self.only.filter(|_| found).map(|only| vec![(only, name.clone())]).unwrap_or_default();
        };
        self.names.get(alias).into_iter().flatten().map(|at| (*at, name.clone())).collect()
    }

    /// References by an alias.
    pub(super) fn named(&self, alias: &str) -> &[usize] {
        self.names.get(alias).map_or(&[], Vec::as_slice)
    }
}

/// Everything in a node that can name a column, what it yields left out.
pub(super) fn conditions(node: &Plan) -> impl Iterator<Item = &str> {
    let texts = [
        &node.filter,
        &node.index_cond,
        &node.recheck_cond,
        &node.order_by,
        &node.tid_cond,
        &node.hash_cond,
        &node.merge_cond,
        &node.join_filter,
        &node.one_time_filter,
        &node.cache_key,
        &node.function_call,
        &node.run_condition,
        &node.conflict_filter,
    ];
    let keys = node.sort_key.iter().chain(&node.presorted_key).chain(&node.group_key);
    texts.into_iter().flatten().chain(keys).map(String::as_str).chain(sets(&node.grouping_sets))
}

fn texts(node: &Plan) -> impl Iterator<Item = &str> {
    conditions(node).chain(node.output.iter().map(String::as_str))
}

/// Texts inside the nested lists of grouping sets.
fn sets(values: &[serde_json::Value]) -> Vec<&str> {
    let mut stack: Vec<&serde_json::Value> = values.iter().collect();
    let mut found = Vec::new();
    while let Some(value) = stack.pop() {
        match value {
            serde_json::Value::String(text) => found.push(text.as_str()),
            serde_json::Value::Array(values) => stack.extend(values),
            serde_json::Value::Object(fields) => stack.extend(fields.values()),
            _ => {}
        }
    }
    found
}

/// An alias without the number that PostgreSQL added to make it unique.
fn stem(alias: &str) -> &str {
    match alias.rsplit_once('_') {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => stem,
        _ => alias,
    }
}

struct Found<'a> {
    node: &'a Plan,
    table: &'a Table,
    partition: bool,
    append: Option<usize>,
}

struct Collector<'a> {
    tables: HashMap<(&'a str, &'a str), &'a Table>,
    by_id: HashMap<ObjectId, &'a Table>,
    found: Vec<Found<'a>>,
    appends: usize,
    /// Nodes that read something by a name.
    scans: usize,
}

impl<'a> Collector<'a> {
    fn visit(&mut self, node: &'a Plan, append: Option<usize>) {
        self.scan(node, append);
        let appends = matches!(node.node_type.as_str(), "Append" | "Merge Append");
        self.appends += usize::from(appends);
        let below = if appends { Some(self.appends) } else { append };
        for child in &node.plans {
            self.visit(child, below);
        }
    }

    fn scan(&mut self, node: &'a Plan, append: Option<usize>) {
        if node.alias.is_none() || node.node_type == "ModifyTable" {
            return;
        }
        self.scans += 1;
        let name = node.schema.as_deref().zip(node.relation.as_deref());
        let Some(table) = name.and_then(|name| self.tables.get(&name)).copied() else { return };
        let root = self.root(table);
        self.found.push(Found { node, table: root, partition: root.id != table.id, append });
    }

    fn root(&self, table: &'a Table) -> &'a Table {
        let mut root = table;
        // Partitions nest only so deep; a damaged catalog must not turn this into a circle.
        for _ in 0..32 {
            let parent = root.parents.first().filter(|_| root.is_partition).and_then(|id| self.by_id.get(id));
            let Some(parent) = parent else { break };
            root = parent;
        }
        root
    }
}

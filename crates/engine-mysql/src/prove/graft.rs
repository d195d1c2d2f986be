//! What the rules look at in a rehearsal: the target as it was observed, with what the lab has of it in its place.
//!
//! A lab without rows has no sizes, counters and statistics; rules that weigh a fault by them go by the target's. What the
//! lab tells is what a change can change: definitions, values of variables, accounts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dbwright_sql::model::{ObjectId, Table};

use super::trial::TableName;
use crate::body::{Account, Body, IndexFacts, TableFacts};

/// The target with the lab's definitions of some tables; one that is gone there is gone.
pub(super) fn tables(target: &Body, seen: &Body, which: &BTreeSet<TableName>) -> Body {
    let mut graft = Graft::new(target, seen);
    let mut body = target.clone();
    let named = |table: &Table| (table.schema.clone(), table.name.clone());
    let there: HashMap<_, _> = seen.catalog.tables.iter().map(|table| (named(table), table)).collect();
    let mut tables = Vec::with_capacity(body.catalog.tables.len());
    for old in std::mem::take(&mut body.catalog.tables) {
        let name = named(&old);
        if !which.contains(&name) {
            tables.push(old);
            continue;
        }
        body.tables.remove(&old.id);
        for index in &old.indexes {
            body.indexes.remove(&index.id);
        }
        if let Some(new) = there.get(&name) {
            tables.push(graft.table(&old, new, &mut body));
        }
    }
    body.catalog.tables = tables;
    body
}

/// The target with the lab's values of some variables; where a value comes from stays what it is there.
pub(super) fn settings(target: &Body, values: &BTreeMap<String, String>) -> Body {
    let mut body = target.clone();
    for (name, value) in values {
        if let Some(variable) = body.variables.get_mut(name) {
            variable.value.clone_from(value);
        }
    }
    body
}

/// The target with the lab's accounts in place of those of these names.
pub(super) fn accounts(target: &Body, seen: &[Account], names: &[(String, String)]) -> Body {
    let mut body = target.clone();
    let is = |account: &Account| names.iter().any(|(user, host)| *user == account.user && *host == account.host);
    body.accounts.retain(|account| !is(account));
    body.accounts.extend(seen.iter().filter(|account| is(account)).cloned());
    body
}

/// Ids of the target for what the lab has under the same names, and new ones for the rest.
struct Graft<'a> {
    target: &'a Body,
    seen: &'a Body,
    ids: HashMap<(&'a str, &'a str), ObjectId>,
    next: ObjectId,
}

impl<'a> Graft<'a> {
    fn new(target: &'a Body, seen: &'a Body) -> Self {
        let all = &target.catalog.tables;
        let ids = all.iter().map(|table| ((table.schema.as_str(), table.name.as_str()), table.id)).collect();
        let next = all.iter().flat_map(|table| &table.indexes).map(|index| index.id).max().unwrap_or(0) + 1;
        Self { target, seen, ids, next }
    }

    /// A table as the lab defines it, with the target's figures.
    fn table(&mut self, old: &Table, new: &Table, body: &mut Body) -> Table {
        let mut table = new.clone();
        table.id = old.id;
        (table.rows, table.bytes, table.writes) = (old.rows, old.bytes, old.writes);
        table.triggers.clone_from(&old.triggers);
        for column in &mut table.columns {
            column.highest = old.columns.iter().find(|c| c.name == column.name).and_then(|c| c.highest.clone());
        }
        let mut moved = HashMap::new();
        for index in &mut table.indexes {
            let known = old.indexes.iter().find(|one| one.name == index.name);
            let id = known.map_or_else(|| self.fresh(), |one| one.id);
            index.bytes = known.and_then(|one| one.bytes);
            if let Some(facts) = self.seen.index(index.id) {
                body.indexes.insert(id, index_facts(facts, known.and_then(|one| self.target.index(one.id))));
            }
            moved.insert(index.id, id);
            index.id = id;
        }
        for constraint in &mut table.constraints {
            constraint.index = constraint.index.and_then(|id| moved.get(&id).copied());
            if let dbwright_sql::model::ConstraintKind::ForeignKey(to) = &mut constraint.kind {
                to.id = self.ids.get(&(to.schema.as_str(), to.table.as_str())).copied();
            }
        }
        if let Some(facts) = self.seen.table(new.id) {
            body.tables.insert(old.id, table_facts(facts, self.target.table(old.id)));
        }
        table
    }

    fn fresh(&mut self) -> ObjectId {
        self.next += 1;
        self.next - 1
    }
}

fn index_facts(seen: &IndexFacts, target: Option<&IndexFacts>) -> IndexFacts {
    let Some(target) = target else { return IndexFacts { cardinality: Vec::new(), io: None, ..seen.clone() } };
    IndexFacts { cardinality: target.cardinality.clone(), io: target.io, ..seen.clone() }
}

fn table_facts(seen: &TableFacts, target: Option<&TableFacts>) -> TableFacts {
    let mut facts = seen.clone();
    let Some(target) = target else { return facts };
    for partition in &mut facts.partitions {
        let known = target.partitions.iter().find(|one| one.name == partition.name);
        (partition.rows, partition.bytes) = known.map_or((None, None), |one| (one.rows, one.bytes));
    }
    TableFacts {
        auto_increment: target.auto_increment,
        free_bytes: target.free_bytes,
        row_bytes: target.row_bytes,
        created: target.created.clone(),
        analyzed: target.analyzed.clone(),
        io: target.io,
        ..facts
    }
}

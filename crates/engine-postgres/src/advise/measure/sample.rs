//! Which rows of a large database are copied: a sample in which foreign keys lead somewhere.
//!
//! Small tables are copied whole. A large one is sampled by a hash of its key; a large table that refers to another large
//! one takes the rows that belong to the sampled ones, so that joins find as many partners as they do in the target.
//! What else the copied rows refer to is fetched afterwards, until nothing is missing.

use std::collections::HashMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::{Constraint, ConstraintKind, ObjectId, References, Table};

use super::room::whole;

const SQL: Dialect = Dialect::Postgres;
/// A table below this share of the budget is copied whole.
const SMALL: f64 = 0.02;
/// Share of the budget that is planned for; the rest is for rows that are fetched because others refer to them.
const PLANNED: f64 = 0.8;
/// Parts that hashes are divided into.
const PARTS: u32 = 1_000_000;

/// Which rows of which tables.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Condition on `t` for each sampled table; a table that is not here is copied whole.
    conditions: HashMap<ObjectId, String>,
    /// Share of the sampled tables' rows that was aimed at.
    pub(super) share: f64,
}

impl Sample {
    /// A sample of about so many bytes.
    pub(super) fn of(tables: &[&Table], budget: Option<u64>) -> Self {
        let size = |table: &&Table| table.bytes.unwrap_or(0) as f64;
        let all: f64 = tables.iter().map(size).sum();
        let Some(budget) = budget.map(|budget| budget as f64).filter(|budget| *budget < all) else {
            return Self { share: 1.0, ..Self::default() };
        };
        let mut large: Vec<&Table> = tables.iter().copied().filter(|table| size(table) > budget * SMALL).collect();
        large.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| (&a.schema, &a.name).cmp(&(&b.schema, &b.name))));
        let sampled: f64 = large.iter().map(size).sum();
        let share = ((budget * PLANNED - (all - sampled)) / sampled.max(1.0)).clamp(0.0001, 1.0);
        let mut sampling = Sampling { large: &large, below: whole(share * f64::from(PARTS)), done: HashMap::new() };
        for table in &large {
            sampling.condition(table, &mut Vec::new());
        }
        Self { conditions: sampling.done, share }
    }

    /// Whether rows of this table may be missing.
    pub(super) fn has(&self, table: &Table) -> bool {
        self.conditions.contains_key(&table.id)
    }

    /// The condition on the rows, over the alias `t`.
    pub(super) fn condition(&self, table: &Table) -> Option<&str> {
        self.conditions.get(&table.id).map(String::as_str)
    }
}

struct Sampling<'a> {
    large: &'a [&'a Table],
    below: u64,
    done: HashMap<ObjectId, String>,
}

impl<'a> Sampling<'a> {
    /// The condition of a table; `path` holds the tables whose conditions wait for this one.
    fn condition(&mut self, table: &Table, path: &mut Vec<ObjectId>) -> String {
        if let Some(done) = self.done.get(&table.id) {
            return done.clone();
        }
        path.push(table.id);
        let parent = self.parent(table, path);
        let condition = match parent {
            Some((key, references, parent)) => self.with_parent(table, key, references, parent, path),
            None => self.by_hash(&key_of(table), "t"),
        };
        path.pop();
        self.done.insert(table.id, condition.clone());
        condition
    }

    /// The largest other sampled table that this one refers to.
    fn parent<'t>(&self, table: &'t Table, path: &[ObjectId]) -> Option<(&'t Constraint, &'t References, &'a Table)> {
        self.large.iter().filter(|large| !path.contains(&large.id)).find_map(|large| {
            let (key, references) = table.foreign_keys().find(|(_, to)| to.id == Some(large.id))?;
            Some((key, references, *large))
        })
    }

    fn with_parent(
        &mut self,
        table: &Table,
        key: &Constraint,
        references: &References,
        parent: &Table,
        path: &mut Vec<ObjectId>,
    ) -> String {
        let above = self.condition(parent, path);
        let own = self.by_hash(&key_of(table), "t");
        let direct = self.by_hash(&references.columns, "t");
        let found = if above == direct {
            self.by_hash(&key.columns, "t")
        } else {
            let name = SQL.qualified(&parent.schema, &parent.name);
            let (there, here) = (list("t", &references.columns), list("t", &key.columns));
            format!("({here}) IN (SELECT {there} FROM {name} t WHERE {above})")
        };
        let missing: Vec<_> = key.columns.iter().map(|column| format!("t.{} IS NULL", SQL.ident(column))).collect();
        format!("CASE WHEN {} THEN {own} ELSE {found} END", missing.join(" OR "))
    }

    fn by_hash(&self, columns: &[String], alias: &str) -> String {
        let hashed = if columns.is_empty() {
            format!("{alias}.ctid::text")
        } else {
            format!("ROW({})::text", list(alias, columns))
        };
        format!("(pg_catalog.hashtext({hashed}) & 2147483647) % {PARTS} < {}", self.below)
    }
}

/// The columns of the primary key; none without one.
fn key_of(table: &Table) -> Vec<String> {
    let primary = table.constraints.iter().find(|one| one.kind == ConstraintKind::PrimaryKey);
    primary.map(|one| one.columns.clone()).unwrap_or_default()
}

/// Columns with their alias, quoted.
pub(super) fn list(alias: &str, columns: &[String]) -> String {
    columns.iter().map(|column| format!("{alias}.{}", SQL.ident(column))).collect::<Vec<_>>().join(", ")
}

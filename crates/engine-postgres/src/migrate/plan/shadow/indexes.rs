//! Indexes of the shadow, built when the rows are there: nobody reads or writes the shadow but who carries the change out,
//! so that the plain, fast build will do. Names need no change, because the shadow has a schema of its own.

use super::super::name::{ident, literal, qualified};
use super::super::step::{self, Drafted as _};
use super::facts::{Constraint, Index, Part};
use super::{Change, tree};
use dbwright_migrate::Step;
use dbwright_migrate::plan::Phase;

/// An index that is to be built on the shadow.
#[derive(Debug, Clone)]
pub(super) struct Build {
    /// Its name.
    pub(super) name: String,
    pub(super) statements: Vec<String>,
    /// Its key columns; empty texts stand for expressions.
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
    /// Whether rows can be found by it: a b-tree over all of them.
    finds: bool,
    bytes: i64,
}

/// All builds: constraints with their indexes, then the other indexes.
pub(super) fn builds(change: &Change) -> Vec<Build> {
    let keys = change.constraints.iter().filter(|c| c.kind != "c");
    let mut all: Vec<_> = keys.filter_map(|c| constraint(change, c)).collect();
    all.extend(new_key(change));
    all.extend(change.indexes.iter().filter(|i| i.constraint.is_none() && i.valid).map(|index| {
        let mut statements = below(change, index);
        statements.extend(create(change, &change.names.shadow(), &change.names.new, index));
        Build { finds: index.btree && !index.partial, ..of(index, statements) }
    }));
    let own = tree::own_indexes(change).into_iter().filter(|(_, index)| index.valid);
    all.extend(own.map(|(part, index)| of(index, of_part(change, part, index))));
    all
}

/// A build that rows of the whole table are not found by.
fn of(index: &Index, statements: Vec<String>) -> Build {
    Build {
        name: index.name.clone(),
        statements,
        columns: index.columns.clone(),
        unique: index.unique,
        finds: false,
        bytes: index.bytes,
    }
}

/// The parts of an index of a partitioned table, made before it, so that they keep their names and what is set on them.
fn below(change: &Change, index: &Index) -> Vec<String> {
    tree::indexes_under(change, index).into_iter().flat_map(|(part, one)| of_part(change, part, one)).collect()
}

fn of_part(change: &Change, part: &Part, index: &Index) -> Vec<String> {
    let table = change.shadow_of(part);
    let schema = change.names.new_for(&part.schema);
    let constraint = part.constraints.iter().find(|c| Some(&c.name) == index.constraint.as_ref());
    let mut made = in_tablespace(index);
    match constraint {
        Some(constraint) => made.extend(constrained(&table, constraint)),
        None => made.push(definition(&table, index)),
    }
    made.extend(described(&schema, index));
    if index.clustered {
        made.push(format!("ALTER TABLE {table} CLUSTER ON {}", ident(&index.name)));
    }
    if index.replica && part.replica == "i" {
        made.push(format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {}", ident(&index.name)));
    }
    made
}

fn constrained(table: &str, constraint: &Constraint) -> Vec<String> {
    let name = ident(&constraint.name);
    let mut made = vec![format!("ALTER TABLE {table} ADD CONSTRAINT {name} {}", constraint.definition)];
    if let Some(comment) = &constraint.comment {
        made.push(format!("COMMENT ON CONSTRAINT {name} ON {table} IS {}", literal(comment)));
    }
    made
}

fn definition(table: &str, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {} ON {table} USING {}", ident(&index.name), index.rest)
}

/// Whether rows of the shadow are found by this index when the key is known.
pub(super) fn finds(build: &Build, key: &[String]) -> bool {
    build.finds && build.columns.len() >= key.len() && build.columns[..key.len()].iter().all(|c| key.contains(c))
}

/// The step of a build.
pub(super) fn step_of(change: &Change, build: &Build) -> Step {
    let title = format!("build the index {} of the shadow", ident(&build.name));
    step::transaction(title, Phase::Backfill, build.statements.clone())
        .takes(super::super::size::rewrite_ms(build.bytes) + super::super::size::scan_ms(change.source.bytes))
}

/// The statements that make an index of a table or materialized view, with what is set on it.
pub(super) fn create(change: &Change, table: &str, schema: &str, index: &Index) -> Vec<String> {
    let mut made = in_tablespace(index);
    made.push(definition(table, index));
    made.extend(settings(change, table, schema, index));
    made
}

fn in_tablespace(index: &Index) -> Vec<String> {
    let space = index.tablespace.as_deref().unwrap_or_default();
    vec![format!("SET LOCAL default_tablespace TO {}", literal(space))]
}

fn described(schema: &str, index: &Index) -> Vec<String> {
    let qualified = qualified(schema, &index.name);
    let mut made = Vec::new();
    for (number, target) in &index.targets {
        made.push(format!("ALTER INDEX {qualified} ALTER COLUMN {number} SET STATISTICS {target}"));
    }
    if let Some(comment) = &index.comment {
        made.push(format!("COMMENT ON INDEX {qualified} IS {}", literal(comment)));
    }
    made
}

fn settings(change: &Change, table: &str, schema: &str, index: &Index) -> Vec<String> {
    let mut made = described(schema, index);
    if change.clusters_on(&index.name) && !change.is_partitioned(tree::Which::New) {
        made.push(format!("ALTER TABLE {table} CLUSTER ON {}", ident(&index.name)));
    }
    if index.replica && change.source.replica == "i" {
        made.push(format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {}", ident(&index.name)));
    }
    made
}

fn constraint(change: &Change, constraint: &Constraint) -> Option<Build> {
    if constraint.kind == "p" && change.reshape.primary_key.is_some() {
        return None;
    }
    let table = change.names.shadow();
    let index = change.indexes.iter().find(|i| i.constraint.as_ref() == Some(&constraint.name))?;
    let mut statements = below(change, index);
    statements.extend(in_tablespace(index));
    statements.extend(constrained(&table, constraint));
    statements.extend(settings(change, &table, &change.names.new, index));
    Some(Build { name: constraint.name.clone(), unique: true, finds: index.btree, ..of(index, statements) })
}

fn new_key(change: &Change) -> Option<Build> {
    let key = change.reshape.primary_key.as_ref()?;
    let list = |names: &[String]| names.iter().map(|n| ident(n)).collect::<Vec<_>>().join(", ");
    let include = if key.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&key.include)) };
    let name = key.name.clone().unwrap_or_else(|| super::super::name::object_name(&change.source.name, "", "pkey"));
    let definition = format!("PRIMARY KEY ({}){include}", list(&key.columns));
    let statements =
        vec![format!("ALTER TABLE {} ADD CONSTRAINT {} {definition}", change.names.shadow(), ident(&name))];
    Some(Build {
        name,
        statements,
        columns: key.columns.clone(),
        unique: true,
        finds: true,
        bytes: change.source.bytes / 10,
    })
}

/// The interim index by which rows are found.
pub(super) fn interim(change: &Change) -> Build {
    let columns: Vec<_> = change.key.parts.iter().map(|part| part.column.clone()).collect();
    let list = columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
    let statement = format!("CREATE INDEX {} ON {} ({list})", change.names.key_index(), change.names.shadow());
    Build {
        name: change.names.key_index(),
        statements: vec![statement],
        columns,
        unique: false,
        finds: true,
        bytes: change.source.bytes / 10,
    }
}

/// Removes the interim index, wherever the shadow is.
pub(super) fn drop_interim(change: &Change, schema: &str) -> String {
    let name = change.names.key_index();
    format!("DROP INDEX IF EXISTS {}.{name}", ident(schema))
}

//! Indexes of the shadow, built when the rows are there: nobody reads or writes the shadow but who carries the change out,
//! so that the plain, fast build will do. Names need no change, because the shadow has a schema of its own.

use super::super::name::{ident, literal, qualified};
use super::super::step::{self, Drafted as _};
use super::Change;
use super::facts::{Constraint, Index};
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
    all.extend(change.indexes.iter().filter(|i| i.constraint.is_none() && i.valid).map(|index| Build {
        name: index.name.clone(),
        statements: create(change, &change.names.shadow(), &change.names.new, index),
        columns: index.columns.clone(),
        unique: index.unique,
        finds: index.btree && !index.partial,
        bytes: index.bytes,
    }));
    all
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
    let unique = if index.unique { "UNIQUE " } else { "" };
    let name = ident(&index.name);
    let mut made = in_tablespace(index);
    made.push(format!("CREATE {unique}INDEX {name} ON {table} USING {}", index.rest));
    made.extend(settings(change, table, schema, index));
    made
}

fn in_tablespace(index: &Index) -> Vec<String> {
    let space = index.tablespace.as_deref().unwrap_or_default();
    vec![format!("SET LOCAL default_tablespace TO {}", literal(space))]
}

fn settings(change: &Change, table: &str, schema: &str, index: &Index) -> Vec<String> {
    let qualified = qualified(schema, &index.name);
    let mut made = Vec::new();
    for (number, target) in &index.targets {
        made.push(format!("ALTER INDEX {qualified} ALTER COLUMN {number} SET STATISTICS {target}"));
    }
    if let Some(comment) = &index.comment {
        made.push(format!("COMMENT ON INDEX {qualified} IS {}", literal(comment)));
    }
    if change.clusters_on(&index.name) && change.partitioning.is_none() {
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
    let name = ident(&constraint.name);
    let mut statements = in_tablespace(index);
    statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {}", constraint.definition));
    if let Some(comment) = &constraint.comment {
        statements.push(format!("COMMENT ON CONSTRAINT {name} ON {table} IS {}", literal(comment)));
    }
    statements.extend(settings(change, &table, &change.names.new, index));
    Some(Build {
        name: constraint.name.clone(),
        statements,
        columns: index.columns.clone(),
        unique: true,
        finds: index.btree,
        bytes: index.bytes,
    })
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

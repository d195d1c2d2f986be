//! Which statements need a shadow, and what they ask of it.

use dbwright_core::Failure;
use dbwright_migrate::{Planned, Statement};

use crate::ddl::{Act, Action, Clause, ColumnConstraint, ConstraintKind, Name, Object};

use super::super::catalog::Table;
use super::super::name::literal;
use super::{Catalog, Order, PrimaryKey, Reshape, Retype, partitions};

/// Plans a statement by a shadow table where nothing less will do; none when another method, or the plain statement, is
/// better. A table without a row is never copied.
///
/// # Errors
/// As [`super::plan`].
pub async fn asked(catalog: &Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Option<Planned>, Failure> {
    let [act] = acts else { return Ok(None) };
    let Some(name) = subject(act) else { return Ok(None) };
    let Some(table) = catalog.table(name).await?.filter(Table::is_table) else { return Ok(None) };
    let Some(reshape) = wanted(catalog, &table, statement, act).await? else { return Ok(None) };
    if table.is_empty() && reshape.partition_by.is_none() {
        return Ok(None);
    }
    let planned = super::plan(catalog, name, &reshape).await?;
    Ok(Some(Planned { statement: statement.sql.clone(), line: statement.line, ..planned }))
}

fn subject(act: &Act) -> Option<&Name> {
    match act {
        Act::Alter { object: Object::Table, name, .. } => Some(name),
        Act::Cluster { table } => table.as_ref(),
        Act::Vacuum { full: true, tables, .. } if tables.len() == 1 => tables.first(),
        _ => None,
    }
}

async fn wanted(
    catalog: &Catalog<'_>,
    table: &Table,
    statement: &Statement,
    act: &Act,
) -> Result<Option<Reshape>, Failure> {
    let mut reshape = Reshape::default();
    match act {
        Act::Vacuum { .. } => {}
        Act::Cluster { .. } => reshape.storage.order = Some(order(&statement.sql)),
        Act::Alter { clauses, .. } => {
            let keys = primary_key(catalog, table).await?;
            for clause in clauses {
                if !add(&mut reshape, clause, &keys) {
                    return Ok(None);
                }
            }
            if reshape == Reshape::default() || !needed(catalog, table, &reshape).await? {
                return Ok(None);
            }
        }
        _ => return Ok(None),
    }
    Ok(Some(reshape))
}

/// The names of the primary key: a statement that drops it adds another.
async fn primary_key(catalog: &Catalog<'_>, table: &Table) -> Result<Vec<String>, Failure> {
    let query =
        format!("SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = {} AND contype = 'p'", table.oid);
    catalog.texts(&query).await
}

/// Notes what a clause asks for; false when it is nothing for a shadow.
fn add(reshape: &mut Reshape, clause: &Clause, keys: &[String]) -> bool {
    match &clause.action {
        Action::SetType { column, ty, collation, using } => reshape.columns.push(Retype {
            column: column.clone(),
            ty: ty.clone(),
            collation: collation.clone(),
            using: using.clone(),
        }),
        Action::AddColumn { column, .. } => {
            let stored = |one: &ColumnConstraint| matches!(one, ColumnConstraint::Generated { stored: true, .. });
            if !column.constraints.iter().any(stored) {
                return false;
            }
            reshape.clauses.push(clause.text.clone());
        }
        // It makes room for the one that the same statement adds; `needed` sees to that.
        Action::DropConstraint { name, cascade: false, .. } if keys.contains(name) => {}
        Action::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, include, using_index: None } => {
                reshape.primary_key = Some(PrimaryKey {
                    name: constraint.name.clone(),
                    columns: columns.clone(),
                    include: include.clone(),
                });
            }
            _ => return false,
        },
        Action::PartitionBy { text } => reshape.partition_by = Some(text.clone()),
        Action::SetTablespace { to } => reshape.storage.tablespace = Some(to.clone()),
        Action::SetAccessMethod { to } => reshape.storage.method = Some(to.clone()),
        Action::SetLogged(logged) => reshape.storage.logged = Some(*logged),
        _ => return false,
    }
    true
}

/// Whether no method inside the table will do.
async fn needed(catalog: &Catalog<'_>, table: &Table, reshape: &Reshape) -> Result<bool, Failure> {
    if let Some(key) = &reshape.primary_key {
        // A first primary key needs an index only.
        return Ok(
            reshape.partition_by.is_some() || !primary_key(catalog, table).await?.is_empty() && !key.columns.is_empty()
        );
    }
    if reshape.partition_by.is_some() || !reshape.clauses.is_empty() || reshape.storage != super::Storage::default() {
        return Ok(true);
    }
    // An index over the column has a part in each partition.
    if table.is_partitioned() {
        return Ok(true);
    }
    for retype in &reshape.columns {
        if in_key(catalog, table, &retype.column).await? {
            return Ok(true);
        }
    }
    // What is built on the columns is built on the shadow, before anybody waits; what they compute in the row is not.
    let columns: Vec<&str> = reshape.columns.iter().map(|retype| retype.column.as_str()).collect();
    let refusing = super::super::retype::refusing(catalog, table.oid, &columns).await?;
    Ok(refusing.computed.is_empty() && !refusing.beside.is_empty())
}

/// Whether the column is of the primary key, or a foreign key refers to it.
async fn in_key(catalog: &Catalog<'_>, table: &Table, column: &str) -> Result<bool, Failure> {
    catalog
        .holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_constraint k \
             ON (k.conrelid = a.attrelid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) \
             OR (k.confrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.confkey)) \
             WHERE a.attrelid = {} AND a.attname = {})",
            table.oid,
            literal(column)
        ))
        .await
}

/// The index of `CLUSTER … USING index`.
fn order(sql: &str) -> Order {
    let lower = sql.to_ascii_lowercase();
    let index = lower.rfind(" using ").and_then(|at| partitions::name(&sql[at + " using ".len()..]));
    index.map_or(Order::Marked, |(name, _)| Order::Index(name))
}

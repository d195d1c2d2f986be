//! Primary keys, foreign keys and checks. A unique index is its own constraint here, and told as an index only.

use std::collections::HashMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::{Constraint, ConstraintKind, References};

use super::catalog::Parts;
use super::session::Session;
use super::tables::GRANT;
use crate::body::area;
use crate::flavour::{Flavour, Server};

type Name = (String, String, String);

/// Reads the constraints of all tables.
pub(super) async fn fill(session: &mut Session, server: &Server, parts: &mut Parts) {
    for table in &mut parts.catalog.tables {
        let Some(index) = table.indexes.iter().find(|index| index.primary) else { continue };
        let columns = index.leading_columns().map(str::to_owned).collect();
        let mut key = constraint("PRIMARY".to_owned(), ConstraintKind::PrimaryKey, columns);
        key.index = Some(index.id);
        table.constraints.push(key);
    }
    foreign_keys(session, server, parts).await;
    checks(session, server, parts).await;
    for table in &mut parts.catalog.tables {
        table.constraints.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

fn constraint(name: String, kind: ConstraintKind, columns: Vec<String>) -> Constraint {
    Constraint {
        name,
        kind,
        columns,
        validated: true,
        deferrable: false,
        index: None,
        inherited: false,
        definition: None,
    }
}

/// A row of `KEY_COLUMN_USAGE`: one column of a foreign key.
struct Raw {
    name: Name,
    column: String,
    schema: String,
    table: String,
    referenced: String,
}

/// A foreign key's actions on update and on delete.
type Actions = (String, String);

async fn foreign_keys(session: &mut Session, server: &Server, parts: &mut Parts) {
    let found = if server.flavour.foreign_keys_from_innodb() { innodb(session, parts).await } else { None };
    let (mut rows, actions) = match found {
        Some(found) => found,
        None => standard(session, parts).await,
    };
    rows.sort_by(|(a, one), (b, other)| (&one.name, a).cmp(&(&other.name, b)));
    for key in rows.chunk_by(|(_, a), (_, b)| a.name == b.name) {
        let first = &key[0].1;
        let (on_update, on_delete) = actions.get(&first.name).cloned().unwrap_or_default();
        let references = References {
            schema: first.schema.clone(),
            table: first.table.clone(),
            id: parts.id(&first.schema, &first.table),
            columns: key.iter().map(|(_, row)| row.referenced.clone()).collect(),
            on_delete,
            on_update,
        };
        let columns: Vec<String> = key.iter().map(|(_, row)| row.column.clone()).collect();
        let definition = foreign_key(&columns, &references);
        let mut made = constraint(first.name.2.clone(), ConstraintKind::ForeignKey(references), columns);
        made.definition = Some(definition);
        if let Some((table, _)) = parts.find(&first.name.0, &first.name.1) {
            table.constraints.push(made);
        }
    }
}

/// The foreign keys by the standard's tables.
async fn standard(session: &mut Session, parts: &Parts) -> (Vec<(u64, Raw)>, HashMap<Name, Actions>) {
    let filter = parts.filter.on("CONSTRAINT_SCHEMA");
    let sql = format!(
        "SELECT /* dbwright */ CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE {filter}"
    );
    let actions: HashMap<Name, Actions> = session
        .read(area::CATALOG, GRANT, &sql, |row| ((row.text(), row.text(), row.text()), (row.text(), row.text())))
        .await
        .into_iter()
        .collect();
    if actions.is_empty() {
        return (Vec::new(), actions);
    }
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, \
         REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME, ORDINAL_POSITION FROM information_schema.KEY_COLUMN_USAGE \
         WHERE {} AND REFERENCED_TABLE_NAME IS NOT NULL",
        parts.filter.on("TABLE_SCHEMA")
    );
    let rows = session
        .read(area::CATALOG, GRANT, &sql, |row| {
            let name = (row.text(), row.text(), row.text());
            let (column, schema, table, referenced) = (row.text(), row.text(), row.text(), row.text());
            (row.counter(), Raw { name, column, schema, table, referenced })
        })
        .await;
    (rows, actions)
}

/// The foreign keys by InnoDB's own tables; none when they may not be read, or when a name is written in the encoding of
/// file names, which only the server can undo.
async fn innodb(session: &mut Session, parts: &Parts) -> Option<(Vec<(u64, Raw)>, HashMap<Name, Actions>)> {
    let sql = "SELECT /* dbwright */ ID, FOR_NAME, REF_NAME, TYPE FROM information_schema.INNODB_SYS_FOREIGN";
    let keys = session.rows(sql, |row| (row.text(), row.text(), row.text(), row.counter())).await.ok()?;
    let sql =
        "SELECT /* dbwright */ ID, FOR_COL_NAME, REF_COL_NAME, POS FROM information_schema.INNODB_SYS_FOREIGN_COLS";
    let columns = session.rows(sql, |row| (row.text(), row.text(), row.text(), row.counter())).await.ok()?;
    let (mut by_id, mut actions) = (HashMap::new(), HashMap::new());
    for (id, from, to, bits) in keys {
        if [&id, &from, &to].iter().any(|name| name.contains('@')) {
            return None;
        }
        let ((schema, table), (_, name)) = (from.split_once('/')?, id.split_once('/')?);
        let (to_schema, to_table) = to.split_once('/')?;
        let name: Name = (schema.to_owned(), table.to_owned(), name.to_owned());
        if parts.id(schema, table).is_none() {
            continue;
        }
        actions.insert(name.clone(), (action(bits >> 2), action(bits)));
        by_id.insert(id, (name, to_schema.to_owned(), to_table.to_owned()));
    }
    let row = |(id, column, referenced, place): (String, String, String, u64)| {
        let (name, schema, table) = by_id.get(&id)?.clone();
        Some((place, Raw { name, column, schema, table, referenced }))
    };
    Some((columns.into_iter().filter_map(row).collect(), actions))
}

/// What InnoDB's bits for an event mean: of deletes the first two and the fifth, of updates those after.
fn action(bits: u64) -> String {
    match bits & 0b1_0011 {
        0 => "RESTRICT",
        bits if bits & 1 != 0 => "CASCADE",
        bits if bits & 2 != 0 => "SET NULL",
        _ => "NO ACTION",
    }
    .to_owned()
}

fn foreign_key(columns: &[String], to: &References) -> String {
    let dialect = Dialect::Mysql;
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        dialect.names(columns),
        dialect.qualified(&to.schema, &to.table),
        dialect.names(&to.columns)
    );
    for (event, action) in [("DELETE", &to.on_delete), ("UPDATE", &to.on_update)] {
        if !matches!(action.as_str(), "" | "NO ACTION" | "RESTRICT") {
            text = format!("{text} ON {event} {action}");
        }
    }
    text
}

async fn checks(session: &mut Session, server: &Server, parts: &mut Parts) {
    let schema = parts.filter.on("c.CONSTRAINT_SCHEMA");
    let sql = match server.flavour {
        Flavour::MySql => format!(
            "SELECT /* dbwright */ c.CONSTRAINT_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED \
             FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t \
             ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK' \
             WHERE {schema}"
        ),
        Flavour::MariaDb => format!(
            "SELECT /* dbwright */ c.CONSTRAINT_SCHEMA, c.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'YES' \
             FROM information_schema.CHECK_CONSTRAINTS c WHERE {schema}"
        ),
    };
    if !server.at_least((8, 0, 16), (10, 3, 0)) {
        return;
    }
    let rows = session
        .read(area::CATALOG, GRANT, &sql, |row| (row.text(), row.text(), row.text(), row.text(), row.flag()))
        .await;
    for (schema, table, name, clause, enforced) in rows {
        let Some((table, _)) = parts.find(&schema, &table) else { continue };
        let mut made = constraint(name, ConstraintKind::Check, Vec::new());
        let clause = clause.replace("\\'", "'");
        let clause = if clause.starts_with('(') { clause } else { format!("({clause})") };
        made.definition = Some(format!("CHECK {clause}{}", if enforced { "" } else { " NOT ENFORCED" }));
        made.validated = enforced;
        table.constraints.push(made);
    }
}

//! Indexes as statements: the port's definitions in the words of the server.

use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_core::Change;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use dbwright_sql::render::{self, Surroundings};

use super::usage::{is_long, is_ordered};
use crate::alter::{ONLINE, ddl, is_innodb};
use crate::body::{Body, Flavour, Server};

const SQL: Dialect = Dialect::Mysql;
/// Most key parts of an index.
const PARTS: usize = 16;
/// Characters of a long text that an index holds.
const PREFIX: u32 = 64;

/// Whether the server has indexes on expressions.
pub(super) fn has_expressions(server: &Server) -> bool {
    server.flavour == Flavour::MySql && server.version >= (8, 0, 13)
}

/// The key parts of an index, as `ADD INDEX` takes them. There is no `INCLUDE`: what is to be carried along comes last.
///
/// # Errors
/// When the server has no such index.
pub(crate) fn parts(index: &Index, table: &Table, server: &Server) -> Result<String, String> {
    if index.predicate.is_some() {
        return Err("an index here holds all rows".to_owned());
    }
    if index.method != "btree" || index.keys.len() + index.include.len() > PARTS {
        return Err(format!("an index here is a b-tree of at most {PARTS} columns"));
    }
    let mut parts = Vec::new();
    for key in &index.keys {
        parts.push(part(key, table, server)?);
    }
    for column in &index.include {
        if table.column(column).is_none_or(|one| is_long(&one.base_type)) {
            return Err(format!("{column} is too long to be carried along"));
        }
        parts.push(SQL.ident(column));
    }
    Ok(parts.join(", "))
}

fn part(key: &Key, table: &Table, server: &Server) -> Result<String, String> {
    let sorted = server.at_least((8, 0, 0), (10, 8, 0));
    let direction = if key.descending && sorted { " DESC" } else { "" };
    let column = match &key.part {
        KeyPart::Expression(text) if has_expressions(server) => return Ok(format!("({text}){direction}")),
        KeyPart::Expression(_) => return Err("this server has no indexes on expressions".to_owned()),
        KeyPart::Column(name) => name,
    };
    let kind = table.column(column).map_or("", |one| one.base_type.as_str());
    if !is_ordered(kind) {
        return Err(format!("{column} has no order"));
    }
    let prefix = if is_long(kind) { format!("({PREFIX})") } else { String::new() };
    Ok(format!("{}{prefix}{direction}", SQL.ident(column)))
}

/// The change that creates an index beside traffic.
pub(crate) fn create(body: &Body, index: &Index, name: Option<&str>) -> Change {
    let Some(table) = super::usage::table(&body.catalog, &index.table) else {
        return Change::new(Vec::<String>::new(), "none");
    };
    let columns = || -> Vec<&str> {
        let keys = index.keys.iter().map(|key| key.part.column().unwrap_or("expr"));
        keys.chain(index.include.iter().map(String::as_str)).collect()
    };
    let free = || render::index_name(&Surroundings::of(&body.catalog), table, &columns());
    let name = name.map_or_else(free, str::to_owned);
    let (qualified, own) = (body.catalog.qualified(table), SQL.name(&name));
    let parts = parts(index, table, &body.server).unwrap_or_default();
    let expressions = index.keys.iter().any(|key| key.part.column().is_none());
    // An expression is a hidden column, which is added with the index in one copy of the table or not at all.
    let (how, lock) = if !is_innodb(table) {
        (String::new(), "writes wait while the table is built anew")
    } else if expressions {
        (String::new(), "the server chooses how: it says so with ALGORITHM=INPLACE, LOCK=NONE added, or refuses that")
    } else {
        (
            format!(", {ONLINE}"),
            "LOCK=NONE: reads and writes go on while the index is built, apart from an instant at both ends",
        )
    };
    let back = if is_innodb(table) { format!(", {ONLINE}") } else { String::new() };
    ddl(vec![format!("ALTER TABLE {qualified} ADD INDEX {own} ({parts}){how}")], lock)
        .back([format!("ALTER TABLE {qualified} DROP INDEX {own}{back}")])
}

/// The change that drops one of the indexes that there are; none when there is no way back.
pub(super) fn drop(body: &Body, table: &Table, name: &str) -> Option<Change> {
    let index = table.indexes.iter().find(|index| index.name == name)?;
    render::drop_index(&body.catalog, table, index).ok()
}

//! Which tables a workload is about: those whose names stand in its statements, and those behind the views it names.

use std::collections::BTreeSet;

use dbwright_advise::index::ObjectName;
use dbwright_core::workload::Statement;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{self, TokenKind};
use dbwright_sql::model::{Catalog, Table, TableKind};

/// The tables; more than are used, never fewer.
pub(super) fn tables(catalog: &Catalog, statements: &[Statement]) -> BTreeSet<ObjectName> {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for statement in statements {
        words.extend(names(&statement.text));
        statement.samples.iter().for_each(|sample| words.extend(names(sample)));
    }
    loop {
        let before = words.len();
        let views = catalog.tables.iter().filter(|table| table.kind == TableKind::View);
        let more: Vec<String> = views
            .filter(|view| words.contains(&view.name.to_lowercase()))
            .filter_map(|view| view.definition.as_deref())
            .flat_map(names)
            .collect();
        words.extend(more);
        if words.len() == before {
            break;
        }
    }
    let named = catalog.user_tables().filter(|table| words.contains(&table.name.to_lowercase()));
    named.map(name).collect()
}

/// A table's name as the advisor has it.
pub(super) fn name(table: &Table) -> ObjectName {
    ObjectName { schema: table.schema.clone(), name: table.name.clone() }
}

/// Every name in a text, in lower case.
fn names(sql: &str) -> Vec<String> {
    let tokens = lex::tokens(sql, Dialect::Mysql);
    let name = |token: &lex::Token| match token.kind {
        TokenKind::Word => Some(token.text(sql).to_lowercase()),
        TokenKind::Quoted => Some(token.text(sql).trim_matches('`').replace("``", "`").to_lowercase()),
        _ => None,
    };
    tokens.iter().filter_map(name).collect()
}

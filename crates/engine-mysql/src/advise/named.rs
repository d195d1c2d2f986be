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
    with_parents(catalog, named.map(name).collect())
}

/// The catalog without the tables that the workload has nothing to do with: a name is looked up in it again and again.
pub(super) fn near(catalog: &Catalog, wanted: &BTreeSet<ObjectName>) -> Catalog {
    let is_near = |table: &&Table| table.kind == TableKind::View || wanted.contains(&name(table));
    Catalog {
        dialect: catalog.dialect,
        tables: catalog.tables.iter().filter(is_near).cloned().collect(),
        sequences: Vec::new(),
        functions: Vec::new(),
        types: Vec::new(),
        extensions: Vec::new(),
    }
}

/// The same with the tables that their foreign keys refer to: a sample of rows leads somewhere only with theirs.
pub(super) fn with_parents(catalog: &Catalog, mut found: BTreeSet<ObjectName>) -> BTreeSet<ObjectName> {
    loop {
        let own = catalog.user_tables().filter(|table| found.contains(&name(table)));
        let parents = own.flat_map(Table::foreign_keys);
        let more: Vec<ObjectName> =
            parents.map(|(_, to)| ObjectName { schema: to.schema.clone(), name: to.table.clone() }).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
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
        TokenKind::Quoted => Some(lex::unquoted(token.text(sql)).to_lowercase()),
        _ => None,
    };
    tokens.iter().filter_map(name).collect()
}

//! Indexes, with the statement that makes each of them again.

use dbwright_sql::Dialect;
use dbwright_sql::model::{Index, IndexKey, Table};

use super::catalog::Parts;
use super::session::Session;
use super::tables::GRANT;
use crate::body::{IndexFacts, area};
use crate::flavour::{Hiding, Server};

/// A row of `information_schema.STATISTICS`: one key part.
struct Raw {
    schema: String,
    table: String,
    index: String,
    part: u32,
    unique: bool,
    key: IndexKey,
    prefix: Option<u32>,
    method: String,
    comment: String,
    visible: bool,
}

impl Raw {
    /// The primary key comes first.
    fn order(&self) -> (&str, &str, bool, &str, u32) {
        (&self.schema, &self.table, self.index != "PRIMARY", &self.index, self.part)
    }
}

/// Reads the indexes of all tables. Their ids are their places in the order of names, from 1.
pub(super) async fn fill(session: &mut Session, server: &Server, parts: &mut Parts) {
    let (usable, yes) = server.flavour.usable_column();
    let hides = server.hides_indexes_by();
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, \
         INDEX_TYPE, INDEX_COMMENT, {}, {} FROM information_schema.STATISTICS WHERE {}",
        if hides.is_some() { usable } else { "NULL" },
        if server.at_least((8, 0, 13), (255, 0, 0)) { server.flavour.expression_column() } else { "NULL" },
        parts.filter.on("TABLE_SCHEMA")
    );
    let mut rows = session
        .read(area::CATALOG, GRANT, &sql, |row| {
            let (schema, table, index) = (row.text(), row.text(), row.text());
            let (part, unique) = (row.number().unwrap_or(0), row.text() == "0");
            let mut key = IndexKey {
                column: row.opt_text(),
                expression: None,
                descending: row.opt_text().as_deref() == Some("D"),
                nulls_first: false,
                opclass: String::new(),
                collation: String::new(),
            };
            let prefix: Option<u32> = row.number();
            if let Some(length) = prefix {
                key.opclass = format!("prefix {length}");
            }
            let (method, comment) = (row.text().to_ascii_lowercase(), row.text());
            let visible = row.opt_text().is_none_or(|word| word == yes);
            key.expression = row.opt_text().map(|text| text.replace("\\'", "'"));
            Raw { schema, table, index, part, unique, key, prefix, method, comment, visible }
        })
        .await;
    rows.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut id = 0;
    for parts_of_one in rows.chunk_by(|a, b| (&a.schema, &a.table, &a.index) == (&b.schema, &b.table, &b.index)) {
        id += 1;
        let Some((table, _)) = parts.find(&parts_of_one[0].schema, &parts_of_one[0].table) else { continue };
        let (index, facts) = index(id, table, parts_of_one, hides);
        table.indexes.push(index);
        parts.indexes.insert(id, facts);
    }
}

fn index(id: u64, table: &Table, rows: &[Raw], hides: Option<Hiding>) -> (Index, IndexFacts) {
    let first = &rows[0];
    let primary = first.index == "PRIMARY";
    let index = Index {
        id,
        name: first.index.clone(),
        method: first.method.clone(),
        unique: first.unique,
        primary,
        constraint: primary.then(|| first.index.clone()),
        keys: rows.iter().map(|row| row.key.clone()).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        // InnoDB looks rows up by the key whatever the optimiser may use.
        valid: first.visible || primary,
        replica_identity: false,
        parent: None,
        automatic: false,
        bytes: None,
        definition: Some(definition(table, rows, hides)),
    };
    let facts = IndexFacts {
        visible: first.visible,
        prefixes: rows.iter().map(|row| row.prefix).collect(),
        cardinality: vec![None; rows.len()],
        comment: first.comment.clone(),
        io: None,
    };
    (index, facts)
}

/// `ALTER TABLE … ADD …`, without algorithm and lock.
fn definition(table: &Table, rows: &[Raw], hides: Option<Hiding>) -> String {
    let dialect = Dialect::Mysql;
    let first = &rows[0];
    let key = |row: &Raw| {
        let what = match (&row.key.column, &row.key.expression) {
            (Some(column), _) => dialect.name(column),
            (None, expression) => format!("({})", expression.as_deref().unwrap_or("?")),
        };
        let prefix =
            row.prefix.filter(|_| first.method != "spatial").map_or_else(String::new, |length| format!("({length})"));
        format!("{what}{prefix}{}", if row.key.descending { " DESC" } else { "" })
    };
    let keys: Vec<String> = rows.iter().map(key).collect();
    let kind = match (first.index.as_str(), first.method.as_str()) {
        ("PRIMARY", _) => "PRIMARY KEY".to_owned(),
        (name, "fulltext") => format!("FULLTEXT INDEX {}", dialect.name(name)),
        (name, "spatial" | "rtree") => format!("SPATIAL INDEX {}", dialect.name(name)),
        (name, _) if first.unique => format!("UNIQUE INDEX {}", dialect.name(name)),
        (name, _) => format!("INDEX {}", dialect.name(name)),
    };
    let using = if first.method == "hash" { " USING HASH" } else { "" };
    let comment = match first.comment.as_str() {
        "" => String::new(),
        text => format!(" COMMENT '{}'", text.replace('\\', "\\\\").replace('\'', "''")),
    };
    let hidden = hides.filter(|_| !first.visible).map_or_else(String::new, |hiding| format!(" {}", hiding.hide));
    let table = dialect.qualified(&table.schema, &table.name);
    format!("ALTER TABLE {table} ADD {kind} ({}){using}{comment}{hidden}", keys.join(", "))
}

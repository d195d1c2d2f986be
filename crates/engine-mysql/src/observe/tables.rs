//! Schemas and tables, with the figures of this moment.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, ObjectId, Table, TableKind};

use super::catalog::Filter;
use super::migrations;
use super::session::Session;
use crate::body::{Schema, TableFacts, area};

/// Reads the schemas.
pub(super) async fn schemas(session: &mut Session, filter: &Filter) -> Vec<Schema> {
    let sql = format!(
        "SELECT /* dbwright */ SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME \
         FROM information_schema.SCHEMATA WHERE {} ORDER BY SCHEMA_NAME",
        filter.on("SCHEMA_NAME")
    );
    let decode =
        |row: &mut super::cells::Cells<'_>| Schema { name: row.text(), charset: row.text(), collation: row.text() };
    session.read(area::CATALOG, GRANT, &sql, decode).await
}

/// What lets an account see a table.
pub(super) const GRANT: &str = "GRANT SELECT, SHOW VIEW, TRIGGER ON *.* TO the account";

/// Reads the tables. Their ids are their places in the order of names, from 1.
pub(super) async fn read(session: &mut Session, filter: &Filter) -> (Catalog, BTreeMap<ObjectId, TableFacts>) {
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, ROW_FORMAT, TABLE_COLLATION, CREATE_OPTIONS, \
         TABLE_COMMENT, CREATE_TIME, TABLE_ROWS, DATA_LENGTH, DATA_FREE, AVG_ROW_LENGTH, AUTO_INCREMENT \
         FROM information_schema.TABLES WHERE {}",
        filter.on("TABLE_SCHEMA")
    );
    let mut rows = session
        .read(area::CATALOG, GRANT, &sql, |row| {
            let mut table = table(row.text(), row.text(), &row.text());
            table.storage = row.opt_text();
            table.internal |= migrations::is_own(&table.schema, &table.name);
            let facts = TableFacts {
                row_format: row.text(),
                collation: row.text(),
                options: row.text(),
                ..TableFacts::default()
            };
            // What it is partitioned by stands in another table of `information_schema`.
            table.partitioning = facts.options.contains("partitioned").then(|| "PARTITION BY".to_owned());
            let comment = row.text();
            // MySQL keeps track of what views refer to, and says so where other tables have their comment.
            let invalid = table.kind == TableKind::View && comment.contains("references invalid");
            table.comment = Some(comment).filter(|text| !text.is_empty() && table.kind != TableKind::View);
            let facts = TableFacts { created: row.opt_text(), invalid, ..facts };
            (table.rows, table.bytes) = (row.number(), row.number());
            let (free_bytes, row_bytes, auto_increment) = (row.number(), row.number(), row.number());
            (table, TableFacts { auto_increment, free_bytes, row_bytes, ..facts })
        })
        .await;
    rows.sort_by(|(a, _), (b, _)| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    let mut catalog = Catalog::new(Dialect::Mysql);
    let mut all = BTreeMap::new();
    for (id, (mut table, facts)) in (1..).zip(rows) {
        table.id = id;
        all.insert(id, facts);
        catalog.tables.push(table);
    }
    (catalog, all)
}

fn table(schema: String, name: String, kind: &str) -> Table {
    let kind = match kind {
        "VIEW" | "SYSTEM VIEW" => TableKind::View,
        // A sequence of MariaDB is a table of one row.
        "SEQUENCE" => TableKind::Virtual,
        _ => TableKind::Table,
    };
    Table {
        id: 0,
        schema,
        name,
        kind,
        owner: None,
        parents: Vec::new(),
        is_partition: false,
        partitioning: None,
        internal: kind == TableKind::Virtual,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        rows: None,
        bytes: None,
        writes: None,
        definition: None,
        comment: None,
        storage: None,
    }
}

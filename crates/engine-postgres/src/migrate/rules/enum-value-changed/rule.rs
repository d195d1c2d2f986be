//! `migrate/enum-value-changed`: a label that the code that runs now does not know.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::ddl::{Act, Name};
use crate::migrate::lint::Scene;

/// Reports labels that are renamed or removed.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        match act {
            Act::RenameEnumValue { name, from, to } => {
                let dialect = Dialect::Postgres;
                let ty = name
                    .schema
                    .as_ref()
                    .map_or_else(|| dialect.name(&name.name), |schema| dialect.qualified(schema, &name.name));
                let add = format!("ALTER TYPE {ty} ADD VALUE {} AFTER {}", dialect.literal(to), dialect.literal(from));
                let finding = cx
                    .finding(format!("{ty}.{from}"), format!("renaming '{from}' of {ty} to '{to}' breaks the code that runs now"))
                    .why("old code writes and compares the old label, which the server no longer takes; add the new one beside it, move code and rows, and leave the old one unused")
                    .evidence("label", from.clone(), "", "the statement")
                    .change(Change::new([add], "the catalog alone").irreversible("a value can't be removed from an enum"));
                cx.report(finding);
            }
            Act::Delete { table, .. } | Act::Update { table, .. } if is_pg_enum(table) => {
                let finding = cx
                    .finding("pg_enum", "changing pg_enum leaves rows and indexes that can't be read")
                    .why("labels in rows are numbers that point there; no change is shown: PostgreSQL has no safe way to remove a value; make a new type and move the column to it")
                    .evidence("statement", scene.sql(), "", "the file")
                    .severity(Severity::Critical);
                cx.report(finding);
            }
            _ => {}
        }
    }
}

fn is_pg_enum(table: &Name) -> bool {
    table.name == "pg_enum" && table.schema.as_deref().is_none_or(|schema| schema == "pg_catalog")
}

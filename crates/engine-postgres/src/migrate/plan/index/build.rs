//! `CREATE INDEX`: concurrently, whatever the user wrote.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::CreateIndex;

use super::super::catalog::Table;
use super::super::draft::{Cx, Draft};
use super::super::name::{ident, literal, qualified};
use super::super::plain;
use super::super::size::rewrite_ms;
use super::super::step::{self, Drafted as _};
use super::{naming, partitioned};

/// Plans a `CREATE INDEX`.
pub(in super::super) async fn create(cx: &Cx<'_, '_>, index: &CreateIndex) -> Result<Draft, Failure> {
    let Some(table) = cx.catalog.table(&index.table).await? else { return Ok(plain::draft(cx)) };
    let name = match &index.name {
        Some(name) => name.clone(),
        None => naming::index(cx, &table, &index.keys, &index.definition).await?,
    };
    if table.persistence == "t" || refused_or_nothing(cx, &table, &name).await? {
        return Ok(plain::draft(cx));
    }
    let removed = Back::by([format!("DROP INDEX IF EXISTS {}", qualified(&table.schema, &name))]);
    if table.is_empty() && !index.concurrently {
        return Ok(plain::draft(cx).back(removed));
    }
    if table.is_partitioned() {
        return if index.only {
            Ok(plain::draft(cx).back(removed))
        } else {
            partitioned::create(cx, &table, index, &name).await
        };
    }
    Ok(Draft::one("concurrent-index", step(&table, &name, index.unique, &index.definition)))
}

/// Whether the name belongs to something else than an invalid leftover: the server says so, or does nothing.
async fn refused_or_nothing(cx: &Cx<'_, '_>, table: &Table, name: &str) -> Result<bool, Failure> {
    let index = literal(&qualified(&table.schema, name));
    cx.catalog
        .holds(&format!(
            "to_regclass({index}) IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_index \
             WHERE indexrelid = to_regclass({index}) AND indrelid = {} AND NOT indisvalid)",
            table.oid
        ))
        .await
}

/// The step that builds an index concurrently: what an interrupted attempt left under its name is removed first.
pub(in super::super) fn step(table: &Table, name: &str, unique: bool, tail: &str) -> Step {
    let unique = if unique { "UNIQUE " } else { "" };
    let sql = format!("CREATE {unique}INDEX CONCURRENTLY {} ON {} {tail}", ident(name), table.sql());
    let full = qualified(&table.schema, name);
    step::alone(
        format!("build the index {} concurrently", ident(name)),
        Phase::Expand,
        sql,
        format!("SELECT {}", step::index_valid(&table.schema, name)),
        vec![step::clear_index(&table.schema, name)],
    )
    .back(Back::alone([format!("DROP INDEX CONCURRENTLY IF EXISTS {full}")]))
    .locks(step::SHARE_UPDATE_EXCLUSIVE, table, Held::Scan)
    .takes(2.0 * rewrite_ms(table.bytes))
}

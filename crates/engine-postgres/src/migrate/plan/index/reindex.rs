//! `REINDEX`: concurrently where the server can.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::Name;

use super::super::catalog::{Index, Table};
use super::super::draft::{Cx, Draft};
use super::super::name::{ident, literal};
use super::super::plain;
use super::super::size::rewrite_ms;
use super::super::step::{self, Drafted as _};
use super::drop::find;

/// Plans a `REINDEX`.
pub(in super::super) async fn reindex(cx: &Cx<'_, '_>, what: &str, name: Option<&Name>) -> Result<Draft, Failure> {
    let (table, indexes) = match (what, name) {
        ("INDEX", Some(name)) => match find(cx, name).await? {
            Some((table, index)) => (table, vec![index]),
            None => return Ok(plain::draft(cx)),
        },
        ("TABLE", Some(name)) => match cx.catalog.table(name).await? {
            Some(table) => {
                let indexes = cx.catalog.indexes(table.oid).await?;
                (table, indexes)
            }
            None => return Ok(plain::draft(cx)),
        },
        _ => return Ok(whole(cx, what, name)),
    };
    if table.schema == "pg_catalog" || (table.is_partitioned() && cx.catalog.major() < 14) {
        let ms = rewrite_ms(table.total_bytes);
        return Ok(plain::draft(cx).blocks("the server can't rebuild these indexes concurrently", ms));
    }
    if table.is_partitioned() {
        // The server goes through the partitions one by one; each is done or not, and doing it again is harmless.
        let sql = format!("REINDEX {what} CONCURRENTLY {}", object(&table, what, &indexes));
        return Ok(Draft::one("concurrent-index", rebuild(&table, sql, String::new())));
    }
    let mut draft = Draft::of("concurrent-index");
    for index in &indexes {
        draft.absorb(one(&table, index));
    }
    Ok(draft)
}

fn object(table: &Table, what: &str, indexes: &[Index]) -> String {
    match indexes.first() {
        Some(index) if what == "INDEX" => index.sql(),
        _ => table.sql(),
    }
}

/// One index: afterwards another relation bears its name.
fn one(table: &Table, index: &Index) -> Draft {
    let sql = index.sql();
    if index.constraint_kind.as_deref() == Some("x") {
        return Draft::one(
            "blocking",
            step::transaction(format!("rebuild {sql}"), Phase::Switch, [format!("REINDEX INDEX {sql}")]).locks(
                step::ACCESS_EXCLUSIVE,
                table,
                Held::Rewrite,
            ),
        )
        .blocks(
            format!("the server can't rebuild {sql} concurrently, because it carries an exclusion constraint"),
            rewrite_ms(table.bytes),
        );
    }
    let done = format!(
        "SELECT indexrelid <> {} AND indisvalid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass({})",
        index.oid,
        literal(&sql)
    );
    Draft::one("concurrent-index", rebuild(table, format!("REINDEX INDEX CONCURRENTLY {sql}"), done))
}

fn rebuild(table: &Table, sql: String, done: String) -> dbwright_migrate::Step {
    let leftovers = format!(
        "SELECT pg_catalog.format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', n.nspname, c.relname) \
         FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE x.indrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree({oid}) UNION SELECT {oid}::oid) \
         AND NOT x.indisvalid AND c.relkind = 'i' AND c.relname ~ '_cc(new|old)[0-9]*$'",
        oid = table.oid
    );
    step::alone(sql.to_lowercase(), Phase::Switch, sql, done, vec![leftovers])
        .back(Back::nothing())
        .locks(step::SHARE_UPDATE_EXCLUSIVE, table, Held::Scan)
        .takes(2.0 * rewrite_ms(table.total_bytes))
}

/// A schema or database: as the server does it, one index after the other.
fn whole(cx: &Cx<'_, '_>, what: &str, name: Option<&Name>) -> Draft {
    if what == "SYSTEM" {
        return plain::draft(cx).blocks("system catalogs can't be rebuilt concurrently", 10_000.0);
    }
    let sql = format!("REINDEX {what} CONCURRENTLY {}", name.map(|name| ident(&name.name)).unwrap_or_default());
    let step = step::alone(sql.to_lowercase(), Phase::Switch, sql.trim().to_owned(), String::new(), Vec::new());
    Draft::one("concurrent-index", step)
        .note("system catalogs are left out, as the server can't rebuild them concurrently")
}

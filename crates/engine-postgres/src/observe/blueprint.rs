//! What a planner twin needs beyond the catalog: definitions as statements, and figures that stand in files.
//!
//! Definitions are printed by the server, with every name qualified, since `search_path` holds nothing but
//! `pg_catalog`. Members of extensions are left out: they come with their extension.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_sql::model::{ObjectId, Table};

use super::cells::Cells;
use super::session::Session;
use super::{extended, objects_sql as sql, probe};
use crate::body::{
    Blueprint, ColumnExtra, IndexStats, Locale, Metapage, Object, RelationExtra, Server, Tablespace, area,
};

/// Reads everything but the column statistics.
pub(super) async fn read(
    session: &mut Session,
    server: &Server,
    tables: &[Table],
    indexes: &BTreeMap<ObjectId, IndexStats>,
) -> Result<Blueprint, Failure> {
    let mut metapages = metapages(session, server).await?;
    let probed = probe::read(session, tables, indexes).await?;
    // The planner's own answer is of now; a file may be older.
    metapages.extend(probed.heights);
    Ok(Blueprint {
        locale: locale(session).await?,
        before: before(session, server).await?,
        after: objects(session, sql::AFTER).await?,
        columns: columns(session).await?,
        relations: relations(session).await?,
        tablespaces: tablespaces(session).await?,
        metapages,
        extended: extended::read(session, server).await?,
        ends: probed.ends,
    })
}

async fn locale(session: &mut Session) -> Result<Locale, Failure> {
    let rows = session
        .read("blueprint", sql::LOCALE, &[], |row| {
            Ok(Locale {
                encoding: row.text()?,
                provider: row.text()?,
                collate: row.text()?,
                ctype: row.text()?,
                locale: row.opt_text()?,
                rules: row.opt_text()?,
            })
        })
        .await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Each group is a query of its own, so that one that fails costs only itself.
async fn before(session: &mut Session, server: &Server) -> Result<Vec<Object>, Failure> {
    let parsed = if server.major() >= 14 { "p.prosqlbody IS NOT NULL" } else { "false" };
    let mut found = Vec::new();
    for text in [sql::COLLATIONS, sql::TYPES, sql::FUNCTIONS, sql::AGGREGATES, sql::OPERATORS, sql::FOREIGN] {
        found.extend(objects(session, &text.replace("%parsed%", parsed)).await?);
    }
    if server.major() >= 14 {
        found.extend(objects(session, sql::PARSED_FUNCTIONS).await?);
    }
    Ok(found)
}

async fn objects(session: &mut Session, sql: &str) -> Result<Vec<Object>, Failure> {
    let decode = |row: &mut Cells<'_>| Ok(Object { kind: row.text()?, name: row.text()?, sql: row.text()? });
    let rows = session.read("blueprint", sql, &[], decode).await?;
    Ok(rows.into_iter().filter(|object| !object.sql.is_empty()).collect())
}

async fn columns(session: &mut Session) -> Result<BTreeMap<ObjectId, Vec<ColumnExtra>>, Failure> {
    let rows = session
        .read("blueprint", sql::COLUMNS, &[], |row| {
            let table = row.count()?;
            Ok((table, ColumnExtra { number: row.get()?, collation: row.opt_text()?, not_null: row.get()? }))
        })
        .await?;
    let mut columns: BTreeMap<ObjectId, Vec<ColumnExtra>> = BTreeMap::new();
    for (table, extra) in rows {
        columns.entry(table).or_default().push(extra);
    }
    Ok(columns)
}

async fn relations(session: &mut Session) -> Result<BTreeMap<ObjectId, RelationExtra>, Failure> {
    let rows = session
        .read("blueprint", sql::RELATIONS, &[], |row| {
            let id = row.count()?;
            let bound = row.opt_text()?;
            let view_options = row.texts()?;
            let foreign = row.opt_text()?;
            let foreign_figures = row.get::<Option<i64>>()?.zip(row.get::<Option<f64>>()?);
            let row_security = (row.get()?, row.get()?);
            let tablespace = row.opt_text()?;
            Ok((id, RelationExtra { bound, view_options, foreign, foreign_figures, row_security, tablespace }))
        })
        .await?;
    Ok(rows.into_iter().collect())
}

async fn tablespaces(session: &mut Session) -> Result<Vec<Tablespace>, Failure> {
    session
        .read("blueprint", sql::TABLESPACES, &[], |row| {
            Ok(Tablespace {
                name: row.text()?,
                options: row.texts()?,
                default: row.get()?,
                indexes: row.list::<i64>()?.into_iter().filter_map(|oid| u64::try_from(oid).ok()).collect(),
            })
        })
        .await
}

/// Reading a file of the server is for superusers; for others the twin works the figures out.
async fn metapages(session: &mut Session, server: &Server) -> Result<BTreeMap<ObjectId, Metapage>, Failure> {
    if !server.superuser {
        return Ok(BTreeMap::new());
    }
    let decode =
        |row: &mut Cells<'_>| Ok((row.count()?, row.text()?, row.get::<Option<Vec<u8>>>()?.unwrap_or_default()));
    let rows = match session.attempt(sql::METAPAGES, &[], decode).await? {
        Ok(rows) => rows,
        Err(error) => {
            session.gap(area::METAPAGES, crate::error::text(&error), super::session::remedy(&error));
            return Ok(BTreeMap::new());
        }
    };
    Ok(rows.into_iter().filter_map(|(id, method, bytes)| Some((id, metapage(&method, &bytes)?))).collect())
}

const BTREE_MAGIC: u32 = 0x0005_3162;

/// From the bytes behind the page's header.
fn metapage(method: &str, bytes: &[u8]) -> Option<Metapage> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    match method {
        "btree" if word(0)? == BTREE_MAGIC => Some(Metapage::Btree { height: word(20)? }),
        "gin" if word(48)? <= 2 => Some(Metapage::Gin {
            pending_pages: word(12)?,
            total_pages: word(24)?,
            entry_pages: word(28)?,
            data_pages: word(32)?,
            entries: i64::from_le_bytes(bytes.get(40..48)?.try_into().ok()?),
        }),
        _ => None,
    }
}

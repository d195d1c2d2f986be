//! Rows that a statement inserts: their keys are kept, so that undo takes away these rows and no others.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Phase};
use serde::Deserialize;

use crate::ddl::Name;

use super::super::catalog::Table;
use super::super::draft::{Cx, Draft};
use super::super::name::{ident, literal};
use super::super::step::{self, transaction};
use super::super::{plain, tokens};

/// Where keys are kept; in the schema of the journal.
const KEPT: &str = "dbwright.inserted";

/// The most rows whose keys are kept, as the server expects them.
const MOST: f64 = 50_000.0;

/// A column of the key, with its type.
#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    ty: String,
}

/// Plans an `INSERT`.
pub(in super::super) async fn insert(cx: &Cx<'_, '_>, name: &Name, from_query: bool) -> Result<Draft, Failure> {
    let whole = plain::draft(cx);
    let Some(table) = cx.catalog.table(name).await? else {
        // What makes the table is undone after it, and takes the rows along.
        let back = if cx.catalog.made.is_new(name) { Back::nothing() } else { plain::unknown() };
        return Ok(whole.back(back));
    };
    let sql = cx.statement.sql.as_str();
    let has = |words: &[&str]| tokens::find_word(sql, words).is_some();
    if has(&["RETURNING"]) || has(&["CONFLICT"]) && has(&["DO"]) && has(&["UPDATE"]) {
        return Ok(whole.lost("rows that were changed can't be told from others"));
    }
    if !table.is_table() || unseen(cx, &table).await? {
        return Ok(whole.lost("what rules and triggers made of the rows is not known"));
    }
    let key: Vec<Part> = cx.catalog.values(&key(table.oid)).await?;
    if key.is_empty() {
        return Ok(whole.lost("the table has no key by which the rows could be found again"));
    }
    if from_query && expected(cx, sql).await.is_none_or(|rows| rows > MOST) {
        return Ok(whole.lost("too many rows to keep their keys"));
    }
    // One statement may stand in several files, and be applied again after it was undone.
    let now = cx.catalog.text("SELECT to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS')").await?.unwrap_or_default();
    Ok(kept(cx, &table, &key, &now))
}

/// Whether others than the statement decide what becomes of its rows.
async fn unseen(cx: &Cx<'_, '_>, table: &Table) -> Result<bool, Failure> {
    cx.catalog
        .holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = {0}) OR EXISTS (SELECT FROM pg_catalog.pg_trigger \
             WHERE tgrelid = {0} AND NOT tgisinternal AND tgname !~ '^(zzz_)?dbwright_' AND tgenabled <> 'D' AND tgtype & 4 <> 0 AND tgtype & 2 = 0)",
            table.oid
        ))
        .await
}

fn key(oid: u32) -> String {
    format!(
        "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS ty FROM (SELECT * FROM pg_index WHERE indrelid = {oid} \
         AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL AND indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute n \
         WHERE n.attrelid = indrelid AND n.attnum = ANY (indkey) AND NOT n.attnotnull) ORDER BY indisprimary DESC, indnkeyatts LIMIT 1) i \
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(number, at) JOIN pg_attribute a ON a.attrelid = {oid} AND a.attnum = k.number \
         WHERE k.at <= i.indnkeyatts ORDER BY k.at"
    )
}

/// How many rows the server expects the query to yield.
async fn expected(cx: &Cx<'_, '_>, sql: &str) -> Option<f64> {
    let plan = cx.catalog.texts(&format!("EXPLAIN {sql}")).await.ok()?;
    let rows = |line: &String| line.split("rows=").nth(1)?.split(' ').next()?.parse::<f64>().ok();
    plan.iter().filter_map(rows).find(|rows| *rows > 0.0)
}

fn kept(cx: &Cx<'_, '_>, table: &Table, key: &[Part], now: &str) -> Draft {
    let sql = cx.statement.sql.trim_end().trim_end_matches(';');
    let names: Vec<String> = key.iter().map(|part| ident(&part.name)).collect();
    let of = literal(&format!("{} at {now}", table.subject()));
    let missing = |what: &str| format!("{what} IS NULL");
    let room = [
        step::guarded(&missing("to_regnamespace('dbwright')"), &["CREATE SCHEMA dbwright"]),
        step::guarded(
            &missing(&format!("to_regclass('{KEPT}')")),
            &[format!("CREATE TABLE {KEPT} (rows_of text NOT NULL, key jsonb NOT NULL)")],
        ),
    ];
    let insert = format!(
        "WITH dbwright_rows AS ({sql} RETURNING {}) INSERT INTO {KEPT} SELECT {of}, to_jsonb(dbwright_rows) FROM dbwright_rows",
        names.join(", ")
    );
    let same: Vec<String> = key
        .iter()
        .map(|part| format!("t.{} = (k.key ->> {})::{}", ident(&part.name), literal(&part.name), part.ty))
        .collect();
    let there = format!("to_regclass('{KEPT}') IS NOT NULL AND to_regclass({}) IS NOT NULL", literal(&table.sql()));
    let back = step::guarded(
        &there,
        &[
            format!("DELETE FROM {} t USING {KEPT} k WHERE k.rows_of = {of} AND {}", table.sql(), same.join(" AND ")),
            format!("DELETE FROM {KEPT} WHERE rows_of = {of}"),
        ],
    );
    let mut step = transaction(plain::title(&cx.statement.sql), Phase::Switch, room.into_iter().chain([insert]));
    step.back = Back::by([back]);
    Draft::one(plain::METHOD, step)
        .note(format!("the keys of the new rows are kept in {KEPT}, so that undo takes away these rows and no others"))
}

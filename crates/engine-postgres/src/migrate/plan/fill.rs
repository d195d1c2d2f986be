//! Rows filled in batches: by which key, and with what around each batch.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Backfill, Held, KeyColumn, Phase, Require};
use dbwright_migrate::{Step, Work};
use serde::Deserialize;

use super::catalog::Table;
use super::draft::{Cx, Draft};
use super::name::{ident, literal};
use super::size::update_ms;
use super::step::{self, Drafted as _};

/// Fills a column that new rows already have: `SET set WHERE missing`, in batches.
pub(super) async fn fill(
    cx: &Cx<'_, '_>,
    table: &Table,
    column: &str,
    set: &str,
    missing: &str,
) -> Result<Draft, Failure> {
    let batch = format!("UPDATE {} AS s SET {set} WHERE {{range}} AND {missing}", table.sql());
    let mut fill = batches(cx, table, batch).await?;
    fill.verify = vec![nothing_left(table, missing, &format!("rows without a value in {} are left", ident(column)))];
    let quiet = quiet(cx, table).await?;
    fill.before_batch = quiet.before_batch;
    let mut draft = Draft::one("default-later", step_of(table, &format!("fill {} in batches", ident(column)), fill));
    draft.notes = quiet.notes;
    Ok(draft)
}

/// A question whether rows of a kind are left.
pub(super) fn nothing_left(table: &Table, missing: &str, or: &str) -> Require {
    step::require(format!("SELECT NOT EXISTS (SELECT FROM {} AS s WHERE {missing})", table.sql()), or)
}

/// A backfill as a step.
pub(super) fn step_of(table: &Table, title: &str, fill: Backfill) -> Step {
    step::step(title, Phase::Backfill, Work::Backfill(fill))
        .locks(step::ROW_EXCLUSIVE, table, Held::Moment)
        .takes(update_ms(table.total_bytes))
}

/// Estimated rows as a count, for progress only.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate above zero, shown to people")]
fn counted(rows: f64) -> Option<u64> {
    (rows > 0.0).then_some(rows as u64)
}

/// Batches over a table, by the best key that it has.
pub(super) async fn batches(cx: &Cx<'_, '_>, table: &Table, batch: String) -> Result<Backfill, Failure> {
    Ok(Backfill {
        table: table.sql(),
        only: false,
        key: key(cx, table).await?,
        batch,
        before_batch: Vec::new(),
        rows: counted(table.rows),
        verify: Vec::new(),
    })
}

#[derive(Deserialize)]
struct Keyed {
    name: String,
    ty: String,
}

/// The columns of the primary key, else of a unique index over columns that refuse NULL; empty when there is neither,
/// which means the rows' physical places.
async fn key(cx: &Cx<'_, '_>, table: &Table) -> Result<Vec<KeyColumn>, Failure> {
    let query = format!(
        "SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS ty FROM (SELECT x.indkey, x.indrelid, \
         x.indnkeyatts FROM pg_catalog.pg_index x WHERE x.indrelid = {} AND x.indisunique AND x.indisvalid AND x.indimmediate \
         AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute n \
         WHERE n.attrelid = x.indrelid AND n.attnum = ANY (x.indkey) AND NOT n.attnotnull) \
         ORDER BY x.indisprimary DESC, x.indnkeyatts, x.indexrelid LIMIT 1) x CROSS JOIN \
         LATERAL generate_series(0, x.indnkeyatts - 1) AS k JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid \
         AND a.attnum = x.indkey[k] ORDER BY k",
        table.oid
    );
    let columns: Vec<Keyed> = cx.catalog.values(&query).await?;
    Ok(columns.into_iter().map(|one| KeyColumn { name: ident(&one.name), ty: one.ty }).collect())
}

/// What keeps the user's triggers still while rows are only touched by dbwright.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    pub(super) before_batch: Vec<String>,
    pub(super) notes: Vec<String>,
}

#[derive(Deserialize)]
struct Firing {
    names: Vec<String>,
    may: bool,
}

/// Triggers on UPDATE must not take a backfill for the application's work. Keeping them still needs a right.
pub(super) async fn quiet(cx: &Cx<'_, '_>, table: &Table) -> Result<Quiet, Failure> {
    let may = if cx.catalog.major() >= 15 {
        "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
    } else {
        "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
    };
    let query = format!(
        "SELECT {may} AS may, (SELECT coalesce(jsonb_agg(DISTINCT tgname), '[]') FROM pg_catalog.pg_trigger \
         WHERE tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree({oid}) UNION SELECT {oid}::oid) \
         AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 16 <> 0 AND tgname NOT LIKE 'dbwright\\_%') AS names",
        oid = table.oid
    );
    let Some(firing) = cx.catalog.values::<Firing>(&query).await?.into_iter().next() else {
        return Ok(Quiet::default());
    };
    if firing.names.is_empty() {
        return Ok(Quiet::default());
    }
    let names = firing.names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ");
    Ok(if firing.may {
        Quiet {
            before_batch: vec!["SET LOCAL session_replication_role = replica".to_owned()],
            notes: vec![format!("the triggers {names} do not fire while rows are filled in")],
        }
    } else {
        let grant = if cx.catalog.major() >= 15 {
            "; GRANT SET ON PARAMETER session_replication_role keeps them still"
        } else {
            "; as a superuser they could be kept still"
        };
        Quiet {
            notes: vec![format!("the triggers {names} fire for every row that is filled in{grant}")],
            ..Quiet::default()
        }
    })
}

/// Yields true when the text of a type can be compared with `=`.
pub(super) async fn comparable(cx: &Cx<'_, '_>, ty: &str) -> Result<bool, Failure> {
    cx.catalog
        .holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_opclass o ON o.opcdefault AND o.opcintype IN \
             (t.oid, t.typbasetype, CASE WHEN t.typtype = 'e' THEN 'anyenum'::regtype WHEN t.typcategory = 'S' THEN 'text'::regtype \
             WHEN t.typcategory = 'A' THEN 'anyarray'::regtype WHEN t.typtype = 'r' THEN 'anyrange'::regtype ELSE t.oid END) \
             JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree' WHERE t.oid = to_regtype({}))",
            literal(ty)
        ))
        .await
}

//! `ALTER COLUMN … TYPE`: as it is where the server writes nothing anew, else by a new column beside the old one.

mod bound;
mod change;
mod decide;
mod expand;
mod fast;
mod objects;
mod switch;
mod undo;

use dbwright_core::Failure;
use dbwright_migrate::plan::{Held, Phase};

use crate::ddl::{Action, Clause};

pub(super) use bound::refusing;
pub(super) use objects::{sequences, view_again};

use super::alter::Alter;
use super::draft::{Cx, Draft};
use super::plain;
use super::size::rewrite_ms;
use super::step::{self, Drafted as _, transaction};

/// A type change as written.
pub(super) struct Wanted<'w> {
    pub(super) column: &'w str,
    pub(super) ty: &'w str,
    pub(super) collation: Option<&'w str>,
    pub(super) using: Option<&'w str>,
}

impl<'w> Wanted<'w> {
    fn of(clause: &'w Clause) -> Option<Self> {
        match &clause.action {
            Action::SetType { column, ty, collation, using } => {
                Some(Self { column, ty, collation: collation.as_deref(), using: using.as_deref() })
            }
            _ => None,
        }
    }
}

/// Plans a type change; none when it is left to the server as it is. All changes of one statement that need a new
/// column are made together, at the first of them.
pub(super) async fn plan(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    wanted: &Wanted<'_>,
    clause: &Clause,
    all: &[Clause],
) -> Result<Option<Draft>, Failure> {
    let table = to.table;
    let Some(column) = table.column(wanted.column) else { return Ok(None) };
    if table.partition_key.iter().any(|key| key == wanted.column) || !column.generated.is_empty() {
        return Ok(None);
    }
    if table.is_empty() || !decide::rewrites(cx, table, wanted).await? {
        let refusing = bound::refusing(cx.catalog, table.oid, &[wanted.column]).await?;
        if !refusing.is_empty() {
            return Ok(Some(blocking(to, clause, &refusing.reason())));
        }
        return fast::plan(cx, to, wanted, clause).await.map(Some);
    }
    let mut changes = Vec::new();
    for other in all.iter().filter_map(Wanted::of) {
        if table.column(other.column).is_some() && decide::rewrites(cx, table, &other).await? {
            changes.push(other);
        }
    }
    if changes.first().is_some_and(|first| first.column != wanted.column) {
        return Ok(Some(Draft::default()));
    }
    let bound = bound::of(cx, table, &changes, all).await?;
    if !bound.refusing.is_empty() {
        return Ok(Some(blocking(to, clause, &bound.refusing.reason())));
    }
    if let Some(reason) = bound.hindrance {
        return Ok(Some(blocking(to, clause, &reason)));
    }
    change::plan(cx, to, &changes, all, bound).await.map(Some)
}

/// Whether a table without rows has what stands in the way of one of the type changes: else they are left to the server.
pub(super) async fn in_use(cx: &Cx<'_, '_>, to: &Alter<'_>, clauses: &[Clause]) -> Result<bool, Failure> {
    let columns: Vec<&str> = clauses.iter().filter_map(Wanted::of).map(|wanted| wanted.column).collect();
    if columns.is_empty() {
        return Ok(false);
    }
    cx.catalog
        .holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
             WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = {} AND a.attname IN ({}) AND d.classid IN \
             ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass, \
             'pg_catalog.pg_publication_rel'::regclass))",
            to.table.oid,
            objects::listed(&columns)
        ))
        .await
}

/// Whether a clause belongs to a type change of the same statement, which takes care of it.
pub(super) async fn covers(cx: &Cx<'_, '_>, to: &Alter<'_>, clause: &Clause, all: &[Clause]) -> Result<bool, Failure> {
    if to.table.is_empty() {
        return Ok(false);
    }
    let (Action::SetDefault { column, .. } | Action::DropDefault { column }) = &clause.action else {
        return Ok(false);
    };
    for wanted in all.iter().filter_map(Wanted::of).filter(|wanted| wanted.column == column) {
        if to.table.column(column).is_some() && decide::rewrites(cx, to.table, &wanted).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn blocking(to: &Alter<'_>, clause: &Clause, reason: &str) -> Draft {
    let ms = rewrite_ms(to.table.total_bytes);
    let sql = format!("{} {}", to.head(), clause.text);
    let step = transaction(plain::title(&sql), Phase::Switch, [sql])
        .back(super::plain::unknown())
        .locks(step::ACCESS_EXCLUSIVE, to.table, Held::Rewrite)
        .takes(ms);
    Draft::one("blocking", step).blocks(reason, ms)
}

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
    if !decide::rewrites(cx, table, wanted).await? {
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
    let bound = bound::of(cx, table, &changes).await?;
    if bound.refused {
        let reason = "a function, rule, generated column, trigger or materialized view uses the column: the server itself refuses";
        return Ok(Some(blocking(to, clause, reason)));
    }
    if let Some(reason) = bound.hindrance {
        return Ok(Some(blocking(to, clause, &reason)));
    }
    change::plan(cx, to, &changes, all, bound).await.map(Some)
}

/// Whether a clause belongs to a type change of the same statement, which takes care of it.
pub(super) async fn covers(cx: &Cx<'_, '_>, to: &Alter<'_>, clause: &Clause, all: &[Clause]) -> Result<bool, Failure> {
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

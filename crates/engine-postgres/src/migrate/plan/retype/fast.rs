//! Type changes that the server makes in the catalog alone.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::Clause;

use super::super::alter::Alter;
use super::super::catalog::{Constraint, Table};
use super::super::draft::{Cx, Draft};
use super::super::name::ident;
use super::super::plain;
use super::super::size::scan_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::{Wanted, objects};

/// The change as it is, with what would be read again taken aside.
pub(super) async fn plan(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    wanted: &Wanted<'_>,
    clause: &Clause,
) -> Result<Draft, Failure> {
    let table = to.table;
    let uses =
        |constraint: &&Constraint| constraint.kind == "c" && constraint.columns.iter().any(|c| c == wanted.column);
    let all = cx.catalog.constraints(table.oid).await?;
    // A CHECK would be checked again for every row, under the lock; as NOT VALID it is checked afterwards.
    let checks: Vec<&Constraint> = all.iter().filter(uses).filter(|check| check.validated).collect();
    let old = table.column(wanted.column).map(|column| column.ty.clone()).unwrap_or_default();
    let kept = Kept::read(cx, table, wanted.column).await?;
    let change = format!("{} {}", to.head(), clause.text);
    let reverse = format!("{} ALTER COLUMN {} TYPE {old}", to.head(), ident(wanted.column));
    let around = |change: String| around(to, &checks, &kept, change);
    let step = transaction(plain::title(&change), Phase::Switch, around(change))
        .back(backward(to, &checks, &around(reverse)))
        .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment);
    let mut draft = Draft::one(plain::METHOD, step)
        .note(format!("the rows stay as they are; going back to {old} may read or write all of them under a lock"));
    draft.steps.extend(checks.iter().map(|check| validate(to, check)));
    Ok(draft)
}

/// The same the other way; what was taken aside is checked again at the end.
fn backward(to: &Alter<'_>, checks: &[&Constraint], statements: &[String]) -> Back {
    if checks.is_empty() {
        return Back::by(statements.iter().cloned());
    }
    let validate = checks.iter().map(|check| format!("{} VALIDATE CONSTRAINT {}", to.head(), ident(&check.name)));
    Back::alone(std::iter::once(step::guarded("true", statements)).chain(validate))
}

/// What the server wants gone while the type changes, and what it is made again by.
struct Kept {
    views: Vec<objects::View>,
    things: Vec<objects::Bound>,
}

impl Kept {
    async fn read(cx: &Cx<'_, '_>, table: &Table, column: &str) -> Result<Self, Failure> {
        let mut things = objects::triggers(cx, table, &[column]).await?;
        things.extend(objects::policies(cx, table, &[column], objects::Policies::MadeAgain).await?);
        things.extend(objects::publications(cx, table, &[column]).await?);
        Ok(Self { views: objects::views(cx, table, &[column]).await?, things })
    }

    fn gone(&self, table: &Table) -> Vec<String> {
        let mut statements: Vec<String> = self.views.iter().rev().map(objects::View::drop).collect();
        if !self.things.is_empty() {
            statements.push(format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.sql()));
        }
        statements.extend(self.things.iter().filter_map(|thing| thing.drop.clone()));
        statements
    }

    fn again(&self) -> impl Iterator<Item = String> {
        let things = self.things.iter().flat_map(|thing| thing.create.clone());
        things.chain(self.views.iter().flat_map(|view| view.create.clone()))
    }
}

fn around(to: &Alter<'_>, checks: &[&Constraint], kept: &Kept, change: String) -> Vec<String> {
    let head = to.head();
    let mut statements = kept.gone(to.table);
    statements.extend(checks.iter().map(|check| format!("{head} DROP CONSTRAINT {}", ident(&check.name))));
    statements.push(change);
    for check in checks {
        statements.push(format!("{head} ADD CONSTRAINT {} {} NOT VALID", ident(&check.name), check.definition));
        statements.extend(objects::comment(
            &format!("CONSTRAINT {} ON {}", ident(&check.name), to.table.sql()),
            check.comment.as_deref(),
        ));
    }
    statements.extend(kept.again());
    statements
}

fn validate(to: &Alter<'_>, check: &Constraint) -> Step {
    let sql = format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", to.table.sql(), ident(&check.name));
    transaction(format!("check the rows against {} again", ident(&check.name)), Phase::Switch, [sql])
        .locks(step::SHARE_UPDATE_EXCLUSIVE, to.table, Held::Scan)
        .takes(scan_ms(to.table.bytes))
}

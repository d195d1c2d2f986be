//! `ALTER TABLE`: each clause by its method; what takes only a moment stays together.

mod backs;
mod column;
mod constraint;
mod not_null;
mod order;
mod partition;
mod unique;

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Held, Phase};

use crate::ddl::{Action, Clause, ConstraintKind, Name};

use super::catalog::Table;
use super::draft::{Cx, Draft};
use super::step::{self, ACCESS_EXCLUSIVE, Drafted as _};
use super::{plain, retype};

pub(super) use backs::parameters;
pub(super) use constraint::validated;
pub(super) use not_null::by_check as not_null_by_check;
pub(super) use order::goes_before;

/// Clauses of one statement on one table.
pub(super) struct Alter<'t> {
    pub(super) table: &'t Table,
    pub(super) only: bool,
    pub(super) if_exists: bool,
}

impl Alter<'_> {
    /// `ALTER TABLE [ONLY] name`.
    pub(super) fn head(&self) -> String {
        format!("ALTER TABLE {}{}", if self.only { "ONLY " } else { "" }, self.table.sql())
    }
}

/// Plans an `ALTER TABLE`.
pub(super) async fn alter(
    cx: &Cx<'_, '_>,
    name: &Name,
    only: bool,
    if_exists: bool,
    clauses: &[Clause],
) -> Result<Draft, Failure> {
    let Some(table) = cx.catalog.table(name).await? else { return Ok(plain::draft(cx)) };
    let to = Alter { table: &table, only, if_exists };
    let idle = table.is_empty() && !is_attach(clauses);
    if !table.is_table() || table.persistence == "t" || idle && !retype::in_use(cx, &to, clauses).await? {
        return together(cx, &to, clauses, &[]).await;
    }
    let (mut draft, mut waiting) = (Draft::of(plain::METHOD), Vec::<&Clause>::new());
    for clause in order::of(cx, &table, clauses).await? {
        // What is dropped with a key that is added goes in the same moment as the key comes.
        let mut drops: Vec<&Clause> = Vec::new();
        if is_key(clause) {
            (drops, waiting) = waiting.into_iter().partition(|clause| is_drop(clause));
            flush(cx, &to, clauses, &mut waiting, &mut draft).await?;
        }
        if retype::covers(cx, &to, clause, clauses).await? {
            continue;
        }
        if let Some(planned) = method(cx, &to, clause, clauses, &drops).await? {
            flush(cx, &to, clauses, &mut waiting, &mut draft).await?;
            draft.absorb(planned);
        } else {
            waiting.extend(drops);
            waiting.push(clause);
        }
    }
    flush(cx, &to, clauses, &mut waiting, &mut draft).await?;
    Ok(draft)
}

fn is_attach(clauses: &[Clause]) -> bool {
    matches!(clauses, [Clause { action: Action::AttachPartition { .. } | Action::DetachPartition { .. }, .. }])
}

pub(super) fn is_key(clause: &Clause) -> bool {
    matches!(&clause.action, Action::AddConstraint(c)
        if matches!(c.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. }))
}

fn is_drop(clause: &Clause) -> bool {
    matches!(clause.action, Action::DropColumn { .. } | Action::DropConstraint { .. })
}

/// The method of a clause; none when it takes a moment as it is.
async fn method(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    clause: &Clause,
    all: &[Clause],
    drops: &[&Clause],
) -> Result<Option<Draft>, Failure> {
    match &clause.action {
        Action::AddColumn { column, .. } => column::add(cx, to, column, clause).await,
        Action::SetNotNull { column } => not_null::set(cx, to, column).await,
        Action::AddConstraint(constraint) => match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => {
                unique::add(cx, to, constraint, drops).await
            }
            _ => constraint::add(cx, to, constraint).await,
        },
        Action::ValidateConstraint { name } => Ok(Some(constraint::validate(to.table, name))),
        Action::SetType { column, ty, collation, using } => {
            let wanted = retype::Wanted { column, ty, collation: collation.as_deref(), using: using.as_deref() };
            retype::plan(cx, to, &wanted, clause, all).await
        }
        Action::AttachPartition { name, bound } => partition::attach(cx, to, name, bound).await,
        Action::DetachPartition { name, concurrently: false, finalize: false } => partition::detach(cx, to, name).await,
        Action::DetachPartition { .. } => Ok(Some(plain::alone(cx))),
        _ => Ok(rewriting(cx, to, clause)),
    }
}

/// Clauses that write the table anew and for which there is no way inside of it.
fn rewriting(cx: &Cx<'_, '_>, to: &Alter<'_>, clause: &Clause) -> Option<Draft> {
    let what = match &clause.action {
        Action::SetTablespace { .. } => "moving a table to another tablespace copies it",
        Action::SetLogged(_) => "SET LOGGED and SET UNLOGGED write the table anew",
        Action::SetAccessMethod { .. } => "another access method writes the table anew",
        Action::SetExpression { column } if to.table.column(column).is_some_and(|one| one.generated == "v") => {
            return None;
        }
        Action::SetExpression { .. } => "another expression of a stored column writes the table anew",
        _ => return None,
    };
    let sql = format!("{} {}", to.head(), clause.text);
    let step = step::transaction(plain::title(&sql), Phase::Switch, [sql])
        .locks(ACCESS_EXCLUSIVE, to.table, Held::Rewrite)
        .back(backs::simple(to, &clause.action));
    let _ = cx;
    Some(Draft::one("blocking", step).blocks(what, super::size::rewrite_ms(to.table.total_bytes)))
}

/// The clauses that wait become one statement.
async fn flush(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    all: &[Clause],
    waiting: &mut Vec<&Clause>,
    draft: &mut Draft,
) -> Result<(), Failure> {
    if waiting.is_empty() {
        return Ok(());
    }
    let clauses: Vec<Clause> = std::mem::take(waiting).into_iter().cloned().collect();
    draft.absorb(together(cx, to, &clauses, all).await?);
    Ok(())
}

/// Clauses as one plain statement; the user's own text when it is the whole of it.
async fn together(cx: &Cx<'_, '_>, to: &Alter<'_>, clauses: &[Clause], all: &[Clause]) -> Result<Draft, Failure> {
    let texts: Vec<&str> = clauses.iter().map(|clause| clause.text.as_str()).collect();
    let whole = all.is_empty() || all.len() == clauses.len() || to.if_exists && clauses.len() == all.len();
    let sql = if whole { cx.statement.sql.clone() } else { format!("{} {}", to.head(), texts.join(", ")) };
    let step =
        Step { back: backs::of(cx, to, clauses).await?, ..step::transaction(plain::title(&sql), Phase::Switch, [sql]) };
    let mode = clauses.iter().map(|clause| mode(&clause.action)).max_by_key(|mode| mode.len()).unwrap_or_default();
    let mut draft = Draft::one(plain::METHOD, step.locks(mode, to.table, Held::Moment));
    draft.notes = clauses.iter().filter_map(|clause| backs::warning(&clause.action)).collect();
    Ok(draft)
}

/// The lock of a clause that takes a moment.
fn mode(action: &Action) -> &'static str {
    match action {
        Action::ColumnSetting { .. } | Action::ClusterOn | Action::Parameters => step::SHARE_UPDATE_EXCLUSIVE,
        Action::Trigger { .. } => step::SHARE_ROW_EXCLUSIVE,
        _ => ACCESS_EXCLUSIVE,
    }
}

//! CHECK, FOREIGN KEY, NOT NULL and EXCLUDE constraints.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::{Act, Action, Constraint, ConstraintKind, Name};

use super::super::catalog::Table;
use super::super::draft::{Cx, Draft};
use super::super::index::partitioned::gone;
use super::super::name::ident;
use super::super::size::rewrite_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::super::{plain, tokens};
use super::not_null::reading;
use super::{Alter, backs};

/// Plans `ADD CONSTRAINT`; none when it takes a moment as it is.
pub(super) async fn add(cx: &Cx<'_, '_>, to: &Alter<'_>, constraint: &Constraint) -> Result<Option<Draft>, Failure> {
    let table = to.table;
    if matches!(constraint.kind, ConstraintKind::Exclude) {
        return Ok(Some(exclude(cx, to, constraint)));
    }
    if constraint.not_valid || not_enforced(&constraint.definition) || to.only && table.is_partitioned() {
        return Ok(None);
    }
    let name = name(cx, table, constraint).await?;
    if let ConstraintKind::ForeignKey { table: other, .. } = &constraint.kind {
        return foreign_key(cx, table, &name, &constraint.definition, other).await;
    }
    let mut steps = validated(table, &name, &constraint.definition);
    if to.only {
        steps[0] = only(&steps[0], table);
    }
    Ok(Some(Draft { steps, ..Draft::of("validate-later") }))
}

fn only(step: &Step, table: &Table) -> Step {
    let mut step = step.clone();
    if let dbwright_migrate::Work::Transaction { statements, .. } = &mut step.work {
        for statement in statements {
            *statement = statement.replacen(&table.sql(), &format!("ONLY {}", table.sql()), 1);
        }
    }
    step
}

fn not_enforced(definition: &str) -> bool {
    tokens::squeezed(definition).ends_with("not enforced")
}

/// The constraint's name: as written, or as the server would choose it.
pub(super) async fn name(cx: &Cx<'_, '_>, table: &Table, constraint: &Constraint) -> Result<String, Failure> {
    if let Some(name) = &constraint.name {
        return Ok(name.clone());
    }
    let (columns, label) = match &constraint.kind {
        ConstraintKind::Check { expression } => (only_column(cx, table, expression), "check"),
        ConstraintKind::ForeignKey { columns, .. } => (columns.join("_"), "fkey"),
        ConstraintKind::NotNull { column } => (column.clone(), "not_null"),
        _ => (String::new(), "excl"),
    };
    cx.free_name(&table.schema, &table.name, &columns, label).await
}

/// The one column that an expression uses; empty when it uses several, as the server has it.
fn only_column(cx: &Cx<'_, '_>, table: &Table, expression: &str) -> String {
    let mut used: Vec<String> = tokens::columns(expression);
    let added = added(cx);
    used.retain(|name| table.column(name).is_some() || added.contains(name));
    used.sort_unstable();
    used.dedup();
    if used.len() == 1 { used.remove(0) } else { String::new() }
}

/// The columns that the statement itself adds.
fn added(cx: &Cx<'_, '_>) -> Vec<String> {
    let acts = crate::ddl::read(&cx.statement.sql).unwrap_or_default();
    let clauses = acts.iter().flat_map(|act| match act {
        Act::Alter { clauses, .. } => clauses.as_slice(),
        _ => &[],
    });
    let names = clauses.filter_map(|clause| match &clause.action {
        Action::AddColumn { column, .. } => Some(column.name.clone()),
        _ => None,
    });
    names.collect()
}

/// `ADD CONSTRAINT … NOT VALID`.
pub(super) fn add_not_valid(table: &Table, name: &str, definition: &str) -> String {
    format!("ALTER TABLE {} ADD CONSTRAINT {} {definition} NOT VALID", table.sql(), ident(name))
}

/// The two steps of a constraint: it holds for new rows at once, and for old ones after they were read.
pub(in super::super) fn validated(table: &Table, name: &str, definition: &str) -> Vec<Step> {
    let add = transaction(
        format!("add the constraint {} for new rows", ident(name)),
        Phase::Expand,
        [add_not_valid(table, name, definition)],
    )
    .back(dropped(table, name))
    .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment);
    vec![add, validation(table, name)]
}

/// The way back of a constraint that was added.
pub(super) fn dropped(table: &Table, name: &str) -> Back {
    Back::by([format!("ALTER TABLE IF EXISTS {} DROP CONSTRAINT IF EXISTS {}", table.sql(), ident(name))])
}

fn validation(table: &Table, name: &str) -> Step {
    transaction(
        format!("check the rows that are there against {}", ident(name)),
        Phase::Backfill,
        [format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.sql(), ident(name))],
    )
    .locks(step::SHARE_UPDATE_EXCLUSIVE, table, Held::Scan)
    .takes(reading(table))
}

/// `VALIDATE CONSTRAINT` of the user's.
pub(super) fn validate(table: &Table, name: &str) -> Draft {
    let step = validation(table, name).back(Back::nothing());
    Draft::one(plain::METHOD, step).note("going back, the constraint stays validated")
}

async fn foreign_key(
    cx: &Cx<'_, '_>,
    table: &Table,
    name: &str,
    definition: &str,
    other: &Name,
) -> Result<Option<Draft>, Failure> {
    let steps = if table.is_partitioned() && cx.catalog.major() < 18 {
        by_partition(cx, table, name, definition).await?
    } else {
        validated(table, name, definition)
    };
    let referenced = cx.catalog.table(other).await?.map_or_else(|| other.name.clone(), |other| other.subject());
    let mut draft = Draft { steps, ..Draft::of("validate-later") };
    for step in draft.steps.iter_mut().filter(|step| step.phase == Phase::Expand || step.phase == Phase::Switch) {
        step.lock = step::lock(step::SHARE_ROW_EXCLUSIVE, [table.subject(), referenced.clone()], Held::Moment);
    }
    Ok(Some(draft))
}

/// Before 18 a partitioned table takes no foreign key NOT VALID: each partition gets its own, and the parent takes them.
async fn by_partition(cx: &Cx<'_, '_>, table: &Table, name: &str, definition: &str) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for leaf in cx.catalog.partitions(table).await?.iter().filter(|member| member.kind == "r") {
        let leaf = cx.catalog.relation(&leaf.oid.to_string()).await?.ok_or_else(|| gone(&leaf.sql()))?;
        steps.extend(validated(&leaf, name, definition));
    }
    // Phases never go back: the second partition's constraint is added while the first one's is checked.
    let sql = format!("ALTER TABLE {} ADD CONSTRAINT {} {definition}", table.sql(), ident(name));
    steps.push(
        transaction(
            format!("add {} to the partitioned table, which takes over those of its partitions", ident(name)),
            Phase::Switch,
            [sql],
        )
        .back(dropped(table, name)),
    );
    Ok(steps)
}

fn exclude(cx: &Cx<'_, '_>, to: &Alter<'_>, constraint: &Constraint) -> Draft {
    let name = constraint.name.as_ref().map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
    let sql = format!("{} ADD {name}{}", to.head(), constraint.definition);
    let back = match &constraint.name {
        Some(name) => dropped(to.table, name),
        None => backs::unknown(),
    };
    let _ = cx;
    let step = transaction(plain::title(&sql), Phase::Switch, [sql])
        .back(back)
        .locks(step::ACCESS_EXCLUSIVE, to.table, Held::Scan)
        .takes(rewrite_ms(to.table.bytes));
    Draft::one("blocking", step)
        .blocks("an exclusion constraint can't be made from an index that was built before", rewrite_ms(to.table.bytes))
}

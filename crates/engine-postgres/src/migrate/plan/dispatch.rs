//! Which method a statement gets.

use dbwright_core::{Failure, FailureKind};
use dbwright_migrate::plan::{Back, Held, Phase};
use dbwright_migrate::{Planned, Statement};

use crate::ddl::{Act, Action, DomainClause, Name, Object};

use super::draft::{Cx, Draft};
use super::name::{literal, written};
use super::step::{self, transaction};
use super::{Catalog, absent, alter, backs, data, index, locks, maintenance, plain, restore, shadow};

/// The table, or other relation, that an act is about.
pub(super) fn concerns(act: &Act) -> Option<&Name> {
    match act {
        Act::Alter { name, .. } | Act::Refresh { name, .. } => Some(name),
        Act::CreateIndex(index) => Some(&index.table),
        Act::CreateTrigger { table, .. }
        | Act::CreatePolicy { table, .. }
        | Act::Insert { table, .. }
        | Act::Update { table, .. }
        | Act::Delete { table, .. }
        | Act::Merge { table }
        | Act::CopyFrom { table } => Some(table),
        Act::Drop { names, on, .. } => on.as_ref().or_else(|| names.first()),
        Act::Truncate { tables, .. } | Act::LockTable { tables, .. } => tables.first(),
        Act::Cluster { table } => table.as_ref(),
        Act::Reindex { name, .. } => name.as_ref(),
        _ => None,
    }
}

/// The relation that an act makes.
pub(super) fn makes(act: &Act) -> Option<&Name> {
    match act {
        Act::CreateTable(table) => Some(&table.name),
        Act::CreateTableAs { name, .. } | Act::CreateView { name, .. } => Some(name),
        _ => None,
    }
}

/// The name that an act gives to what is no table.
pub(super) fn gives(act: &Act) -> Option<&str> {
    match act {
        Act::CreateType { name, .. }
        | Act::CreateDomain { name, .. }
        | Act::CreateSequence { name, .. }
        | Act::CreateFunction { name, .. }
        | Act::Create { name, .. } => Some(&name.name),
        Act::CreateTrigger { name, .. } | Act::CreatePolicy { name, .. } => Some(name),
        Act::CreateIndex(index) => index.name.as_deref(),
        _ => None,
    }
}

/// Plans a statement by its acts.
pub(super) async fn dispatch(catalog: &Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Planned, Failure> {
    if let Some(what) = absent::absent(catalog, &statement.sql, acts).await? {
        let note = format!("there is no {what}: the server leaves the statement out, and there is nothing to undo");
        let cx = Cx::new(catalog, statement);
        let draft = if absent::needs_no_transaction(acts) { plain::alone(&cx) } else { plain::draft(&cx) };
        return Ok(draft.back(Back::nothing()).note(note).finish(statement));
    }
    if let [Act::Alter { clauses, .. }] = acts
        && clauses.iter().any(|clause| matches!(clause.action, Action::PartitionBy { .. }))
        && let Some(planned) = shadow::asked(catalog, statement, acts).await?
    {
        return Ok(planned);
    }
    let planned = inside(catalog, statement, acts).await?;
    if planned.blocking.is_none() {
        return Ok(planned);
    }
    beside(catalog, statement, acts, planned).await
}

/// A shadow table instead of what blocks; what stands in its way is said beside the reason for the lock.
async fn beside(
    catalog: &Catalog<'_>,
    statement: &Statement,
    acts: &[Act],
    mut planned: Planned,
) -> Result<Planned, Failure> {
    match shadow::asked(catalog, statement, acts).await {
        Ok(Some(shadow)) if shadow.blocking.is_none() && !shadow.steps.is_empty() => return Ok(shadow),
        Ok(Some(Planned { blocking: Some(other), .. })) => {
            planned.notes.push(format!("no shadow table either: {}", other.reason));
        }
        Err(failure) if failure.kind == FailureKind::Usage => {
            let hints = failure.hints.join("; ");
            planned.notes.push(format!("no shadow table either: {}; {hints}", failure.message));
        }
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    Ok(planned)
}

/// The plan inside the table, blocking where there is none.
async fn inside(catalog: &Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Planned, Failure> {
    let cx = Cx::new(catalog, statement);
    let mut draft = match acts {
        [act] => one(&cx, act).await?,
        _ => plain::draft(&cx).lost("rows that were changed can't be told from others"),
    };
    for step in draft.steps.iter_mut().filter(|step| step.lock.mode.is_empty() && step.phase == Phase::Switch) {
        if let Some(act) = acts.first().filter(|_| is_whole(&step.work, statement)) {
            step.lock = locks::of(act);
        }
    }
    Ok(draft.finish(statement))
}

/// Whether a step is the user's statement itself.
fn is_whole(work: &dbwright_migrate::Work, statement: &Statement) -> bool {
    match work {
        dbwright_migrate::Work::Transaction { statements, .. } => statements.contains(&statement.sql),
        dbwright_migrate::Work::Alone { statement: one, .. } => *one == statement.sql,
        _ => false,
    }
}

async fn one(cx: &Cx<'_, '_>, act: &Act) -> Result<Draft, Failure> {
    match act {
        Act::Alter { object: Object::Table, name, if_exists, only, clauses } => {
            alter::alter(cx, name, *only, *if_exists, clauses).await
        }
        Act::CreateIndex(created) => index::create(cx, created).await,
        Act::Drop { object: Object::Index, .. } => index::drop(cx, act).await,
        Act::Reindex { what, name, .. } => index::reindex(cx, what, name.as_ref()).await,
        Act::Update { .. } | Act::Delete { .. } => data::change(cx, act).await,
        Act::Refresh { name, concurrently, with_data } => {
            maintenance::refresh(cx, name, *concurrently, *with_data).await
        }
        Act::Cluster { .. } | Act::Vacuum { .. } | Act::MoveAll { .. } => maintenance::maintain(cx, act).await,
        Act::Set { name, local, .. } => Ok(maintenance::setting(cx, name, *local)),
        Act::Begin | Act::Commit | Act::Rollback | Act::Savepoint => Ok(Draft::of(plain::METHOD)
            .note("left out: each step is a transaction of its own, together with its mark in the journal")),
        Act::AlterDomain { name, clause } => domain(cx, name, clause).await,
        Act::Do { body, .. } => Ok(block(cx, body)),
        Act::Other { words, .. } => other(cx, words).await,
        Act::Insert { table, from_query, .. } => restore::insert(cx, table, *from_query).await,
        Act::Merge { .. } | Act::CopyFrom { .. } => {
            Ok(plain::draft(cx).lost("rows that were changed can't be told from others"))
        }
        Act::Truncate { .. } => {
            Ok(plain::draft(cx).lost("the rows are gone").note("all rows go at once, for everybody"))
        }
        Act::AddEnumValue { name, value, if_not_exists: true } if has_value(cx, name, value).await? => {
            Ok(plain::draft(cx).back(Back::nothing()).note("the value is there already"))
        }
        Act::AddEnumValue { .. } => Ok(plain::draft(cx)
            .lost("the server can't remove a value from an enum")
            .note("code that does not know the new value may meet it from then on")),
        Act::RenameEnumValue { name, from, to } => Ok(plain::draft(cx).back(value_renamed(name, from, to))),
        Act::Query { calls } => query(cx, calls).await,
        Act::Analyze { .. } | Act::LockTable { .. } => Ok(plain::draft(cx).back(Back::nothing())),
        Act::Drop { object: Object::Type | Object::Domain, names, cascade: false, .. }
            if keeps_old_column(cx, names).await? =>
        {
            Ok(after_contract(cx))
        }
        Act::Drop { object: Object::Sequence, names, .. } => match restore::aside(cx, names).await? {
            Some(draft) => Ok(draft),
            None => as_is(cx, act).await,
        },
        _ => as_is(cx, act).await,
    }
}

/// The statement itself, with its way back.
async fn as_is(cx: &Cx<'_, '_>, act: &Act) -> Result<Draft, Failure> {
    let back = backs::of(cx, act).await?;
    let mut draft = plain::draft(cx).back(back);
    draft.notes.extend(backs::warning(act));
    Ok(draft)
}

/// A query, and what the functions that it calls may do.
async fn query(cx: &Cx<'_, '_>, calls: &[String]) -> Result<Draft, Failure> {
    let names = calls.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return Ok(plain::draft(cx).back(Back::nothing()));
    }
    if calls.iter().any(|call| call == "set_config") {
        return Ok(maintenance::for_the_rest(cx, cx.statement.sql.clone()));
    }
    let of_these = format!(
        "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         WHERE p.proname IN ({names}) AND n.nspname <> 'pg_catalog'"
    );
    let own =
        cx.catalog.text(&format!("SELECT p.proname {of_these} AND p.provolatile = 'v' ORDER BY 1 LIMIT 1")).await?;
    let Some(own) = own else { return Ok(plain::draft(cx).back(Back::nothing())) };
    let ends = r"p.prokind = 'p' AND p.prosrc ~* '\m(commit|rollback)\M'";
    let draft = if cx.catalog.holds(&format!("EXISTS (SELECT {of_these} AND {ends})")).await? {
        plain::alone(cx).note(format!("{own} ends transactions by itself: when it is interrupted, it is called again"))
    } else {
        plain::draft(cx)
    };
    Ok(draft.lost(&format!("what {own}() changes is not known")))
}

/// Whether a column that waits for the contract phase still has one of these types.
async fn keeps_old_column(cx: &Cx<'_, '_>, names: &[Name]) -> Result<bool, Failure> {
    let types: Vec<_> = names.iter().map(|name| format!("to_regtype({})", literal(&written(name)))).collect();
    let query = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         WHERE (t.oid IN ({0}) OR t.typelem IN ({0})) AND NOT a.attisdropped AND a.attname LIKE 'dbwright\\_%')",
        types.join(", ")
    );
    cx.catalog.holds(&query).await
}

/// The statement, once the old columns are gone.
fn after_contract(cx: &Cx<'_, '_>) -> Draft {
    let mut draft = plain::draft(cx)
        .lost("dbwright knows no statement that undoes it")
        .note("it waits for the contract phase: until then the old column is kept, which is of this type");
    for step in &mut draft.steps {
        step.phase = Phase::Contract;
    }
    draft
}

/// Statements that change nothing that lasts: they read, or they are about the session.
const PASSING: [&str; 14] = [
    "set constraints",
    "set transaction",
    "set session",
    "explain select",
    "show ",
    "listen ",
    "unlisten",
    "notify ",
    "prepare ",
    "deallocate",
    "discard",
    "checkpoint",
    "load ",
    "close ",
];

/// Statements that the server runs by themselves only, and those about the session.
async fn other(cx: &Cx<'_, '_>, words: &str) -> Result<Draft, Failure> {
    let words = words.to_lowercase();
    if words.starts_with("reset ") {
        return Ok(maintenance::for_the_rest(cx, cx.statement.sql.clone()));
    }
    if PASSING.iter().any(|start| words.starts_with(start)) {
        return Ok(plain::draft(cx).back(Back::nothing()));
    }
    if words.starts_with("alter default") {
        return Ok(plain::draft(cx).back(restore::default_rights(cx).await?));
    }
    let alone = [
        "vacuum",
        "alter system",
        "create database",
        "drop database",
        "alter database",
        "create tablespace",
        "drop tablespace",
        "call",
        "create subscription",
        "drop subscription",
        "alter subscription",
        "checkpoint",
    ];
    Ok(if alone.iter().any(|start| words.starts_with(start)) { plain::alone(cx) } else { plain::draft(cx) })
}

fn block(cx: &Cx<'_, '_>, body: &str) -> Draft {
    let ends = super::tokens::significant(body)
        .iter()
        .any(|token| super::tokens::is_word(body, token, "COMMIT") || super::tokens::is_word(body, token, "ROLLBACK"));
    let draft = if ends { plain::alone(cx) } else { plain::draft(cx) };
    draft.note("a DO block runs as it is: what it locks, and for how long, is not known")
}

/// A domain's constraint is checked in every table that uses the domain, while writers wait.
async fn domain(cx: &Cx<'_, '_>, name: &Name, clause: &DomainClause) -> Result<Draft, Failure> {
    let scans = matches!(
        clause,
        DomainClause::Add { not_valid: false, .. } | DomainClause::Validate { .. } | DomainClause::SetNotNull
    );
    let back = match clause {
        DomainClause::Add { name: Some(constraint), .. } => Back::by([format!(
            "ALTER DOMAIN {} DROP CONSTRAINT IF EXISTS {}",
            written(name),
            super::name::ident(constraint)
        )]),
        DomainClause::SetNotNull => Back::by([format!("ALTER DOMAIN {} DROP NOT NULL", written(name))]),
        DomainClause::Validate { .. } => Back::nothing(),
        DomainClause::Other => restore::domain(cx).await?,
        DomainClause::Add { .. } => plain::unknown(),
    };
    let draft = plain::draft(cx).back(back);
    let query = format!(
        "SELECT coalesce(sum(pg_relation_size(attrelid)), 0)::int8 FROM pg_attribute JOIN pg_class c ON c.oid = attrelid \
         WHERE atttypid = to_regtype({}) AND NOT attisdropped AND c.relkind IN ('r', 'm')",
        literal(&written(name))
    );
    let bytes: i64 = cx.catalog.text(&query).await?.and_then(|text| text.parse().ok()).unwrap_or_default();
    if !scans || bytes == 0 {
        return Ok(draft);
    }
    Ok(draft.locked(step::SHARE, &written(name), Held::Scan).blocks(
        "writers of every table that uses the domain wait while its rows are read",
        super::size::scan_ms(bytes),
    ))
}

async fn has_value(cx: &Cx<'_, '_>, name: &Name, value: &str) -> Result<bool, Failure> {
    let (ty, value) = (literal(&written(name)), literal(value));
    let there = format!("SELECT FROM pg_catalog.pg_enum WHERE enumtypid = to_regtype({ty}) AND enumlabel = {value}");
    cx.catalog.holds(&format!("EXISTS ({there})")).await
}

fn value_renamed(name: &Name, from: &str, to: &str) -> Back {
    let (ty, from, to) = (written(name), literal(from), literal(to));
    let there = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_enum WHERE enumtypid = to_regtype({}) AND enumlabel = {to})",
        literal(&ty)
    );
    Back::by([step::guarded(&there, &[format!("ALTER TYPE {ty} RENAME VALUE {to} TO {from}")])])
}

/// A transaction of one statement.
pub(super) fn single(title: &str, sql: String) -> dbwright_migrate::Step {
    transaction(title, Phase::Switch, [sql])
}

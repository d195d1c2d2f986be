//! The steps, in order.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Backfill, Held, KeyColumn, Lock, Phase, Require, Work};

use super::super::name::{ident, literal, qualified};
use super::super::size::{scan_ms, update_ms};
use super::super::step::{self, ACCESS_EXCLUSIVE, Drafted as _, SHARE_ROW_EXCLUSIVE, require};
use super::copy::Direction;
use super::facts::{Index, Part};
use super::names::{Way, What};
use super::reshape::Order;
use super::tree::Which;
use super::{Change, contract, foreign, indexes, log, shape, swap, views};

/// Rows that may be left to the switch: it needs a few milliseconds for them.
const REST: u32 = 200;

/// All steps of the change.
pub(super) fn all(change: &Change) -> Result<Vec<Step>, Failure> {
    let order = order(change)?;
    let mut steps = vec![shadow(change), triggers(change)];
    steps.extend(copies(change, order.as_ref()));
    steps.extend(build(change, order.is_some()));
    steps.extend(views_and_statistics(change));
    steps.push(analyze(change));
    steps.push(catch_up(change, "built", "bring over what was written while indexes were built"));
    steps.push(compare(change));
    steps.push(ready(change));
    steps.push(switch(change));
    steps.push(switched(change));
    for (title, statements) in foreign::validate(change, false) {
        steps.push(step::transaction(title, Phase::Switch, statements));
    }
    steps.extend(contract::steps(change));
    Ok(steps)
}

fn shadow(change: &Change) -> Step {
    let mut statements = shape::make(change);
    statements.extend(log::marks(&change.names));
    statements.extend(log::objects(change, Way::Forward));
    statements.extend(log::objects(change, Way::Back));
    step::transaction(format!("make the shadow of {}", change.names.seen()), Phase::Expand, statements)
        .back(Back::by(shape::remove(change)))
}

fn triggers(change: &Change) -> Step {
    let seen = change.names.seen();
    let title = format!("note the keys of rows that are written to {seen}");
    let mut made = step::transaction(title, Phase::Expand, log::triggers(change, Way::Forward))
        .back(Back::by(log::drop_triggers(change, Which::Old)));
    made.lock = step::lock(SHARE_ROW_EXCLUSIVE, change.tables(Which::Old), Held::Moment);
    made
}

/// A step for each table that holds rows.
fn copies(change: &Change, order: Option<&Index>) -> Vec<Step> {
    let whole = change.names.seen();
    if !change.is_partitioned(Which::Old) {
        let title = format!("copy the rows of {whole}");
        let target = change.names.shadow();
        return vec![copy(change, order, (&whole, &target), title, (change.source.rows, change.source.bytes))];
    }
    let leaves = change.parts.iter().filter(|part| part.is_leaf());
    let one = |part: &Part| {
        let target = if change.keeps_partitions() { change.shadow_of(part) } else { change.names.shadow() };
        let title = format!("copy the rows of {}, a partition of {whole}", part.seen());
        copy(change, order, (&part.seen(), &target), title, (part.rows, part.bytes))
    };
    leaves.map(one).collect()
}

fn copy(
    change: &Change,
    order: Option<&Index>,
    (from, to): (&str, &str),
    title: String,
    (rows, bytes): (f64, i64),
) -> Step {
    let forward = Direction::of(change, Way::Forward);
    let mut key: Vec<_> = order.iter().flat_map(|index| &index.columns).map(|name| typed(change, name)).collect();
    let parts = change.key.parts.iter().map(|p| KeyColumn { name: ident(&p.column), ty: p.ty.clone() });
    key.extend(parts.filter(|part| !order.is_some_and(|i| i.columns.iter().any(|c| ident(c) == part.name))));
    let batch = format!(
        "INSERT INTO {to} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {from} s WHERE {{range}}",
        forward.columns(),
        forward.values(),
    );
    let work = Work::Backfill(Backfill {
        table: from.to_owned(),
        only: false,
        key,
        batch,
        before_batch: vec!["SET LOCAL row_security = off".to_owned()],
        rows: Some(counted(rows)),
        verify: Vec::new(),
    });
    step::step(title, Phase::Backfill, work).takes(update_ms(bytes) / 2.0)
}

fn typed(change: &Change, name: &str) -> KeyColumn {
    let ty = change.columns.iter().find(|c| c.name == name).map_or("text", |c| c.ty.as_str());
    KeyColumn { name: ident(name), ty: ty.to_owned() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate that is never negative")]
const fn counted(rows: f64) -> u64 {
    rows as u64
}

/// The index that rows are copied in the order of, for `CLUSTER`.
fn order(change: &Change) -> Result<Option<Index>, Failure> {
    let Some(order) = &change.reshape.storage.order else { return Ok(None) };
    let found = change.indexes.iter().find(|index| match order {
        Order::Index(name) => index.name == *name,
        Order::Marked => index.clustered,
    });
    let Some(index) = found else {
        let message = format!("{} has no index to CLUSTER by", change.names.seen());
        return Err(Failure::usage("migrate.cluster-index", message).hint("name one: CLUSTER table USING index"));
    };
    let walkable = |name: &String| change.columns.iter().any(|c| c.name == *name && c.not_null);
    if !index.btree || index.partial || index.rest.contains(" DESC") || !index.columns.iter().all(walkable) {
        let message = format!("rows can't be copied in the order of the index {} piece by piece", ident(&index.name));
        return Err(Failure::usage("migrate.cluster-index", message)
            .hint("its columns must be plain, ascending and NOT NULL; or take an index for which that holds"));
    }
    Ok(Some(index.clone()))
}

/// The index by which rows are found, what was noted, then the others.
fn build(change: &Change, ordered: bool) -> Vec<Step> {
    let mut builds = indexes::builds(change);
    let key: Vec<_> = change.key.parts.iter().map(|part| part.column.clone()).collect();
    // A unique index can be built before anything is brought over only when it contains the key: rows that were copied
    // at different moments may share other values. Rows that were copied by another order may even share the key.
    let usable = |b: &indexes::Build| indexes::finds(b, &key) && (!b.unique || !ordered);
    let first = builds.iter().position(usable).map(|at| builds.remove(at));
    let first = first.unwrap_or_else(|| indexes::interim(change));
    let mut steps = vec![indexes::step_of(change, &first)];
    steps.push(catch_up(change, "copied", "bring over what was written during the copy"));
    steps.extend(builds.iter().map(|build| indexes::step_of(change, build)));
    steps
}

fn catch_up(change: &Change, goal: &str, title: &str) -> Step {
    let (statement, done) = log::call(&change.names, Way::Forward, goal, REST);
    step::alone(title, Phase::Backfill, statement, done, Vec::new())
}

fn views_and_statistics(change: &Change) -> Option<Step> {
    let mut statements = views::make(change);
    for one in &change.objects.statistics {
        let name = qualified(&change.names.new_for(&one.schema), &one.name);
        statements.push(format!("CREATE STATISTICS {name}{} FROM {}", one.body, change.names.shadow()));
        if let Some(target) = one.target {
            statements.push(format!("ALTER STATISTICS {name} SET STATISTICS {target}"));
        }
        if let Some(comment) = &one.comment {
            statements.push(format!("COMMENT ON STATISTICS {name} IS {}", literal(comment)));
        }
        if one.owner != change.source.role {
            statements.push(format!("ALTER STATISTICS {name} OWNER TO {}", ident(&one.owner)));
        }
    }
    let title = "make views and statistics again on the shadow";
    let back = views::remove(change, |schema| change.names.new_for(schema), true);
    (!statements.is_empty()).then(|| step::transaction(title, Phase::Backfill, statements).back(Back::by(back)))
}

fn analyze(change: &Change) -> Step {
    let statement = format!("ANALYZE {}", change.names.shadow());
    step::transaction("gather the shadow's statistics", Phase::Backfill, [statement])
}

/// Counts and checksums of all rows that are not noted, in one snapshot.
fn compare(change: &Change) -> Step {
    let forward = Direction::of(change, Way::Forward);
    let log = change.names.inside(Way::Forward.name(What::Log));
    let compared: Vec<_> = forward.copied.iter().map(|c| c.compared.clone()).collect();
    let own: Vec<_> = forward.copied.iter().map(|c| format!("d.{}", c.name)).collect();
    let sum = |values: &[String], table: &str, alias: &str, same: &str| {
        format!(
            "(SELECT pg_catalog.concat(pg_catalog.count(*), ' ', pg_catalog.sum(pg_catalog.hashtextextended(ROW({})::text, 0))) FROM {table} {alias} \
             WHERE NOT EXISTS (SELECT FROM {log} k WHERE {same}))",
            values.join(", ")
        )
    };
    let query = format!(
        "SELECT {} = {} OR EXISTS (SELECT FROM {log} WHERE emptied)",
        sum(&compared, &forward.source, "s", &forward.same_source()),
        sum(&own, &forward.target, "d", &forward.same_target())
    );
    let rows = require(query, format!("the rows of the shadow are not those of {}", change.names.seen()));
    step::verify("compare all rows of both tables", Phase::Backfill, vec![rows])
        .takes(2.0 * scan_ms(change.source.bytes))
}

fn ready(change: &Change) -> Step {
    let later: Vec<_> = foreign::validate(change, true).into_iter().flat_map(|(_, statements)| statements).collect();
    catch_up(change, "ready", "bring over what was written meanwhile").back(Back::by(later))
}

fn switch(change: &Change) -> Step {
    let seen = change.names.seen();
    let log = change.names.inside(Way::Forward.name(What::Log));
    let work = Work::Transaction {
        statements: swap::forward(change),
        require: vec![Require {
            query: format!("SELECT NOT EXISTS (SELECT FROM {log})"),
            or: format!("rows were written to {seen} that have not been brought over"),
        }],
    };
    let mut made = step::step(format!("put the shadow in the place of {seen}"), Phase::Switch, work)
        .back(Back::by([swap::back(change)]));
    let mut locked = change.tables(Which::Old);
    locked.extend(foreign::children(change));
    locked.extend(change.dependents.views.iter().map(super::facts::View::seen));
    made.lock = Lock { mode: ACCESS_EXCLUSIVE.to_owned(), objects: locked, held: Held::Moment };
    made
}

/// Its way back is the first thing that an undo does after the switch: the old table gets what was written since.
fn switched(change: &Change) -> Step {
    let (call, _) = log::call(&change.names, Way::Back, "undo", REST);
    let query = format!("SELECT pg_catalog.to_regclass({}) IS NOT NULL", literal(&change.names.waiting()));
    let there = require(query, "the old table is not where the switch has put it");
    step::verify("see that both tables are in their places", Phase::Switch, vec![there]).back(Back::alone([call]))
}

/// What the user should know.
pub(super) fn notes(change: &Change) -> Vec<String> {
    let mut notes = foreign::narrower(change);
    let serials = change.sequences.iter().filter(|s| !s.identity);
    for sequence in serials.filter(|s| change.reshape.columns.iter().any(|r| r.column == s.column)) {
        let name = qualified(&sequence.schema, &sequence.name);
        notes.push(format!("the sequence {name} keeps its own type and end, as with the plain statement; if it is narrower: ALTER SEQUENCE {name} AS bigint"));
    }
    if let Some(view) = change.dependents.views.iter().find(|view| view.kind == "m" && view.populated) {
        notes.push(format!("the materialized view {} is filled anew before the switch", view.seen()));
    }
    let invalid = change.indexes.iter().filter(|index| !index.valid);
    notes.extend(invalid.map(|index| format!("the invalid index {} is not made again", ident(&index.name))));
    if !change.reshape.columns.is_empty() {
        notes.push("prepared statements that return a column whose type changes fail once with \"cached plan must not change result type\", as after the plain statement".to_owned());
    }
    notes.push(format!(
        "both tables are kept until `contract`: about {} MB more, and for each row written after the switch a note of some 50 bytes",
        change.source.bytes / 1_000_000 + 1
    ));
    notes
}

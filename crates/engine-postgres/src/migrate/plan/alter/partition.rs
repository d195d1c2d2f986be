//! `ATTACH` and `DETACH PARTITION` without a scan under a lock.

mod bound;

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::Name;

use super::super::catalog::{Index, Table};
use super::super::draft::{Cx, Draft};
use super::super::index::partitioned::normal;
use super::super::index::{self, naming};
use super::super::name::{helper, ident, literal, written};
use super::super::size::scan_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::super::{plain, tokens};
use super::Alter;
use super::constraint::validated;

/// Plans `ATTACH PARTITION`; none when it takes a moment as it is.
pub(super) async fn attach(cx: &Cx<'_, '_>, to: &Alter<'_>, name: &Name, text: &str) -> Result<Option<Draft>, Failure> {
    let parent = to.table;
    let Some(child) = cx.catalog.table(name).await? else { return Ok(None) };
    let sql = format!("ALTER TABLE {} ATTACH PARTITION {} {text}", parent.sql(), child.sql());
    let condition = bound::condition(cx, parent, text).await?;
    let Some(condition) = condition.filter(|_| child.is_table()) else {
        let ms = scan_ms(child.bytes);
        let step = transaction(plain::title(&sql), Phase::Switch, [sql]).back(detached(parent, &child));
        let mut draft = Draft::of(plain::METHOD);
        // What the server would build under its lock, and leave behind when the partition is detached again.
        if child.is_table() {
            draft.steps.extend(missing_indexes(cx, parent, &child).await?);
        }
        draft.steps.push(step.locks(step::ACCESS_EXCLUSIVE, &child, Held::Scan).takes(ms));
        let why =
            "what the rows of this partition must look like can't be written as a CHECK that the server takes for it";
        return Ok(Some(if child.is_empty() { draft } else { draft.blocks(why, ms) }));
    };
    let mut draft = Draft::of("check-first");
    let (mut switch, mut back) = (vec![sql], detached(parent, &child));
    if !child.is_empty() {
        prove(&mut draft, &mut switch, &child, &format!("CHECK ({condition})"));
    }
    if let Some(default) = default_partition(cx, parent).await?.filter(|default| !default.is_empty()) {
        prove(&mut draft, &mut switch, &default, &format!("CHECK (NOT ({condition}))"));
    }
    draft.steps.extend(missing_indexes(cx, parent, &child).await?);
    let keys = missing_keys(cx, parent, &child).await?;
    // The server drops a constraint that it gave to the partition, and leaves one that was there before.
    back.statements.extend(
        keys.iter().map(|(name, _)| {
            format!("ALTER TABLE IF EXISTS {} DROP CONSTRAINT IF EXISTS {}", child.sql(), ident(name))
        }),
    );
    draft.steps.extend(keys.into_iter().flat_map(|(_, steps)| steps));
    let step = transaction(format!("attach {}, whose rows have been checked", child.sql()), Phase::Switch, switch)
        .back(back)
        .locks(step::ACCESS_EXCLUSIVE, &child, Held::Moment);
    draft.steps.push(step);
    Ok(Some(draft))
}

/// A check that is proven before, and dropped when the server has believed it.
fn prove(draft: &mut Draft, switch: &mut Vec<String>, table: &Table, definition: &str) {
    let name = helper(&[&table.schema, &table.name], "bound");
    draft.steps.extend(validated(table, &name, definition));
    switch.push(format!("ALTER TABLE {} DROP CONSTRAINT {}", table.sql(), ident(&name)));
}

fn detached(parent: &Table, child: &Table) -> Back {
    Back::by([step::guarded(
        &is_partition(parent, child),
        &[format!("ALTER TABLE {} DETACH PARTITION {}", parent.sql(), child.sql())],
    )])
}

fn is_partition(parent: &Table, child: &Table) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhrelid = to_regclass({}) AND inhparent = to_regclass({}))",
        literal(&child.sql()),
        literal(&parent.sql())
    )
}

async fn default_partition(cx: &Cx<'_, '_>, parent: &Table) -> Result<Option<Table>, Failure> {
    let query = format!(
        "SELECT partdefid::text FROM pg_catalog.pg_partitioned_table WHERE partrelid = {} AND partdefid <> 0",
        parent.oid
    );
    match cx.catalog.text(&query).await? {
        Some(oid) => cx.catalog.relation(&oid).await,
        None => Ok(None),
    }
}

/// Indexes that the server would build while it attaches.
async fn missing_indexes(cx: &Cx<'_, '_>, parent: &Table, child: &Table) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    if child.is_empty() || child.is_partitioned() {
        return Ok(steps);
    }
    let own = cx.catalog.indexes(child.oid).await?;
    for wanted in cx.catalog.indexes(parent.oid).await? {
        let fits = |index: &&Index| {
            index.valid
                && index.parent.is_none()
                && index.unique == wanted.unique
                && index.constraint_kind == wanted.constraint_kind
                && normal(&index.tail()) == normal(&wanted.tail())
        };
        if own.iter().find(fits).is_none() && wanted.constraint_kind.as_deref() != Some("x") {
            steps.extend(like(cx, child, &wanted).await?);
        }
    }
    Ok(steps)
}

async fn like(cx: &Cx<'_, '_>, child: &Table, wanted: &Index) -> Result<Vec<Step>, Failure> {
    let tail = wanted.tail();
    let keys = tokens::group(&tail).map(|range| tokens::split(tokens::bare(&tail[range]))).unwrap_or_default();
    let columns = naming::columns(&keys.iter().map(|key| first(key)).collect::<Vec<_>>(), &naming::included(&tail));
    let (columns, label) = match wanted.constraint_kind.as_deref() {
        Some("p") => (String::new(), "pkey"),
        Some("u") => (columns, "key"),
        _ => (columns, "idx"),
    };
    let name = cx.free_name(&child.schema, &child.name, &columns, label).await?;
    let mut steps = vec![index::step(child, &name, wanted.unique, &tail)];
    if let Some(kind) = &wanted.constraint_kind {
        let words = if kind == "p" { "PRIMARY KEY" } else { "UNIQUE" };
        let quoted = ident(&name);
        let sql = format!("ALTER TABLE {} ADD CONSTRAINT {quoted} {words} USING INDEX {quoted}", child.sql());
        steps.push(
            transaction(format!("make the index {quoted} a constraint"), Phase::Expand, [sql])
                .back(super::constraint::dropped(child, &name))
                .locks(step::ACCESS_EXCLUSIVE, child, Held::Moment),
        );
    }
    Ok(steps)
}

/// A key of a printed definition without order, collation and operator class.
fn first(key: &str) -> String {
    match tokens::group(key) {
        Some(range) if tokens::significant(&key[..range.start]).len() <= 3 => key[..range.end].to_owned(),
        _ => tokens::significant(key).first().map(|token| token.text(key).to_owned()).unwrap_or_default(),
    }
}

/// Foreign keys of the parent that the partition lacks, with their steps.
async fn missing_keys(cx: &Cx<'_, '_>, parent: &Table, child: &Table) -> Result<Vec<(String, Vec<Step>)>, Failure> {
    if child.is_empty() || child.is_partitioned() {
        return Ok(Vec::new());
    }
    let own = cx.catalog.constraints(child.oid).await?;
    let parents = cx.catalog.constraints(parent.oid).await?;
    let missing =
        parents.into_iter().filter(|key| key.kind == "f" && !own.iter().any(|one| one.definition == key.definition));
    Ok(missing.map(|key| (key.name.clone(), validated(child, &key.name, &key.definition))).collect())
}

/// Plans `DETACH PARTITION`; none when it takes a moment as it is.
pub(super) async fn detach(cx: &Cx<'_, '_>, to: &Alter<'_>, name: &Name) -> Result<Option<Draft>, Failure> {
    let parent = to.table;
    let Some(child) = cx.catalog.table(name).await? else { return Ok(None) };
    let bound = cx
        .catalog
        .pinned(&format!("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = {}", child.oid))
        .await?;
    let Some(bound) = bound.into_iter().next() else { return Ok(None) };
    let mut attached = attached_again(cx, parent, &child, &bound).await?;
    if cx.catalog.major() < 14 || bound == "DEFAULT" || default_partition(cx, parent).await?.is_some() {
        let sql = format!("ALTER TABLE {} DETACH PARTITION {}", parent.sql(), written(name));
        let step = transaction(plain::title(&sql), Phase::Switch, [sql]).back(attached);
        return Ok(Some(Draft::one(plain::METHOD, step.locks(step::ACCESS_EXCLUSIVE, parent, Held::Moment))));
    }
    let left = left_check(cx, &child).await?;
    attached.statements.push(left.clone());
    let mut draft = Draft::of("concurrent-detach");
    let sql = format!("ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY", parent.sql(), child.sql());
    let done = format!("SELECT NOT {}", is_partition(parent, &child));
    let finalize = format!(
        "SELECT {} FROM pg_catalog.pg_inherits WHERE inhrelid = {} AND inhdetachpending",
        literal(&format!("ALTER TABLE {} DETACH PARTITION {} FINALIZE", parent.sql(), child.sql())),
        child.oid
    );
    draft.steps.push(
        step::alone(format!("detach {} concurrently", child.sql()), Phase::Switch, sql, done, vec![finalize])
            .back(attached)
            .locks(step::SHARE_UPDATE_EXCLUSIVE, parent, Held::Moment),
    );
    draft.steps.push(transaction("drop the CHECK that detaching left on the partition", Phase::Switch, [left]).locks(
        step::ACCESS_EXCLUSIVE,
        &child,
        Held::Moment,
    ));
    Ok(Some(draft))
}

/// Detaching concurrently leaves the partition's bound as a CHECK, which the plain statement does not.
async fn left_check(cx: &Cx<'_, '_>, child: &Table) -> Result<String, Failure> {
    let own: Vec<String> = cx.catalog.constraints(child.oid).await?.iter().map(|one| one.oid.to_string()).collect();
    let known = if own.is_empty() { "0".to_owned() } else { own.join(", ") };
    Ok(format!(
        "DO $dbwright$\nDECLARE name text;\nBEGIN\nFOR name IN SELECT conname FROM pg_catalog.pg_constraint \
         WHERE conrelid = {} AND contype = 'c' AND oid NOT IN ({known}) LOOP\nEXECUTE {} || quote_ident(name);\nEND LOOP;\nEND $dbwright$",
        child.oid,
        literal(&format!("ALTER TABLE {} DROP CONSTRAINT ", child.sql()))
    ))
}

/// Attaching it again, its rows checked before.
async fn attached_again(cx: &Cx<'_, '_>, parent: &Table, child: &Table, bound: &str) -> Result<Back, Failure> {
    let attach = format!("ALTER TABLE {} ATTACH PARTITION {} {bound}", parent.sql(), child.sql());
    let missing = format!("NOT {}", is_partition(parent, child));
    let Some(condition) = bound::condition(cx, parent, bound).await? else {
        return Ok(Back::by([step::guarded(&missing, &[attach])]));
    };
    let name = helper(&[&child.schema, &child.name], "bound");
    let check = step::constraint_exists(child, &name);
    let (head, quoted) = (format!("ALTER TABLE {}", child.sql()), ident(&name));
    Ok(Back::alone([
        step::guarded(
            &format!("{missing} AND NOT {check}"),
            &[format!("{head} ADD CONSTRAINT {quoted} CHECK ({condition}) NOT VALID")],
        ),
        step::guarded(&check, &[format!("{head} VALIDATE CONSTRAINT {quoted}")]),
        step::guarded(&missing, &[attach]),
        step::guarded(&check, &[format!("{head} DROP CONSTRAINT {quoted}")]),
    ]))
}

//! UNIQUE and PRIMARY KEY: the index is built concurrently, the constraint takes it over.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::{Action, Clause, Constraint, ConstraintKind};

use super::super::catalog::{Partition, Table};
use super::super::draft::{Cx, Draft};
use super::super::index::partitioned::{attach_sql, gone};
use super::super::index::{self, naming};
use super::super::name::{ident, qualified};
use super::super::plain;
use super::super::size::rewrite_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::super::tokens;
use super::constraint::dropped;
use super::{Alter, backs, not_null};

/// A key as the user wrote it, taken apart.
struct Key<'k> {
    primary: bool,
    columns: &'k [String],
    /// What the index is made of: `(a, b) INCLUDE (c) NULLS NOT DISTINCT WITH (…) TABLESPACE x`.
    tail: String,
    /// `DEFERRABLE …`.
    deferrable: String,
}

impl Key<'_> {
    fn words(&self) -> &'static str {
        if self.primary { "PRIMARY KEY" } else { "UNIQUE" }
    }

    fn label(&self) -> &'static str {
        if self.primary { "pkey" } else { "key" }
    }
}

/// Plans a UNIQUE or PRIMARY KEY constraint; none when it takes a moment as it is.
pub(super) async fn add(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    constraint: &Constraint,
    drops: &[&Clause],
) -> Result<Option<Draft>, Failure> {
    let (primary, columns, include, using) = match &constraint.kind {
        ConstraintKind::PrimaryKey { columns, include, using_index } => (true, columns, include, using_index),
        ConstraintKind::Unique { columns, include, using_index } => (false, columns, include, using_index),
        _ => return Ok(None),
    };
    if let Some(index) = using {
        return using_index(cx, to, primary, index, constraint, drops).await;
    }
    if to.only && to.table.is_partitioned() || tokens::squeezed(&constraint.definition).contains("without overlaps") {
        return Ok(None);
    }
    let Some(key) = take_apart(primary, columns, &constraint.definition) else { return Ok(None) };
    if primary && to.table.is_partitioned() && !drops.is_empty() {
        return Ok(Some(exchanged(to, constraint, drops)));
    }
    let joined = if primary { String::new() } else { naming::columns(columns, include) };
    let name = match &constraint.name {
        Some(name) => name.clone(),
        None => free_key_name(cx, to.table, &joined, key.label(), drops).await?,
    };
    let mut draft = nullable(cx, to.table, &key).await?;
    if to.table.is_partitioned() {
        draft.steps.extend(over_partitions(cx, to.table, &key, &name, include, drops).await?);
    } else {
        draft.steps.extend(on_table(cx, to, &key, &name, drops).await?);
    }
    Ok(Some(draft))
}

/// Partitions can't have the new primary key beside the old one, which they have until all of them lose it at once.
fn exchanged(to: &Alter<'_>, constraint: &Constraint, drops: &[&Clause]) -> Draft {
    let name = constraint.name.as_ref().map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
    let mut clauses: Vec<_> = drops.iter().map(|clause| clause.text.clone()).collect();
    clauses.push(format!("ADD {name}{}", constraint.definition));
    let sql = format!("{} {}", to.head(), clauses.join(", "));
    let ms = rewrite_ms(to.table.total_bytes);
    let step = transaction(plain::title(&sql), Phase::Switch, [sql])
        .back(backs::unknown())
        .locks(step::ACCESS_EXCLUSIVE, to.table, Held::Rewrite)
        .takes(ms);
    Draft::one("blocking", step).blocks("the new primary key is built in all partitions while everybody waits", ms)
}

/// A key that is dropped by the same statement leaves its name.
async fn free_key_name(
    cx: &Cx<'_, '_>,
    table: &Table,
    columns: &str,
    label: &str,
    drops: &[&Clause],
) -> Result<String, Failure> {
    let natural = super::super::name::object_name(&table.name, columns, label);
    let leaves =
        drops.iter().any(|clause| matches!(&clause.action, Action::DropConstraint { name, .. } if *name == natural));
    if leaves { Ok(natural) } else { cx.free_name(&table.schema, &table.name, columns, label).await }
}

fn take_apart<'k>(primary: bool, columns: &'k [String], definition: &str) -> Option<Key<'k>> {
    let range = tokens::group(definition)?;
    let nulls = tokens::squeezed(&definition[..range.start]).contains("nulls not distinct");
    let rest = &definition[range.end..];
    let at = tokens::find_word(rest, &["DEFERRABLE", "INITIALLY", "NOT"]).unwrap_or(rest.len());
    let (storage, deferrable) = rest.split_at(at);
    let nulls = if nulls { " NULLS NOT DISTINCT" } else { "" };
    // An index has its parameters behind NULLS NOT DISTINCT, and names its tablespace without USING INDEX.
    let at = tokens::find_word(storage, &["WITH", "USING"]).unwrap_or(storage.len());
    let (include, parameters) = storage.split_at(at);
    let parameters = match tokens::find_word(parameters, &["USING"]) {
        Some(using) => format!(
            "{}{}",
            &parameters[..using],
            parameters[using..]
                .trim_start_matches(|c: char| c.is_alphabetic())
                .trim_start()
                .trim_start_matches(|c: char| c.is_alphabetic())
                .trim_start()
        ),
        None => parameters.to_owned(),
    };
    let tail = format!("{} {}{nulls} {}", &definition[range], include.trim(), parameters.trim());
    Some(Key { primary, columns, tail: tail.trim().to_owned(), deferrable: deferrable.trim().to_owned() })
}

/// A primary key refuses NULL: that is proven before.
async fn nullable(cx: &Cx<'_, '_>, table: &Table, key: &Key<'_>) -> Result<Draft, Failure> {
    let mut draft = Draft::of("concurrent-index");
    let open = |name: &&String| table.column(name).is_some_and(|column| !column.not_null);
    for column in key.columns.iter().filter(|_| key.primary).filter(open) {
        draft.absorb(not_null::not_null(cx, table, column).await?);
    }
    "concurrent-index".clone_into(&mut draft.method);
    Ok(draft)
}

async fn on_table(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    key: &Key<'_>,
    name: &str,
    drops: &[&Clause],
) -> Result<Vec<Step>, Failure> {
    let table = to.table;
    // Under the constraint's own name, unless a key that goes away still has it.
    let used = cx.catalog.is_used(&table.schema, name).await?;
    let index = if used && !drops.is_empty() {
        super::super::name::helper(&[&table.schema, &table.name, name], "key")
    } else {
        name.to_owned()
    };
    let build = index::step(table, &index, true, &key.tail);
    Ok(vec![build, takes_over(cx, to, key, name, &index, drops).await?])
}

/// The constraint takes the index over; what is dropped by the same statement goes in the same moment.
async fn takes_over(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    key: &Key<'_>,
    name: &str,
    index: &str,
    drops: &[&Clause],
) -> Result<Step, Failure> {
    let mut clauses: Vec<String> = drops.iter().map(|clause| clause.text.clone()).collect();
    let (constraint, index) = (ident(name), ident(index));
    clauses.push(
        format!("ADD CONSTRAINT {constraint} {} USING INDEX {index} {}", key.words(), key.deferrable).trim().to_owned(),
    );
    // The index bears the constraint's name afterwards: the server renames it when it has to.
    let statements = [format!("{} {}", to.head(), clauses.join(", "))];
    let mut back = dropped(to.table, name);
    if !drops.is_empty() {
        let drops: Vec<Clause> = drops.iter().map(|clause| (*clause).clone()).collect();
        back = backs::exchanged(back, backs::of(cx, to, &drops).await?);
    }
    Ok(transaction(format!("make the index the constraint {constraint}"), Phase::Switch, statements).back(back).locks(
        step::ACCESS_EXCLUSIVE,
        to.table,
        Held::Moment,
    ))
}

/// `USING INDEX` of the user's: only columns that take NULL need something before.
async fn using_index(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    primary: bool,
    index: &str,
    constraint: &Constraint,
    drops: &[&Clause],
) -> Result<Option<Draft>, Failure> {
    let found = cx.catalog.indexes(to.table.oid).await?.into_iter().find(|one| one.name == index);
    let Some(found) = found.filter(|_| primary) else { return Ok(None) };
    let key = Key { primary, columns: &found.columns, tail: String::new(), deferrable: String::new() };
    let mut draft = nullable(cx, to.table, &key).await?;
    if draft.steps.is_empty() {
        return Ok(None);
    }
    let name = constraint.name.clone().unwrap_or_else(|| index.to_owned());
    draft.steps.push(takes_over(cx, to, &key, &name, index, drops).await?);
    Ok(Some(draft))
}

/// Each partition gets its key concurrently, the parents take them.
async fn over_partitions(
    cx: &Cx<'_, '_>,
    table: &Table,
    key: &Key<'_>,
    name: &str,
    include: &[String],
    drops: &[&Clause],
) -> Result<Vec<Step>, Failure> {
    let (mut steps, mut switch) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<u32, (String, String)> = BTreeMap::new();
    let (mut parents, mut attach) = (Vec::new(), Vec::new());
    let joined = if key.primary { String::new() } else { naming::columns(key.columns, include) };
    for member in cx.catalog.partitions(table).await? {
        let own = match member.level {
            0 => name.to_owned(),
            _ => cx.free_name(&member.schema, &member.name, &joined, key.label()).await?,
        };
        if member.kind == "p" {
            parents.push(on_only(&member, key, &own));
        } else {
            steps.extend(on_leaf(cx, &member, key, &own).await?);
        }
        if let Some((schema, parent)) = member.parent.and_then(|oid| names.get(&oid)) {
            attach.push(attach_sql((schema, parent), (&member.schema, &own)));
        }
        names.insert(member.oid, (member.schema.clone(), own));
    }
    attach.reverse();
    switch.extend(drops.iter().map(|clause| format!("ALTER TABLE {} {}", table.sql(), clause.text)));
    switch.extend(parents);
    switch.extend(attach);
    let last = transaction(format!("make the partitions' keys one: {}", ident(name)), Phase::Switch, switch)
        .back(dropped(table, name))
        .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment);
    steps.push(last);
    Ok(steps)
}

fn on_only(member: &Partition, key: &Key<'_>, name: &str) -> String {
    let (words, nulls) =
        (key.words(), if key.tail.contains("NULLS NOT DISTINCT") { " NULLS NOT DISTINCT" } else { "" });
    let tail = key.tail.replacen(" NULLS NOT DISTINCT", "", 1);
    format!("ALTER TABLE ONLY {} ADD CONSTRAINT {} {words}{nulls} {tail} {}", member.sql(), ident(name), key.deferrable)
        .trim()
        .to_owned()
}

async fn on_leaf(cx: &Cx<'_, '_>, member: &Partition, key: &Key<'_>, name: &str) -> Result<Vec<Step>, Failure> {
    let leaf = cx.catalog.relation(&member.oid.to_string()).await?.ok_or_else(|| gone(&member.sql()))?;
    let to = Alter { table: &leaf, only: true, if_exists: false };
    let mut takes = takes_over(cx, &to, key, name, name, &[]).await?;
    takes.phase = Phase::Expand;
    takes.title = format!("make the index the constraint {} of {}", ident(name), qualified(&leaf.schema, &leaf.name));
    takes.back =
        Back::by([format!("ALTER TABLE IF EXISTS {} DROP CONSTRAINT IF EXISTS {}", member.sql(), ident(name))]);
    Ok(vec![index::step(&leaf, name, true, &key.tail), takes])
}

//! A shadow table for what can't be done inside the table: another type of a key that others refer to, another primary key,
//! partitions, storage.
//!
//! # The flow
//!
//! *Expand*: a likeness of the table is made in a helper schema, and the user's own clauses are carried out on it while it is
//! empty. A trigger on the table notes the keys of rows that are written (`log`). *Backfill*: rows are copied by key
//! ranges, then the indexes are built, and what was noted meanwhile is brought over until little is left; views are made
//! again on the shadow; rows are counted and compared. *Switch*: in one short transaction (`swap`) the last noted rows come
//! over, the two tables exchange their schemas, and what is bound to a table, not to a name, is bound again. From then
//! on the trigger is on the new table, and what it notes is for the old one. *Contract*: the old table goes.
//!
//! # Why no write is lost, doubled or stale
//!
//! 1. *The trigger sees every write that a copy does not.* `CREATE TRIGGER` waits for all transactions that have written,
//!    and the copy begins after it is committed: what a batch does not see was committed later, and has been noted.
//!    A write and its note are one transaction.
//! 2. *A noted key says "look again", not what to do.* Bringing a key over deletes what the shadow has of it and inserts what
//!    the table has now. A note is visible only when its write is, and is forgotten in the transaction that looked: so the
//!    look sees that write or a later one, and a later one has its own note. Order, repetition and rollbacks don't matter.
//! 3. *Copy against insert*: a row that is inserted behind the copy is noted; before it, it is copied and noted, and brought
//!    over again. *Against update*: a row that was copied stale is noted. *Against delete*: a row that is deleted between
//!    the batch's snapshot and its insert becomes a ghost in the shadow, for as long as its note waits; the note removes it.
//!    No row lock (`FOR KEY SHARE`) is needed for that, and none is taken. *Against an update of the key*: both keys are
//!    noted. *Against `TRUNCATE`*: its note empties the shadow, and is never taken apart from the notes around it.
//! 4. *Why not write to the shadow in the trigger*: a user's transaction in `REPEATABLE READ` would not see rows that were
//!    copied after its snapshot, so that its delete would leave a ghost; it would wait for batches, deadlock with them, and
//!    fail where the shadow refuses what the table takes (after the switch: a key that the old, narrower type can't hold).
//!    The note can't fail and waits for nothing, and nothing that users wait for is written twice.
//! 5. *Unique values that go from row to row* stand in two rows of the shadow when they are looked at in two moments. So the
//!    unique indexes are built after a round that looked at one moment only, and every later round does the same
//!    (`REPEATABLE READ`, all that is noted). The last round is under the lock that keeps writers out.
//! 6. *The check before the switch* leaves out keys that are noted, in the same snapshot: all others must be equal.
//! 7. *A transaction in `REPEATABLE READ` whose snapshot is older than the switch* does not see what was brought over since;
//!    one that waited for the switch's lock is such a one. Its `UPDATE` or `DELETE` would pass rows by without a word, as
//!    after any rewrite by the server. Here a guard on the table (`log::guard`) makes it fail with `serialization_failure`,
//!    which such transactions must expect. What remains: its reads miss rows, as after the plain statement; and so do
//!    writes of one that is still open, and has not touched the table, when the guard goes with `contract` or at the end
//!    of an undo.
//!
//! A table with partitions goes over with all of them (`tree`): the trigger is on the table, which gives it to each partition,
//! rows are copied partition by partition, and the switch moves them all. A partition that comes or goes meanwhile is found
//! whenever rows are brought over, and by the switch under its lock: nothing is switched then.
//!
//! Users' triggers and rules are made on the new table in the switch and disabled on the old one, so that neither the
//! copy nor the bringing over fires them. Policies are enabled in the switch, and all helpers run with `row_security = off`,
//! which fails rather than leaving rows out. Foreign keys: see `foreign`.

mod asked;
mod contract;
mod copy;
mod facts;
mod foreign;
mod indexes;
mod log;
mod names;
mod partitions;
mod refuse;
mod reshape;
mod rights;
mod shape;
mod steps;
mod swap;
mod tree;
mod views;

use dbwright_core::Failure;
use dbwright_migrate::Planned;

use crate::ddl::Name;

use super::Catalog;
use super::name::written;
pub use asked::asked;
use facts::{Column, Constraint, Dependents, Index, Key, Objects, Part, Reader, Sequence, Source};
use names::Names;
use partitions::Partitioning;
pub use reshape::{Order, PrimaryKey, Reshape, Retype, Storage};

/// The method of a plan by a shadow table.
pub const METHOD: &str = "shadow-table";

/// Everything that the steps are made from.
#[derive(Debug, Clone)]
struct Change {
    names: Names,
    source: Source,
    /// The partitions that it has, each after what it is a part of.
    parts: Vec<Part>,
    columns: Vec<Column>,
    sequences: Vec<Sequence>,
    constraints: Vec<Constraint>,
    indexes: Vec<Index>,
    key: Key,
    objects: Objects,
    dependents: Dependents,
    reshape: Reshape,
    partitioning: Option<Partitioning>,
    major: u32,
    /// The `search_path` of the session, for the user's own expressions.
    path: String,
    /// Columns whose new type has no cast back, so that the way back goes through text.
    through_text: Vec<String>,
    /// Changes with all of it.
    digest: String,
}

impl Change {
    /// The checks that are valid, or those that are not.
    fn checks(&self, valid: bool) -> impl Iterator<Item = &Constraint> {
        self.constraints.iter().filter(move |c| c.kind == "c" && c.valid == valid)
    }

    /// The columns whose values are copied.
    fn copied(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|c| c.generated.is_empty() && !self.reshape.not_copied.contains(&c.name))
    }

    /// The schemas whose objects need a helper schema: the table's own, those of partitions, of views and of extended statistics.
    fn schemas(&self) -> Vec<String> {
        let views = self.dependents.views.iter().map(|view| &view.schema);
        let parts = self.parts.iter().map(|part| &part.schema);
        let all = views.chain(self.objects.statistics.iter().map(|one| &one.schema)).chain(parts);
        let mut others: Vec<_> = all.cloned().collect();
        others.retain(|schema| *schema != self.names.home);
        others.sort();
        others.dedup();
        others.insert(0, self.names.home.clone());
        others
    }

    /// The roles that own what is made again, other than the one that makes it.
    fn owners(&self) -> Vec<&str> {
        let views = self.dependents.views.iter().map(|view| view.owner.as_str());
        let others = views.chain(self.objects.statistics.iter().map(|one| one.owner.as_str()));
        let others = others.chain(self.parts.iter().map(|part| part.owner.as_str()));
        let mut owners: Vec<_> = others.chain([self.source.owner.as_str()]).collect();
        owners.retain(|owner| *owner != self.source.role);
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    /// All helper schemas.
    fn helper_schemas(&self) -> Vec<String> {
        self.schemas().iter().flat_map(|schema| [self.names.new_for(schema), self.names.old_for(schema)]).collect()
    }

    /// Whether the index is the one that rows are to be in the order of.
    fn clusters_on(&self, index: &str) -> bool {
        match &self.reshape.storage.order {
            Some(Order::Index(name)) => name == index,
            _ => self.indexes.iter().any(|i| i.name == index && i.clustered),
        }
    }
}

/// Plans a change by a shadow table. The statement and its line are left to who asks. When the plan is `blocking` without
/// steps, no shadow can be made, and the plain statement is all there is.
///
/// # Errors
/// When the table is not there, the catalog can't be read, or the change would lose something: then what, and what to do.
pub async fn plan(catalog: &Catalog<'_>, table: &Name, reshape: &Reshape) -> Result<Planned, Failure> {
    let mut planned = Planned {
        statement: String::new(),
        line: 0,
        method: METHOD.to_owned(),
        steps: Vec::new(),
        notes: Vec::new(),
        blocking: None,
        later: None,
    };
    let Some(found) = catalog.table(table).await? else {
        return Err(Failure::usage("migrate.no-table", format!("there is no table {}", written(table))));
    };
    let reader = Reader::open(catalog).await?;
    let source = Source::read(&reader, found.oid).await?;
    let source = source.ok_or_else(|| Failure::usage("migrate.no-table", "the table went away"))?;
    planned.blocking = refuse::blocking(&source, reshape);
    if planned.blocking.is_none() && source.strategy.is_some() {
        planned.blocking = refuse::parts(&source, &facts::tree::own(&reader, found.oid).await?);
    }
    if planned.blocking.is_some() {
        return Ok(planned);
    }
    refuse::source(&source)?;
    refuse::twice(catalog, table, &Names::of(&source.schema, &source.name)).await?;
    planned.blocking = refuse::published(&source);
    let change = gather(&reader, source, reshape).await?;
    refuse::change(&change)?;
    planned.steps = steps::all(&change)?;
    planned.notes = steps::notes(&change);
    Ok(planned)
}

async fn gather(reader: &Reader<'_, '_>, source: Source, reshape: &Reshape) -> Result<Change, Failure> {
    let oid = source.oid;
    let columns = Column::read(reader, oid).await?;
    if let Some(retype) = reshape.columns.iter().find(|r| !columns.iter().any(|c| c.name == r.column)) {
        let message = format!("{} has no column {}", source.name, retype.column);
        return Err(Failure::usage("migrate.no-column", message));
    }
    let key = best_key(&source, reshape, Key::read(reader, oid).await?)?;
    let parts = if source.strategy.is_some() { Part::read(reader, oid).await? } else { Vec::new() };
    let mut through_text = Vec::new();
    for retype in &reshape.columns {
        let old = columns.iter().find(|c| c.name == retype.column).map_or("text", |c| c.ty.as_str());
        if !reader.accepts(&format!("CAST(CAST(NULL AS {}) AS {old})", retype.ty)).await {
            through_text.push(retype.column.clone());
        }
    }
    Ok(Change {
        names: Names::of(&source.schema, &source.name),
        sequences: Sequence::read(reader, oid).await?,
        constraints: Constraint::read(reader, oid).await?,
        indexes: Index::read(reader, oid).await?,
        objects: Objects::read(reader, oid).await?,
        dependents: Dependents::read(reader, oid).await?,
        partitioning: reshape.partition_by.as_deref().map(Partitioning::read).transpose()?,
        reshape: reshape.clone(),
        major: reader.major(),
        path: reader.path.clone(),
        source,
        columns,
        key,
        parts,
        through_text,
        digest: facts::digest::now(reader, oid).await?,
    })
}

/// The key by which rows are found: one whose values are not converted by an expression, when there is one.
fn best_key(source: &Source, reshape: &Reshape, keys: Vec<Key>) -> Result<Key, Failure> {
    let plain = |key: &Key| {
        !reshape.columns.iter().any(|r| r.using.is_some() && key.parts.iter().any(|part| part.column == r.column))
            && !key.parts.iter().any(|part| reshape.not_copied.contains(&part.column))
    };
    let at = keys.iter().position(plain).unwrap_or_default();
    keys.into_iter().nth(at).ok_or_else(|| {
        let message = format!(
            "{} has no primary key and no other unique key that can't be NULL: a row that is written while the table is copied could not be found again",
            written(&Name { schema: Some(source.schema.clone()), name: source.name.clone() })
        );
        Failure::usage("migrate.shadow-no-key", message)
            .hint("add one first: ALTER TABLE … ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, or SET NOT NULL and a UNIQUE constraint on columns that identify a row")
    })
}

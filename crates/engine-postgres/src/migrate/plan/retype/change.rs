//! New columns beside the old ones: what each is called and made of, and the order of the steps.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::{Action, Clause};

use super::super::alter::Alter;
use super::super::catalog::{Column, Constraint, Index, Table};
use super::super::draft::{Cx, Draft};
use super::super::fill;
use super::super::name::{helper, ident};
use super::super::step::{self, Drafted as _, transaction};
use super::super::tokens;
use super::bound::Bound;
use super::objects::{self, Sequence};
use super::{Wanted, expand, switch};

/// One column on its way to another type.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) column: Column,
    /// The interim name of the new column.
    pub(super) new: String,
    /// The interim name of the old column after the switch.
    pub(super) old: String,
    /// The new type as written.
    pub(super) ty: String,
    pub(super) collation: Option<String>,
    /// The conversion that the user wrote, the table called `s`.
    pub(super) using: Option<String>,
    /// The default afterwards.
    pub(super) default: Option<String>,
    pub(super) sequences: Vec<Sequence>,
    /// What belongs to the column, `{column}` for its name.
    pub(super) attributes: Vec<String>,
    /// Whether values of both types can be compared.
    pub(super) comparable: bool,
}

impl Change {
    /// Whether the default draws from a sequence, so that it must not be asked twice.
    pub(super) fn draws(&self) -> bool {
        self.default.as_deref().is_some_and(|default| tokens::calls(default).iter().any(|name| name == "nextval"))
    }

    /// The new value of a row called `s`, to be assigned.
    pub(super) fn value(&self) -> String {
        match &self.using {
            Some(using) => format!("({using})"),
            None => format!("s.{}", ident(&self.column.name)),
        }
    }

    /// The same as an expression of the new type.
    pub(super) fn cast(&self) -> String {
        format!("CAST({} AS {})", self.value(), self.ty)
    }

    /// Whether a row called `s` lacks its new value.
    pub(super) fn missing(&self) -> String {
        let (new, cast) = (format!("s.{}", ident(&self.new)), self.cast());
        if self.comparable {
            format!("{new} IS DISTINCT FROM {cast}")
        } else {
            format!("{new}::text IS DISTINCT FROM {cast}::text")
        }
    }
}

/// Everything that the steps are made from.
pub(super) struct Plan<'p> {
    pub(super) table: &'p Table,
    pub(super) major: u32,
    pub(super) changes: Vec<Change>,
    pub(super) bound: Bound,
    /// The trigger that fills the new columns, and its function.
    pub(super) sync: String,
    /// The trigger that keeps the old columns after the switch, and its function.
    pub(super) reverse: String,
}

impl Plan<'_> {
    pub(super) fn head(&self) -> String {
        format!("ALTER TABLE {}", self.table.sql())
    }

    /// The interim name of an index, constraint or statistics.
    pub(super) fn interim(&self, name: &str, purpose: &str) -> String {
        helper(&[&self.table.schema, &self.table.name, name], purpose)
    }

    /// A definition with each column under its interim name.
    pub(super) fn renamed(&self, definition: &str, to_old: bool) -> String {
        self.changes.iter().fold(definition.to_owned(), |text, change| {
            tokens::rename(&text, &change.column.name, if to_old { &change.old } else { &change.new })
        })
    }

    /// A constraint's definition for the interim column, without `NOT VALID`. What a foreign key refers to stays.
    pub(super) fn constraint(&self, constraint: &Constraint, to_old: bool) -> String {
        let definition = constraint.definition.trim_end_matches(" NOT VALID");
        match tokens::find_word(definition, &["REFERENCES"]) {
            Some(at) => format!("{}{}", self.renamed(&definition[..at], to_old), &definition[at..]),
            None => self.renamed(definition, to_old),
        }
    }

    /// Constraints that go over by name: CHECK, FOREIGN KEY, and NOT NULL where it has a name.
    pub(super) fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.bound.constraints.iter().chain(&self.bound.not_nulls)
    }

    /// Columns whose NOT NULL has no name of its own.
    pub(super) fn unnamed_not_null(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.column.not_null && self.major < 18)
    }

    /// Indexes that are rebuilt, those of constraints included.
    pub(super) fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.bound.indexes.iter().filter(|index| index.valid)
    }
}

/// Plans the change by new columns.
pub(super) async fn plan(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    wanted: &[Wanted<'_>],
    all: &[Clause],
    bound: Bound,
) -> Result<Draft, Failure> {
    let table = to.table;
    let mut changes = Vec::new();
    for one in wanted {
        changes.push(change(cx, table, one, all).await?);
    }
    let first = changes.first().map(|change| change.column.name.clone()).unwrap_or_default();
    let sync = trigger_name(cx, table, &first).await?;
    let reverse = sync.replace("_sync", "_back");
    let plan = Plan { table, major: cx.catalog.major(), changes, bound, sync, reverse };
    let mut draft = Draft::of("new-column");
    draft.steps.push(expand::columns(&plan));
    fill_columns(cx, &plan, &mut draft).await?;
    draft.steps.extend(expand::constraints(&plan));
    draft.steps.extend(expand::indexes(&plan));
    draft.steps.push(expand::statistics(&plan));
    draft.steps.push(switch::switch(&plan));
    draft.steps.push(contract(&plan));
    notes(&plan, &mut draft);
    Ok(draft)
}

async fn change(cx: &Cx<'_, '_>, table: &Table, wanted: &Wanted<'_>, all: &[Clause]) -> Result<Change, Failure> {
    let name = wanted.column;
    let column = table
        .column(name)
        .cloned()
        .ok_or_else(|| Failure::internal("migrate.plan", format!("the column {} is not there", ident(name))))?;
    let mut default = column.default.clone();
    for clause in all {
        match &clause.action {
            Action::SetDefault { column, expression } if column == name => default = Some(expression.clone()),
            Action::DropDefault { column } if column == name => default = None,
            _ => {}
        }
    }
    let comparable = fill::comparable(cx, wanted.ty).await? && fill::comparable(cx, &column.ty).await?;
    Ok(Change {
        new: helper(&[&table.schema, &table.name, name], "new"),
        old: helper(&[&table.schema, &table.name, name], "old"),
        ty: wanted.ty.to_owned(),
        collation: wanted.collation.map(str::to_owned),
        using: wanted.using.map(|using| tokens::requalify(tokens::bare(using), &table.name, "s")),
        default,
        sequences: objects::sequences(cx, table, name).await?,
        attributes: objects::attributes(cx, table, name).await?,
        comparable,
        column,
    })
}

/// Triggers fire in the order of their names, and this one has to see what the others made of the row.
async fn trigger_name(cx: &Cx<'_, '_>, table: &Table, column: &str) -> Result<String, Failure> {
    let name = helper(&[&table.schema, &table.name, column], "sync");
    let query = format!(
        "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {} AND NOT tgisinternal AND tgtype & 3 = 3 \
         AND tgname > {}::name COLLATE \"C\")",
        table.oid,
        super::super::name::literal(&name)
    );
    let last = cx.catalog.pinned(&query).await?.first().is_none_or(|later| later == "f");
    Ok(if last { name } else { format!("zzz_{name}") })
}

async fn fill_columns(cx: &Cx<'_, '_>, plan: &Plan<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let table = plan.table;
    let set: Vec<String> =
        plan.changes.iter().map(|change| format!("{} = {}", ident(&change.new), change.value())).collect();
    let missing: Vec<String> = plan.changes.iter().map(Change::missing).collect();
    let missing = format!("({})", missing.join(" OR "));
    let batch = format!("UPDATE {} AS s SET {} WHERE {{range}} AND {missing}", table.sql(), set.join(", "));
    let mut backfill = fill::batches(cx, table, batch).await?;
    backfill.verify = vec![fill::nothing_left(table, &missing, "rows without their new value are left")];
    let quiet = fill::quiet(cx, table).await?;
    backfill.before_batch = quiet.before_batch;
    draft.notes.extend(quiet.notes);
    draft.steps.push(fill::step_of(table, "convert the rows that are there, in batches", backfill));
    Ok(())
}

/// The old columns go, and all that still kept them.
fn contract(plan: &Plan<'_>) -> dbwright_migrate::Step {
    let table = plan.table;
    let mut statements = vec![
        format!("DROP TRIGGER IF EXISTS {} ON {}", ident(&plan.reverse), table.sql()),
        format!("DROP FUNCTION IF EXISTS dbwright.{}()", ident(&plan.reverse)),
    ];
    // Statistics over several columns outlive one of them.
    let left = plan.bound.statistics.iter();
    statements.extend(left.map(|one| {
        format!(
            "DROP STATISTICS IF EXISTS {}",
            super::super::name::qualified(&one.schema, &plan.interim(&one.name, "old"))
        )
    }));
    statements.extend(
        plan.changes.iter().map(|change| format!("{} DROP COLUMN IF EXISTS {}", plan.head(), ident(&change.old))),
    );
    transaction("drop the old column and what kept it up to date", Phase::Contract, statements)
        .back(Back::impossible("the old values are gone"))
        .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment)
}

fn notes(plan: &Plan<'_>, draft: &mut Draft) {
    let names = plan.changes.iter().map(|change| ident(&change.column.name)).collect::<Vec<_>>().join(", ");
    draft.notes.push(format!(
        "afterwards {names} stands last in the table: code that inserts without naming columns, or reads SELECT * by position, \
         has to name them; until the contract phase SELECT * shows one more column for each"
    ));
    if plan.changes.iter().any(|change| change.using.is_some()) {
        draft.notes.push(
            "going back, rows written after the switch get their old values by a plain cast; where that does not lead back \
             through USING, going back is refused"
                .to_owned(),
        );
    }
    let serial = plan.changes.iter().flat_map(|change| &change.sequences).find(|sequence| !sequence.identity);
    if let Some(sequence) = serial {
        draft.notes.push(format!("the sequence {} keeps its own type, as with the plain statement", sequence.name));
    }
}

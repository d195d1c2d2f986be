//! Foreign keys from the table, to it, and from it to itself. They are bound to tables, not to names, so that the switch
//! makes them again: `NOT VALID`, which takes a moment and guards every write from then on, and validated afterwards,
//! while all read and write. The rows were valid on the old table, and they are the same rows.

use super::super::name::{ident, literal};
use super::super::step::guarded;
use super::Change;
use super::facts::Foreign;

/// What is done after the switch: a title, and statements of one transaction.
pub(super) type Later = (String, Vec<String>);

impl Foreign {
    fn drop_from(&self, table: &str) -> String {
        format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}", ident(&self.name))
    }

    fn add_to(&self, table: &str, suffix: &str) -> String {
        format!("ALTER TABLE {table} ADD CONSTRAINT {} {}{suffix}", ident(&self.name), self.definition)
    }

    fn comment(&self) -> Option<String> {
        let text = self.comment.as_ref()?;
        Some(format!("COMMENT ON CONSTRAINT {} ON {} IS {}", ident(&self.name), self.child, literal(text)))
    }
}

/// The tables with rows that must be handled one by one: before PostgreSQL 18 a partitioned table can't have a `NOT VALID`
/// foreign key. `back` is the direction in which the table is again what it was.
fn leaves(change: &Change, key: &Foreign, back: bool) -> Vec<String> {
    if change.major >= 18 || !key.enforced {
        return Vec::new();
    }
    match &change.partitioning {
        Some(partitioning) if key.outgoing && !back => {
            partitioning.parts.iter().map(|(name, _)| super::super::name::qualified(&change.names.home, name)).collect()
        }
        _ => key.leaves.clone(),
    }
}

/// Removes all of them, whatever is there of them.
pub(super) fn drop_all(change: &Change, back: bool) -> Vec<String> {
    let mut made = Vec::new();
    for key in &change.objects.foreign {
        made.push(key.drop_from(&key.child));
        // A key of a partition is there alone until the partitioned table has it too.
        made.extend(leaves(change, key, !back).iter().map(|leaf| key.drop_from(leaf)));
    }
    made
}

/// Makes them again without looking at rows.
pub(super) fn add_all(change: &Change, back: bool) -> Vec<String> {
    let mut made = Vec::new();
    for key in &change.objects.foreign {
        let leaves = leaves(change, key, back);
        let suffix = if key.enforced { " NOT VALID" } else { "" };
        if leaves.is_empty() {
            made.push(key.add_to(&key.child, suffix));
            made.extend(key.comment());
        }
        made.extend(leaves.iter().map(|leaf| key.add_to(leaf, suffix)));
    }
    made
}

/// Validates them, each in a transaction of its own.
pub(super) fn validate(change: &Change, back: bool) -> Vec<Later> {
    let mut made = Vec::new();
    for key in change.objects.foreign.iter().filter(|key| key.valid && key.enforced) {
        let name = ident(&key.name);
        let leaves = leaves(change, key, back);
        let tables = if leaves.is_empty() { vec![key.child.clone()] } else { leaves.clone() };
        for table in &tables {
            let statement = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}");
            made.push((format!("check the rows of {table} for the foreign key {name}"), vec![statement]));
        }
        if !leaves.is_empty() {
            let absent = format!(
                "NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass({}) AND conname = {})",
                literal(&key.child),
                literal(&key.name)
            );
            let mut statements = vec![key.add_to(&key.child, "")];
            statements.extend(key.comment());
            made.push((
                format!("join the foreign keys {name} of the partitions of {}", key.child),
                vec![guarded(&absent, &statements)],
            ));
        }
    }
    made
}

/// Parents of the table, other than itself.
pub(super) fn parents(change: &Change) -> Vec<String> {
    unique(change.objects.foreign.iter().filter(|key| key.outgoing && !key.incoming).map(|key| key.parent.clone()))
}

/// Children of the table, other than itself.
pub(super) fn children(change: &Change) -> Vec<String> {
    unique(change.objects.foreign.iter().filter(|key| key.incoming && !key.outgoing).map(|key| key.child.clone()))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<_> = names.collect();
    all.sort();
    all.dedup();
    all
}

/// Children whose columns stay narrower than the key that they refer to, with the statement that widens them.
pub(super) fn narrower(change: &Change) -> Vec<String> {
    let mut notes = Vec::new();
    for key in change.objects.foreign.iter().filter(|key| key.incoming) {
        for (column, ty, referenced) in &key.columns {
            let Some(retype) = change.reshape.columns.iter().find(|r| r.column == *referenced) else { continue };
            let widened = key.outgoing && change.reshape.columns.iter().any(|r| r.column == *column);
            if width(ty).zip(width(&retype.ty)).is_some_and(|(child, parent)| child < parent) && !widened {
                notes.push(format!(
                    "{}.{} stays {ty} and can't hold all values of the wider key; widen it with: ALTER TABLE {0} ALTER COLUMN {1} TYPE {}",
                    key.child,
                    ident(column),
                    retype.ty
                ));
            }
        }
    }
    notes.sort();
    notes.dedup();
    notes
}

fn width(ty: &str) -> Option<u8> {
    match ty.to_ascii_lowercase().as_str() {
        "smallint" | "int2" => Some(2),
        "integer" | "int" | "int4" => Some(4),
        "bigint" | "int8" => Some(8),
        _ => None,
    }
}

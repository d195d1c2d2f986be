//! An index on a partitioned table without stopping writes: built partition by partition, then attached.

use std::collections::HashMap;

use dbwright_core::Change;

use super::Surroundings;
use super::names::index_name;
use crate::indexing::collates;
use crate::model::{Catalog, Index, ObjectId, Table, TableKind};

/// The partitions directly below a table, by name.
fn children<'a>(catalog: &'a Catalog, parent: &Table) -> Vec<&'a Table> {
    catalog.tables.iter().filter(|table| table.is_partition && table.parents.contains(&parent.id)).collect()
}

/// All tables with rows of their own below a partitioned table.
#[must_use]
pub fn leaves<'a>(catalog: &'a Catalog, parent: &Table) -> Vec<&'a Table> {
    let below = children(catalog, parent).into_iter();
    below
        .flat_map(|child| if child.kind == TableKind::Partitioned { leaves(catalog, child) } else { vec![child] })
        .collect()
}

/// The change that indexes a partitioned table.
pub(super) fn create(around: &Surroundings<'_>, root: &Table, columns: &[&str]) -> Change {
    let catalog = around.catalog;
    let name = index_name(around, root, columns);
    let dialect = catalog.dialect;
    let back = format!("DROP INDEX {}", dialect.qualified(&root.schema, &name));
    if leaves(catalog, root).iter().any(|leaf| leaf.kind == TableKind::Foreign) {
        // An index can't be attached for a foreign partition, so the parts would never make a valid whole.
        let forward =
            format!("CREATE INDEX {} ON {} ({})", dialect.name(&name), catalog.qualified(root), dialect.names(columns));
        let lock = "SHARE on the table and all its partitions while the index is built: reads go on, writes wait";
        return Change::new([forward], lock).back([back]);
    }
    let mut plan =
        Plan { around, columns, forward: Vec::new(), attach: Vec::new(), restore: Vec::new(), used: HashMap::new() };
    plan.table(root);
    let Plan { mut forward, attach, restore, .. } = plan;
    forward.extend(attach);
    let lock = "SHARE UPDATE EXCLUSIVE on one partition after the other while its index is built: reads and writes go on; \
                a moment of SHARE on the partitioned tables for the empty index; going back takes ACCESS EXCLUSIVE for a moment";
    Change::new(forward, lock).outside_transaction().back([back].into_iter().chain(restore))
}

/// Statements in the making.
struct Plan<'a> {
    around: &'a Surroundings<'a>,
    columns: &'a [&'a str],
    forward: Vec<String>,
    attach: Vec<String>,
    /// What dropping the whole would take along although it was there before.
    restore: Vec<String>,
    used: HashMap<(String, String), ObjectId>,
}

impl Plan<'_> {
    /// Adds the statements for a table and what is below it; gives the qualified name of its index.
    fn table(&mut self, table: &Table) -> String {
        let dialect = self.around.catalog.dialect;
        if let Some(index) = self.existing(table) {
            self.restore.extend(index.definition.clone());
            return dialect.qualified(&table.schema, &index.name);
        }
        let name = self.name(table);
        let partitioned = table.kind == TableKind::Partitioned;
        let (how, only) = if partitioned { ("", "ONLY ") } else { ("CONCURRENTLY ", "") };
        self.forward.push(format!(
            "CREATE INDEX {how}{} ON {only}{} ({})",
            dialect.name(&name),
            self.around.catalog.qualified(table),
            dialect.names(self.columns),
        ));
        let own = dialect.qualified(&table.schema, &name);
        if partitioned {
            for child in children(self.around.catalog, table) {
                let below = self.table(child);
                self.attach.push(format!("ALTER INDEX {own} ATTACH PARTITION {below}"));
            }
        }
        own
    }

    /// An index of a leaf that can be attached as it is.
    fn existing<'t>(&self, table: &'t Table) -> Option<&'t Index> {
        let catalog = self.around.catalog;
        let plain = |index: &&Index| {
            index.valid
                && index.method == "btree"
                && !index.unique
                && index.parent.is_none()
                && index.predicate.is_none()
                && index.include.is_empty()
                && index.keys.len() == self.columns.len()
                && index.leading_columns().eq(self.columns.iter().copied())
                && index.keys.iter().all(|key| !key.descending && !key.nulls_first && !key.opclass.contains("pattern"))
                && index.keys.iter().all(|key| collates(catalog, table, key))
        };
        (table.kind == TableKind::Table).then(|| table.indexes.iter().find(plain)).flatten()
    }

    /// A name that is free in the catalog and among the new ones: long names of partitions are cut alike.
    fn name(&mut self, table: &Table) -> String {
        let wanted = index_name(self.around, table, self.columns);
        let mut name = wanted.clone();
        let mut number = 2;
        while self.used.insert((table.schema.clone(), name.clone()), table.id).is_some_and(|other| other != table.id) {
            let ending = format!("_{number}");
            let mut end = wanted.len().min(63 - ending.len());
            while !wanted.is_char_boundary(end) {
                end -= 1;
            }
            name = format!("{}{ending}", &wanted[..end]);
            number += 1;
        }
        name
    }
}

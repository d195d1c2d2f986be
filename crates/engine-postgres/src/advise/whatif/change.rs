//! The statements that create an index beside running traffic, or drop one, with the way back.

use dbwright_advise::index::Index;
use dbwright_core::Change;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table, TableKind};
use dbwright_sql::render;

use super::existing::Known;
use super::names::Names;
use super::statement;

const SQL: Dialect = Dialect::Postgres;

/// The change that creates an index, and gathers the statistics that plans with it need.
pub(super) fn create(catalog: &Catalog, names: &Names, index: &Index, name: Option<&str>) -> Change {
    let mut change = made(catalog, names, index, name);
    if index.keys.iter().any(|key| key.part.column().is_none()) {
        // What an expression holds is known from the next ANALYZE on, which would come with writes only.
        change.forward.push(format!("ANALYZE {}", SQL.qualified(&index.table.schema, &index.table.name)));
    }
    change
}

fn made(catalog: &Catalog, names: &Names, index: &Index, name: Option<&str>) -> Change {
    let (schema, table) = (&index.table.schema, &index.table.name);
    let name = name.map_or_else(|| names.give(index, schema, table), str::to_owned);
    let found = catalog.tables.iter().find(|known| known.schema == *schema && known.name == *table);
    let back = format!("DROP INDEX {}", SQL.qualified(schema, &name));
    let body = statement::body(index, &SQL.qualified(schema, table));
    match found {
        Some(root) if root.kind == TableKind::Partitioned => {
            if render::leaves(catalog, root).iter().any(|leaf| leaf.kind == TableKind::Foreign) {
                // An index can't be attached for a foreign partition, so the parts would never make a valid whole.
                let lock =
                    "SHARE on the table and all its partitions while the index is built: reads go on, writes wait";
                return Change::new([format!("CREATE INDEX {} {body}", SQL.name(&name))], lock).back([back]);
            }
            let mut parts = Parts { catalog, names, index, forward: Vec::new(), attach: Vec::new() };
            parts.table(root, &name);
            parts.forward.append(&mut parts.attach);
            let lock = "SHARE UPDATE EXCLUSIVE on one partition after the other while its index is built: reads and writes go on; \
                        a moment of SHARE on the partitioned tables for the empty index; going back takes ACCESS EXCLUSIVE for a moment";
            Change::new(parts.forward, lock).outside_transaction().back([back])
        }
        _ => {
            let lock = "SHARE UPDATE EXCLUSIVE while the index is built: reads and writes go on, it waits for older transactions";
            Change::new([format!("CREATE INDEX CONCURRENTLY {} {body}", SQL.name(&name))], lock)
                .outside_transaction()
                .back([back.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)])
        }
    }
}

/// Statements for a partitioned table in the making.
struct Parts<'a> {
    catalog: &'a Catalog,
    names: &'a Names,
    index: &'a Index,
    forward: Vec<String>,
    attach: Vec<String>,
}

impl Parts<'_> {
    fn table(&mut self, table: &Table, name: &str) {
        let partitioned = table.kind == TableKind::Partitioned;
        let (how, only) = if partitioned { ("", "ONLY ") } else { ("CONCURRENTLY ", "") };
        let target = format!("{only}{}", self.catalog.qualified(table));
        let body = statement::body(self.index, &target);
        self.forward.push(format!("CREATE INDEX {how}{} {body}", SQL.name(name)));
        if !partitioned {
            return;
        }
        let children: Vec<&Table> = self
            .catalog
            .tables
            .iter()
            .filter(|child| child.is_partition && child.parents.contains(&table.id))
            .collect();
        for child in children {
            let below = self.names.give(self.index, &child.schema, &child.name);
            self.table(child, &below);
            let (own, below) = (SQL.qualified(&table.schema, name), SQL.qualified(&child.schema, &below));
            self.attach.push(format!("ALTER INDEX {own} ATTACH PARTITION {below}"));
        }
    }
}

/// The change that drops an existing index; when it can't be given, one without statements that says why.
pub(super) fn drop(catalog: &Catalog, known: &Known) -> Change {
    let of = &known.existing.index.table;
    let table = catalog.tables.iter().find(|table| table.schema == of.schema && table.name == of.name);
    let found = table.and_then(|table| {
        let index = table.indexes.iter().find(|index| index.name == known.existing.name)?;
        Some(render::drop_index(catalog, table, index))
    });
    let mut reason = String::from("it is not in the catalog any more");
    match found {
        Some(Ok(change)) => return change,
        Some(Err(why)) => reason = why,
        None => {}
    }
    Change::new(Vec::<String>::new(), format!("none: {reason}")).irreversible(reason)
}

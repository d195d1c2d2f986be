//! The invalid index of a partitioned table: some partition has no part of it.
//!
//! PostgreSQL marks it valid when the last part is attached, so the change builds what is missing and attaches
//! it. A partition that is itself partitioned would need the same one level below first; that is left to the user.

use dbwright_core::Change;
use dbwright_sql::model::{Index, Table, TableKind};

use crate::body::PgBody;
use crate::words;

/// Longest name in bytes; PostgreSQL cuts longer ones.
const LONGEST: usize = 63;

/// The change, or none, and what the reader has to know.
pub(super) fn mend(body: &PgBody, table: &Table, index: &Index) -> (Option<Change>, String) {
    let missing = without_part(body, table, index);
    if missing.is_empty() {
        return (
            None,
            "each partition has its part, so one of those is invalid: mend that, then attach it again".to_owned(),
        );
    }
    let names: Vec<_> = missing.iter().map(|partition| body.catalog.qualified(partition)).collect();
    let harm = format!("it becomes valid when each partition has its part; without one: {}", words::some_of(&names));
    let statements: Option<Vec<_>> = missing.iter().map(|partition| part(body, table, index, partition)).collect();
    let Some(statements) = statements else {
        return (
            None,
            format!(
                "{harm}; a partition that is itself partitioned needs the same below it first, so no change is given"
            ),
        );
    };
    let change = Change::new(
        statements.concat(),
        "SHARE UPDATE EXCLUSIVE on one partition at a time while it is read twice: reads and writes go on; attaching takes an instant",
    )
    .outside_transaction()
    .irreversible("an attached index can't be detached; DROP INDEX removes it from all partitions");
    (Some(change), harm)
}

/// Partitions that no index is attached for.
fn without_part<'a>(body: &'a PgBody, table: &Table, index: &Index) -> Vec<&'a Table> {
    let partitions = body.catalog.tables.iter().filter(|child| child.parents.contains(&table.id));
    partitions.filter(|child| !child.indexes.iter().any(|own| own.parent == Some(index.id))).collect()
}

/// The statements that give one partition its part.
fn part(body: &PgBody, table: &Table, index: &Index, partition: &Table) -> Option<Vec<String>> {
    if partition.kind != TableKind::Table {
        return None;
    }
    let dialect = body.catalog.dialect;
    let whole = dialect.qualified(&table.schema, &index.name);
    let attach =
        |name: &str| format!("ALTER INDEX {whole} ATTACH PARTITION {}", dialect.qualified(&partition.schema, name));
    if let Some(own) = partition.indexes.iter().find(|own| own.valid && own.parent.is_none() && alike(own, index)) {
        return Some(vec![attach(&own.name)]);
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let head = format!("CREATE {unique}INDEX {} ON ONLY {} ", dialect.name(&index.name), body.catalog.qualified(table));
    let rest = index.definition.as_deref()?.strip_prefix(&head)?;
    let name = free_name(body, partition, index);
    let create = format!(
        "CREATE {unique}INDEX CONCURRENTLY {} ON {} {rest}",
        dialect.name(&name),
        body.catalog.qualified(partition)
    );
    Some(vec![create, attach(&name)])
}

/// Whether a partition's own index is what the partitioned one asks for.
fn alike(own: &Index, whole: &Index) -> bool {
    let plain = |index: &Index| index.keys.iter().all(|key| key.column.is_some()) && index.predicate.is_none();
    plain(own)
        && plain(whole)
        && (&own.keys, &own.method, own.unique, &own.include)
            == (&whole.keys, &whole.method, whole.unique, &whole.include)
}

/// `partition_index`, cut to what fits, with a number where that is taken.
fn free_name(body: &PgBody, partition: &Table, index: &Index) -> String {
    let wanted = format!("{}_{}", partition.name, index.name);
    let here = || body.catalog.tables.iter().filter(|table| table.schema == partition.schema);
    let taken = |name: &str| here().any(|table| table.name == name || table.indexes.iter().any(|i| i.name == name));
    let numbered = (2..).map(|number| format!("_{number}"));
    let candidates = std::iter::once(String::new()).chain(numbered);
    let mut names = candidates.map(|suffix| format!("{}{suffix}", cut(&wanted, LONGEST - suffix.len())));
    names.find(|name| !taken(name)).unwrap_or(wanted)
}

/// The longest start of a name within so many bytes.
fn cut(name: &str, bytes: usize) -> &str {
    &name[..name.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn names_fit_and_are_free() {
        let mut body = sample::body();
        let long = sample::table(1, &"ä".repeat(30));
        let index = sample::index(2, "by_kind", "kind");
        let name = free_name(&body, &long, &index);
        assert_eq!(name.len(), 63);
        body.catalog.tables.push(sample::table(3, &name));
        let second = free_name(&body, &long, &index);
        assert!(second.len() <= 63 && second.ends_with("_2"), "{second}");
    }
}

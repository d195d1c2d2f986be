//! Which indexes the counted statements seem to want, from their texts and the server's counters alone.
//!
//! An estimate: the text tells what is looked for, the counters tell that a table is read whole for it, and nobody has asked
//! the optimizer. What can't be told for certain is left out.

use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_advise::usage::Operator;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table};

use super::usage::{self, Draft};
use crate::body::{Body, Digest};

/// Most columns of such an index: further ones hardly narrow what is found.
const COLUMNS: usize = 4;
/// Share of a table's rows that a call must read before it counts as reading the table whole.
const WHOLE: f64 = 0.5;

/// An index, and the statements that want it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    /// The table.
    pub(crate) table: &'a Table,
    /// The index.
    pub(crate) index: Index,
    /// The statements, most time first.
    pub(crate) digests: Vec<&'a Digest>,
}

/// What one statement looks for in one table.
struct Search {
    /// Columns that are compared with one value each.
    equal: Vec<String>,
    /// Columns that are compared with several values.
    several: Vec<String>,
    /// Columns of which a stretch is wanted.
    range: Vec<String>,
    /// Columns that another table's rows are looked up by.
    joined: Vec<String>,
    /// The order in which a few rows are wanted.
    order: Vec<Key>,
}

/// The indexes that some statements want, those that take most time first.
pub(crate) fn wanted<'a>(body: &'a Body, digests: impl Iterator<Item = &'a Digest>) -> Vec<Wanted<'a>> {
    let mut digests: Vec<&Digest> = digests.collect();
    digests.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms).then_with(|| a.id.cmp(&b.id)));
    let mut found: Vec<Wanted<'a>> = Vec::new();
    for digest in digests {
        let Some((table, index)) = of(&body.catalog, digest) else { continue };
        let same = found.iter_mut().find(|one| stand_in(&one.index, &index) || stand_in(&index, &one.index));
        match same {
            Some(one) => {
                if one.index.keys.len() < index.keys.len() {
                    one.index = index;
                }
                one.digests.push(digest);
            }
            None => found.push(Wanted { table, index, digests: vec![digest] }),
        }
    }
    found
}

/// Whether an index begins as the other does.
fn stand_in(wide: &Index, narrow: &Index) -> bool {
    wide.table == narrow.table && wide.keys.starts_with(&narrow.keys)
}

/// The index that one statement wants.
fn of<'a>(catalog: &'a Catalog, digest: &Digest) -> Option<(&'a Table, Index)> {
    let text = crate::workload::plain(&digest.text);
    let drafts = usage::counted(&text, digest.schema.as_deref().unwrap_or_default(), catalog)?;
    let searches: Vec<(&Table, Search)> =
        drafts.iter().filter_map(|draft| Some((usage::table(catalog, &draft.table)?, Search::of(draft)))).collect();
    let (table, search) = blamed(&searches)?;
    let rows = table.rows.filter(|rows| *rows > 0.0)?;
    if digest.each(digest.examined) < rows * WHOLE {
        return None; // not this table is what it reads
    }
    let keys: Vec<Key> = search.keys().into_iter().filter(|key| is_key(table, key)).take(COLUMNS).collect();
    let selects = keys.iter().any(|key| key.part.column().is_some_and(|column| !is_flag(table, column)));
    let name = super::named::name(table);
    (!keys.is_empty() && selects).then(|| (table, Index { keys, ..Index::btree(name, std::iter::empty::<String>()) }))
}

/// The one table that is read whole for want of an index; none when there are several that could be meant.
fn blamed<'s, 'a>(searches: &'s [(&'a Table, Search)]) -> Option<(&'a Table, &'s Search)> {
    let selective = || searches.iter().filter(|(_, search)| search.selects());
    if selective().any(|(table, search)| search.narrowed(table)) {
        // It begins there; another table is read whole when no index leads from one to the other.
        return only(searches.iter().filter(|(table, search)| !search.reached(table) && !search.joined.is_empty()));
    }
    if selective().next().is_some() {
        return only(selective());
    }
    let [(table, search)] = searches else { return None };
    (!search.order.is_empty() && !begins(table, &names(&search.order[..1]))).then_some((*table, search))
}

fn only<'s, 'a: 's>(mut found: impl Iterator<Item = &'s (&'a Table, Search)>) -> Option<(&'a Table, &'s Search)> {
    let (table, search) = found.next()?;
    found.next().is_none().then_some((*table, search))
}

impl Search {
    fn of(draft: &Draft) -> Self {
        let of = |wanted: &[Operator]| -> Vec<String> {
            let own = draft.conditions.iter().filter(|one| one.alternative.is_none() && wanted.contains(&one.operator));
            let mut columns: Vec<String> = own.filter_map(|one| one.part.column().map(str::to_owned)).collect();
            columns.sort();
            columns.dedup();
            columns
        };
        let joined = draft.joins.iter().filter_map(|(part, ..)| part.column().map(str::to_owned)).collect();
        let order = draft.orders.first().filter(|_| draft.limited).cloned().unwrap_or_default();
        Self {
            equal: of(&[Operator::Equal]),
            several: of(&[Operator::In]),
            range: of(&[Operator::Range, Operator::Prefix]),
            joined,
            order,
        }
    }

    /// Whether it compares columns with values.
    fn selects(&self) -> bool {
        !(self.equal.is_empty() && self.several.is_empty() && self.range.is_empty())
    }

    /// Whether an index narrows what the values leave.
    fn narrowed(&self, table: &Table) -> bool {
        begins(table, &[self.equal.as_slice(), &self.several, &self.range].concat())
    }

    /// Whether an index finds rows by anything that it compares.
    fn reached(&self, table: &Table) -> bool {
        self.narrowed(table) || begins(table, &self.joined)
    }

    /// The key: what is equal, then what is one of several, then a stretch or the order.
    fn keys(&self) -> Vec<Key> {
        let mut columns: Vec<&String> = self.equal.iter().collect();
        if columns.is_empty() && self.several.is_empty() && self.range.is_empty() {
            columns.extend(&self.joined);
        }
        columns.extend(&self.several);
        if self.order.is_empty() || !self.several.is_empty() {
            columns.extend(self.range.first());
        }
        let mut keys: Vec<Key> = Vec::new();
        let order = if self.several.is_empty() { self.order.clone() } else { Vec::new() };
        for key in columns.into_iter().map(|column| Key::column(column.clone())).chain(order) {
            if keys.iter().all(|known| known.part != key.part) {
                keys.push(key);
            }
        }
        keys
    }
}

fn names(keys: &[Key]) -> Vec<String> {
    keys.iter().filter_map(|key| key.part.column().map(str::to_owned)).collect()
}

/// Whether an index, hidden or not, begins with one of these columns.
fn begins(table: &Table, columns: &[String]) -> bool {
    let same = |own: &str| columns.iter().any(|column| Dialect::Mysql.same_name(own, column));
    table.indexes.iter().any(|index| {
        matches!(index.method.as_str(), "btree" | "hash") && index.leading_columns().next().is_some_and(same)
    })
}

fn is_key(table: &Table, key: &Key) -> bool {
    let KeyPart::Column(name) = &key.part else { return false };
    table.column(name).is_some_and(|column| usage::is_ordered(&column.base_type))
}

/// Whether a column has a few values only, each of which stands for many rows.
fn is_flag(table: &Table, name: &str) -> bool {
    table.column(name).is_some_and(|column| {
        matches!(column.base_type.as_str(), "enum" | "set" | "bit" | "bool" | "boolean")
            || column.data_type == "tinyint(1)"
    })
}

#[cfg(test)]
mod tests {
    use dbwright_sql::model::{Column, Index as Known, IndexKey};

    use super::*;

    fn table(name: &str, columns: &[&str], indexed: &[&str]) -> Table {
        let column = |(at, name): (usize, &&str)| Column {
            name: (*name).to_owned(),
            number: i32::try_from(at).unwrap_or(0),
            data_type: "int".to_owned(),
            base_type: "int".to_owned(),
            not_null: true,
            default: None,
            generated: None,
            collation: None,
            highest: None,
            definition: None,
        };
        let index = |(at, column): (usize, &&str)| Known {
            id: at as u64,
            name: (*column).to_owned(),
            method: "btree".to_owned(),
            unique: false,
            primary: false,
            constraint: None,
            keys: vec![IndexKey {
                column: Some((*column).to_owned()),
                expression: None,
                descending: false,
                nulls_first: false,
                opclass: String::new(),
                collation: String::new(),
            }],
            include: Vec::new(),
            predicate: None,
            nulls_not_distinct: false,
            valid: true,
            replica_identity: false,
            parent: None,
            automatic: false,
            bytes: None,
            definition: None,
        };
        Table {
            id: 1,
            schema: "x".to_owned(),
            name: name.to_owned(),
            kind: dbwright_sql::model::TableKind::Table,
            owner: None,
            parents: Vec::new(),
            is_partition: false,
            partitioning: None,
            internal: false,
            columns: columns.iter().enumerate().map(column).collect(),
            constraints: Vec::new(),
            indexes: indexed.iter().enumerate().map(index).collect(),
            triggers: Vec::new(),
            rows: Some(1000.0),
            bytes: None,
            writes: None,
            definition: None,
            comment: None,
            storage: None,
        }
    }

    /// The table and the columns that a statement wants, by a thousand rows read a call.
    fn wants(text: &str) -> Option<String> {
        let tables = vec![
            table("orders", &["id", "customer", "placed", "total", "v"], &["id", "v"]),
            table("customers", &["id", "email"], &["id"]),
        ];
        let catalog = Catalog { tables, ..Catalog::new(Dialect::Mysql) };
        let digest = Digest {
            schema: Some("x".to_owned()),
            text: text.to_owned(),
            calls: 1,
            examined: 1000,
            ..Digest::default()
        };
        let (table, index) = of(&catalog, &digest)?;
        Some(format!("{}({})", table.name, names(&index.keys).join(",")))
    }

    #[test]
    fn what_is_equal_comes_before_a_stretch_or_an_order() {
        let one = |text: &str| wants(text).unwrap_or_default();
        assert_eq!(one("SELECT * FROM `orders` WHERE `placed` > ? AND `customer` = ?"), "orders(customer,placed)");
        assert_eq!(
            one("SELECT * FROM `orders` WHERE `customer` = ? ORDER BY `placed` DESC LIMIT ?"),
            "orders(customer,placed)"
        );
        assert_eq!(one("DELETE FROM `orders` WHERE `customer` IN (...)"), "orders(customer)");
        assert_eq!(one("SELECT * FROM `orders` ORDER BY `placed` LIMIT ?"), "orders(placed)");
    }

    #[test]
    fn a_join_wants_an_index_where_it_begins_or_where_it_can_not_go_on() {
        let begins =
            "SELECT `total` FROM `customers` `c` JOIN `orders` `o` ON `o` . `id` = `c` . `id` WHERE `email` = ?";
        assert_eq!(wants(begins).as_deref(), Some("customers(email)"));
        let stops = "SELECT `email` FROM `customers` `c` JOIN `orders` `o` ON `o` . `customer` = `c` . `id` WHERE `c` . `id` = ?";
        assert_eq!(wants(stops).as_deref(), Some("orders(customer)"));
        let either = "SELECT `email` FROM `customers` `c` JOIN `orders` `o` ON `o` . `id` = `c` . `id` WHERE `email` = ? AND `total` = ?";
        assert_eq!(wants(either), None);
    }

    #[test]
    fn what_an_index_serves_or_none_could_serve_wants_nothing() {
        for text in [
            "SELECT * FROM `orders` WHERE `v` = ? AND `customer` = ?",
            "SELECT * FROM `orders` WHERE `customer` = ? OR `total` = ?",
            "SELECT * FROM `orders` WHERE `ABS` ( `total` ) = ?",
            "SELECT * FROM `orders`",
        ] {
            assert_eq!(wants(text), None, "{text}");
        }
    }
}

//! What a made-up row holds: expressions over the row's number, from the statistics, keys and types of the target.
//!
//! A column takes the values that the target's statistics know, in their shares; so CHECK constraints and partitions fit as
//! a rule. Columns that make rows unique are made from the number, and foreign keys are the referenced row's own expression.

use std::collections::HashMap;

use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, Generated, ObjectId, References, Table};

use crate::body::PgBody;

const SQL: Dialect = Dialect::Postgres;
/// Places that the known values of a column share, by their frequency.
const SLOTS: usize = 200;
/// Foreign keys that are followed from one table to the next.
const DEPTH: usize = 6;

/// What the values are made from.
pub(super) struct Values<'a> {
    /// The target.
    pub(super) body: &'a PgBody,
    /// Rows that each table gets.
    pub(super) rows: &'a HashMap<ObjectId, u64>,
    /// Known values by table and column: each of the slots a text or null.
    pub(super) slots: HashMap<(ObjectId, String), Vec<Option<String>>>,
}

impl Values<'_> {
    /// The columns of a table that get a value, each with its expression over `g`.
    pub(super) fn of_table(&self, table: &Table) -> Vec<(String, String)> {
        let made =
            table.columns.iter().filter(|one| !matches!(one.generated, Some(Generated::Stored | Generated::Virtual)));
        made.filter_map(|column| Some((column.name.clone(), self.of(table, column, "g", 0)?))).collect()
    }

    /// The value in row `g` of a table; none leaves it to the server.
    fn of(&self, table: &Table, column: &Column, g: &str, depth: usize) -> Option<String> {
        if let Some(value) = self.foreign(table, column, g, depth) {
            return Some(value);
        }
        let cast = |value: String| format!("({value})::{}", column.data_type);
        if makes_unique(table, column) {
            return Self::unique(column, g).map(cast);
        }
        if let Some(slots) = self.slots.get(&(table.id, column.name.clone())) {
            let at = spread(g, column.number, slots.len() as u64);
            return Some(cast(format!("({}::text[])[1 + {at}]", array(slots))));
        }
        if column.default.is_some() || column.generated.is_some() {
            return None;
        }
        let value = self.plain(column, g);
        if value.is_none() && !column.not_null { Some("NULL".to_owned()) } else { value.map(cast) }
    }

    /// What a referenced row holds.
    fn foreign(&self, table: &Table, column: &Column, g: &str, depth: usize) -> Option<String> {
        let (key, references) = table.foreign_keys().find(|(key, _)| key.columns.contains(&column.name))?;
        let at = key.columns.iter().position(|name| *name == column.name)?;
        let parent = self.body.catalog.tables.iter().find(|one| Some(one.id) == references.id)?;
        if parent.id == table.id {
            let itself = || parent.column(references.columns.get(at)?).filter(|one| one.name != column.name);
            return if column.not_null { self.of(table, itself()?, g, depth + 1) } else { Some("NULL".to_owned()) };
        }
        let rows = self.rows.get(&parent.id).copied().filter(|rows| *rows > 0 && depth < DEPTH)?;
        let row = self.referenced(table, key, references, g, rows);
        self.of(parent, parent.column(references.columns.get(at)?)?, &row, depth + 1)
    }

    /// Which row of the parent row `g` refers to: any, or one after the other where the reference makes rows unique.
    fn referenced(&self, table: &Table, key: &Constraint, to: &References, g: &str, rows: u64) -> String {
        let unique = unique_sets(table).into_iter().find(|set| {
            key.columns.iter().any(|name| set.contains(&name.as_str()))
                && set.iter().all(|name| table.foreign_keys().any(|(key, _)| key.columns.iter().any(|c| c == name)))
        });
        let Some(set) = unique else {
            let seed = to.id.unwrap_or_default() % 1000;
            return format!("(1 + {})", spread(g, i32::try_from(seed).unwrap_or(7), rows));
        };
        // The keys of a link table are counted through like the digits of a number.
        let mut below: u64 = 1;
        for (other, references) in table.foreign_keys() {
            if other.name == key.name {
                break;
            }
            if other.columns.iter().any(|name| set.contains(&name.as_str())) {
                let rows = references.id.and_then(|id| self.rows.get(&id)).copied().unwrap_or(1);
                below = below.saturating_mul(rows.max(1));
            }
        }
        format!("(1 + (({g} - 1) / {below}) % {rows})")
    }

    /// A value that no other row has.
    fn unique(column: &Column, g: &str) -> Option<String> {
        Some(match column.base_type.as_str() {
            "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => g.to_owned(),
            "text" | "varchar" | "bpchar" | "name" => format!("to_hex({g}::bigint)"),
            "citext" => format!("'v' || {g}"),
            "uuid" => format!("md5(({g})::text)"),
            "bytea" => format!("decode(md5(({g})::text), 'hex')"),
            "timestamp" | "timestamptz" => format!("timestamp '2000-01-01' + {g} * interval '1 second'"),
            "date" => format!("date '0001-01-01' + ({g})::int"),
            "inet" => format!("inet '10.0.0.0' + {g}"),
            _ => return None,
        })
    }

    /// A value of the type, when nothing is known.
    fn plain(&self, column: &Column, g: &str) -> Option<String> {
        let is_enum = |one: &dbwright_sql::model::UserType| {
            one.kind == "enum" && (column.base_type == one.name || column.data_type.ends_with(&one.name))
        };
        if column.data_type.ends_with("[]") {
            return Some("'{}'".to_owned());
        }
        Some(match column.base_type.as_str() {
            "int2" | "int4" | "int8" | "float4" | "float8" => spread(g, column.number, 10_000),
            "numeric" => spread(g, column.number, 10),
            "bool" => format!("{} = 0", spread(g, column.number, 2)),
            "json" | "jsonb" => "'{}'".to_owned(),
            "time" | "timetz" => "'12:00'".to_owned(),
            "interval" => "'1 day'".to_owned(),
            "text" | "varchar" | "bpchar" | "citext" | "name" => {
                format!("to_hex({})", spread(g, column.number, 10_000))
            }
            "tsvector" | "bit" | "varbit" => "''".to_owned(),
            "point" => "'(0,0)'".to_owned(),
            base if base.ends_with("range") => "'empty'".to_owned(),
            _ if self.body.catalog.types.iter().any(is_enum) => format!("enum_first(NULL::{})", column.data_type),
            _ => return Self::unique(column, g),
        })
    }
}

/// A number from 0 to below `n` that differs from row to row and from column to column.
fn spread(g: &str, seed: i32, n: u64) -> String {
    format!("((hashint8(({g})::bigint * 31 + {seed}) & 2147483647) % {})", n.clamp(1, i32::MAX as u64))
}

/// The column sets that no two rows share.
fn unique_sets(table: &Table) -> Vec<Vec<&str>> {
    let unique = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
    unique.map(|index| index.leading_columns().collect()).collect()
}

/// Whether this is the one column of a unique set that makes rows unique: what the server makes itself, else a number, …
fn makes_unique(table: &Table, column: &Column) -> bool {
    let rank = |name: &&&str| {
        let Some(column) = table.column(name) else { return 9 };
        let foreign = table.foreign_keys().any(|(key, _)| key.columns.contains(&column.name));
        let made = column.generated.is_some() || column.default.as_ref().is_some_and(|one| one.contains("nextval("));
        match column.base_type.as_str() {
            _ if foreign => 8,
            _ if made => 0,
            "uuid" => 1,
            "int8" | "int4" | "numeric" => 2,
            "text" | "varchar" | "bytea" | "citext" => 3,
            "timestamp" | "timestamptz" => 4,
            _ => 6,
        }
    };
    unique_sets(table).iter().any(|set| {
        let best = set.iter().min_by_key(rank);
        best.is_some_and(|best| *best == column.name && rank(&best) < 8)
    })
}

/// The known values of a column: the common ones by their share, the others between them; from the statistics.
pub(super) fn slots(
    common: &[Option<String>],
    shares: &[f64],
    bounds: &[Option<String>],
    nulls: f64,
) -> Vec<Option<String>> {
    let places = |share: f64| dbwright_migrate::rehearse::whole((share * SLOTS as f64).round());
    let mut all: Vec<Option<String>> = Vec::new();
    all.resize(usize::try_from(places(nulls)).unwrap_or(0).min(SLOTS), None);
    for (value, share) in common.iter().zip(shares) {
        let count = usize::try_from(places(*share).max(1)).unwrap_or(1);
        all.extend(std::iter::repeat_n(value.clone(), count));
    }
    let left = SLOTS.saturating_sub(all.len());
    if left > 0 && !bounds.is_empty() {
        let step = (bounds.len() as f64 / left as f64).max(1.0);
        let at =
            |i: usize| bounds.get(usize::try_from(dbwright_migrate::rehearse::whole(i as f64 * step)).ok()?).cloned();
        all.extend((0..left).map_while(at));
    }
    all
}

/// Texts as an array literal.
fn array(values: &[Option<String>]) -> String {
    let item = |value: &Option<String>| match value {
        None => "NULL".to_owned(),
        Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    SQL.literal(&format!("{{{}}}", values.iter().map(item).collect::<Vec<_>>().join(",")))
}

//! What a made-up row holds: expressions over the row's number `g`, from the keys, types, checks and statistics of the target.
//!
//! Columns that make rows unique are made from the number, and foreign keys are the referenced row's own expression. The
//! server keeps no values of columns that could be read; how many different ones there are it knows of indexes.

use std::collections::HashMap;

use dbwright_migrate::rehearse::whole;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, ConstraintKind, ObjectId, References, Table};

use super::stored;
use crate::body::Body;

const SQL: Dialect = Dialect::Mysql;
/// Foreign keys that are followed from one table to the next.
const DEPTH: usize = 6;
/// Different values of a column that nothing is known of.
const DIFFERENT: u64 = 10_000;
/// Characters of a made-up text, at most.
const LONG: u64 = 2_000;

/// What the values are made from.
pub(super) struct Values<'a> {
    /// The target.
    pub(super) body: &'a Body,
    /// Rows that each table gets.
    pub(super) rows: &'a HashMap<ObjectId, u64>,
}

impl Values<'_> {
    /// The columns of a table that get a value, each with its expression.
    pub(super) fn of_table(&self, table: &Table) -> Vec<(String, String)> {
        stored(table).filter_map(|column| Some((column.name.clone(), self.of(table, column, "g", 0)?))).collect()
    }

    /// The value in row `g` of a table; none leaves it to the server.
    fn of(&self, table: &Table, column: &Column, g: &str, depth: usize) -> Option<String> {
        if let Some(value) = self.foreign(table, column, g, depth) {
            return Some(value);
        }
        if makes_unique(table, column) {
            return self.unique(table, column, g);
        }
        if let Some(value) = checked(table, column, g) {
            return Some(value);
        }
        if column.default.is_some()
            && column.default.as_deref() != Some("NULL")
            && self.different(table, column).is_none()
        {
            return None;
        }
        self.plain(table, column, g).or_else(|| (!column.not_null).then(|| "NULL".to_owned()))
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
            return format!("(1 + {})", spread(g, to.id.unwrap_or_default() % 1000, rows));
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
        format!("(1 + (({g} - 1) DIV {below}) % {rows})")
    }

    /// A value that no other row has.
    fn unique(&self, table: &Table, column: &Column, g: &str) -> Option<String> {
        Some(match kind(column) {
            Kind::Whole(_) | Kind::Decimal(_) | Kind::Float => g.to_owned(),
            Kind::Text => self.text(table, column, &format!("LPAD(CONV({g}, 10, 36), 6, '0')")),
            Kind::Bytes => {
                format!("LEFT(UNHEX(CONCAT(LPAD(HEX({g}), 8, '0'), SHA2({g}, 256))), {})", column_length(column))
            }
            Kind::Uuid => uuid(g),
            Kind::Moment => format!("TIMESTAMPADD(SECOND, {g}, '2000-01-01')"),
            Kind::Day => format!("DATE_ADD('1000-01-01', INTERVAL {g} DAY)"),
            Kind::Time => format!("SEC_TO_TIME({g} % 3020399)"),
            Kind::Address => format!("INET_NTOA(167772160 + {g})"),
            _ => return None,
        })
    }

    /// A value of the type.
    fn plain(&self, table: &Table, column: &Column, g: &str) -> Option<String> {
        let seed = u64::try_from(column.number).unwrap_or(0);
        let different = self.different(table, column).unwrap_or(DIFFERENT);
        let any = |n: u64| spread(g, seed, n.min(different));
        Some(match kind(column) {
            Kind::Whole(most) | Kind::Decimal(most) => any(most),
            Kind::Float => any(DIFFERENT),
            Kind::Bits => any(2),
            Kind::Year => format!("2000 + {}", any(30)),
            Kind::Labels(labels) => {
                let list: Vec<String> = labels.iter().map(|label| SQL.literal(label)).collect();
                format!("ELT(1 + {}, {})", any(labels.len() as u64), list.join(", "))
            }
            Kind::Text => self.text(table, column, &format!("CONV({}, 10, 36)", any(u64::MAX))),
            Kind::Bytes => format!("LEFT(UNHEX(SHA2({}, 256)), {})", any(u64::MAX), column_length(column)),
            Kind::Uuid => uuid(&any(u64::MAX)),
            Kind::Moment => format!("TIMESTAMPADD(MINUTE, {}, '2020-01-01')", any(2_000_000)),
            Kind::Day => format!("DATE_ADD('2000-01-01', INTERVAL {} DAY)", any(9_000)),
            Kind::Time => format!("SEC_TO_TIME({})", any(86_400)),
            Kind::Json => "'{}'".to_owned(),
            Kind::Address => format!("INET_NTOA(167772160 + {})", any(65_536)),
            Kind::Shape => "ST_GeomFromText('POINT(1 1)')".to_owned(),
            Kind::Other => return None,
        })
    }

    /// A text that begins with `start`, about as long as the target's are, as far as the length of its rows says.
    fn text(&self, table: &Table, column: &Column, start: &str) -> String {
        let facts = self.body.tables.get(&table.id);
        let room = facts.and_then(|facts| facts.columns.get(&column.name)?.characters).unwrap_or(LONG);
        let texts = table.columns.iter().filter(|one| matches!(kind(one), Kind::Text)).count() as u64;
        let row = facts.and_then(|facts| facts.row_bytes).unwrap_or(100);
        let length = (row / texts.max(1)).clamp(8, LONG).min(room);
        if length < 8 { format!("RIGHT({start}, {length})") } else { format!("RPAD({start}, {length}, ' made up')") }
    }

    /// How many different values it has, scaled to the rows that are made; known of the first column of an index.
    fn different(&self, table: &Table, column: &Column) -> Option<u64> {
        let first = |index: &&dbwright_sql::model::Index| index.leading_columns().next() == Some(column.name.as_str());
        let known = table.indexes.iter().filter(first).filter_map(|index| self.body.indexes.get(&index.id));
        let values = known.filter_map(|facts| facts.cardinality.first().copied().flatten()).max()?;
        let (there, here) = (table.rows.filter(|rows| *rows >= 1.0)?, *self.rows.get(&table.id)?);
        let values = values as f64;
        // What nearly every row has its own of grows with them; a few values stay a few.
        let scaled = if values > there / 10.0 { values / there * here as f64 } else { values };
        Some(whole(scaled).max(1))
    }
}

/// What a type is filled with.
enum Kind {
    /// Whole numbers below.
    Whole(u64),
    Decimal(u64),
    Float,
    Bits,
    Year,
    Labels(Vec<String>),
    Text,
    Bytes,
    Uuid,
    Moment,
    Day,
    Time,
    Json,
    Address,
    Shape,
    Other,
}

fn kind(column: &Column) -> Kind {
    let base = column.base_type.trim_end_matches(" unsigned");
    match base {
        "tinyint" => Kind::Whole(if column.data_type == "tinyint(1)" { 2 } else { 128 }),
        "smallint" => Kind::Whole(32_768),
        "mediumint" | "int" | "bigint" => Kind::Whole(8_000_000),
        "decimal" => Kind::Decimal(10_u64.saturating_pow(whole_digits(&column.data_type)).max(1)),
        "float" | "double" => Kind::Float,
        "bit" => Kind::Bits,
        "year" => Kind::Year,
        "enum" | "set" => Kind::Labels(labels(&column.data_type)),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Kind::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Kind::Bytes,
        "uuid" => Kind::Uuid,
        "datetime" | "timestamp" => Kind::Moment,
        "date" => Kind::Day,
        "time" => Kind::Time,
        "json" => Kind::Json,
        "inet4" => Kind::Address,
        "geometry" | "point" => Kind::Shape,
        _ => Kind::Other,
    }
}

/// Digits before the point of `decimal(10,2)`.
fn whole_digits(data_type: &str) -> u32 {
    let inner = data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("10", |(inner, _)| inner);
    let mut numbers = inner.split(',').map(|part| part.trim().parse::<u32>().unwrap_or(0));
    let (all, behind) = (numbers.next().unwrap_or(10), numbers.next().unwrap_or(0));
    all.saturating_sub(behind).min(6)
}

/// The labels of `enum('a','b')`.
fn labels(data_type: &str) -> Vec<String> {
    let inner = data_type.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
    quoted(inner)
}

/// The strings in a text, without their quotes.
fn quoted(text: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(open) = rest.find('\'') {
        let (mut label, mut chars) = (String::new(), rest[open + 1..].char_indices().peekable());
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => label.push('\''),
                '\'' => {
                    end = open + 1 + at + 1;
                    break;
                }
                c => label.push(c),
            }
        }
        found.push(label);
        rest = &rest[end..];
    }
    found
}

fn column_length(column: &Column) -> u64 {
    let inner = column.data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inner.and_then(|(inner, _)| inner.parse().ok()).unwrap_or(20).min(20)
}

fn uuid(g: &str) -> String {
    let hex = format!("SHA2({g}, 256)");
    format!("CONCAT_WS('-', LEFT({hex}, 8), MID({hex}, 9, 4), MID({hex}, 13, 4), MID({hex}, 17, 4), RIGHT({hex}, 12))")
}

/// A number from 0 to below `n` that differs from row to row and from column to column.
fn spread(g: &str, seed: u64, n: u64) -> String {
    format!("(CRC32(CONCAT({g}, ':{seed}')) % {})", n.clamp(1, u64::from(u32::MAX)))
}

/// A value that a CHECK on this column alone allows, as far as it is a list of values or one or two limits.
fn checked(table: &Table, column: &Column, g: &str) -> Option<String> {
    let name = SQL.ident(&column.name);
    let check = table.constraints.iter().filter(|one| one.kind == ConstraintKind::Check);
    let text = check.filter_map(|one| one.definition.as_ref()).find(|text| {
        let own = text.contains(&name);
        own && !table.columns.iter().any(|other| other.name != column.name && text.contains(&SQL.ident(&other.name)))
    })?;
    let seed = u64::try_from(column.number).unwrap_or(0);
    if text.to_ascii_lowercase().contains("json_valid") {
        return Some("'{}'".to_owned());
    }
    let text = text.replace("\\'", "'");
    let strings = quoted(&text);
    if !strings.is_empty() {
        let list: Vec<String> = strings.iter().map(|one| SQL.literal(one)).collect();
        return Some(format!("ELT(1 + {}, {})", spread(g, seed, strings.len() as u64), list.join(", ")));
    }
    let rest = text.replace(&name, " ");
    let numbers: Vec<i64> =
        rest.split(|c: char| !c.is_ascii_digit() && c != '-').filter_map(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [low, high] if low < high => Some(format!("{low} + {}", spread(g, seed, high.abs_diff(*low)))),
        [low] if rest.contains('>') => Some(format!("{low} + 1 + {}", spread(g, seed, 100))),
        [high] if rest.contains('<') && *high > 0 => Some(spread(g, seed, high.unsigned_abs())),
        _ => None,
    }
}

/// The column sets that no two rows share.
fn unique_sets(table: &Table) -> Vec<Vec<&str>> {
    table.indexes.iter().filter(|index| index.unique).map(|index| index.leading_columns().collect()).collect()
}

/// Whether this is the one column of a unique set that makes rows unique: what the server makes itself, else a number, …
fn makes_unique(table: &Table, column: &Column) -> bool {
    let rank = |name: &&&str| {
        let Some(column) = table.column(name) else { return 9 };
        let foreign = table.foreign_keys().any(|(key, _)| key.columns.contains(&column.name));
        match kind(column) {
            _ if foreign => 8,
            _ if column.generated.is_some() => 0,
            Kind::Whole(most) if most > 100_000 => 1,
            Kind::Uuid => 2,
            Kind::Text => 3,
            Kind::Bytes => 4,
            Kind::Moment => 5,
            Kind::Labels(_) | Kind::Bits | Kind::Json | Kind::Shape | Kind::Other | Kind::Year => 9,
            _ => 6,
        }
    };
    unique_sets(table).iter().any(|set| {
        let best = set.iter().min_by_key(rank);
        best.is_some_and(|best| *best == column.name && rank(&best) < 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_digits_are_read_from_types() {
        assert_eq!(labels("enum('glad','it''s','a,b')"), ["glad", "it's", "a,b"]);
        assert_eq!(whole_digits("decimal(10,2) unsigned"), 6);
        assert_eq!(whole_digits("decimal(4,2)"), 2);
    }
}

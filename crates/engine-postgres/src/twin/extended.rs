//! Extended statistics, put together from the text that the views show.
//!
//! Their types take no input. A superuser of the twin declares that bytes may stand for them, and the bytes are made here
//! as ANALYZE makes them.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::snapshot::Gap;
use dbwright_sql::Dialect;
use tokio_postgres::Client;

use super::datums::{Datums, Value};
use super::load::{self, Statement, lost};
use super::names::Column;
use super::{ByName, statistics, types};
use crate::body::{ExtendedData, PgBody};

const DISTINCT_MAGIC: u32 = 0xA352_BFA4;
const DEPENDENCIES_MAGIC: u32 = 0xB454_9A2C;
const VALUES_MAGIC: u32 = 0xE1A6_51C2;

/// A statistics object of the twin.
pub(super) struct Object {
    oid: u32,
    /// Types of its columns and expressions, in order.
    types: Vec<u32>,
    /// Its expressions with their types and collations.
    expressions: Vec<(String, Column)>,
}

/// The twin's statistics objects by name.
pub(super) type Objects = ByName<Object>;

const OBJECTS: &str = "\
SELECT e.oid, n.nspname::text, e.stxname::text, m.nspname::text, c.relname::text,
       ARRAY(SELECT a.atttypid FROM unnest(e.stxkeys::int2[]) WITH ORDINALITY k(number, place)
             JOIN pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = k.number ORDER BY k.place), %expressions%
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace
JOIN pg_class c ON c.oid = e.stxrelid JOIN pg_namespace m ON m.oid = c.relnamespace";

/// Looks the objects up in the twin.
pub(super) async fn objects(client: &Client, major: i32) -> Result<Objects, Failure> {
    let expressions =
        if major >= 14 { "coalesce(pg_get_statisticsobjdef_expressions(e.oid), '{}')" } else { "'{}'::text[]" };
    let rows = client.query(&OBJECTS.replace("%expressions%", expressions), &[]).await.map_err(|e| lost(&e))?;
    let mut objects = HashMap::new();
    for row in rows {
        let table = Dialect::Postgres.qualified(row.get(3), row.get(4));
        let texts: Vec<String> = row.get(6);
        let expressions = described(client, &table, texts).await?;
        let mut types: Vec<u32> = row.get(5);
        types.extend(expressions.iter().map(|(_, column)| column.type_oid));
        objects.insert((row.get(1), row.get(2)), Object { oid: row.get(0), types, expressions });
    }
    Ok(objects)
}

/// What expressions yield; the statement is only described, never run.
async fn described(client: &Client, table: &str, texts: Vec<String>) -> Result<Vec<(String, Column)>, Failure> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let list = texts.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(", ");
    let statement = client.prepare(&format!("SELECT {list} FROM ONLY {table}")).await.map_err(|e| lost(&e))?;
    let kinds: Vec<u32> = statement.columns().iter().map(|column| column.type_().oid()).collect();
    let sql = "SELECT t.oid, t.typcollation FROM pg_type t WHERE t.oid = ANY ($1::oid[])";
    let rows = client.query(sql, &[&kinds]).await.map_err(|e| lost(&e))?;
    let collations: HashMap<u32, u32> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let column =
        |kind: u32| Column { number: 0, type_oid: kind, collation: collations.get(&kind).copied().unwrap_or(0) };
    Ok(texts.into_iter().zip(kinds).map(|(text, kind)| (text, column(kind))).collect())
}

fn data(body: &PgBody) -> impl Iterator<Item = &ExtendedData> {
    body.blueprint.iter().flat_map(|blueprint| &blueprint.extended)
}

/// The values that are needed as bytes.
pub(super) fn values(body: &PgBody, objects: &Objects) -> Vec<Value> {
    let of = |data: &ExtendedData| {
        let object = objects.get(&(data.schema.clone(), data.name.clone()))?;
        let rows = data.values.iter().flat_map(|row| row.iter().zip(&object.types));
        Some(rows.filter_map(|(text, kind)| Some((*kind, text.clone()?))).collect::<Vec<_>>())
    };
    data(body).filter_map(of).flatten().collect()
}

/// Puts all of them into the twin's catalog.
pub(super) async fn import(
    client: &Client,
    body: &PgBody,
    objects: &Objects,
    datums: &Datums,
    gaps: &mut Vec<Gap>,
) -> Result<(), Failure> {
    if data(body).next().is_none() {
        return Ok(());
    }
    let kinds = objects.values().flat_map(|object| &object.expressions).map(|(_, column)| column.type_oid).collect();
    let operators = types::operators(client, &kinds).await?;
    let casts = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"]
        .map(|name| format!("CREATE CAST (bytea AS {name}) WITHOUT FUNCTION"));
    client.batch_execute(&casts.join("; ")).await.map_err(|e| lost(&e))?;
    let mut statements = Vec::new();
    for data in data(body) {
        let name = Dialect::Postgres.qualified(&data.schema, &data.name);
        let Some(object) = objects.get(&(data.schema.clone(), data.name.clone())) else { continue };
        let values = if data.values.is_empty() { Some(None) } else { most_common(data, object, datums).map(Some) };
        if values.is_none() {
            gaps.push(load::gap(
                &format!("the list of values of statistics {name}"),
                "a value has no plain form in a page",
            ));
        }
        let sql = insert(body.server.major(), data, object, values.flatten(), &operators);
        statements.push(Statement::new(format!("statistics {name}"), sql));
    }
    load::run(client, &statements, gaps, &dbwright_core::progress::Silent).await?;
    let casts = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"].map(|name| format!("DROP CAST (bytea AS {name})"));
    client.batch_execute(&casts.join("; ")).await.map_err(|e| lost(&e))
}

/// Rows of expressions are gathered in `pg_statistic` under no table, where their parts get their types.
fn insert(
    major: i32,
    data: &ExtendedData,
    object: &Object,
    values: Option<Vec<u8>>,
    operators: &types::Operators,
) -> String {
    let bytes = |bytes: Option<Vec<u8>>, kind: &str| {
        bytes.map_or_else(|| "NULL".to_owned(), |bytes| format!("'\\x{}'::bytea::{kind}", hex(&bytes)))
    };
    let distinct = bytes(data.n_distinct.as_deref().and_then(distinct), "pg_ndistinct");
    let dependencies = bytes(data.dependencies.as_deref().and_then(dependencies), "pg_dependencies");
    let values = bytes(values, "pg_mcv_list");
    let (oid, inherited) = (object.oid, data.inherited);
    let (key, and) = if major >= 15 {
        (format!("{oid}, {inherited}"), format!(" AND stxdinherit = {inherited}"))
    } else {
        (oid.to_string(), String::new())
    };
    let (rows, expressions) = if major >= 14 {
        let gathered = "(SELECT array_agg(s ORDER BY s.staattnum) FROM pg_statistic s WHERE s.starelid = 0)";
        (expression_rows(data, object, operators), format!(", {gathered}"))
    } else {
        (String::new(), String::new())
    };
    format!(
        "DELETE FROM pg_statistic WHERE starelid = 0; {rows}DELETE FROM pg_statistic_ext_data WHERE stxoid = {oid}{and}; \
         INSERT INTO pg_statistic_ext_data SELECT {key}, {distinct}, {dependencies}, {values}{expressions}; \
         DELETE FROM pg_statistic WHERE starelid = 0"
    )
}

fn expression_rows(data: &ExtendedData, object: &Object, operators: &types::Operators) -> String {
    let rows = (1..).zip(&object.expressions).filter_map(|(number, (text, column))| {
        let stats = data.expressions.iter().find(|stats| stats.column == *text)?;
        let stats = crate::body::ColumnStats { inherited: false, ..stats.clone() };
        let slots = statistics::slots(&stats, *column, operators);
        Some(format!("INSERT INTO pg_statistic VALUES {}; ", statistics::row(0, number, &stats, &slots)))
    });
    rows.collect()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn head(magic: u32, items: usize) -> Vec<u8> {
    let items = u32::try_from(items).unwrap_or(u32::MAX);
    [magic, 1, items].iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// `1, 2` or `1, 2 => 3`.
fn numbers(key: &str) -> Option<Vec<i16>> {
    key.replace("=>", ",").split(',').map(|number| number.trim().parse().ok()).collect()
}

type Figures = serde_json::Map<String, serde_json::Value>;

/// From `{"1, 2": 33178}`.
fn distinct(text: &str) -> Option<Vec<u8>> {
    let items: Figures = serde_json::from_str(text).ok()?;
    let mut bytes = head(DISTINCT_MAGIC, items.len());
    for (key, figure) in &items {
        let columns = numbers(key)?;
        bytes.extend(figure.as_f64()?.to_le_bytes());
        bytes.extend(u32::try_from(columns.len()).ok()?.to_le_bytes());
        bytes.extend(columns.iter().flat_map(|number| number.to_le_bytes()));
    }
    Some(bytes)
}

/// From `{"1 => 2": 1.000000}`.
fn dependencies(text: &str) -> Option<Vec<u8>> {
    let items: Figures = serde_json::from_str(text).ok()?;
    let mut bytes = head(DEPENDENCIES_MAGIC, items.len());
    for (key, figure) in &items {
        let columns = numbers(key)?;
        bytes.extend(figure.as_f64()?.to_le_bytes());
        bytes.extend(u16::try_from(columns.len()).ok()?.to_le_bytes());
        bytes.extend(columns.iter().flat_map(|number| number.to_le_bytes()));
    }
    Some(bytes)
}

/// The list of most common combinations: each column's values once, then the items with places in those lists.
fn most_common(data: &ExtendedData, object: &Object, datums: &Datums) -> Option<Vec<u8>> {
    let mut bytes = head(VALUES_MAGIC, data.values.len());
    bytes.extend(u16::try_from(object.types.len()).ok()?.to_le_bytes());
    bytes.extend(object.types.iter().flat_map(|kind| kind.to_le_bytes()));
    let mut lists = Vec::new();
    for (at, kind) in object.types.iter().enumerate() {
        let list = List::of(data.values.iter().filter_map(|row| row.get(at)?.as_deref()));
        bytes.extend(list.about(*kind, datums)?);
        lists.push((list, *kind));
    }
    for (list, kind) in &lists {
        bytes.extend(list.bytes(*kind, datums)?);
    }
    for ((row, frequency), base) in data.values.iter().zip(&data.frequencies).zip(&data.base_frequencies) {
        bytes.extend(row.iter().map(|value| u8::from(value.is_none())));
        bytes.extend(frequency.to_le_bytes());
        bytes.extend(base.to_le_bytes());
        for (value, (list, _)) in row.iter().zip(&lists) {
            let place = value.as_deref().and_then(|text| list.places.get(text).copied()).unwrap_or(0);
            bytes.extend(place.to_le_bytes());
        }
    }
    Some(bytes)
}

/// The values of one column, each once.
struct List<'a> {
    texts: Vec<&'a str>,
    places: HashMap<&'a str, u16>,
}

impl<'a> List<'a> {
    fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut list = Self { texts: Vec::new(), places: HashMap::new() };
        for text in texts {
            let next = u16::try_from(list.texts.len()).unwrap_or(u16::MAX);
            if !list.places.contains_key(text) {
                list.places.insert(text, next);
                list.texts.push(text);
            }
        }
        list
    }

    /// How many values, their bytes here and aligned, and the type's length and whether it is passed by value.
    fn about(&self, kind: u32, datums: &Datums) -> Option<Vec<u8>> {
        let (length, by_value) = datums.kind(kind)?;
        let align = |bytes: usize| bytes.next_multiple_of(8);
        let mut aligned = 0;
        for text in &self.texts {
            let body = datums.body(kind, text)?.len();
            aligned += match length {
                _ if by_value => 0,
                -1 => align(body + 4),
                _ => align(body),
            };
        }
        let words = [
            i32::try_from(self.texts.len()).ok()?,
            i32::try_from(self.bytes(kind, datums)?.len()).ok()?,
            i32::try_from(aligned).ok()?,
            i32::from(length),
        ];
        let mut about: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        about.extend([u8::from(by_value), 0, 0, 0]);
        Some(about)
    }

    fn bytes(&self, kind: u32, datums: &Datums) -> Option<Vec<u8>> {
        let (length, _) = datums.kind(kind)?;
        let mut bytes = Vec::new();
        for text in &self.texts {
            let body = datums.body(kind, text)?;
            if length < 0 {
                bytes.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
            }
            bytes.extend(body);
        }
        Some(bytes)
    }
}

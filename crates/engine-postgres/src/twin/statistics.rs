//! Statistics as the server keeps them, put back from what its views show.
//!
//! The views leave out which operator and which collation a statistic belongs to. ANALYZE takes them from the type's
//! default operator class, so they are taken from there again.

use std::collections::{BTreeSet, HashMap};

use dbwright_core::Failure;
use dbwright_core::snapshot::Gap;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Index, Table};
use tokio_postgres::Client;

use super::load::{self, Statement, lost};
use super::names::{Column, Names, Relation};
use super::types::{self, Operators};
use crate::body::{ColumnStats, PgBody};

/// Puts the figures of relations and all column statistics into the twin's catalog.
pub(super) async fn import(client: &Client, body: &PgBody, names: &Names, gaps: &mut Vec<Gap>) -> Result<(), Failure> {
    figures(client, body, names).await?;
    let columns = columns(client, body, names).await?;
    let wanted: BTreeSet<u32> = columns.iter().map(|found| found.column.type_oid).collect();
    let operators = types::operators(client, &wanted).await?;
    let inserts: Vec<Statement> = columns.iter().map(|found| found.insert(&operators)).collect();
    load::run(client, &inserts, gaps, &dbwright_core::progress::Silent).await
}

/// `relpages`, `reltuples` and `relallvisible` of everything.
async fn figures(client: &Client, body: &PgBody, names: &Names) -> Result<(), Failure> {
    let never = if body.server.major() >= 14 { -1.0 } else { 0.0 };
    let row = |id: u64, pages: i64, rows: Option<f64>, visible: i64| {
        let relation = names.get(id)?;
        Some(format!("({}::oid, {pages}, {:?}::float4, {visible})", relation.oid, rows.unwrap_or(never)))
    };
    let tables = body.tables.iter().filter_map(|(id, t)| row(*id, t.relpages, t.reltuples, t.relallvisible));
    let indexes = body.indexes.iter().filter_map(|(id, i)| row(*id, i.relpages, i.reltuples, 0));
    let foreign = body.blueprint.iter().flat_map(|blueprint| &blueprint.relations).filter_map(|(id, extra)| {
        let (pages, rows) = extra.foreign_figures?;
        row(*id, pages, Some(rows), 0)
    });
    let rows: Vec<String> = tables.chain(indexes).chain(foreign).collect();
    for chunk in rows.chunks(1_000) {
        let sql = format!(
            "UPDATE pg_class c SET relpages = v.pages, reltuples = v.rows, relallvisible = v.visible, \
             relispopulated = true FROM (VALUES {}) v(oid, pages, rows, visible) WHERE c.oid = v.oid",
            chunk.join(", ")
        );
        client.batch_execute(&sql).await.map_err(|e| lost(&e))?;
    }
    let invalid: Vec<String> = body
        .catalog
        .tables
        .iter()
        .flat_map(|table| &table.indexes)
        .filter(|index| !index.valid)
        .filter_map(|index| Some(names.get(index.id)?.oid.to_string()))
        .collect();
    if !invalid.is_empty() {
        let sql = format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ({})", invalid.join(", "));
        client.batch_execute(&sql).await.map_err(|e| lost(&e))?;
    }
    Ok(())
}

/// A statistic and the twin's column that it belongs to.
struct Found<'a> {
    object: String,
    relation: u32,
    column: Column,
    stats: &'a ColumnStats,
}

async fn columns<'a>(client: &Client, body: &'a PgBody, names: &Names) -> Result<Vec<Found<'a>>, Failure> {
    let mut found = Vec::new();
    for table in &body.catalog.tables {
        let statistics = |id: u64| body.columns.get(&id).map(Vec::as_slice).unwrap_or_default();
        if let Some(relation) = names.get(table.id) {
            found.extend(of_relation(table, &table.name, relation, statistics(table.id)));
        }
        for index in table.indexes.iter().filter(|index| !statistics(index.id).is_empty()) {
            let Some(relation) = names.get(index.id) else { continue };
            let types = expression_types(client, table, index).await?;
            for mut expression in of_relation(table, &index.name, relation, statistics(index.id)) {
                if let Some(type_oid) = types.get(&expression.column.number) {
                    expression.column.type_oid = *type_oid;
                }
                found.push(expression);
            }
        }
    }
    Ok(found)
}

fn of_relation<'a>(table: &Table, name: &str, relation: &Relation, all: &'a [ColumnStats]) -> Vec<Found<'a>> {
    let one = |stats: &'a ColumnStats| {
        let column = *relation.columns.get(&stats.column)?;
        let object = format!("statistics of {}.{}", Dialect::Postgres.qualified(&table.schema, name), stats.column);
        Some(Found { object, relation: relation.oid, column, stats })
    };
    all.iter().filter_map(one).collect()
}

/// What the expressions of an index yield. The index's own column may have another type: that which its operator class stores.
async fn expression_types(client: &Client, table: &Table, index: &Index) -> Result<HashMap<i16, u32>, Failure> {
    let expressions: Vec<(i16, &str)> =
        (1..).zip(&index.keys).filter_map(|(number, key)| Some((number, key.expression.as_deref()?))).collect();
    if expressions.is_empty() {
        return Ok(HashMap::new());
    }
    let list = expressions.iter().map(|(_, text)| format!("({text})")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {list} FROM ONLY {}", Dialect::Postgres.qualified(&table.schema, &table.name));
    // The statement is only described, never run. What can't be read keeps the index column's type.
    match client.prepare(&sql).await {
        Ok(statement) => {
            Ok(expressions.iter().zip(statement.columns()).map(|((number, _), c)| (*number, c.type_().oid())).collect())
        }
        Err(error) if error.is_closed() => Err(lost(&error)),
        Err(_) => Ok(HashMap::new()),
    }
}

/// One of the five places of a row.
#[derive(Default)]
pub(super) struct Slot {
    kind: i16,
    operator: u32,
    collation: u32,
    numbers: Option<String>,
    values: Option<String>,
}

/// Places of a row.
const SLOTS: usize = 5;
/// Operator `<` of `float8`, which lengths of ranges are sorted by.
const FLOAT8_LESS: u32 = 672;
const FLOAT8: u32 = 701;

impl Found<'_> {
    fn insert(&self, operators: &Operators) -> Statement {
        let values = row(self.relation, self.column.number, self.stats, &slots(self.stats, self.column, operators));
        Statement::new(&self.object, format!("INSERT INTO pg_statistic VALUES {values}"))
    }
}

/// A row of `pg_statistic`, in the order of its columns.
pub(super) fn row(relation: u32, number: i16, stats: &ColumnStats, slots: &[Slot]) -> String {
    let empty = Slot::default();
    let all: Vec<&Slot> = slots.iter().chain(std::iter::repeat(&empty)).take(SLOTS).collect();
    let each = |part: &dyn Fn(&Slot) -> String| all.iter().map(|slot| part(slot)).collect::<Vec<_>>().join(", ");
    let null = || "NULL".to_owned();
    format!(
        "({relation}, {number}, {}, {:?}, {}, {:?}, {}, {}, {}, {}, {})",
        stats.inherited,
        stats.null_frac,
        stats.avg_width,
        stats.n_distinct,
        each(&|slot| slot.kind.to_string()),
        each(&|slot| slot.operator.to_string()),
        each(&|slot| slot.collation.to_string()),
        each(&|slot| slot.numbers.clone().unwrap_or_else(null)),
        each(&|slot| slot.values.clone().unwrap_or_else(null)),
    )
}

/// The statistics of a column in the order in which ANALYZE stores them.
pub(super) fn slots(stats: &ColumnStats, column: Column, operators: &Operators) -> Vec<Slot> {
    let own = operators.of(column.type_oid);
    let collation = column.collation;
    let mut slots = Vec::new();
    if let (Some(values), false) = (&stats.most_common_vals, stats.most_common_freqs.is_empty()) {
        let numbers = Some(floats(&stats.most_common_freqs));
        let values = Some(array(values, column.type_oid));
        slots.push(Slot { kind: 1, operator: own.equal, collation, numbers, values });
    }
    if let Some(bounds) = &stats.histogram_bounds {
        let values = Some(array(bounds, column.type_oid));
        slots.push(Slot { kind: 2, operator: own.less, collation, numbers: None, values });
    }
    if let Some(correlation) = stats.correlation {
        slots.push(Slot {
            kind: 3,
            operator: own.less,
            collation,
            numbers: Some(floats(&[correlation])),
            values: None,
        });
    }
    let collation = own.element_collation.unwrap_or(collation);
    if let (Some(values), false) = (&stats.most_common_elems, stats.most_common_elem_freqs.is_empty()) {
        let numbers = Some(floats(&stats.most_common_elem_freqs));
        let values = Some(array(values, own.element));
        slots.push(Slot { kind: 4, operator: own.element_equal, collation, numbers, values });
    }
    if !stats.elem_count_histogram.is_empty() {
        let numbers = Some(floats(&stats.elem_count_histogram));
        slots.push(Slot { kind: 5, operator: own.element_equal, collation, numbers, values: None });
    }
    slots.extend(of_ranges(stats, own.range));
    slots
}

fn of_ranges(stats: &ColumnStats, range: u32) -> Vec<Slot> {
    let mut slots = Vec::new();
    if let Some(bounds) = &stats.range_bounds {
        slots.push(Slot { kind: 7, values: Some(array(bounds, range)), ..Slot::default() });
    }
    if let Some(lengths) = &stats.range_lengths {
        let numbers = Some(floats(&[stats.range_empty.unwrap_or(0.0)]));
        let values = Some(array(lengths, FLOAT8));
        slots.push(Slot { kind: 6, operator: FLOAT8_LESS, collation: 0, numbers, values });
    }
    slots
}

/// The numbers were four bytes long on the target, so they are the same again.
fn floats(numbers: &[f64]) -> String {
    let list = numbers.iter().map(|number| format!("{number:?}")).collect::<Vec<_>>().join(",");
    format!("'{{{list}}}'::float4[]")
}

/// The type is an argument, because the column takes arrays of any type.
fn array(text: &str, element: u32) -> String {
    format!("array_in({}, {element}, -1)", Dialect::Postgres.literal(text))
}

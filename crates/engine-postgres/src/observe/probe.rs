//! What the planner knows of indexes and nobody may read: asked of the planner itself, by plain EXPLAIN.
//!
//! The planner charges fifty operators for each level of a b-tree before the first row. With every other price set to
//! nothing, the start-up cost of reading an index in its order tells the height. Where that worked, the index also
//! leads to the first and last value of its leading column in one step each, which is what the planner looks up when a
//! constant lies beyond the histogram.

use std::collections::{BTreeMap, HashSet};

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Index, IndexKey, ObjectId, Table, TableKind};
use tokio_postgres::error::SqlState;

use super::session::Session;
use crate::body::{ColumnEnds, IndexStats, Metapage, area};
use crate::explain::Plan;

/// Questions in one message.
const BATCH: usize = 200;
/// Operators that one level costs.
const LEVEL: f64 = 50.0;
/// No tree is higher.
const HIGHEST: u32 = 32;
/// Pages up to which a b-tree has no level above its leaf: the first page, and the leaf.
const FLAT: i64 = 2;

const READABLE: &str = "\
SELECT /* dbwright */ c.oid::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  AND NOT row_security_active(c.oid) AND c.oid NOT IN (SELECT l.relation FROM pg_locks l WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL)
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

/// Nothing costs anything but an operator, and every other way is barred.
const PRICES: [(&str, &str); 12] = [
    ("cpu_operator_cost", "1"),
    ("cpu_tuple_cost", "0"),
    ("cpu_index_tuple_cost", "0"),
    ("seq_page_cost", "0"),
    ("random_page_cost", "0"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_indexscan", "on"),
    ("enable_indexonlyscan", "on"),
    ("enable_sort", "off"),
    ("enable_incremental_sort", "off"),
    ("statement_timeout", "5000"),
];

/// An index to ask about.
struct Question<'a> {
    table: &'a Table,
    index: &'a Index,
    sql: String,
}

/// What was found out.
#[derive(Default)]
pub(super) struct Found {
    /// Heights of b-trees.
    pub(super) heights: BTreeMap<ObjectId, Metapage>,
    /// First and last values of their leading columns.
    pub(super) ends: Vec<ColumnEnds>,
}

/// Asks about every b-tree that the role may use.
pub(super) async fn read(
    session: &mut Session,
    tables: &[Table],
    stats: &BTreeMap<ObjectId, IndexStats>,
) -> Result<Found, Failure> {
    let readable: HashSet<u64> = session
        .read("blueprint", READABLE, &[], |row| {
            let id = row.count()?;
            Ok(id)
        })
        .await?
        .into_iter()
        .collect();
    let mut found = Found::default();
    let mut questions = Vec::new();
    let kinds = [TableKind::Table, TableKind::MaterializedView];
    for table in tables.iter().filter(|t| kinds.contains(&t.kind) && !t.internal && readable.contains(&t.id)) {
        for index in table.indexes.iter().filter(|index| index.method == "btree" && index.valid) {
            let rows = stats.get(&index.id).filter(|stats| stats.bytes > 0);
            if rows.is_some() {
                questions.push(Question { table, index, sql: question(table, index) });
            }
        }
    }
    let mut served = Vec::new();
    for batch in questions.chunks(BATCH) {
        for (question, plan) in batch.iter().zip(plans(session, batch).await?) {
            let Some(node) = plan.as_ref().and_then(|plan| plan.walk().find(|node| node.index.is_some())) else {
                continue;
            };
            if node.index.as_ref() == Some(&question.index.name) {
                found.heights.insert(question.index.id, height(node, question, stats));
                served.push(question);
            }
        }
    }
    found.ends = ends(session, &served).await?;
    // The prices end here: the savepoint was set before them.
    session.forget().await?;
    Ok(found)
}

fn height(node: &Plan, question: &Question<'_>, stats: &BTreeMap<ObjectId, IndexStats>) -> Metapage {
    let flat =
        stats.get(&question.index.id).is_some_and(|stats| stats.bytes <= u64::try_from(FLAT).unwrap_or(2) * 8192);
    // What is left of the last level's price is the search within a page.
    let height = (1..=HIGHEST).take_while(|height| !flat && node.startup_cost >= LEVEL * f64::from(height + 1)).count();
    let height = u32::try_from(height).unwrap_or(0);
    Metapage::Btree { height }
}

fn question(table: &Table, index: &Index) -> String {
    let order: Vec<String> = index
        .keys
        .iter()
        .map(|key| {
            let what = key.column.as_ref().map_or_else(
                || format!("({})", key.expression.as_deref().unwrap_or("NULL")),
                |column| Dialect::Postgres.ident(column),
            );
            let collation = if key.collation.is_empty() || key.collation.ends_with("\"default\"") {
                String::new()
            } else {
                format!(" COLLATE {}", key.collation)
            };
            let direction = if key.descending { " DESC" } else { "" };
            let nulls = if key.nulls_first { " NULLS FIRST" } else { " NULLS LAST" };
            format!("{what}{collation}{direction}{nulls}")
        })
        .collect();
    let filter = index.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}")).unwrap_or_default();
    let from = Dialect::Postgres.qualified(&table.schema, &table.name);
    format!(
        "EXPLAIN /* dbwright */ (FORMAT JSON) SELECT FROM ONLY {from}{filter} ORDER BY {} LIMIT 1",
        order.join(", ")
    )
}

/// The plans of a batch; none where one could not be made.
async fn plans(session: &mut Session, batch: &[Question<'_>]) -> Result<Vec<Option<Plan>>, Failure> {
    session.set_all(&PRICES).await?;
    let texts = batch.iter().map(|question| question.sql.as_str()).collect::<Vec<_>>().join(";\n");
    match session.messages(&texts).await? {
        Ok(rows) => return Ok(rows.iter().map(|json| Plan::parse(json).ok()).collect()),
        Err(error)
            if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
                || error.code() == Some(&SqlState::QUERY_CANCELED) =>
        {
            session.gap(area::METAPAGES, crate::error::text(&error), super::session::remedy(&error));
            return Ok(batch.iter().map(|_| None).collect());
        }
        Err(_) => {}
    }
    // One can't be asked so, an operator class without an order for example: the others are asked each on its own.
    let mut plans = Vec::new();
    for question in batch {
        session.set_all(&PRICES).await?;
        let answer = session.messages(&question.sql).await?;
        plans.push(answer.ok().and_then(|rows| Plan::parse(rows.first()?).ok()));
    }
    Ok(plans)
}

/// Whether an index is in the order of the type itself.
fn in_order(key: &IndexKey) -> bool {
    !key.opclass.contains("pattern_ops") && (key.collation.is_empty() || key.collation.ends_with("\"default\""))
}

/// Columns in one query.
const COLUMNS: usize = 50;

/// First and last values, by the indexes that were seen to yield their order.
async fn ends(session: &mut Session, served: &[&Question<'_>]) -> Result<Vec<ColumnEnds>, Failure> {
    let mut seen = HashSet::new();
    let wanted: Vec<(ObjectId, &str, String)> = served.iter().filter(|question| question.index.predicate.is_none())
        .filter_map(|question| Some((question.table, question.index.keys.first().filter(|key| in_order(key))?.column.as_deref()?)))
        .filter(|(table, column)| seen.insert((table.id, (*column).to_owned())))
        .map(|(table, column)| {
            let (from, name) = (Dialect::Postgres.qualified(&table.schema, &table.name), Dialect::Postgres.ident(column));
            let end = |order: &str| format!("(SELECT {name}::text FROM ONLY {from} WHERE {name} IS NOT NULL ORDER BY {from}.{name} {order} LIMIT 1)");
            (table.id, column, format!("SELECT {}, {}", end("ASC"), end("DESC")))
        }).collect();
    let mut found = Vec::new();
    session.set_all(&PRICES).await?;
    for batch in wanted.chunks(COLUMNS) {
        let sql = batch.iter().map(|(.., sql)| sql.as_str()).collect::<Vec<_>>().join("\nUNION ALL ");
        let sql = sql.replacen("SELECT", "SELECT /* dbwright */", 1);
        let decode = |row: &mut super::cells::Cells<'_>| Ok((row.opt_text()?, row.opt_text()?));
        match session.attempt(&sql, &[], decode).await? {
            Ok(rows) => found.extend(batch.iter().zip(rows).filter_map(|((table, column, _), (first, last))| {
                Some(ColumnEnds { table: *table, column: (*column).to_owned(), first: first?, last: last? })
            })),
            Err(error) => {
                session.gap(area::METAPAGES, crate::error::text(&error), super::session::remedy(&error));
                break;
            }
        }
    }
    Ok(found)
}

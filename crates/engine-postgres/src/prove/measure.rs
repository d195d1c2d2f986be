//! Measures the lookup of referencing rows in a lab, with and without the index, by turns.

use std::time::Instant;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use dbwright_sql::Dialect;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::lab::Lab;

/// Keys looked up in each run, spread evenly over the rows.
const KEYS: usize = 10;
/// Counted runs of each side.
const RUNS: usize = 7;

/// What was measured.
pub(super) struct Figures {
    /// Mean ms for one lookup without the index, a figure for each run.
    pub(super) without: Vec<f64>,
    /// The same with the index.
    pub(super) with: Vec<f64>,
    /// How many keys were looked up in each run.
    pub(super) keys: usize,
    /// Bytes of the index as built.
    pub(super) index_bytes: i64,
}

/// Builds the index on the copy and measures; none when no row has a key.
pub(super) async fn lookups(
    lab: &Lab,
    database: &str,
    table: &str,
    columns: &[String],
) -> Result<Option<Figures>, Failure> {
    let connection =
        crate::connect::open(&Address::parse(&lab.url(database))?, std::time::Duration::from_secs(10)).await?;
    let client = &connection.client;
    let columns: Vec<_> = columns.iter().map(|column| Dialect::Postgres.ident(column)).collect();
    let queries: Vec<_> = keys(client, table, &columns).await?.iter().map(|key| lookup(table, key)).collect();
    if queries.is_empty() {
        return Ok(None);
    }
    run(client, &format!("CREATE INDEX measured ON {table} ({})", columns.join(", "))).await?;
    run(client, &format!("VACUUM {table}")).await?;
    let index_bytes = number(client, "SELECT pg_relation_size('measured')").await?;
    let mut figures = Figures { without: Vec::new(), with: Vec::new(), keys: queries.len(), index_bytes };
    // The first turn of each side warms the cache and is thrown away.
    for turn in 0..=RUNS {
        show(client, false).await?;
        let (slow, seen) = pass(client, &queries).await?;
        show(client, true).await?;
        let (fast, same) = pass(client, &queries).await?;
        if seen != same {
            return Err(Failure::internal("lab.results", "the results with and without the index differ"));
        }
        if turn > 0 {
            figures.without.push(slow);
            figures.with.push(fast);
        }
    }
    Ok(Some(figures))
}

/// Conditions on evenly spread keys of the copy, as SQL text.
async fn keys(client: &Client, table: &str, columns: &[String]) -> Result<Vec<String>, Failure> {
    let condition: Vec<_> =
        columns.iter().map(|c| format!("'{} = ' || quote_literal({c}::text)", c.replace('\'', "''"))).collect();
    let complete: Vec<_> = columns.iter().map(|c| format!("{c} IS NOT NULL")).collect();
    let sql = format!(
        "SELECT {condition} FROM (SELECT *, row_number() OVER () AS \"dbwright n\", count(*) OVER () AS \"dbwright all\" \
         FROM {table} WHERE {complete}) s WHERE \"dbwright n\" % greatest(\"dbwright all\" / {KEYS}, 1) = 0 LIMIT {KEYS}",
        condition = condition.join(" || ' AND ' || "),
        complete = complete.join(" AND "),
    );
    texts(client, &sql).await
}

fn lookup(table: &str, key: &str) -> String {
    format!("SELECT count(*), sum(hashtext(t::text)::bigint) FROM {table} t WHERE {key}")
}

/// Shows the index to the planner, or hides it. Only a lab's superuser may do that.
async fn show(client: &Client, visible: bool) -> Result<(), Failure> {
    run(client, &format!("UPDATE pg_index SET indisvalid = {visible} WHERE indexrelid = 'measured'::regclass")).await
}

/// Mean ms for one query, and what the queries returned.
async fn pass(client: &Client, queries: &[String]) -> Result<(f64, Vec<String>), Failure> {
    let mut results = Vec::with_capacity(queries.len());
    let started = Instant::now();
    for query in queries {
        results.extend(texts(client, query).await?);
    }
    Ok((started.elapsed().as_secs_f64() * 1000.0 / queries.len() as f64, results))
}

async fn run(client: &Client, sql: &str) -> Result<(), Failure> {
    client.batch_execute(sql).await.map_err(|e| failed(&e))
}

/// The rows of a query, columns joined.
async fn texts(client: &Client, sql: &str) -> Result<Vec<String>, Failure> {
    let messages = client.simple_query(sql).await.map_err(|e| failed(&e))?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).unwrap_or("")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    });
    Ok(rows.collect())
}

async fn number(client: &Client, sql: &str) -> Result<i64, Failure> {
    let texts = texts(client, sql).await?;
    Ok(texts.first().and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn failed(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("lab.statement", format!("the lab refuses a statement: {}", crate::error::text(error)))
}

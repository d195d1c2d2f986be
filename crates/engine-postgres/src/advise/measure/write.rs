//! How fast rows can be written with some indexes in place, and all other built ones really absent.
//!
//! Everything happens in a transaction that is rolled back. Triggers and the checks of foreign keys are off: they cost
//! the same with and without an index, and could do anything.

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::WriteRate;
use dbwright_core::Failure;
use dbwright_sql::Dialect;
use tokio_postgres::Client;

use super::clock::Clock;
use super::run::{BuiltIndex, words};

const SQL: Dialect = Dialect::Postgres;
/// Rows that are written in a round.
const ROWS: u32 = 5_000;
/// Rounds; the median counts.
const ROUNDS: usize = 5;

/// Rows per second.
pub(super) async fn rate(
    client: &Client,
    clock: &mut Clock,
    table: &ObjectName,
    built: &[Option<BuiltIndex>],
    with: &[usize],
) -> Result<WriteRate, Failure> {
    let failed = |reason: String| {
        Failure::internal("lab.writes", format!("rows of {} can't be written in the copy: {reason}", table.name))
    };
    let absent: Vec<&str> = built
        .iter()
        .enumerate()
        .filter(|(at, _)| !with.contains(at))
        .filter_map(|(_, one)| one.as_ref().filter(|one| one.table == *table).map(|one| one.name.as_str()))
        .collect();
    let columns = Columns::read(client, table).await.map_err(failed)?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(round((client, &mut *clock), table, &columns, &absent).await.map_err(failed)?);
    }
    // What was rolled back still lies in the pages.
    let name = SQL.qualified(&table.schema, &table.name);
    client.batch_execute(&format!("VACUUM {name}")).await.map_err(words).map_err(failed)?;
    Ok(WriteRate { inserts: median(&rounds, |one| one.0), updates: median(&rounds, |one| one.1) })
}

fn median(rounds: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// The columns that can be written, quoted.
struct Columns {
    all: Vec<String>,
    /// Those outside of keys: what applications update.
    free: Vec<String>,
}

impl Columns {
    async fn read(client: &Client, table: &ObjectName) -> Result<Self, String> {
        let name = SQL.literal(&SQL.qualified(&table.schema, &table.name));
        let sql = format!(
            "SELECT a.attname::text, \
               EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey)) \
               OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey)) \
               OR EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = a.attrelid AND a.attnum = ANY (p.partattrs)) \
               OR a.attidentity = 'a' \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = {name}::regclass AND a.attnum > 0 AND NOT a.attisdropped \
               AND a.attgenerated = '' ORDER BY a.attnum"
        );
        let rows = client.query(&sql, &[]).await.map_err(words)?;
        let quoted = |at: &tokio_postgres::Row| SQL.ident(at.get(0));
        let free = rows.iter().filter(|row| !row.get::<_, bool>(1)).map(quoted).collect();
        Ok(Self { all: rows.iter().map(quoted).collect(), free })
    }
}

async fn round(
    (client, clock): (&Client, &mut Clock),
    table: &ObjectName,
    columns: &Columns,
    absent: &[&str],
) -> Result<(f64, f64), String> {
    client.batch_execute("BEGIN; SET LOCAL session_replication_role = replica").await.map_err(words)?;
    let done = inside((client, clock), table, columns, absent).await;
    client.batch_execute("ROLLBACK").await.map_err(words)?;
    done
}

/// Rows per second of inserts and of updates.
async fn inside(
    (client, clock): (&Client, &mut Clock),
    table: &ObjectName,
    columns: &Columns,
    absent: &[&str],
) -> Result<(f64, f64), String> {
    if !absent.is_empty() {
        batch(client, &format!("DROP INDEX {}", absent.join(", "))).await?;
    }
    let name = SQL.qualified(&table.schema, &table.name);
    let updates = updates((client, &mut *clock), &name, columns).await?;
    let inserts = inserts((client, clock), &name, columns).await?;
    Ok((inserts, updates))
}

/// Takes the last rows of the file out and puts them back: they are as new rows are, with keys that nobody else has.
async fn inserts((client, clock): (&Client, &mut Clock), name: &str, columns: &Columns) -> Result<f64, String> {
    let (own, all) = (SQL.literal(name), columns.all.join(", "));
    batch(
        client,
        &format!(
            "CREATE TEMP TABLE dbwright_last ON COMMIT DROP AS \
             SELECT t.tableoid AS dbwright_part, t.ctid AS dbwright_row, {all} FROM {name} t WHERE t.ctid >= \
               (SELECT format('(%s,0)', greatest(0, max(pg_relation_size(relid)) / 8192 - {ROWS}))::tid \
                FROM (SELECT {own}::regclass AS relid UNION SELECT relid FROM pg_partition_tree({own})) s) \
             ORDER BY t.ctid DESC LIMIT {ROWS}; ANALYZE dbwright_last; \
             DELETE FROM {name} t USING dbwright_last r WHERE t.tableoid = r.dbwright_part AND t.ctid = r.dbwright_row"
        ),
    )
    .await?;
    let insert = format!("INSERT INTO {name} ({all}) OVERRIDING SYSTEM VALUE SELECT {all} FROM dbwright_last");
    timed(client, clock, &insert).await
}

/// Gives rows from all over the table the values of another row in every column outside of keys: values such as the
/// column has, which really change.
async fn updates((client, clock): (&Client, &mut Clock), name: &str, columns: &Columns) -> Result<f64, String> {
    if columns.free.is_empty() {
        return Ok(0.0);
    }
    let free = columns.free.join(", ");
    let count = client.query_one(&format!("SELECT count(*) FROM {name}"), &[]).await.map_err(words)?;
    let share = (f64::from(ROWS) * 120.0 / (count.get::<_, i64>(0).max(1) as f64)).min(100.0);
    batch(
        client,
        &format!(
            "CREATE TEMP TABLE dbwright_some ON COMMIT DROP AS \
             SELECT row_number() OVER () AS dbwright_n, tableoid AS dbwright_part, ctid AS dbwright_row, {free} FROM \
               (SELECT tableoid, ctid, {free} FROM {name} TABLESAMPLE SYSTEM ({share}) REPEATABLE (1) LIMIT {ROWS}) s; \
             ANALYZE dbwright_some"
        ),
    )
    .await?;
    let set: Vec<String> = columns.free.iter().map(|column| format!("{column} = o.{column}")).collect();
    let update = format!(
        "UPDATE {name} t SET {} FROM dbwright_some r JOIN dbwright_some o \
         ON o.dbwright_n = r.dbwright_n % (SELECT count(*) FROM dbwright_some) + 1 \
         WHERE t.tableoid = r.dbwright_part AND t.ctid = r.dbwright_row",
        set.join(", ")
    );
    timed(client, clock, &update).await
}

async fn batch(client: &Client, sql: &str) -> Result<(), String> {
    client.batch_execute(sql).await.map_err(words)
}

async fn timed(client: &Client, clock: &mut Clock, sql: &str) -> Result<f64, String> {
    let started = clock.now();
    let rows = client.execute(sql, &[]).await.map_err(words)?;
    Ok(rows as f64 * 1000.0 / clock.since(started).max(1e-6))
}

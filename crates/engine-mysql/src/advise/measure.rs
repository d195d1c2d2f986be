//! The copy as a place to measure in: built indexes, timed runs in turns, and what writers manage.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Built, Digest, Measurer, Run, Shape, Timing, WriteRate};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_sql::Dialect;
use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Row, Value};
use tokio::sync::Mutex;

use super::copy::Copy;
use super::planner::{self, Asked};
use super::trials::Trials;
use super::{usage, whatif};
use crate::body::Body;
use crate::flavour::Flavour;
use crate::{connect, error};

const SQL: Dialect = Dialect::Mysql;
/// How long the copy may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);
/// Rows that are taken out and put back to see how fast a table is written.
const WRITTEN: u32 = 2_000;
/// How often that is done; the median counts.
const ROUNDS: usize = 5;
/// Code of a statement that was ended by its time limit: MySQL's, and MariaDB's.
const CUT: [u16; 2] = [3024, 1969];

/// The copy.
pub(super) struct Bench {
    body: Body,
    state: Mutex<State>,
    place: String,
}

struct State {
    copy: Copy,
    trials: Trials,
    /// The session that statements run in.
    conn: Conn,
}

impl Bench {
    pub(super) async fn new(copy: Copy, body: &Body) -> Result<Self, Failure> {
        let address = Address::parse(&copy.url(copy.home().unwrap_or_default()))?;
        let conn = connect::open(&address, PATIENCE).await?.conn;
        let place = copy.place();
        let state = State { copy, trials: Trials::new("dbwright_built_"), conn };
        Ok(Self { body: body.clone(), state: Mutex::new(state), place })
    }

    async fn build_all(
        &self,
        indexes: &[Index],
        progress: &dyn Progress,
    ) -> Result<Vec<Result<Built, String>>, Failure> {
        progress.stage("building indexes in a copy", Some(indexes.len() as u64));
        let state = &mut *self.state.lock().await;
        let mut done = Vec::with_capacity(indexes.len());
        for (at, index) in indexes.iter().enumerate() {
            progress.step(at as u64);
            let started = Instant::now();
            let State { copy, trials, .. } = &mut *state;
            let built = trials.define(copy, &self.body, std::slice::from_ref(index)).await?;
            let ms = started.elapsed().as_secs_f64() * 1000.0;
            done.push(match built.into_iter().next() {
                Some(Ok(at)) => {
                    let bytes = trials.bytes(copy, at).await;
                    Ok(Built { bytes, ms, scaled_bytes: whatif::scaled(bytes, copy.share(&index.table)) })
                }
                Some(Err(reason)) => Err(reason),
                None => Err("it was not built".to_owned()),
            });
        }
        Ok(done)
    }
}

impl State {
    async fn plan(&mut self, run: &Run) -> Result<Shape, String> {
        let hidden: BTreeSet<_> = run.without.iter().cloned().collect();
        let home = self.copy.home().map(str::to_owned);
        self.trials.show(&mut self.copy, &run.with, &hidden).await?;
        let asked = Asked::of(&mut self.copy, &run.sql, home.as_deref()).await?;
        let plan = planner::plan(&mut self.copy, &asked).await?;
        let uses = |at: &usize| {
            self.trials.name(*at).is_some_and(|(_, own)| plan.reads.iter().any(|(_, name)| planner::reads(name, own)))
        };
        let mut hasher = DefaultHasher::new();
        plan.shape.hash(&mut hasher);
        let used = run.with.iter().copied().filter(uses).collect();
        Ok(Shape { cost: plan.cost.unwrap_or(0.0), used, hash: hasher.finish() })
    }

    /// Runs a statement once; whatever it writes is undone.
    async fn once(&mut self, run: &Run, limit_ms: f64) -> Result<(f64, Option<Digest>, Vec<usize>), String> {
        let used = self.plan(run).await?.used;
        self.limit(limit_ms).await;
        let text = |e: &Error| error::text(e);
        self.conn.query_drop("START TRANSACTION").await.map_err(|e| text(&e))?;
        let started = Instant::now();
        let ran = digest(&mut self.conn, &run.sql).await;
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        self.conn.query_drop("ROLLBACK").await.map_err(|e| text(&e))?;
        match ran {
            Ok(found) => Ok((ms, Some(found), used)),
            Err(Error::Server(error)) if CUT.contains(&error.code) => Ok((ms, None, used)),
            Err(error) => Err(text(&error)),
        }
    }

    async fn limit(&mut self, ms: f64) {
        let sql = match self.copy.server.flavour {
            Flavour::MySql => format!("SET SESSION max_execution_time = {:.0}", ms.max(1.0).ceil()),
            Flavour::MariaDb => format!("SET SESSION max_statement_time = {:.3}", (ms / 1000.0).max(0.001)),
        };
        // Without it a run is only longer.
        let _ = self.conn.query_drop(sql).await;
    }

    /// Rows per second that are put back after they were taken out. Updates are not timed: InnoDB writes no row whose values
    /// stay, and others are not known here.
    async fn round(&mut self, table: &ObjectName, columns: &str, key: &[String]) -> Result<f64, Error> {
        let name = SQL.qualified(&table.schema, &table.name);
        let rows = format!("{}.dbwright_rows", SQL.ident(&table.schema));
        let conn = &mut self.conn;
        conn.query_drop(format!("DROP TEMPORARY TABLE IF EXISTS {rows}")).await?;
        conn.query_drop(format!(
            "CREATE TEMPORARY TABLE {rows} AS SELECT {columns} FROM {name} ORDER BY RAND() LIMIT {WRITTEN}"
        ))
        .await?;
        conn.query_drop("START TRANSACTION").await?;
        let done = async {
            let join: Vec<String> = key.iter().map(|one| format!("t.{one} = r.{one}")).collect();
            let join = join.join(" AND ");
            conn.query_drop(format!("DELETE t FROM {name} t JOIN {rows} r ON {join}")).await?;
            let gone = conn.affected_rows();
            let started = Instant::now();
            conn.query_drop(format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {rows}")).await?;
            Ok::<_, Error>(gone as f64 / started.elapsed().as_secs_f64().max(1e-9))
        }
        .await;
        conn.query_drop("ROLLBACK").await?;
        conn.query_drop(format!("DROP TEMPORARY TABLE IF EXISTS {rows}")).await?;
        done
    }

    async fn writes(&mut self, body: &Body, table: &ObjectName, with: &[usize]) -> Result<WriteRate, String> {
        self.trials.stand(&mut self.copy, table, with).await?;
        let known = usage::table(&body.catalog, table).ok_or("the table is not known")?;
        let key = known.primary_key().ok_or("it has no primary key to find rows by")?;
        let stored = known.columns.iter().filter(|column| {
            !matches!(
                column.generated,
                Some(dbwright_sql::model::Generated::Stored | dbwright_sql::model::Generated::Virtual)
            )
        });
        let ident = |name: &String| SQL.ident(name);
        let columns: Vec<String> = stored.map(|column| ident(&column.name)).collect();
        let key: Vec<String> = key.columns.iter().map(ident).collect();
        let set =
            "SET SESSION foreign_key_checks = 0, SESSION unique_checks = 1, SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'";
        self.conn.query_drop(set).await.map_err(|e| error::text(&e))?;
        self.limit(600_000.0).await;
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            rates.push(self.round(table, &columns.join(", "), &key).await.map_err(|e| error::text(&e))?);
        }
        self.conn
            .query_drop("SET SESSION sql_mode = @@GLOBAL.sql_mode, SESSION foreign_key_checks = 1")
            .await
            .map_err(|e| error::text(&e))?;
        rates.sort_by(f64::total_cmp);
        Ok(WriteRate { inserts: rates[rates.len() / 2], updates: 0.0 })
    }
}

/// Runs a statement and forgets its rows, whose order does not count.
async fn digest(conn: &mut Conn, sql: &str) -> Result<Digest, Error> {
    let mut found = Digest::default();
    let mut result = conn.query_iter(sql).await?;
    while let Some(row) = result.next().await? {
        let mut hasher = DefaultHasher::new();
        found.rounded += hash(row, &mut hasher);
        found.rows += 1;
        found.sum = found.sum.wrapping_add(hasher.finish());
    }
    found.rows = found.rows.max(result.affected_rows());
    drop(result);
    Ok(found)
}

/// Hashes a row; answers with the sum of its floating point numbers, which depend on the order of summing.
fn hash(row: Row, hasher: &mut DefaultHasher) -> f64 {
    let floats: Vec<bool> = row
        .columns_ref()
        .iter()
        .map(|column| matches!(column.column_type(), ColumnType::MYSQL_TYPE_FLOAT | ColumnType::MYSQL_TYPE_DOUBLE))
        .collect();
    let mut rounded = 0.0;
    for (at, value) in row.unwrap().into_iter().enumerate() {
        let text = match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(bytes),
            other => Some(other.as_sql(true).into_bytes()),
        };
        let float = floats.get(at) == Some(&true);
        let number =
            text.as_deref().filter(|_| float).and_then(|text| std::str::from_utf8(text).ok()?.parse::<f64>().ok());
        match number {
            Some(number) => rounded += number,
            None => text.hash(hasher),
        }
    }
    rounded
}

impl Measurer for Bench {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn build<'a>(
        &'a self,
        indexes: &'a [Index],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Built, String>>, Failure>> {
        Box::pin(self.build_all(indexes, progress))
    }

    fn plans<'a>(&'a self, runs: &'a [Run]) -> BoxFuture<'a, Result<Vec<Result<Shape, String>>, Failure>> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let mut found = Vec::with_capacity(runs.len());
            for run in runs {
                found.push(state.plan(run).await);
            }
            Ok(found)
        })
    }

    fn run<'a>(
        &'a self,
        runs: &'a [Run],
        repeat: u32,
        limit_ms: f64,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Timing, String>>, Failure>> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let mut all: Vec<Result<Timing, String>> = runs.iter().map(|_| Ok(Timing::default())).collect();
            for round in 0..=repeat {
                for (run, timing) in runs.iter().zip(&mut all) {
                    if progress.cancelled() {
                        return Ok(all);
                    }
                    again(state, run, timing, (round, limit_ms)).await;
                }
            }
            Ok(all)
        })
    }

    fn writes<'a>(
        &'a self,
        table: &'a ObjectName,
        with: &'a [usize],
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<WriteRate, Failure>> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let written = state.writes(&self.body, table, with).await;
            written.map_err(|reason| {
                Failure::internal("mysql.lab", format!("rows of {table} can't be written in the copy: {reason}"))
            })
        })
    }
}

/// One more run of an entry; the first round warms the caches and is not counted.
async fn again(state: &mut State, run: &Run, timing: &mut Result<Timing, String>, (round, limit_ms): (u32, f64)) {
    let Ok(so_far) = timing else { return };
    if so_far.cut {
        return;
    }
    match state.once(run, limit_ms).await {
        Ok((ms, result, used)) => {
            so_far.cut = result.is_none();
            so_far.used = used;
            so_far.result =
                if round == 0 || so_far.result.zip(result).is_some_and(|(a, b)| a.same(&b)) { result } else { None };
            if round > 0 || so_far.cut {
                so_far.ms.push(ms);
            } else {
                so_far.first = Some(ms);
            }
        }
        Err(reason) => *timing = Err(reason),
    }
}

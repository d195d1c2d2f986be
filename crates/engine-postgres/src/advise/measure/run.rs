//! Runs statements in the copy with some indexes hidden from the planner, and times them.
//!
//! An index is hidden inside a transaction that is rolled back: nothing that stops a run half-way leaves one hidden, and
//! a statement that writes is undone with it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::{Run, Shape, Timing};
use dbwright_sql::Dialect;
use futures_util::StreamExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::clock::Clock;
use super::digest::Digester;
use crate::explain::Plan;

/// An index that was built in the copy; on a partitioned table it has parts.
#[derive(Debug, Clone)]
pub(super) struct BuiltIndex {
    /// Its table.
    pub(super) table: ObjectName,
    /// Its qualified name, quoted.
    pub(super) name: String,
    /// Itself and its parts: oid and bare name.
    parts: Vec<(u32, String)>,
    /// Bytes of all of it.
    pub(super) bytes: u64,
}

impl BuiltIndex {
    /// Looks it up after it was made.
    pub(super) async fn find(client: &Client, qualified: &str, table: ObjectName) -> Result<Self, String> {
        let sql = format!(
            "SELECT c.oid, c.relname::text, pg_relation_size(c.oid) FROM pg_class c \
             WHERE c.oid IN (SELECT {name}::regclass UNION SELECT relid FROM pg_partition_tree({name}))",
            name = literal(qualified)
        );
        let rows = client.query(&sql, &[]).await.map_err(words)?;
        let bytes = rows.iter().map(|row| row.get::<_, i64>(2)).sum::<i64>();
        let parts = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(Self { table, name: qualified.to_owned(), parts, bytes: u64::try_from(bytes).unwrap_or(0) })
    }

    fn is_in(&self, plan: &Plan) -> bool {
        plan.walk().filter_map(|node| node.index.as_ref()).any(|used| self.parts.iter().any(|(_, name)| name == used))
    }
}

/// Name of a built index, by its position: nobody else uses it.
pub(super) fn built_name(at: usize) -> String {
    format!("dbwright_built_{at}")
}

/// What hides indexes from the planner: all built ones that a run does not show, and the existing ones that it hides.
fn hide(run: &Run, built: &[Option<BuiltIndex>]) -> String {
    let unseen = built.iter().enumerate().filter(|(at, _)| !run.with.contains(at)).filter_map(|(_, one)| one.as_ref());
    let oids: Vec<String> = unseen.flat_map(|one| one.parts.iter().map(|(oid, _)| oid.to_string())).collect();
    let mut conditions = Vec::new();
    if !oids.is_empty() {
        conditions.push(format!("indexrelid IN ({})", oids.join(", ")));
    }
    for (table, name) in &run.without {
        let name = literal(&Dialect::Postgres.qualified(&table.schema, name));
        conditions.push(format!(
            "indexrelid = {name}::regclass OR indexrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree({name}))"
        ));
    }
    if conditions.is_empty() {
        return String::new();
    }
    format!("UPDATE pg_catalog.pg_index SET indisvalid = false WHERE {}", conditions.join(" OR "))
}

fn literal(text: &str) -> String {
    Dialect::Postgres.literal(text)
}

/// Opens a transaction in which just the indexes of a run are seen.
async fn begin(client: &Client, run: &Run, built: &[Option<BuiltIndex>]) -> Result<(), Error> {
    client.batch_execute(&format!("BEGIN; {}", hide(run, built))).await
}

async fn end(client: &Client) -> Result<(), Error> {
    client.batch_execute("ROLLBACK").await
}

/// The plan of a run.
pub(super) async fn shape(client: &Client, run: &Run, built: &[Option<BuiltIndex>]) -> Result<Shape, String> {
    begin(client, run, built).await.map_err(words)?;
    let explained = explain(client, &run.sql, built).await;
    end(client).await.map_err(words)?;
    explained
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
pub(super) fn words(error: Error) -> String {
    crate::error::text(&error)
}

async fn explain(client: &Client, sql: &str, built: &[Option<BuiltIndex>]) -> Result<Shape, String> {
    let messages = client.simple_query(&format!("EXPLAIN (FORMAT JSON) {sql}")).await.map_err(words)?;
    let json: String = messages
        .iter()
        .filter_map(|message| if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None })
        .collect();
    let plan = Plan::parse(&json).map_err(|error| error.to_string())?;
    let mut hasher = DefaultHasher::new();
    plan.walk().for_each(|node| look(node, &mut hasher));
    let uses = |at: &usize| built[*at].as_ref().is_some_and(|one| one.is_in(&plan));
    Ok(Shape { cost: plan.total_cost, used: (0..built.len()).filter(uses).collect(), hash: hasher.finish() })
}

/// What of a node decides how it runs: everything but the figures.
fn look(node: &Plan, hasher: &mut DefaultHasher) {
    (&node.node_type, &node.parent_relationship, &node.relation, &node.alias, &node.index).hash(hasher);
    (&node.scan_direction, &node.join_type, &node.strategy, &node.filter, &node.index_cond, node.plans.len())
        .hash(hasher);
    (&node.hash_cond, &node.merge_cond, &node.join_filter, &node.sort_key, &node.presorted_key).hash(hasher);
    (&node.group_key, &node.workers).hash(hasher);
}

/// Where runs are timed.
pub(super) struct Stage<'a> {
    /// The session.
    pub(super) client: &'a Client,
    /// Indexes that were built, by position.
    pub(super) built: &'a [Option<BuiltIndex>],
    /// What times the session.
    pub(super) clock: &'a mut Clock,
}

impl Stage<'_> {
    /// Runs it once more. The first round warms the caches and is not counted.
    pub(super) async fn again(mut self, run: &Run, timing: &mut Result<Timing, String>, how: (u32, f64)) {
        let Ok(so_far) = timing else { return };
        if so_far.cut {
            return;
        }
        if let Err(error) = self.once(run, so_far, how).await {
            *timing = Err(error);
        }
    }

    async fn once(&mut self, run: &Run, timing: &mut Timing, how: (u32, f64)) -> Result<(), String> {
        begin(self.client, run, self.built).await.map_err(words)?;
        let ran = self.inside(run, timing, how).await;
        end(self.client).await.map_err(words)?;
        ran
    }

    async fn inside(&mut self, run: &Run, timing: &mut Timing, (round, limit_ms): (u32, f64)) -> Result<(), String> {
        let client = self.client;
        timing.used = explain(client, &run.sql, self.built).await?.used;
        let types = client
            .prepare(&run.sql)
            .await
            .map(|one| one.columns().iter().map(|column| column.type_().clone()).collect::<Vec<_>>());
        let mut digester = Digester::new(&types.unwrap_or_default());
        // A plan is made within the limit as well.
        let limit = self.clock.patience(limit_ms).clamp(1.0, 2e9).ceil();
        client.batch_execute(&format!("SET LOCAL statement_timeout = {limit}")).await.map_err(words)?;
        let started = self.clock.now();
        let drained = drain(client, &run.sql, &mut digester).await;
        let ms = self.clock.since(started);
        match drained {
            Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
                timing.cut = true;
                timing.result = None;
                timing.ms = vec![ms.max(limit_ms)];
                return Ok(());
            }
            other => other.map_err(words)?,
        }
        let digest = digester.end();
        if round == 0 {
            timing.first = Some(ms);
            timing.result = Some(digest);
        } else {
            timing.ms.push(ms);
            timing.result = timing.result.filter(|first| first.same(&digest));
        }
        Ok(())
    }
}

/// Fetches every row.
async fn drain(client: &Client, sql: &str, digester: &mut Digester) -> Result<(), Error> {
    let mut messages = pin!(client.simple_query_raw(sql).await?);
    while let Some(message) = messages.next().await {
        match message? {
            SimpleQueryMessage::Row(row) => digester.take(&row),
            SimpleQueryMessage::CommandComplete(rows) => digester.finished(rows),
            _ => {}
        }
    }
    Ok(())
}

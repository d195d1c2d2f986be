//! Plans of the twin beside those of the target: the same shape, the same estimates, the same costs.

use std::collections::BTreeSet;
use std::time::Instant;

use dbwright_advise::lab::{Compared, Outcome, PlanCheck, PlanLab, TOLERANCE};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_core::{BoxFuture, Failure, FailureKind, Snapshot};
use dbwright_sql::Dialect;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{Twin, TwinOptions};
use crate::Postgres;
use crate::body::PgBody;
use crate::explain::Plan;

impl PlanLab for Postgres {
    fn workload(&self, snapshot: &Snapshot) -> Option<Workload> {
        snapshot.body::<PgBody>().ok()?.workload.clone()
    }

    fn plan_check<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        workload: &'a Workload,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<PlanCheck, Failure>> {
        Box::pin(async move {
            let began = Instant::now();
            let wanted = TwinOptions { programs: options.programs.clone(), ..TwinOptions::default() };
            let twin = Twin::build(snapshot, Some(address), &wanted, progress).await?;
            let built_s = began.elapsed().as_secs_f64();
            let statements = compare(&twin, address, options, &workload.statements, progress).await?;
            let lab = format!("a planner twin of PostgreSQL {}", twin.version());
            Ok(PlanCheck { lab, built_s, gaps: twin.gaps().to_vec(), statements })
        })
    }
}

/// Plans each statement on the target, in a read-only transaction and without running it, and in the twin.
///
/// # Errors
/// When a connection breaks, or the user asked to stop.
pub async fn compare(
    twin: &Twin,
    address: &Address,
    options: &ObserveOptions,
    statements: &[Statement],
    progress: &dyn Progress,
) -> Result<Vec<Compared>, Failure> {
    let target = crate::connect::open(address, options.connect_timeout).await?;
    let own = twin.connect().await?;
    let begin = format!(
        "BEGIN /* dbwright */ READ ONLY; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; SAVEPOINT dbwright",
        options.lock_timeout.as_millis(),
        options.statement_timeout.as_millis()
    );
    target.client.batch_execute(&begin).await.map_err(|e| lost(&target.name, &e))?;
    own.client.batch_execute("BEGIN; SAVEPOINT dbwright").await.map_err(|e| lost("the twin", &e))?;
    let version = version(&own.client).await?;
    // A shape stands for its samples; without samples its text can be planned, with `$n` where parameters were.
    let texts: Vec<(&Statement, &String)> = statements
        .iter()
        .flat_map(|statement| {
            let own = std::iter::once(&statement.text).filter(|_| statement.samples.is_empty());
            own.chain(&statement.samples).map(move |text| (statement, text))
        })
        .collect();
    progress.stage("comparing plans", u64::try_from(texts.len()).ok());
    let mut compared = Vec::new();
    for (at, (statement, text)) in texts.into_iter().enumerate() {
        progress.step(at as u64);
        if progress.cancelled() {
            return Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while plans were compared"));
        }
        let sides = (plan(&target.client, text, version).await, plan(&own.client, text, version).await);
        let outcome = match sides {
            (Err(reason), _) => Outcome::NotOnTarget { reason },
            (Ok(target), _) if let Some(read) = catalog(&target) => {
                let reason = format!("it reads {read}, which each server fills by itself");
                Outcome::NotComparable { reason }
            }
            (Ok(_), Err(reason)) => Outcome::NotInLab { reason },
            (Ok(target), Ok(twin)) => judge(&target, &twin),
        };
        compared.push(Compared { fingerprint: statement.fingerprint.clone(), statement: text.clone(), outcome });
    }
    target.client.batch_execute("ROLLBACK /* dbwright */").await.map_err(|e| lost(&target.name, &e))?;
    Ok(compared)
}

fn lost(name: &str, error: &tokio_postgres::Error) -> Failure {
    Failure::unreachable("postgres.connection-lost", format!("{name}: {}", crate::error::text(error)))
}

async fn version(client: &Client) -> Result<i32, Failure> {
    let row = client.query_one("SELECT current_setting('server_version_num')::int4", &[]).await;
    Ok(row.map_err(|e| lost("the twin", &e))?.get(0))
}

/// The plan of one statement; one with `$n` is planned for any value.
async fn plan(client: &Client, sql: &str, version: i32) -> Result<Plan, String> {
    let sql = sql.trim().trim_end_matches(';');
    let planned = match parameters(sql) {
        0 => explain(client, &format!("EXPLAIN /* dbwright */ (VERBOSE, FORMAT JSON) {sql}")).await,
        _ if version >= 160_000 => {
            explain(client, &format!("EXPLAIN /* dbwright */ (GENERIC_PLAN, VERBOSE, FORMAT JSON) {sql}")).await
        }
        count => generic(client, sql, count).await,
    };
    let json = match planned {
        Ok(json) => json,
        Err(error) => {
            // The statement's error has ended the transaction; what was before it has not been lost.
            let _ = client.batch_execute("ROLLBACK /* dbwright */ TO SAVEPOINT dbwright").await;
            return Err(crate::error::text(&error));
        }
    };
    Plan::parse(&json).map_err(|e| e.to_string())
}

async fn explain(client: &Client, sql: &str) -> Result<String, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Before 16 there is no EXPLAIN of a generic plan, but a prepared statement can be made to have one.
async fn generic(client: &Client, sql: &str, count: usize) -> Result<String, tokio_postgres::Error> {
    client
        .batch_execute(&format!(
            "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE /* dbwright */ dbwright_plan AS {sql}"
        ))
        .await?;
    let nulls = vec!["NULL"; count].join(", ");
    let planned =
        explain(client, &format!("EXPLAIN /* dbwright */ (VERBOSE, FORMAT JSON) EXECUTE dbwright_plan({nulls})")).await;
    if planned.is_err() {
        let _ = client.batch_execute("ROLLBACK /* dbwright */ TO SAVEPOINT dbwright").await;
    }
    client.batch_execute("DEALLOCATE dbwright_plan").await?;
    planned
}

/// The highest `$n` of a statement.
fn parameters(sql: &str) -> usize {
    use dbwright_sql::lex::tokens;
    let number = |text: &str| text.strip_prefix('$').and_then(|digits| digits.parse().ok());
    tokens(sql, Dialect::Postgres).iter().filter_map(|token| number(token.text(sql))).max().unwrap_or(0)
}

/// A table of the system that a plan reads: what stands in it, and its statistics, are those of one server.
fn catalog(plan: &Plan) -> Option<String> {
    let own = |schema: &str| schema == "information_schema" || schema.starts_with("pg_");
    let mut read = plan.walk().filter_map(|node| node.schema.as_ref().zip(node.relation.as_ref()));
    read.find(|(schema, _)| own(schema)).map(|(schema, name)| Dialect::Postgres.qualified(schema, name))
}

fn judge(target: &Plan, twin: &Plan) -> Outcome {
    let (left, right): (Vec<&Plan>, Vec<&Plan>) = (target.walk().collect(), twin.walk().collect());
    let same_shape = left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| shape(a) == shape(b));
    let same_rows = same_shape && left.iter().zip(&right).all(|(a, b)| same(a.rows, b.rows));
    let differs =
        |(a, b): &(&&Plan, &&Plan)| shape(a) != shape(b) || !same(a.rows, b.rows) || !near(a.total_cost, b.total_cost);
    // Children come after their parents, and the cause lies below its effect.
    let first = left.iter().zip(&right).rfind(differs);
    let difference = first.map(|(a, b)| format!("{} | {}", described(a), described(b)));
    Outcome::Both {
        same_shape,
        same_rows,
        target_cost: target.total_cost,
        lab_cost: twin.total_cost,
        difference: difference.filter(|_| !(same_shape && same_rows && near(target.total_cost, twin.total_cost))),
    }
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs()
}

/// What makes two nodes the same: everything that is not a number.
fn shape(node: &Plan) -> impl PartialEq + '_ {
    let words = (&node.node_type, &node.relation, &node.alias, &node.index, &node.join_type, &node.parent_relationship);
    let conditions =
        (&node.index_cond, &node.hash_cond, &node.merge_cond, &node.join_filter, &node.filter, &node.recheck_cond);
    let keys: BTreeSet<&String> = node.sort_key.iter().chain(&node.group_key).collect();
    (words, conditions, &node.strategy, &node.scan_direction, node.workers, keys, node.plans.len())
}

fn described(node: &Plan) -> String {
    let on = node.relation.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let with = node.index.as_ref().map(|name| format!(" with {name}")).unwrap_or_default();
    format!("{}{on}{with} rows={} cost={}", node.node_type, node.rows, node.total_cost)
}

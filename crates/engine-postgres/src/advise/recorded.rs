//! The workload that a snapshot holds: what `pg_stat_statements` counted, made one entry for each statement.

use std::collections::HashMap;

use dbwright_core::Snapshot;
use dbwright_core::workload::{Statement, Workload};

use crate::body::PgBody;

/// A window below which counts may miss what runs once a day, in seconds.
const SHORT: f64 = 86_400.0;

/// The snapshot's workload, with what the reader should know of it.
pub(super) fn workload(snapshot: &Snapshot) -> Option<Workload> {
    let body: &PgBody = snapshot.body().ok()?;
    let workload = body.workload.clone()?;
    let mut notes = workload.notes;
    let counted = workload.source == "pg_stat_statements";
    if let Some(window) = workload.window_s.filter(|window| counted && *window < SHORT) {
        let hours = window / 3600.0;
        notes.push(format!("pg_stat_statements covers {hours:.1} hours: what runs more seldom may be missing"));
    }
    if let Some(dropped) = workload.dropped.filter(|dropped| *dropped > 0) {
        notes.push(format!(
            "pg_stat_statements made room {dropped} times by forgetting statements: raise pg_stat_statements.max"
        ));
    }
    let unread =
        body.statement_totals.map_or(0, |totals| totals.statements.saturating_sub(workload.statements.len() as u64));
    if unread > 0 && counted {
        notes.push(format!(
            "{unread} statements of pg_stat_statements were not read: those with the least time, or of other roles"
        ));
    }
    Some(Workload { statements: merged(workload.statements, body), notes, ..workload })
}

/// Statements that differ only in who ran them become one, unless a role has a schema of its own, where the same text may mean another table.
fn merged(statements: Vec<Statement>, body: &PgBody) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::with_capacity(statements.len());
    let mut places: HashMap<(String, String, bool, Option<String>), usize> = HashMap::new();
    for statement in statements {
        let own = |user: &String| body.schemas.iter().any(|schema| schema.name == *user);
        let apart = statement.user.clone().filter(own);
        let key = (statement.fingerprint.clone(), statement.text.clone(), statement.nested, apart);
        if let Some(&at) = places.get(&key) {
            add(&mut found[at], &statement);
        } else {
            places.insert(key, found.len());
            found.push(statement);
        }
    }
    found
}

/// Adds what one counter says to what another does.
fn add(to: &mut Statement, from: &Statement) {
    let sum = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b).or(a).or(b);
    let calls = to.calls + from.calls;
    let squares = |s: &Statement| {
        let (mean, deviation) = (s.mean_ms?, s.stddev_ms?);
        Some(s.calls * (deviation * deviation + mean * mean))
    };
    let total = sum(to.total_ms, from.total_ms);
    let mean = total.map(|total| total / calls.max(1.0));
    to.stddev_ms = match (squares(to), squares(from), mean) {
        (Some(a), Some(b), Some(mean)) => Some(((a + b) / calls.max(1.0) - mean * mean).max(0.0).sqrt()),
        _ => None,
    };
    to.max_ms = to.max_ms.into_iter().chain(from.max_ms).reduce(f64::max);
    (to.mean_ms, to.total_ms, to.calls) = (mean, total, calls);
    to.rows = sum(to.rows, from.rows);
    to.shared_blks_hit = sum(to.shared_blks_hit, from.shared_blks_hit);
    to.shared_blks_read = sum(to.shared_blks_read, from.shared_blks_read);
    if to.user != from.user {
        to.user = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::SchemaInfo;

    fn statement(user: &str, calls: f64, mean: f64) -> Statement {
        Statement {
            fingerprint: "1".to_owned(),
            text: "select * from t".to_owned(),
            calls,
            total_ms: Some(calls * mean),
            mean_ms: Some(mean),
            max_ms: Some(mean),
            stddev_ms: Some(0.0),
            user: Some(user.to_owned()),
            ..Statement::default()
        }
    }

    #[test]
    fn users_are_merged_unless_they_have_schemas() {
        let mut body = crate::sample::body();
        let two = || vec![statement("a", 3.0, 1.0), statement("b", 1.0, 5.0)];
        let [one] = <[Statement; 1]>::try_from(merged(two(), &body)).expect("one");
        assert_eq!(
            (one.calls, one.total_ms, one.mean_ms, one.max_ms, one.user),
            (4.0, Some(8.0), Some(2.0), Some(5.0), None)
        );
        assert!((one.stddev_ms.expect("a deviation") - 3.0_f64.sqrt()).abs() < 1e-9);
        let own = |name: &str| SchemaInfo {
            name: name.to_owned(),
            owner: name.to_owned(),
            public_create: false,
            public_usage: false,
        };
        body.schemas.push(own("b"));
        assert_eq!(merged(two(), &body).len(), 2);
    }
}

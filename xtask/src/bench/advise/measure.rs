//! Runs advise and measures what it proposes: EXPLAIN of every query, without and with hypothetical indexes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use dbwright_testkit::sql::query;
use dbwright_testkit::{Scratch, postgres_bin};
use serde_json::Value;

use super::load::{self, Ready};
use super::table::{self, Row};
use super::{BUDGETS, Budget, Kind, Options, Sizes, Weighting};
use crate::Done;
use crate::command::quietly;

/// Access methods that `HypoPG` knows.
const HYPOPG: [&str; 4] = ["btree", "brin", "hash", "bloom"];

/// The name of the section and its text.
pub(super) fn benchmark(kind: Kind, options: &Options, binary: &Path) -> Done<(String, String)> {
    let ready = load::ready(kind, options.url.as_deref())?;
    let budgets = if options.budget.is_empty() { &BUDGETS[..] } else { &options.budget };
    let mut rows = Vec::new();
    for weighting in [Weighting::Calls, Weighting::Factor] {
        // The geometric mean is only promised for TPC-H.
        let wanted = options.weighting.map_or(kind == Kind::Tpch || weighting == Weighting::Calls, |w| w == weighting);
        for budget in budgets.iter().filter(|_| wanted) {
            let row = row(kind, &ready, options, *budget, weighting, binary)?;
            eprintln!("{}", row.line());
            rows.push(row);
        }
    }
    let whose = if options.sizes == Sizes::Own { "own" } else { "hypopg" };
    let name = format!("advise-{}-{whose}", kind.name());
    Ok((name.clone(), table::section(&name, kind, options.sizes, &rows)))
}

/// One run.
fn row(kind: Kind, ready: &Ready, options: &Options, budget: Budget, weighting: Weighting, binary: &Path) -> Done<Row> {
    let asked: Vec<&(u32, String)> = match weighting {
        Weighting::Calls => ready.queries.iter().filter(|(n, _)| !kind.left_out().contains(n)).collect(),
        Weighting::Factor => ready.queries.iter().collect(),
    };
    let started = Instant::now();
    let advice = advise(&ready.url, &asked, options.sizes, budget, weighting, binary)?;
    let wall = started.elapsed().as_secs_f64();
    let create = advice["create"].as_array().map(Vec::as_slice).unwrap_or_default();
    let indexes: Vec<&str> =
        create.iter().filter_map(|c| c["statement"].as_str()).filter_map(known_to_hypopg).collect();
    let (before, _) = costs(&ready.url, &asked, &[])?;
    let (after, bytes) = costs(&ready.url, &asked, &indexes)?;
    let number = |field: &str| advice[field].as_f64().unwrap_or(f64::NAN);
    Ok(Row {
        weighting,
        budget: budget.0,
        sum: after.iter().sum::<f64>() / before.iter().sum::<f64>(),
        geo: (after.iter().zip(&before).map(|(a, b)| (a / b).ln()).sum::<f64>() / after.len() as f64).exp(),
        gap: number("optimality_gap"),
        indexes: create.len(),
        hypopg_bytes: bytes,
        own_bytes: create.iter().filter_map(|c| c["bytes"].as_f64()).sum(),
        calls: number("planner_calls"),
        hits: number("cache_hits"),
        seconds: number("seconds"),
        wall,
    })
}

/// The advice as JSON.
fn advise(
    url: &str,
    queries: &[&(u32, String)],
    sizes: Sizes,
    budget: Budget,
    weighting: Weighting,
    binary: &Path,
) -> Done<Value> {
    let scratch = Scratch::new();
    let file = scratch.path().join("workload.sql");
    let text = queries.iter().fold(String::new(), |text, (_, sql)| text + sql.trim_end().trim_end_matches(';') + ";\n");
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut command = Command::new(binary);
    command.args(["advise", url, "--format", "json", "--no-drops", "--workload"]).arg(&file);
    if sizes == Sizes::Hypopg {
        command.args(["--on-target", "--sizes", "hypopg"]);
    }
    if let Some(bytes) = budget.0 {
        command.args(["--budget", &bytes.to_string()]);
    }
    if weighting == Weighting::Factor {
        command.args(["--weighting", "factor"]);
    }
    let json = quietly(command.env("DBWRIGHT_PG_BIN", postgres_bin(15)))?;
    serde_json::from_str(&json).map_err(|e| format!("dbwright printed no JSON: {e}"))
}

/// The index of a statement that may make an extension first, or gather statistics behind it; none of a kind that `HypoPG`
/// can't think of: then its gain is not counted.
fn known_to_hypopg(statement: &str) -> Option<&str> {
    let index = statement.split("; ").find(|part| part.starts_with("CREATE INDEX"))?;
    let method = index.split_once(" USING ").and_then(|(_, rest)| rest.split_whitespace().next());
    method.is_none_or(|method| HYPOPG.contains(&method)).then_some(index)
}

/// The cost of each query with hypothetical indexes, and the bytes that they are said to take.
fn costs(url: &str, queries: &[&(u32, String)], indexes: &[&str]) -> Done<(Vec<f64>, f64)> {
    let mut script = String::new();
    for index in indexes {
        let definition = index.replacen("CONCURRENTLY ", "", 1).replace('\'', "''");
        let _ = writeln!(script, "SELECT hypopg_relation_size(indexrelid) FROM hypopg_create_index('{definition}');");
    }
    for (_, sql) in queries {
        let _ = writeln!(script, "EXPLAIN (FORMAT JSON) {};", sql.trim_end().trim_end_matches(';'));
    }
    let rows = query(url, &script)?;
    let cells: Vec<&str> = rows.iter().filter_map(|row| Some(row.first()?.as_str())).collect();
    if cells.len() != indexes.len() + queries.len() {
        return Err(format!("{} answers to {} questions", cells.len(), indexes.len() + queries.len()));
    }
    let bytes = cells[..indexes.len()].iter().filter_map(|cell| cell.parse::<f64>().ok()).sum();
    let cost = |plan: &&str| {
        let plan: Value = serde_json::from_str(plan).map_err(|e| e.to_string())?;
        plan[0]["Plan"]["Total Cost"].as_f64().ok_or_else(|| "a plan without a cost".to_owned())
    };
    Ok((cells[indexes.len()..].iter().map(cost).collect::<Done<Vec<_>>>()?, bytes))
}

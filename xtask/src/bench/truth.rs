//! `bench truth`: what the advice is worth when it is built. Twenty queries of TPC-H, run in a copy with and without the
//! indexes that `advise --prove measured` ends with, within 1 GB of true size.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use dbwright_sql::Dialect;
use dbwright_sql::workload::from_sql;
use dbwright_testkit::{Scratch, postgres_bin};
use serde_json::Value;

use super::advise::tpch;
use super::report::Figure;
use crate::Done;
use crate::command::quietly;

/// One query is nearly all of the time without an index, and another gains whatever one does.
const LEFT_OUT: [u32; 2] = [17, 20];
/// Bytes of new indexes.
const BUDGET: &str = "1000000000";
/// What all queries may take with the advice, in seconds, where they take 15.8 without.
const PROMISE: f64 = 11.0;
/// The same as a share: machines differ.
const SHARE: f64 = 11.0 / 15.8;
/// How much slower a query may be.
const SLOWER: f64 = 1.1;
/// Differences below this many ms tell nothing.
const TICK: f64 = 5.0;

/// The figures, and a table of the queries.
pub(super) fn figures(url: Option<&str>, binary: &Path) -> Done<(Vec<Figure>, String)> {
    let (url, all) = tpch(url)?;
    let queries: Vec<(u32, String)> = all.into_iter().filter(|(number, _)| !LEFT_OUT.contains(number)).collect();
    let started = Instant::now();
    let advice = advise(&url, &queries, binary)?;
    let wall = started.elapsed().as_secs_f64();
    let times = times(&advice, &queries)?;
    let (before, after): (f64, f64) = times.iter().fold((0.0, 0.0), |sum, (_, b, a)| (sum.0 + b, sum.1 + a));
    let slower = times.iter().filter(|(_, before, after)| *after > before * SLOWER && after - before > TICK).count();
    let create = list(&advice, "create");
    let bytes: f64 = create.iter().filter_map(|one| one["bytes"].as_f64()).sum();
    let figures = vec![
        Figure::new("the 20 queries before", before / 1000.0, "s"),
        Figure::new("the 20 queries with the advice", after / 1000.0, "s").below(PROMISE),
        Figure::new("with by without", after / before, "").below(SHARE),
        Figure::new("true size of the indexes", bytes / 1e6, "MB").below(1_000.0),
        Figure::new("queries more than 10 % slower", slower as f64, "queries").below(1.0),
        Figure::new("indexes", create.len() as f64, "indexes"),
        Figure::new("withdrawn after measuring", list(&advice, "withdrawn").len() as f64, "indexes"),
        Figure::new("advising, copying, building and measuring", wall, "s"),
    ];
    Ok((figures, table(&times, &advice)))
}

fn advise(url: &str, queries: &[(u32, String)], binary: &Path) -> Done<Value> {
    let scratch = Scratch::new();
    let file = scratch.path().join("workload.sql");
    let text = queries.iter().fold(String::new(), |text, (_, sql)| text + sql.trim_end().trim_end_matches(';') + ";\n");
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut command = Command::new(binary);
    command.args(["advise", url, "--format", "json", "--no-drops", "--prove", "measured", "--budget", BUDGET]);
    command.arg("--workload").arg(&file).env("DBWRIGHT_PG_BIN", postgres_bin(15));
    serde_json::from_str(&quietly(&mut command)?).map_err(|e| format!("dbwright printed no JSON: {e}"))
}

fn list<'a>(advice: &'a Value, name: &str) -> &'a [Value] {
    advice[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Number, ms before and ms after of each query.
fn times(advice: &Value, queries: &[(u32, String)]) -> Done<Vec<(u32, f64, f64)>> {
    let prints: Vec<(u32, String)> =
        queries.iter().map(|(number, sql)| Ok((*number, fingerprint(sql)?))).collect::<Done<_>>()?;
    let mut times = Vec::new();
    for statement in list(advice, "statements") {
        let print = statement["fingerprint"].as_str().unwrap_or_default();
        let number = prints.iter().find(|(_, known)| known == print).map(|(number, _)| *number);
        let ms = |field: &str| statement[field].as_f64();
        if let (Some(number), Some(before), Some(after)) = (number, ms("measured_before_ms"), ms("measured_after_ms")) {
            times.push((number, before, after));
        }
    }
    times.sort_by_key(|(number, _, _)| *number);
    let measured = times.len();
    if measured == queries.len() {
        Ok(times)
    } else {
        Err(format!("{measured} of {} queries were measured", queries.len()))
    }
}

/// The name that dbwright gives the shape of a query.
fn fingerprint(sql: &str) -> Done<String> {
    let workload = from_sql(sql, Dialect::Postgres, "the query").map_err(|failure| failure.message)?;
    workload.statements.into_iter().next().map(|one| one.fingerprint).ok_or_else(|| "a query without text".to_owned())
}

fn table(times: &[(u32, f64, f64)], advice: &Value) -> String {
    let mut text = "\n| query | before | after |\n|---|---|---|\n".to_owned();
    for (number, before, after) in times {
        let _ = writeln!(text, "| {number} | {before:.0} ms | {after:.0} ms |");
    }
    text.push_str("\n| index | MB |\n|---|---|\n");
    for one in list(advice, "create") {
        let statement = one["statement"].as_str().unwrap_or_default().replace('|', "\\|");
        let _ = writeln!(text, "| `{statement}` | {:.1} |", one["bytes"].as_f64().unwrap_or(0.0) / 1e6);
    }
    let withdrawn = list(advice, "withdrawn");
    if !withdrawn.is_empty() {
        text.push_str("\n| withdrawn | because |\n|---|---|\n");
    }
    for one in withdrawn {
        let cell = |field: &str| one[field].as_str().unwrap_or_default().replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {} |", cell("statement"), cell("reason"));
    }
    for note in list(advice, "notes").iter().filter_map(Value::as_str).filter(|note| note.contains("measured in")) {
        let _ = writeln!(text, "\n{note}");
    }
    text
}

//! How time and memory grow with the number of statement shapes: a made-up schema of 200 tables.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dbwright_testkit::sql::execute;
use dbwright_testkit::{Scratch, postgres_bin};
use serde_json::Value;

use crate::bench::measure;
use crate::bench::report::{self, Figure};
use crate::command::read;
use crate::{Done, servers};

/// Tables of the schema.
const TABLES: u32 = 200;
/// Rows of each.
const ROWS: u32 = 5_000;
/// Columns of each beside its key, with very different numbers of values.
const COLUMNS: u32 = 12;
/// What was promised: seconds for so many shapes.
const PROMISED: [(u32, f64); 2] = [(1_000, 60.0), (10_000, 600.0)];

/// The name of the section and its text.
pub(super) fn benchmark(shapes: &[u32], binary: &Path) -> Done<(String, String)> {
    let server = servers::private("bench-advise-grow", 17)?;
    eprintln!("making {TABLES} tables");
    for table in 0..TABLES {
        execute(&server.url, &schema(table))?;
    }
    let mut figures = Vec::new();
    for &count in shapes {
        figures.extend(measured(&server.url, count, binary)?);
    }
    Ok(("advise-grow".to_owned(), report::markdown("advise-grow", &figures)))
}

fn measured(url: &str, count: u32, binary: &Path) -> Done<Vec<Figure>> {
    let scratch = Scratch::new();
    let file = scratch.path().join("workload.sql");
    let text: String = (0..count).map(shape).collect();
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    let (workload, output) = (file.display().to_string(), scratch.path().join("advice.json"));
    let advice = output.display().to_string();
    let programs = postgres_bin(17).display().to_string();
    let run = measure::run(
        binary,
        &[
            "advise",
            url,
            "--pg-bin",
            &programs,
            "--format",
            "json",
            "--no-drops",
            "--budget",
            "20000000",
            "--workload",
            &workload,
            "-o",
            &advice,
        ],
    )?;
    let advice: Value = serde_json::from_str(&read(&output)?).map_err(|e| format!("dbwright wrote no JSON: {e}"))?;
    let number = |field: &str| advice[field].as_f64().unwrap_or(f64::NAN);
    let limit = PROMISED.iter().find(|(shapes, _)| *shapes == count).map(|(_, limit)| *limit);
    let time = Figure::new("seconds of the whole command", run.wall_s, "s");
    let memory = Figure::new("most memory of dbwright", run.peak_bytes / 1e6, "MB").below(1_000.0);
    Ok(vec![
        Figure::new("statement shapes", f64::from(count), "shapes"),
        limit.map_or(time.clone(), |limit| time.clone().below(limit)),
        Figure::new("seconds of the search", number("seconds"), "s"),
        memory,
        Figure::new("planner calls", number("planner_calls"), "calls"),
        Figure::new("cost after by cost before", number("cost_after") / number("cost_before"), ""),
        Figure::new("gap", number("optimality_gap") * 100.0, "%"),
    ])
}

fn schema(table: u32) -> String {
    let mut columns = String::new();
    let mut values = String::new();
    for column in 0..COLUMNS {
        let distinct = 3_u32.pow(column % 8 + 1);
        let _ = write!(columns, ", c{column} integer");
        let _ = write!(values, ", (n::bigint * {} % {distinct})::integer", 7_919 + column * 2 + table * 4);
    }
    format!(
        "CREATE TABLE t{table} (id integer PRIMARY KEY{columns}, note text); \
         INSERT INTO t{table} SELECT n{values}, repeat('x', 60) FROM generate_series(1, {ROWS}) n; ANALYZE t{table}"
    )
}

/// One statement: its text is a pure function of its number, and no two are the same shape.
fn shape(number: u32) -> String {
    let (table, other) = (number % TABLES, (number * 7 + 1) % TABLES);
    let round = number / TABLES;
    let column = |step: u32| format!("c{}", (round / COLUMNS.pow(step) + step * 5 + round) % COLUMNS);
    let (a, b, c) = (column(0), column(1), column(2));
    // The list of columns makes shapes of the same kind on one table differ.
    let list = format!("id, {a} AS x{round}, {b} AS y, {c} AS z");
    match round % 5 {
        0 => format!("SELECT {list} FROM t{table} WHERE {a} = 1 AND {b} = 2;\n"),
        1 => format!("SELECT {list} FROM t{table} WHERE {a} = 1 AND {b} > 1 ORDER BY {c} LIMIT 10;\n"),
        2 => format!(
            "SELECT o.id, s.{a} AS x{round}, s.{c} FROM t{table} s JOIN t{other} o ON o.id = s.{b} WHERE s.{c} = 2;\n"
        ),
        3 => format!(
            "SELECT {a} AS x{round}, count(*), sum({b}) FROM t{table} WHERE {c} BETWEEN 1 AND 3 GROUP BY {a};\n"
        ),
        _ => format!(
            "SELECT o.{a} AS x{round}, s.{b} FROM t{table} s JOIN t{other} o ON o.{c} = s.id WHERE s.{a} = 1 AND o.{b} = 1;\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_shapes_are_the_same() {
        let all: HashSet<String> = (0..10_000).map(shape).collect();
        assert_eq!(all.len(), 10_000);
    }
}

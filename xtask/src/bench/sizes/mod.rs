//! `bench sizes`: what the advisor says an index would take, beside what it takes when it is built.
//!
//! The estimates come from the planner twin, as in `advise`. The indexes are built in a copy of the database on the same
//! server (`CREATE DATABASE … TEMPLATE`), which is dropped afterwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use dbwright_advise::index::{Index, Key, KeyPart, ObjectName};
use dbwright_advise::port::{Advises as _, WhatIfOptions};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::{postgres_bin, sql};

use super::report;
use crate::Done;

/// What `bench sizes` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// A database with TPC-H or TPC-DS, on a server where databases may be created; nobody else may be connected to it
    url: String,
    /// Indexes to build, one a line: `table: keys + included ? predicate`; otherwise the list for the benchmark's tables
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// Sizes of an earlier run, which are not built again; new ones are added
    #[arg(long, value_name = "FILE")]
    built: Option<PathBuf>,
    /// Put the results into this page, such as docs/benchmarks.md, in the place of the last ones
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// How far an estimate may be off.
const WITHIN: f64 = 0.15;
/// Share of the candidates that must be estimated so well.
const MOST: f64 = 0.9;

/// Estimates, builds, compares.
pub(super) fn run(options: &Options) -> Done {
    let name = if sql::query(&options.url, "SELECT 1 FROM pg_class WHERE relname = 'lineitem'")?.is_empty() {
        ("tpcds", include_str!("tpcds.txt"))
    } else {
        ("tpch", include_str!("tpch.txt"))
    };
    let own = options.candidates.as_deref().map(read).transpose()?;
    let text = own.as_deref().unwrap_or(name.1);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let candidates = lines.iter().map(|line| candidate(line)).collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    let estimates = runtime.block_on(estimates(&options.url, &candidates))?;
    let built = built(options, &lines)?;
    let rows: Vec<Row> = lines
        .iter()
        .zip(estimates)
        .filter_map(|(line, estimate)| {
            Some(Row { line: (*line).to_owned(), built: *built.get(*line)?, estimate: estimate.ok()? })
        })
        .collect();
    let heading = format!("sizes-{}", name.0);
    let section = section(&heading, &rows);
    println!("{section}");
    if let Some(page) = &options.write {
        report::write(page, &heading, &section)?;
    }
    let kept = rows.iter().filter(|row| row.off().abs() <= WITHIN).count() as f64 / rows.len().max(1) as f64;
    if kept < MOST { Err(format!("only {:.0} % are within 15 %", kept * 100.0)) } else { Ok(()) }
}

/// One candidate with its true size and what was said of it.
struct Row {
    line: String,
    built: u64,
    estimate: u64,
}

impl Row {
    fn off(&self) -> f64 {
        self.estimate as f64 / self.built as f64 - 1.0
    }
}

fn read(file: &Path) -> Done<String> {
    fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// Reads `table: keys + included ? predicate`.
fn candidate(line: &str) -> Done<Index> {
    let (table, rest) = line.split_once(": ").ok_or_else(|| format!("no table in: {line}"))?;
    let (rest, predicate) = rest.split_once(" ? ").map_or((rest, None), |(rest, text)| (rest, Some(text.to_owned())));
    let (keys, include) = rest.split_once(" + ").unwrap_or((rest, ""));
    let names = |text: &str| text.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut index = Index::btree(ObjectName { schema: "public".to_owned(), name: table.to_owned() }, names(keys));
    if keys.contains('(') {
        index.keys = vec![Key::of(KeyPart::Expression(keys.to_owned()))];
    }
    index.include = names(include);
    index.predicate = predicate;
    Ok(index)
}

/// What the advisor says, by the planner twin.
async fn estimates(url: &str, candidates: &[Index]) -> Done<Vec<Result<u64, String>>> {
    let said = |failure: dbwright_core::Failure| failure.message;
    let address = Address::parse(url).map_err(said)?;
    let version = sql::query(url, "SHOW server_version_num")?;
    let major = version.first().and_then(|row| row.first()?.parse::<u32>().ok()).ok_or("no version")? / 10_000;
    let observe = ObserveOptions { programs: vec![postgres_bin(major)], ..ObserveOptions::default() };
    let snapshot = Postgres.observe(&address, &observe, &Silent).await.map_err(said)?;
    let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
    let place = Postgres.what_if(&snapshot, Some(&address), &options, &Silent).await.map_err(said)?;
    place.admit(&[]).await.map_err(said)?;
    let began = std::time::Instant::now();
    let defined = place.define(candidates).await.map_err(said)?;
    eprintln!("{} candidates were made in {:.2} s", candidates.len(), began.elapsed().as_secs_f64());
    for (index, estimate) in candidates.iter().zip(&defined) {
        if let Err(reason) = estimate {
            eprintln!("{}: {reason}", index.table.name);
        }
    }
    Ok(defined.into_iter().map(|estimate| estimate.map(|estimate| estimate.bytes)).collect())
}

/// True sizes, those of an earlier run first.
fn built(options: &Options, lines: &[&str]) -> Done<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    if let Some(text) = options.built.as_deref().filter(|file| file.exists()).map(read).transpose()? {
        let known = text.lines().filter_map(|line| line.split_once('|'));
        sizes.extend(known.filter_map(|(size, line)| Some((line.to_owned(), size.parse().ok()?))));
    }
    let wanted: Vec<&str> = lines.iter().copied().filter(|line| !sizes.contains_key(*line)).collect();
    if wanted.is_empty() {
        return Ok(sizes);
    }
    let (server, name) = options.url.rsplit_once('/').ok_or("the URL names no database")?;
    let copy = format!("dbwright_sizes_{}", std::process::id());
    sql::execute(&format!("{server}/postgres"), &format!("CREATE DATABASE {copy} TEMPLATE {name}"))?;
    let outcome = wanted.iter().try_for_each(|line| -> Done {
        sizes.insert((*line).to_owned(), build(&format!("{server}/{copy}"), line)?);
        Ok(())
    });
    sql::execute(&format!("{server}/postgres"), &format!("DROP DATABASE {copy} WITH (FORCE)"))?;
    outcome?;
    if let Some(file) = &options.built {
        let lines: Vec<String> = sizes.iter().map(|(line, size)| format!("{size}|{line}")).collect();
        let text = lines.join("\n") + "\n";
        fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(sizes)
}

/// Builds one index and drops it again.
fn build(url: &str, line: &str) -> Done<u64> {
    let index = candidate(line)?;
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|key| match &key.part {
            KeyPart::Column(name) => name.clone(),
            KeyPart::Expression(text) => format!("({text})"),
        })
        .collect();
    let include =
        if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", index.include.join(", ")) };
    let predicate = index.predicate.map_or_else(String::new, |text| format!(" WHERE {text}"));
    let statements = format!(
        "SET maintenance_work_mem = '512MB'; CREATE INDEX dbwright_sizes ON {} ({}){include}{predicate}; \
         SELECT pg_relation_size('dbwright_sizes'); DROP INDEX dbwright_sizes",
        index.table.name,
        keys.join(", ")
    );
    let rows = sql::query(url, &statements)?;
    rows.first().and_then(|row| row.first()?.parse().ok()).ok_or_else(|| format!("no size of: {line}"))
}

/// The table, the worst estimates last.
fn section(heading: &str, rows: &[Row]) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|a, b| a.off().abs().total_cmp(&b.off().abs()));
    let within = |limit: f64| rows.iter().filter(|row| row.off().abs() <= limit).count();
    let sum = |of: fn(&Row) -> u64| rows.iter().map(|row| of(row)).sum::<u64>() as f64 / 1e6;
    let mut text = format!(
        "## bench {heading}\n\n{}.\n\n{} of {} candidates are within 15 % of the built size, {} within 5 %; together {:.0} MB \
         estimated, {:.0} MB built (MB = 10^6).\n\n| index | built | estimated | off |\n|---|---|---|---|\n",
        report::machine(),
        within(WITHIN),
        rows.len(),
        within(0.05),
        sum(|row| row.estimate),
        sum(|row| row.built),
    );
    for row in rows {
        let (built, estimate) = (row.built as f64 / 1e6, row.estimate as f64 / 1e6);
        let _ = writeln!(text, "| {} | {built:.2} MB | {estimate:.2} MB | {:+.1} % |", row.line, row.off() * 100.0); // a String takes every text
    }
    text
}

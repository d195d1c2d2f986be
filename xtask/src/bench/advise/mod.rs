//! `bench advise`: how good the advice is on TPC-H and TPC-DS, by what EXPLAIN says with the proposed indexes, and how its
//! time grows with the number of statements.

mod grow;
mod load;
mod measure;
mod table;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::report;
use crate::Done;

/// What only `bench advise` takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "bench advise")]
#[group(id = "advise")]
pub(crate) struct Options {
    /// TPC-H at scale 1 on PostgreSQL 15: 19 queries by their sum, 22 by the geometric mean
    #[arg(long)]
    tpch: bool,
    /// TPC-DS at scale 1 on PostgreSQL 15: 90 queries by their sum
    #[arg(long)]
    tpcds: bool,
    /// A database that holds the benchmark already; otherwise one is made in the cache folder, once
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Bytes of new indexes (decimal), or `none`; repeatable [default: 500000000 1000000000 2000000000 none]
    #[arg(long, value_name = "BYTES", value_parser = budget)]
    budget: Vec<Budget>,
    /// What makes a query weigh, when not both
    #[arg(long, value_name = "BY")]
    weighting: Option<Weighting>,
    /// By whose estimate of sizes the budget counts
    #[arg(long, value_name = "WHOSE", default_value = "hypopg")]
    sizes: Sizes,
    /// Statement shapes of a made-up schema of 200 tables; repeatable, to see how time grows
    #[arg(long, value_name = "N")]
    shapes: Vec<u32>,
}

impl Options {
    /// The database that holds the benchmark already.
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

/// A database with TPC-H, and its queries by number.
pub(super) fn tpch(url: Option<&str>) -> Done<(String, Vec<(u32, String)>)> {
    let ready = load::ready(Kind::Tpch, url)?;
    Ok((ready.url, ready.queries))
}

/// A budget in bytes; none without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget(Option<u64>);

fn budget(text: &str) -> Result<Budget, String> {
    match text {
        "none" => Ok(Budget(None)),
        _ => text.parse().map(|bytes| Budget(Some(bytes))).map_err(|_| "bytes as a number, or `none`".to_owned()),
    }
}

const BUDGETS: [Budget; 4] =
    [Budget(Some(500_000_000)), Budget(Some(1_000_000_000)), Budget(Some(2_000_000_000)), Budget(None)];

/// What makes a query weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weighting {
    /// Its cost.
    Calls,
    /// The factor by which it changes.
    Factor,
}

/// Whose sizes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sizes {
    /// As the peers count: `HypoPG`'s.
    Hypopg,
    /// dbwright's own.
    Own,
}

/// One of the two benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tpch,
    Tpcds,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Tpch => "tpch",
            Self::Tpcds => "tpcds",
        }
    }

    /// Queries that the sum leaves out: a few would be nearly all of it.
    const fn left_out(self) -> &'static [u32] {
        match self {
            Self::Tpch => &[2, 17, 20],
            Self::Tpcds => &[4, 6, 9, 10, 11, 32, 35, 41, 95],
        }
    }

    /// How many queries there are.
    const fn queries(self) -> u32 {
        match self {
            Self::Tpch => 22,
            Self::Tpcds => 99,
        }
    }
}

/// Measures what was asked for; everything when nothing was.
pub(crate) fn run(options: &Options, binary: &Path, write: Option<&PathBuf>) -> Done {
    let all = !options.tpch && !options.tpcds && options.shapes.is_empty();
    for (kind, wanted) in [(Kind::Tpch, options.tpch), (Kind::Tpcds, options.tpcds)] {
        if wanted || all {
            let section = measure::benchmark(kind, options, binary)?;
            say(&section.0, &section.1, write)?;
        }
    }
    if all || !options.shapes.is_empty() {
        let shapes = if options.shapes.is_empty() { &[250, 1_000, 10_000][..] } else { &options.shapes };
        let section = grow::benchmark(shapes, binary)?;
        say(&section.0, &section.1, write)?;
    }
    Ok(())
}

fn say(name: &str, text: &str, write: Option<&PathBuf>) -> Done {
    println!("{text}");
    write.map_or(Ok(()), |page| report::write(page, name, text))
}

//! The command line of `advise`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use dbwright_advise::run::Weighting;

use super::quantity::{bytes, duration, share};
use super::{Format, Reach};

/// Find the set of indexes that serves a workload best, and prove it
///
/// Says which indexes to create, replace and drop, what each costs to keep, which statements gain or lose, how far the
/// set can be from the best possible one, and gives the statements to run, with the way back.
///
/// The statements come from the target's own statistics (`pg_stat_statements`, `performance_schema`) or from --workload.
/// TARGET is a URL, a snapshot file, or a named entry of `dbwright.toml`; without it the bundled sample shop is advised on.
/// The target is only read: plans are made in a private server that holds the schema and the statistics but no rows;
/// for MySQL and MariaDB in one that holds rows of it, for SQLite in a copy of the file. Ctrl-C ends the search and prints
/// the best set that was found until then.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Advise {
    /// What to advise on; without it: the bundled sample
    pub(crate) target: Option<String>,
    /// What the advice calls the target, when that is not its own name.
    #[arg(skip)]
    pub(crate) called: Option<String>,
    /// What may be proposed.
    #[command(flatten)]
    pub(crate) wish: Wish,
    /// How it is proven.
    #[command(flatten)]
    pub(crate) proof: ProofOptions,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Form of the advice
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,
    /// Write the advice to a file, whole or not at all
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// In text, show every statement; otherwise those with the greatest change, and all that lose
    #[arg(long, help_heading = "Output")]
    pub(crate) all: bool,
    /// Exit with 1 when the advice saves at least this share of the workload's cost: `10%`, or `any` for any advice
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = "Output")]
    pub(crate) fail_on: Option<f64>,
}

const EXAMPLES: &str = "\
Examples:
  dbwright advise postgres://app@db.example/shop
  dbwright advise shop --budget 2GB --format html -o advice.html
  dbwright advise shop --prove measured                      built and run in a copy of the rows
  dbwright advise shop --workload postgresql.csv             the statements of a server log
  dbwright advise shop --workload queries.sql --no-drops     a file of SQL statements
  dbwright advise shop.snapshot.json.zst --budget 500MB      no server needed, only its programs

Exit codes: 0 done, 1 a saving of at least --fail-on, 2 wrong usage, 3 not reachable, not permitted
or not valid, 4 internal, 130 stopped (what was found until then is printed).";

/// What may be proposed, and for which statements.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The advice")]
pub(crate) struct Wish {
    /// Statements to serve: a file of SQL with weights, a PostgreSQL log (csv, json or stderr), a slow query log, or a snapshot file
    #[arg(long, value_name = "FILE")]
    pub(crate) workload: Option<PathBuf>,
    /// Most bytes that the new indexes may take in all, for example 500MB or 2GiB; 0 looks at drops only
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) budget: Option<u64>,
    /// Most new indexes
    #[arg(long, value_name = "N")]
    pub(crate) max_indexes: Option<usize>,
    /// Existing indexes that must stay, as `name` or `schema.name`; repeatable or separated by commas
    #[arg(long, value_name = "INDEX", value_delimiter = ',')]
    pub(crate) keep: Vec<String>,
    /// Propose no drops at all
    #[arg(long)]
    pub(crate) no_drops: bool,
    /// What makes a statement weigh
    #[arg(long, value_name = "BY", default_value = "calls")]
    pub(crate) weighting: WeightBy,
    /// Longest time of the search, for example 30s; the best found so far is printed with its gap
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// A replica of the target: its index reads count too, so that no index is dropped that only it uses; repeatable
    #[arg(long, value_name = "URL")]
    pub(crate) replica: Vec<String>,
}

/// How the advice is proven.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Proof")]
pub(crate) struct ProofOptions {
    /// How the advice is proven: by the planner, or also measured in a copy of the rows, which decides
    #[arg(long, value_name = "METHOD", default_value = "planner")]
    pub(crate) prove: ProveBy,
    /// With --prove measured, most bytes of rows to copy; of a larger database a sample that keeps foreign keys whole
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) copy_bytes: Option<u64>,
    /// On MySQL and MariaDB, most bytes of rows to make plans on (64MiB without it); of more, a sample that keeps foreign keys whole
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) sample: Option<u64>,
    /// Make plans in a session on the target with hypothetical indexes (`HypoPG`) instead of in a private server
    #[arg(long)]
    pub(crate) on_target: bool,
    /// Whose estimate of an index's bytes counts for --budget; `hypopg` compares with tools that count by it
    #[arg(long, value_name = "WHOSE", default_value = "own", requires = "on_target")]
    pub(crate) sizes: SizesBy,
}

/// How an advice is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProveBy {
    /// Costs by the engine's planner, before and after
    Planner,
    /// Indexes are built in a copy of the rows and the statements run; what does not gain is withdrawn
    Measured,
}

/// Whose estimate of the bytes of an index counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SizesBy {
    /// dbwright's model, which knows deduplication
    Own,
    /// That of `HypoPG`, which is larger than what is built
    Hypopg,
}

/// What makes a statement weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightBy {
    /// Its cost times its calls
    Calls,
    /// The same for each statement, whatever it costs today
    Share,
    /// The factor by which each statement changes: to halve any one is worth the same (smallest geometric mean)
    Factor,
}

impl WeightBy {
    /// The advisor's word for it.
    pub(crate) const fn weighting(self) -> Weighting {
        match self {
            Self::Calls => Weighting::Calls,
            Self::Share => Weighting::Share,
            Self::Factor => Weighting::Factor,
        }
    }
}

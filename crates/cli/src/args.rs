//! The command line as types: what is written here is the help, the man page and the reference.

mod advise;
mod copies;
pub(crate) mod migrate;
mod quantity;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dbwright_core::Severity;

pub(crate) use advise::{Advise, ProveBy, SizesBy};
pub(crate) use migrate::Migrate;
use quantity::{bytes, counts, duration};

use crate::demo;

/// The database expert that proves what it says.
///
/// Points out what is wrong with a database, the worst first, with the numbers behind it, the exact fix,
/// the way back, and the experiment that shows that the fix works. Reading never changes the database.
///
/// Without a command, dbwright checks its bundled sample shop, so that the first minute needs no database.
#[derive(Debug, Parser)]
#[command(name = "dbwright", version, max_term_width = 100, after_help = EXAMPLES, after_long_help = LONG_EXAMPLES)]
pub(crate) struct Cli {
    /// What to do; without it: `demo`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Options that every command takes.
    #[command(flatten)]
    pub(crate) global: Global,
}

const EXAMPLES: &str = "\
Examples:
  dbwright demo
  dbwright check postgres://app@db.example/shop
  dbwright check sqlite:shop.db --workload queries.sql
  dbwright advise postgres://app@db.example/shop --budget 2GB";

const LONG_EXAMPLES: &str = "\
Examples:
  dbwright demo                                           the main job on a sample
  dbwright check postgres://app@db.example/shop           a live PostgreSQL
  dbwright check sqlite:shop.db --workload queries.sql    a SQLite file and the queries it serves
  dbwright check schema.sql --dialect mysql               a schema file, loaded into a lab
  dbwright advise postgres://db/shop --budget 2GB         the best set of indexes for its statements
  dbwright migrate plan postgres://db/shop                how pending migrations run without a long lock
  dbwright snapshot postgres://db/shop -o shop.snapshot.json.zst
  dbwright check shop.snapshot.json.zst --format html -o shop.html
  dbwright rules pg/unused-index                          one rule's page

Exit codes:
  0    nothing found at or above --fail-on
  1    findings at or above --fail-on
  2    wrong usage
  3    target not reachable, not permitted, or not valid
  4    a fault of dbwright or of the machine
  130  stopped with Ctrl-C

Environment:
  NO_COLOR, CLICOLOR_FORCE  no colour, or colour even when the output is no terminal
  DBWRIGHT_CONFIG           the configuration file, as --config
  DBWRIGHT_PG_BIN           the folder with PostgreSQL's programs, as --programs
  DBWRIGHT_MYSQL_BIN        the folder with mysqld or mariadbd, as --programs";

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Configuration file; otherwise `dbwright.toml` here or in a folder above
    #[arg(long, global = true, value_name = "FILE", env = "DBWRIGHT_CONFIG", hide_env = true)]
    pub(crate) config: Option<PathBuf>,
    /// Print the causes of an error, and notes on what is being done
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes the choice known to everything that prints.
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Args),
    Check(Box<Check>),
    Advise(Box<Advise>),
    Migrate(Migrate),
    Snapshot(Snapshot),
    Diff(Diff),
    Lab(Lab),
    Render(Render),
    Rules(Rules),
    Engines(Engines),
    Schema(Schema),
    Completions(Completions),
    Man(Man),
    /// Print the command line's reference page as Markdown
    #[command(hide = true)]
    Reference,
}

/// Say what is wrong with a database, the worst first, with the fix and the proof
///
/// Each finding comes with its evidence, the exact fix, the way back, and the experiment that shows that the
/// fix works.
///
/// TARGET is a URL (`postgres://…`, `sqlite:FILE`), `service=NAME` of `pg_service.conf`, a SQLite file, a
/// snapshot file, a schema file (`.sql`), or a named entry of `dbwright.toml`. Without a target the bundled
/// sample is checked. The target is only read; experiments run in scratch databases that dbwright makes and removes.
#[derive(Debug, Clone, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// What to check; without it: the bundled sample
    pub(crate) target: Option<String>,
    /// What is reported.
    #[command(flatten)]
    pub(crate) select: Select,
    /// How it is observed.
    #[command(flatten)]
    pub(crate) observe: Observe,
    /// Measure fixes in a copy of the rows concerned: the default for a SQLite file; from a server the rows are read
    #[arg(long, overrides_with = "no_prove", help_heading = "Observing")]
    pub(crate) prove: bool,
    /// Make no experiments: faster, and findings that only an experiment can justify are left out
    #[arg(long, overrides_with = "prove", help_heading = "Observing")]
    pub(crate) no_prove: bool,
    /// Compare this folder of migrations with the target's journal: what is pending, changed since, or has no file
    #[arg(long, value_name = "DIR", help_heading = "What is reported")]
    pub(crate) migrations: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: Format,
    /// Write the report to a file, whole or not at all
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// In text, show every finding in full; otherwise many findings of one rule are shortened to a line each
    #[arg(long, help_heading = "Output")]
    pub(crate) all: bool,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  dbwright check postgres://app@db.example/shop --fail-on high
  dbwright check sqlite:shop.db --workload queries.sql --format html -o shop.html
  dbwright check schema.sql --dialect postgres --only 'sql/*'
  dbwright check shop --baseline last.json          only what is new since last.json (a JSON report)

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, 3 not reachable,
not permitted or not valid, 4 internal, 130 stopped.";

/// What is reported.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What is reported")]
pub(crate) struct Select {
    /// Run only these rules; an id or a pattern such as `sql/*`, repeatable or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave these rules out; an id or a pattern, repeatable or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Leave out findings below this severity: low, medium, high, critical
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<Severity>,
    /// Exit with 1 when a finding is at least this severe; without it findings don't change the exit code
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// Report only what is not in this earlier JSON report
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

/// How a target is observed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Observing")]
pub(crate) struct Observe {
    /// Statements that the database serves, separated by semicolons
    #[arg(long, value_name = "FILE")]
    pub(crate) workload: Option<PathBuf>,
    /// The SQL of a schema file: postgres, sqlite, mysql or mariadb
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,
    /// Read no statistics that contain values of columns, keep no whole names of keys and look into no values (Redis)
    #[arg(long)]
    pub(crate) no_values: bool,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// How much of it is sampled.
    #[command(flatten)]
    pub(crate) sample: Sample,
}

/// How much of a keyspace is sampled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Observing")]
pub(crate) struct Sample {
    /// Redis, Valkey: longest time of the sample of keys, which takes less than 5 % of the server's own time
    #[arg(long = "sample-time", value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) time: Duration,
    /// Redis, Valkey: most keys that are sampled
    #[arg(long = "sample-keys", value_name = "COUNT", default_value = "1M", value_parser = counts)]
    pub(crate) keys: u64,
    /// Redis, Valkey: most bytes that are read for the sample
    #[arg(long = "sample-bytes", value_name = "SIZE", default_value = "256MB", value_parser = bytes)]
    pub(crate) bytes: u64,
}

/// How a target is reached, and how long that may take.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Observing")]
pub(crate) struct Reach {
    /// Longest wait for a lock, for example 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,
    /// Longest time of one catalog query
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) statement_timeout: Duration,
    /// Longest wait for a connection
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) connect_timeout: Duration,
    /// Folder with the server's own programs (initdb and postgres, mysqld, mariadbd) for labs; repeatable, the first
    /// is tried first
    #[arg(long, visible_alias = "pg-bin", value_name = "DIR")]
    pub(crate) programs: Vec<PathBuf>,
}

/// Observe a database into a file that can be checked elsewhere; it holds no rows
///
/// The file has the schema, statistics, settings, workload and activity. Whatever works on the live database
/// works on the file.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright snapshot postgres://app@db/shop -o shop.snapshot.json.zst --no-values")]
pub(crate) struct Snapshot {
    /// What to observe: a URL, a SQLite file, a schema file, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// The file to write; `-` writes to standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: PathBuf,
    /// Form of the file
    #[arg(long, value_name = "FORMAT", default_value = "zst", help_heading = "Output")]
    pub(crate) format: SnapshotFormat,
    /// How it is observed.
    #[command(flatten)]
    pub(crate) observe: Observe,
}

/// Forms of a snapshot file; both can be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SnapshotFormat {
    /// JSON, compressed with zstd
    Zst,
    /// Plain JSON, for people and other tools
    Json,
}

/// Say what changed between two snapshots or databases
///
/// Compares schema, settings, growth, and statements that are new or slower.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright diff monday.snapshot.json.zst friday.snapshot.json.zst")]
pub(crate) struct Diff {
    /// The earlier state: a snapshot file, or any other target
    pub(crate) before: String,
    /// The later state: a snapshot file, or any other target of the same engine
    pub(crate) after: String,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: ListFormat,
    /// Write the result to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// How live targets are observed.
    #[command(flatten)]
    pub(crate) observe: Observe,
}

/// Work with the labs that proofs are made in
///
/// A lab is a private database that dbwright starts and removes itself.
#[derive(Debug, Args)]
pub(crate) struct Lab {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: LabCommand,
}

/// What can be done with labs.
#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    PlanCheck(PlanCheck),
}

/// Show that the planner twin plans as the target does
///
/// Builds the twin: an empty private server with the target's schema, statistics, settings and file lengths. Then every
/// statement is planned in it and, with a plain EXPLAIN that runs nothing, on the target; the plans are compared by
/// shape, estimated rows and cost.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dbwright lab plan-check postgres://app@db/shop --workload queries.sql\n  \
    dbwright lab plan-check postgres://app@db/shop --snapshot shop.snapshot.json.zst\n\n\
    Exit codes: 0 all plans are the same, 1 some differ, 2 wrong usage, 3 not reachable or not permitted,\n\
    4 internal, 130 stopped.")]
pub(crate) struct PlanCheck {
    /// The live database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Build the twin from this snapshot file alone, instead of observing the target now
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: PlanFormat,
    /// Write the result to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// How the target is observed. Without a workload file: what `pg_stat_statements` recorded.
    #[command(flatten)]
    pub(crate) observe: Observe,
}

/// Forms of a comparison of plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Turn a JSON report into another form
///
/// The report is one that `check --format json` or `advise --format json` wrote; the database is not looked at again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright render last.json --format html -o last.html")]
pub(crate) struct Render {
    /// The JSON report
    pub(crate) report: PathBuf,
    /// Form to turn it into
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Write it to a file, whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// In text, show every finding or statement in full
    #[arg(long)]
    pub(crate) all: bool,
}

/// List the rules, or show one rule's page
///
/// A page says what the rule finds, why it hurts, its thresholds, the fix, and how safe the fix is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dbwright rules\n  dbwright rules 'sqlite/*'\n  dbwright rules pg/unused-index")]
pub(crate) struct Rules {
    /// A rule's id (its page), or a pattern with `*` (a list)
    pub(crate) rule: Option<String>,
    /// Form of the list or page
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ListFormat,
}

/// Show what dbwright can do on which engine
#[derive(Debug, Args)]
pub(crate) struct Engines {
    /// Form of the matrix
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ListFormat,
}

/// Print the JSON Schema of an output
///
/// With it other tools can check what they read.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The output
    pub(crate) output: SchemaOf,
}

/// Outputs with a JSON Schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The report of `check --format json`
    Check,
    /// The advice of `advise --format json`
    Advise,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright completions bash > ~/.local/share/bash-completion/completions/dbwright")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page, or write one for each command into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The folder; without it the page of `dbwright` itself goes to standard output
    pub(crate) folder: Option<PathBuf>,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people at a terminal
    Text,
    /// Stable and documented (`dbwright schema`)
    Json,
    /// For a pull request or an issue
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One self-contained page
    Html,
}

/// Forms of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people at a terminal
    Text,
    /// For other tools
    Json,
    /// For documents
    Markdown,
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The pages below a folder.
    fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pages(&path, found);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }

    #[test]
    fn commands_that_pages_name_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut all = vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("ARCHITECTURE.md")];
        pages(&root.join("docs"), &mut all);
        let (cli, mut named, mut wrong) = (Cli::command(), 0, Vec::new());
        for page in all {
            let text = std::fs::read_to_string(&page).expect("readable");
            for rest in text.split("`dbwright ").skip(1) {
                let mut words = rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).take(2);
                let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                if first.is_empty() || first.starts_with('-') {
                    continue;
                }
                named += 1;
                let command = cli.find_subcommand(first);
                let bad = command.is_none_or(|command| {
                    command.is_subcommand_required_set()
                        && !second.is_empty()
                        && !second.starts_with('-')
                        && command.find_subcommand(second).is_none()
                });
                if bad {
                    wrong.push(format!("{}: dbwright {first} {second}", page.display()));
                }
            }
        }
        assert!(named > 100, "{named} commands are named: is this the right place?");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

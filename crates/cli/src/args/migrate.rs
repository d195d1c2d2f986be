//! The command line of `migrate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use dbwright_core::Severity;
use dbwright_migrate::rehearse::Size;

use super::copies::Copies;
use super::quantity::{bytes, counts, duration};

/// Change a schema without anybody noticing: plain SQL in, an online plan out
///
/// You write ordinary SQL (`ALTER TABLE orders ALTER COLUMN id TYPE bigint;`) in plain files. dbwright says what each
/// statement would block (`lint`), turns it into steps that hold no lock for long (`plan`), tries them on a copy under
/// load (`rehearse`), and carries them out (`apply`) in a way that can be interrupted anywhere, resumed and undone.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG_EXAMPLES)]
pub(crate) struct Migrate {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
}

const EXAMPLES: &str = "\
The usual way:
  dbwright migrate new wider_order_ids   makes a file; write the SQL into it
  dbwright migrate lint                  says what is dangerous in it, and why
  dbwright migrate plan TARGET           shows the steps, their locks and times; changes nothing
  dbwright migrate rehearse TARGET       runs them on a copy under load, and measures
  dbwright migrate apply TARGET          runs them; what they replace stays for now
  dbwright migrate contract TARGET       removes that, when all is well; no way back afterwards

TARGET is a URL such as postgres://app@db.example/shop, or a named entry of dbwright.toml.";

const LONG_EXAMPLES: &str = "\
The usual way:
  dbwright migrate new wider_order_ids   makes a file in migrations/; write the SQL into it
  dbwright migrate lint                  says what is dangerous in it, and why
  dbwright migrate plan TARGET           shows the steps, their locks and times; changes nothing
  dbwright migrate rehearse TARGET       runs them on a copy under load, and measures
  dbwright migrate apply TARGET          runs them; what they replace stays for now
  dbwright migrate contract TARGET       removes that, when all is well; no way back afterwards

When something comes between:
  dbwright migrate status TARGET         where each migration stands
  dbwright migrate resume TARGET         goes on after Ctrl-C, a lost connection, a crash, a failed statement
  dbwright migrate undo TARGET           goes back, and keeps the rows that were written since

TARGET is a URL such as postgres://app@db.example/shop, or a named entry of dbwright.toml.

Files: VERSION_name.sql, such as migrations/20261121093000_wider_order_ids.sql, with ordinary SQL in it. What stands
below a line `-- down` undoes it. Folders of golang-migrate, dbmate, goose, Flyway and sqitch are read as they are.

Exit codes: 0 done, 1 findings, problems, or something is left to do (see each verb), 2 wrong usage,
3 not reachable, not permitted or not valid, 4 internal, 130 stopped.";

/// What can be done with migrations.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    New(New),
    Lint(Box<Lint>),
    Plan(Plan),
    Rehearse(Rehearse),
    Apply(Apply),
    Status(Status),
    Resume(Resume),
    Undo(Undo),
    Contract(Contract),
    Baseline(Baseline),
    Verify(Verify),
    ProveRules(ProveRules),
}

/// Where the files are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Migrations")]
pub(crate) struct Dir {
    /// Folder of the migrations
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub(crate) dir: PathBuf,
}

/// How the result is shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Form,
    /// Write the result to a file, whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Text,
    /// For programs
    Json,
}

/// How a target is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Longest wait for a connection
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) connect_timeout: Duration,
    /// Folder with the server's own programs (initdb and postgres, mysqld, mariadbd) for labs, or with gh-ost or
    /// pt-online-schema-change; repeatable, the first is tried first
    #[arg(long, visible_alias = "pg-bin", value_name = "DIR")]
    pub(crate) programs: Vec<PathBuf>,
}

/// Make a new, empty migration file
///
/// The file is `VERSION_NAME.sql` with the time of now as its version, or in the style that the folder already has. Write the SQL
/// as you would type it; dbwright finds the way to run it without a long lock. What stands below a line `-- down` undoes it; it is needed
/// only where dbwright can't find the way back by itself, such as for data.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  dbwright migrate new add_customer_tier     migrations/20261121093000_add_customer_tier.sql"
)]
pub(crate) struct New {
    /// What it does, in a few words
    pub(crate) name: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
}

/// Say what is dangerous in migrations: locks, rewrites, lost data, old code that breaks
///
/// Each finding has its place in the file, what would happen, what to do instead, and the safe statements. With --target or
/// --snapshot it knows versions, sizes and what depends on what, and says what would happen there; without, it says what it
/// assumes. Nothing is run.
///
/// A comment on the line before a statement, or behind it, accepts what a rule says, with a reason:
/// `-- dbwright: ignore migrate/drop-table because nothing has read it since May`.
#[derive(Debug, Args)]
#[command(after_help = LINT_EXAMPLES)]
pub(crate) struct Lint {
    /// Files to look at, in the order in which they would be run; without them all of --dir
    pub(crate) files: Vec<PathBuf>,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// What they would be run on.
    #[command(flatten)]
    pub(crate) scene: LintScene,
    /// What is reported.
    #[command(flatten)]
    pub(crate) select: LintSelect,
    /// Form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: LintForm,
    /// Write the report to a file, whole or not at all
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

const LINT_EXAMPLES: &str = "\
Examples:
  dbwright migrate lint
  dbwright migrate lint migrations/*.sql --target postgres://app@db.example/shop
  dbwright migrate lint new.sql --snapshot shop.snapshot.json.zst --format github
  dbwright migrate lint --applied-by psql --fail-on high

Exit codes: 0 nothing at or above --fail-on (medium), 1 findings, 2 wrong usage or no SQL, 3 not reachable,
not permitted or not valid, 4 internal, 130 stopped.";

/// What migrations would be run on, and by what.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scene")]
pub(crate) struct LintScene {
    /// The database that they are meant for: a URL, a snapshot file, or a named entry of `dbwright.toml`; it is only read
    #[arg(long, value_name = "TARGET", conflicts_with = "snapshot")]
    pub(crate) target: Option<String>,
    /// A snapshot file of that database, as `dbwright snapshot` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// The SQL of the files when neither is given: postgres, sqlite, mysql or mariadb
    #[arg(long, value_name = "DIALECT", conflicts_with_all = ["target", "snapshot"])]
    pub(crate) dialect: Option<String>,
    /// Version of the server that is assumed when neither is given, for example 16 or 10.11
    #[arg(long, value_name = "VERSION", value_parser = version, conflicts_with_all = ["target", "snapshot"])]
    pub(crate) assume_version: Option<String>,
    /// What will run the files: `dbwright migrate apply` sets lock timeouts, opens no long transactions and cuts large
    /// updates into batches by itself; another tool runs them as they are. Without it: the tool whose style the
    /// files have, and `dbwright` for plain ones
    #[arg(long, value_name = "TOOL")]
    pub(crate) applied_by: Option<AppliedBy>,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) reach: Connection,
}

/// Numbers with dots between them.
fn version(text: &str) -> Result<String, String> {
    let numbers = text.split('.').all(|part| part.parse::<u16>().is_ok());
    if numbers { Ok(text.to_owned()) } else { Err("a version is numbers, for example 16 or 10.11".to_owned()) }
}

/// What runs the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AppliedBy {
    /// `dbwright migrate apply`
    Dbwright,
    /// psql or another client that sends statements one by one, each committed by itself
    Psql,
    /// A tool that runs each file in one transaction
    Transaction,
}

/// What a lint reports.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is reported")]
pub(crate) struct LintSelect {
    /// Run only these rules; an id or a pattern such as `migrate/add-*`, repeatable or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave these rules out; an id or a pattern, repeatable or separated by commas
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Leave out findings below this severity: low, medium, high, critical
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<Severity>,
    /// Exit with 1 when a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    pub(crate) fail_on: Severity,
}

/// Forms of a lint's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintForm {
    /// For people: the line with carets, what happens, what to do instead
    Text,
    /// The report of `check`, with a place in each finding (`dbwright schema check`)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// Show how the pending migrations would be carried out: steps, locks, times, the way back
///
/// Nothing is changed. A step that blocks others is marked; a statement that can be planned only at its turn, because
/// an earlier one makes what it works on, says so.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dbwright migrate plan postgres://app@db/shop\n  \
    dbwright migrate plan shop --sql -o by-hand.sql     the same as SQL that a DBA can run by hand\n\n\
    Exit codes: 0 planned, also when nothing is pending; 1 a step blocks and would need --allow-blocking; 2 wrong usage,\n\
    3 not reachable, not permitted or not valid, 4 internal, 130 stopped.")]
pub(crate) struct Plan {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// The last version to plan; without it all that are pending
    #[arg(long, value_name = "VERSION", help_heading = "Migrations")]
    pub(crate) to: Option<String>,
    /// Print the steps as SQL that can be run by hand with psql
    #[arg(long, help_heading = "Output", conflicts_with = "format")]
    pub(crate) sql: bool,
    /// Show the SQL of each step below the table
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    /// With what tables are copied.
    #[command(flatten)]
    pub(crate) copies: Copies,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Carry the pending migrations out on a copy under load, and measure what they block
///
/// The copy is a private server of the target's version with its schema, filled with rows that have the target's
/// statistics. While the steps run, a load reads and writes the tables concerned. Reported are: every lock and how long it was
/// held, how long statements of the load waited, what was rewritten, WAL and temporary bytes, and the size at which a step becomes
/// dangerous. Then everything is undone, and the schema compared with the start. The target is only read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dbwright migrate rehearse postgres://app@db/shop\n  \
    dbwright migrate rehearse shop --rows 10k,1M --app-queries app.sql\n\n\
    Exit codes: 0 nothing blocked, failed or was left behind; 1 something did; 2 wrong usage, 3 not reachable,\n\
    not permitted or not valid, 4 internal, 130 stopped.")]
pub(crate) struct Rehearse {
    /// The database, which is only read: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// Made-up rows of the largest table concerned, the others in proportion, or `copy` for the target's own rows; several sizes
    /// show how times grow
    #[arg(long, value_name = "ROWS", default_value = "10k,100k", value_delimiter = ',', value_parser = size, help_heading = "Rehearsal")]
    pub(crate) rows: Vec<Size>,
    /// Sessions that read and write the tables concerned meanwhile
    #[arg(long, value_name = "N", default_value_t = 8, help_heading = "Rehearsal")]
    pub(crate) clients: usize,
    /// With `--rows copy`, most bytes of rows that are copied
    #[arg(long, value_name = "SIZE", value_parser = bytes, help_heading = "Rehearsal")]
    pub(crate) copy_bytes: Option<u64>,
    /// Run statements that block others, too, when no other way is known
    #[arg(long, help_heading = "Rehearsal")]
    pub(crate) allow_blocking: bool,
    /// Statements of the application as it is today, separated by semicolons: each must work in every state between
    #[arg(long, value_name = "FILE", help_heading = "Rehearsal")]
    pub(crate) app_queries: Option<PathBuf>,
    /// With what tables are copied.
    #[command(flatten)]
    pub(crate) copies: Copies,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

fn size(text: &str) -> Result<Size, String> {
    if text == "copy" { Ok(Size::Copy) } else { counts(text).map(Size::Rows) }
}

/// Carry the pending migrations out, step by step
///
/// The plan is printed first, and asked about on a terminal; elsewhere --yes is needed. Each step is in the journal (schema `dbwright`
/// of the target) before it begins, so that `resume` and `undo` work after any interruption. What a change replaces stays beside the new
/// and is kept current until `contract` removes it. Ctrl-C stops between two steps or batches.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dbwright migrate apply postgres://app@db/shop\n  \
    dbwright migrate apply shop --yes --reversible-only --max-lag 2s\n\n\
    Exit codes: 0 applied, also when nothing was pending; 2 wrong usage, a plan that needs --allow-blocking, files that changed since;\n\
    3 not reachable, not permitted, a lock that was not to be had, a statement that fails; 4 internal, 130 stopped.")]
pub(crate) struct Apply {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// The last version to apply; without it all that are pending
    #[arg(long, value_name = "VERSION", help_heading = "Migrations")]
    pub(crate) to: Option<String>,
    /// Remove the old at once as well; no way back after that
    #[arg(long, help_heading = "Safety", conflicts_with = "reversible_only")]
    pub(crate) contract: bool,
    /// What may be done.
    #[command(flatten)]
    pub(crate) safety: Safety,
    /// What may be done to others.
    #[command(flatten)]
    pub(crate) throttle: Throttle,
    /// With what tables are copied.
    #[command(flatten)]
    pub(crate) copies: Copies,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What may be done.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Safety")]
pub(crate) struct Safety {
    /// Go on without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Run statements that block others, too, when no other way is known
    #[arg(long)]
    pub(crate) allow_blocking: bool,
    /// Refuse, before anything is done, what can't be undone
    #[arg(long)]
    pub(crate) reversible_only: bool,
}

/// What a change may do to others.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Throttle")]
pub(crate) struct Throttle {
    /// Longest wait in a lock's queue, because whatever comes later waits behind; then it lets go and tries again
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = duration)]
    pub(crate) lock_timeout: Duration,
    /// How long a lock is tried for in all, before the command ends (`resume` goes on)
    #[arg(long, value_name = "TIME", default_value = "10min", value_parser = duration)]
    pub(crate) lock_patience: Duration,
    /// Replicas may be behind by this much
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) max_lag: Duration,
    /// Sessions that may wait for a lock, whoever holds it, before it pauses
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_waiting: u32,
    /// Sessions that may be at work before it pauses; without it any number
    #[arg(long, value_name = "N")]
    pub(crate) max_active: Option<u32>,
    /// How long one batch of rows should take; batches grow and shrink towards it
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = duration)]
    pub(crate) batch_time: Duration,
    /// The most rows of a batch
    #[arg(long, value_name = "ROWS", default_value = "50k", value_parser = counts)]
    pub(crate) batch_rows: u64,
    /// Pause after each batch, as a share of the time that it took: 1 leaves half of the time to others. On PostgreSQL it is
    /// the least: pauses grow while others are answered late
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = pause)]
    pub(crate) pause: f64,
    /// How long an unhealthy target is waited for, before the command ends (`resume` goes on)
    #[arg(long, value_name = "TIME", default_value = "60min", value_parser = duration)]
    pub(crate) patience: Duration,
    /// No pauses and no looking at load: as fast as batches go, with all processes that the server gives a statement; lock
    /// waits stay short
    #[arg(long = "no-throttle", conflicts_with_all = ["max_lag", "max_waiting", "max_active", "pause"])]
    pub(crate) unthrottled: bool,
    /// How long another dbwright that migrates the same target is waited for
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) wait_for_other: Duration,
}

fn pause(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=100.0).contains(share));
    share.ok_or_else(|| format!("`{text}` is not a share of a batch's time; write 0.5 or 2"))
}

/// Show where the migrations of a target stand
///
/// Pending, applied, waiting for `contract`, interrupted, undone; files that changed after they were applied; and what an
/// interrupted run left. Nothing is changed.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is applied; 1 something is pending, interrupted, waiting or changed; 2 wrong usage,\n\
    3 not reachable, not permitted or not valid, 4 internal, 130 stopped."
)]
pub(crate) struct Status {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Go on with a migration that was interrupted
///
/// After Ctrl-C, a lost connection, a crash of the machine, or a failed statement whose file was mended: it goes on at
/// the step and batch where it stopped.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// What may be done.
    #[command(flatten)]
    pub(crate) safety: Safety,
    /// What may be done to others.
    #[command(flatten)]
    pub(crate) throttle: Throttle,
    /// With what tables are copied.
    #[command(flatten)]
    pub(crate) copies: Copies,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Undo the last migration, or one that was interrupted
///
/// Before `contract` the old takes its place again, with the rows that were written since. After it the `-- down` part of the file is run.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// Undo everything above this version, which stays; without it the last one only
    #[arg(long, value_name = "VERSION", help_heading = "Migrations")]
    pub(crate) to: Option<String>,
    /// Go past steps that can't be undone, and leave what they did
    #[arg(long, help_heading = "Safety")]
    pub(crate) leave_irreversible: bool,
    /// What may be done.
    #[command(flatten)]
    pub(crate) safety: Safety,
    /// What may be done to others.
    #[command(flatten)]
    pub(crate) throttle: Throttle,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Remove what applied migrations left of the old; no way back after that
#[derive(Debug, Args)]
pub(crate) struct Contract {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// What may be done.
    #[command(flatten)]
    pub(crate) safety: Safety,
    /// What may be done to others.
    #[command(flatten)]
    pub(crate) throttle: Throttle,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Record migrations as applied without running them
///
/// For a database that has their changes already, because another tool made them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright migrate baseline postgres://app@db/shop --to 20261101000000")]
pub(crate) struct Baseline {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// The last version that the database has; without it all
    #[arg(long, value_name = "VERSION", help_heading = "Migrations")]
    pub(crate) to: Option<String>,
    /// Go on without asking
    #[arg(long, short, help_heading = "Safety")]
    pub(crate) yes: bool,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Check that the target is what its journal says, and the files what was applied
///
/// Looks for files that changed or are gone, constraints and indexes that are not valid, data that was not carried over, and leftovers.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is as the journal says, 1 problems, 2 wrong usage, 3 not reachable, not permitted or not valid,\n\
    4 internal, 130 stopped."
)]
pub(crate) struct Verify {
    /// The database: a URL, or a named entry of `dbwright.toml`
    pub(crate) target: String,
    /// Where the files are.
    #[command(flatten)]
    pub(crate) dir: Dir,
    /// How the target is reached.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Replay each lint rule's example on a real server, and compare with what the rule claims
///
/// The server is a private one that dbwright starts and removes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dbwright migrate prove-rules --target-version 17\n\n\
    Exit codes: 0 every claim is right, 1 a claim is wrong, 2 wrong usage, 3 no server of that version, 4 internal, 130 stopped.")]
pub(crate) struct ProveRules {
    /// Major version of the server, for example 17; without it the newest that is there
    #[arg(long, value_name = "VERSION")]
    pub(crate) target_version: Option<u32>,
    /// Folder with the server's own programs (initdb and postgres); repeatable, the first is tried first
    #[arg(long, visible_alias = "pg-bin", value_name = "DIR", help_heading = "Connection")]
    pub(crate) programs: Vec<PathBuf>,
    /// How the result is shown.
    #[command(flatten)]
    pub(crate) output: Output,
}

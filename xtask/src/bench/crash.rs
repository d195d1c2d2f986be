//! `cargo xtask bench crash`: online changes interrupted at random moments, and whether anything came of it.
//!
//! The binary itself works on a server of its own, while a writer changes rows and remembers what was acknowledged. One
//! seed is one course of accidents. Whatever the accident, the change is then finished or undone with the same binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use dbwright_core::progress::Silent;
use dbwright_engine_postgres::lab::{Lab, LabOptions};
use dbwright_testkit::disk::Disk;
use dbwright_testkit::writer::{Columns, Dice, Writer};
use dbwright_testkit::{described, difference, postgres_bin, sql};

use super::report::{self, Figure};
use crate::Done;

/// How often, and what with.
#[derive(Args)]
pub(crate) struct Options {
    /// How many changes are interrupted.
    #[arg(long, value_name = "N", default_value_t = 200)]
    runs: u32,
    /// The first seed; run N has this seed plus N, and `--runs 1 --seed S` repeats it.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Major version of the server.
    #[arg(long, value_name = "MAJOR", default_value_t = 17)]
    major: u32,
    /// Rows of the table that is changed.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    rows: u32,
    /// Only this change, one of those that the first column of the result names.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only this accident, one of those that the second column of the result names.
    #[arg(long, value_name = "NAME")]
    accident: Option<String>,
    /// The binary that is interrupted; otherwise a release build is made.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Put the result into this page, such as docs/benchmarks.md, in the place of the last one.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// A change that is interrupted: its name, and the statements as a user writes them.
struct Change {
    name: &'static str,
    sql: &'static str,
    /// Whether the table is partitioned from the start.
    partitioned: bool,
}

impl Change {
    const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, partitioned: false }
    }
}

/// What users do, one of each kind of plan.
const CHANGES: [Change; 7] = [
    Change::new("widen-column", "ALTER TABLE t ALTER COLUMN v TYPE bigint;"),
    Change::new("widen-key", "ALTER TABLE t ALTER COLUMN id TYPE bigint;"),
    Change::new("index", "CREATE INDEX t_v ON t (v);\nCREATE UNIQUE INDEX t_both ON t (id, v);"),
    Change::new(
        "constraints",
        "ALTER TABLE t ADD CONSTRAINT t_positive CHECK (v >= 0);\nALTER TABLE t ALTER COLUMN v SET NOT NULL;\n\
              ALTER TABLE t ADD CONSTRAINT t_kind FOREIGN KEY (kind) REFERENCES kinds (id);",
    ),
    Change::new(
        "column",
        "ALTER TABLE t ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();\n\
              ALTER TABLE t ADD COLUMN note text DEFAULT '' NOT NULL;",
    ),
    Change::new(
        "partition",
        "ALTER TABLE t PARTITION BY HASH (id) (PARTITION t_0 FOR VALUES WITH (MODULUS 2, REMAINDER 0), PARTITION t_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1));",
    ),
    Change { partitioned: true, ..Change::new("partitioned-key", "ALTER TABLE t ALTER COLUMN id TYPE bigint;") },
];

const ACCIDENTS: [&str; 6] =
    ["kill dbwright", "crash the server", "cut connections", "hold a lock", "cancel statements", FILL];

/// Needs a file system of its own.
const FILL: &str = "fill the disk";

/// How long a process may take to end before it is said to hang.
const HANGS: Duration = Duration::from_mins(10);

/// The tables of a change. Where they are partitioned, it is by the value that the writer changes: rows move.
fn table(rows: u32, partitioned: bool) -> String {
    let (t, child, values) = if partitioned {
        (
            "CREATE TABLE t (id int, v int, kind int NOT NULL DEFAULT 0, PRIMARY KEY (id, v)) PARTITION BY RANGE (v); \
             CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (0) TO (400); \
             CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (400) TO (500000) PARTITION BY HASH (v); \
             CREATE TABLE t_high_0 PARTITION OF t_high FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
             CREATE TABLE t_high_1 PARTITION OF t_high FOR VALUES WITH (MODULUS 2, REMAINDER 1); CREATE TABLE t_rest PARTITION OF t DEFAULT",
            "CREATE TABLE child (id int PRIMARY KEY, t_id int, t_v int, FOREIGN KEY (t_id, t_v) REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE)",
            "i, i, i % 1000",
        )
    } else {
        (
            "CREATE TABLE t (id int PRIMARY KEY, v int, kind int NOT NULL DEFAULT 0)",
            "CREATE TABLE child (id int PRIMARY KEY, t_id int REFERENCES t ON DELETE CASCADE)",
            "i, i",
        )
    };
    format!(
        "CREATE TABLE kinds (id int PRIMARY KEY); INSERT INTO kinds SELECT generate_series(0, 9); {t}; \
         INSERT INTO t SELECT i, i % 1000, i % 10 FROM generate_series(1, {rows}) i; {child}; CREATE INDEX ON child (t_id); \
         INSERT INTO child SELECT {values} FROM generate_series(1, {rows}, 7) i; ANALYZE"
    )
}

fn columns() -> Columns {
    Columns { table: "t".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

/// How a change goes when nobody interrupts it.
struct Course {
    change: &'static Change,
    folder: tempfile::TempDir,
    before: BTreeSet<String>,
    after: BTreeSet<String>,
    took: Duration,
    undoable: bool,
}

struct Bench<'a> {
    lab: Lab,
    /// Where databases are, when this account may mount a file system of its own.
    disk: Option<Disk>,
    runtime: tokio::runtime::Runtime,
    binary: &'a Path,
    options: &'a Options,
    next: u32,
}

/// Runs, and prints a table and each thing that went wrong.
pub(crate) fn run(options: &Options) -> Done {
    let binary = options.binary.clone().map_or_else(super::release, Ok)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| e.to_string())?;
    let lab = LabOptions {
        programs: vec![postgres_bin(options.major)],
        durable: true,
        autovacuum: true,
        ..LabOptions::default()
    };
    let lab = runtime.block_on(Lab::start(&lab, &Silent)).map_err(|e| e.message)?;
    let disk = match Disk::mount(&lab.url("postgres"), &lab.data(), 256) {
        Ok(disk) => Some(disk),
        Err(reason) => {
            println!("{FILL}: left out: {reason}");
            None
        }
    };
    let mut bench = Bench { lab, disk, runtime, binary: &binary, options, next: 0 };
    let mut courses = Vec::new();
    for change in CHANGES.iter().filter(|change| options.only.as_deref().is_none_or(|only| only == change.name)) {
        match bench.course(change) {
            Ok(course) => courses.push(course),
            Err(reason) => println!("{}: left out: {reason}", change.name),
        }
    }
    if courses.is_empty() {
        return Err("no change could be made even without an accident".to_owned());
    }
    bench.all(&courses)
}

impl Bench<'_> {
    fn all(&mut self, courses: &[Course]) -> Done {
        let mut tally: BTreeMap<(&str, &str, &str), (u32, u32)> = BTreeMap::new();
        let mut wrong = Vec::new();
        let matrix = self.matrix(courses);
        for run in 0..self.options.runs {
            let seed = self.options.seed + u64::from(run);
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            // Every field of the matrix in turn, at a moment that the seed decides.
            let (course, accident, then) = matrix[usize::try_from(seed).unwrap_or(0) % matrix.len()];
            let course = &courses[course];
            let at = course.took.mul_f64(dice.below(1_000) as f64 / 1_000.0);
            let counted = tally.entry((course.change.name, accident, then)).or_default();
            counted.0 += 1;
            if let Err(reason) = self.once(course, accident, then, at, seed) {
                counted.1 += 1;
                println!("seed {seed}: {} × {accident} after {at:.0?} × {then}: {reason}", course.change.name);
                wrong.push(seed);
            }
        }
        let mut table = "\n| change | accident | then | runs | wrong |\n|---|---|---|---:|---:|\n".to_owned();
        for ((change, accident, then), (runs, wrong)) in tally {
            // Writing to a text can't fail.
            let _ = writeln!(table, "| {change} | {accident} | {then} | {runs} | {wrong} |");
        }
        let figures = [
            Figure::new("changes interrupted", f64::from(self.options.runs), "runs"),
            Figure::new(
                "with a row lost, doubled or stale, a refused write, or a leftover",
                wrong.len() as f64,
                "runs",
            )
            .below(1.0),
        ];
        let section = report::markdown("crash", &figures) + &table;
        println!("{section}\n{}", report::json("crash", &figures));
        if let Some(page) = &self.options.write {
            report::write(page, "crash", &section)?;
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("seeds with something wrong: {wrong:?}")) }
    }

    /// Every change with every accident and both ends, as far as they can be had.
    fn matrix(&self, courses: &[Course]) -> Vec<(usize, &'static str, &'static str)> {
        let only = self.options.accident.as_deref();
        let wanted =
            |accident: &str| only.is_none_or(|only| only == accident) && (accident != FILL || self.disk.is_some());
        let mut matrix = Vec::new();
        for accident in ACCIDENTS.into_iter().filter(|accident| wanted(accident)) {
            for (number, course) in courses.iter().enumerate() {
                matrix.push((number, accident, "resume"));
                matrix.extend(course.undoable.then_some((number, accident, "undo")));
            }
        }
        matrix
    }

    /// A fresh database with the tables.
    fn database(&mut self, change: &Change) -> Done<String> {
        self.next += 1;
        let name = format!("crash_{}", self.next);
        let place = self.disk.as_ref().map_or("pg_default", |_| Disk::TABLESPACE);
        let made = format!("CREATE DATABASE {name} TEMPLATE template0 TABLESPACE {place}");
        sql::execute(&self.lab.url("postgres"), &made)?;
        let url = self.lab.url(&name);
        sql::execute(&url, &table(self.options.rows, change.partitioned))?;
        Ok(url)
    }

    fn drop_database(&self) {
        let name = format!("crash_{}", self.next);
        // It only takes room.
        let _ = sql::execute(&self.lab.url("postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    fn course(&mut self, change: &'static Change) -> Done<Course> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        fs::write(folder.path().join("1_change.sql"), change.sql).map_err(|e| e.to_string())?;
        let url = self.database(change)?;
        let before = described(&url)?;
        let began = Instant::now();
        good(&Self::end(self.start(&folder, &url, &["apply"])?)?)?;
        let took = began.elapsed();
        let undoable = good(&Self::end(self.start(&folder, &url, &["undo"])?)?).is_ok();
        if undoable && let Some(difference) = difference(&described(&url)?, &before) {
            return Err(format!("undo does not lead back:\n{difference}"));
        }
        self.drop_database();
        let url = self.database(change)?;
        good(&Self::end(self.start(&folder, &url, &["apply", "--contract"])?)?)?;
        let after = described(&url)?;
        self.drop_database();
        println!("{}: takes {took:.1?}{}", change.name, if undoable { "" } else { ", can't be undone" });
        Ok(Course { change, folder, before, after, took, undoable })
    }

    /// One accident.
    fn once(&mut self, course: &Course, accident: &str, then: &str, at: Duration, seed: u64) -> Done {
        let url = self.database(course.change)?;
        let writer = Writer::start(&url, &columns(), seed);
        let mut child = self.start(&course.folder, &url, &["apply"])?;
        std::thread::sleep(at);
        match accident {
            "kill dbwright" => child.kill().map_err(|e| e.to_string())?,
            "crash the server" => self.runtime.block_on(self.lab.crash(&Silent)).map_err(|e| e.message)?,
            "cut connections" => each(&url, "pg_terminate_backend")?,
            "cancel statements" => each(&url, "pg_cancel_backend")?,
            FILL => {
                let filled = self.disk.as_ref().map(Disk::fill).transpose()?;
                std::thread::sleep(Duration::from_millis(1500));
                drop(filled);
            }
            _ => sql::execute(&url, "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_sleep(1.5); COMMIT")?,
        }
        Self::end(child)?;
        let reached = self.reach(course, then, &url);
        let ledger = writer.finish()?;
        reached?;
        // Where there is no room, there is none for the writer either.
        let room = |text: &&String| accident != FILL || !text.contains("No space left on device");
        let refused: Vec<_> = ledger.refused.iter().filter(room).collect();
        if let Some(first) = refused.first() {
            return Err(format!("{} writes were refused: {first}", refused.len()));
        }
        if let Some(difference) = ledger.differences(&url, &columns())? {
            return Err(difference);
        }
        let should = if then == "undo" { &course.before } else { &course.after };
        if let Some(difference) = difference(&described(&url)?, should) {
            return Err(format!("the schema differs:\n{difference}"));
        }
        self.drop_database();
        Ok(())
    }

    /// Finishes or undoes the change, whatever state it is in.
    fn reach(&self, course: &Course, then: &str, url: &str) -> Done {
        if then == "undo" {
            let output = Self::end(self.start(&course.folder, url, &["undo"])?)?;
            let nothing = String::from_utf8_lossy(&output.stderr).contains("nothing to undo");
            return if nothing { Ok(()) } else { good(&output) };
        }
        for verb in [&["resume"][..], &["apply"], &["contract"]] {
            good(&Self::end(self.start(&course.folder, url, verb)?)?)?;
        }
        Ok(())
    }

    fn start(&self, folder: &tempfile::TempDir, url: &str, verb: &[&str]) -> Done<Child> {
        let mut command = Command::new(self.binary);
        command.args(["migrate", verb[0], url, "--yes", "--format", "json", "--dir"]).arg(folder.path());
        command.args(&verb[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().map_err(|e| format!("{}: {e}", self.binary.display()))
    }

    /// Waits until a process has ended; one that hangs is ended.
    fn end(mut child: Child) -> Done<Output> {
        let began = Instant::now();
        while child.try_wait().map_err(|e| e.to_string())?.is_none() {
            if began.elapsed() > HANGS {
                child.kill().map_err(|e| e.to_string())?;
                return Err(format!("dbwright (process {}) hangs", child.id()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().map_err(|e| e.to_string())
    }
}

fn good(output: &Output) -> Done {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("dbwright ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

/// Does something to every connection of dbwright.
fn each(url: &str, function: &str) -> Done {
    let query = format!(
        "SELECT {function}(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dbwright%'"
    );
    sql::query(url, &query).map(drop)
}

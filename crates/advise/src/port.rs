//! What the advisor needs from an engine.

use std::io::BufRead;
use std::path::PathBuf;

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_core::{BoxFuture, Change, Failure, Snapshot};

use crate::index::{Index, ObjectName};
use crate::usage::Usage;

/// An engine that can be asked for advice.
pub trait Advises: Send + Sync {
    /// Reads a workload from a log of the engine, line by line; none when it is no such log, of which only the begin was
    /// read then.
    ///
    /// # Errors
    /// When it can't be read, or is a log but damaged beyond use: which line, and what was expected.
    fn log(&self, name: &str, input: &mut dyn BufRead) -> Result<Option<Workload>, Failure>;

    /// The workload that the snapshot holds, when it holds one, for the database that was observed only.
    fn workload(&self, snapshot: &Snapshot) -> Option<Workload>;

    /// The snapshot with the reads that a replica of the same database counted added to its own, so that an index which
    /// only a replica uses does not look unused.
    ///
    /// # Errors
    /// When the replica is no copy of the same database: which of the two it is, and how it is seen.
    fn with_reads_of(&self, snapshot: &Snapshot, replica: &Snapshot) -> Result<Snapshot, Failure> {
        let (engine, name) = (&snapshot.header.engine, &replica.header.name);
        Err(Failure::usage("advise.no-replicas", format!("reads of {name} can't be added: {engine} knows no replicas")))
    }

    /// Whether plans are made on a sample of rows, whose size the user may choose.
    fn plans_on_rows(&self) -> bool {
        false
    }

    /// Opens the place where plans are made: a lab, or the target itself when `options.on_target` allows it.
    ///
    /// # Errors
    /// When there is no such place: what is missing, and what would give it.
    fn what_if<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: Option<&'a Address>,
        options: &'a WhatIfOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn WhatIf>, Failure>>;

    /// Opens a copy of the rows to measure in; none when the engine has no copy lab.
    fn measurer<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        address: &'a Address,
        options: &'a CopyOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Box<dyn Measurer>, Failure>>;
}

/// How to open a what-if side.
#[derive(Debug, Clone, Default)]
pub struct WhatIfOptions {
    /// How the target may be read.
    pub observe: ObserveOptions,
    /// Whether hypothetical indexes may be made in a session on the target.
    pub on_target: bool,
    /// Whether indexes count with the bytes that hypothetical ones are said to take there, as other advisors count them;
    /// otherwise with those of the engine's own model.
    pub hypothetical_sizes: bool,
    /// Connections to plan on; 0 lets the engine choose.
    pub connections: usize,
    /// Most bytes of rows to plan on, where plans are made on rows; none lets the engine choose.
    pub sample: Option<u64>,
}

/// How to make a copy to measure in.
#[derive(Debug, Clone, Default)]
pub struct CopyOptions {
    /// Folders with the engine's own programs.
    pub programs: Vec<PathBuf>,
    /// Most bytes of rows to copy; a larger database is sampled with its foreign keys kept whole. None copies all.
    pub bytes: Option<u64>,
    /// Tables that the workload reads; none copies all.
    pub tables: Option<Vec<ObjectName>>,
}

/// A statement with parameters, ready to be planned.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which statement of the workload it stands for, by position.
    pub statement: usize,
    /// Share of the statement's calls that it stands for; the queries of one statement add up to 1.
    pub share: f64,
    /// Text with its parameters in place, as the engine runs it.
    pub sql: String,
    /// What it does with its tables.
    pub usage: Usage,
    /// Its cost with the indexes that there are.
    pub cost: f64,
}

/// Why a statement is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason, in one sentence, with what would help.
    pub reason: String,
}

/// The queries of one statement, or why it is left out.
pub type Prepared = Result<Vec<Query>, Skip>;
/// Position of an index in the what-if side's list: the existing ones first, then the defined ones in order.
pub type IndexId = usize;
/// Position of a query in the list that was given to [`WhatIf::admit`].
pub type QueryId = usize;

/// An index that is there already.
#[derive(Debug, Clone)]
pub struct Existing {
    /// Its definition.
    pub index: Index,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// Reads of it in the window, when counted.
    pub scans: Option<u64>,
    /// Why it must not be dropped (`primary key`, `unique`, `foreign key`, `replica identity`); none when it may be.
    pub keeps: Option<String>,
    /// What its upkeep costs in the window, in the unit of plan costs.
    pub upkeep: f64,
    /// Whether it may only go when another one that begins with its keys stays in its place: a foreign key needs one.
    pub bound: bool,
}

/// What the engine says about an index that could be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// Bytes that it would take when built.
    pub bytes: u64,
    /// What its upkeep would cost in the window, in the unit of plan costs.
    pub upkeep: f64,
    /// Why that upkeep, in words: rows written, random or rising keys, lost HOT updates.
    pub reason: String,
    /// What one written row costs, in the same unit.
    pub entry: f64,
}

/// One question to the planner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Which query.
    pub query: QueryId,
    /// Defined indexes that are visible, ascending; all others are hidden.
    pub with: Vec<IndexId>,
    /// Existing indexes that are hidden, ascending.
    pub without: Vec<IndexId>,
}

/// The planner's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planned {
    /// Total cost.
    pub cost: f64,
    /// Indexes that the plan uses, existing and defined, ascending, each once.
    pub used: Vec<IndexId>,
    /// How each reference to a table is read.
    pub leaves: Vec<Leaf>,
}

/// How a plan reads one reference to a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leaf {
    /// Alias of the reference, as in [`crate::usage::TableUse`].
    pub alias: String,
    /// The index; none for reading the whole table.
    pub index: Option<IndexId>,
    /// Cost of all its loops.
    pub cost: f64,
    /// Estimated loops: above 1 inside a nested loop.
    pub loops: f64,
    /// Rows that one loop yields.
    pub rows: f64,
    /// Whether the rows come from the index alone.
    pub covered: bool,
}

/// A place that plans statements under sets of indexes that need not exist.
pub trait WhatIf: Send + Sync {
    /// What it is, for proofs: `a planner twin of PostgreSQL 15.18`.
    fn place(&self) -> String;

    /// Unit of its costs.
    fn unit(&self) -> String {
        "planner cost".to_owned()
    }

    /// Seconds that the counters cover which upkeep was reckoned from; none when it was reckoned from the workload itself.
    fn counted_s(&self) -> Option<f64> {
        None
    }

    /// Statements of the workload as queries, several for one statement when its parameters are sampled, in the order of
    /// the statements; or why one is left out.
    fn prepare<'a>(
        &'a self,
        statements: &'a [Statement],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Prepared>, Failure>>;

    /// Keeps the queries that will be asked about; their positions are their ids from now on. Called once.
    fn admit<'a>(&'a self, queries: &'a [Query]) -> BoxFuture<'a, Result<(), Failure>>;

    /// The indexes that there are on the tables of the queries.
    fn existing(&self) -> Vec<Existing>;

    /// Candidates of the engine's own kinds (inverted, spatial, block range, hash, vector, trigram, operator classes)
    /// for a query, beside the plain ones that the advisor thinks of itself.
    fn propose(&self, query: &Query) -> Vec<Index>;

    /// Defines indexes, hidden; each gets the next id, also a refused one (which must not be asked about).
    fn define<'a>(&'a self, indexes: &'a [Index]) -> BoxFuture<'a, Result<Vec<Result<Estimate, String>>, Failure>>;

    /// Answers questions, in order, on as many connections as it has. One entry fails without the others.
    fn plan<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<Vec<Result<Planned, String>>, Failure>>;

    /// The statement that creates an index, with a name that is free; `online` as users run it beside traffic.
    fn create(&self, index: &Index, name: Option<&str>) -> Change;

    /// The statement that drops an existing index, with the way back.
    fn drop(&self, existing: IndexId) -> Change;

    /// What had to be assumed to make plans, one sentence each.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Milliseconds that one unit of plan cost takes on the target, when its statistics tell.
    fn ms_per_cost(&self) -> Option<f64> {
        None
    }
}

/// One run of a query in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Run {
    /// Text with its parameters in place.
    pub sql: String,
    /// Built indexes that are visible, by position in the order of [`Measurer::build`].
    pub with: Vec<usize>,
    /// Existing indexes that are hidden, by name.
    pub without: Vec<(ObjectName, String)>,
}

/// What a run took.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timing {
    /// Time in ms of the first round, which may have found cold caches and is not in `ms`.
    pub first: Option<f64>,
    /// Times in ms, one for each repetition.
    pub ms: Vec<f64>,
    /// Built indexes that the plan used, by position.
    pub used: Vec<usize>,
    /// Rows and a digest of them that does not depend on their order; none when runs of the same entry differ.
    pub result: Option<Digest>,
    /// Whether the run was ended by its time limit: `ms` is then a lower bound.
    pub cut: bool,
}

/// The plan that an engine chooses in a copy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// Its cost as the engine estimates it; 0 when the engine tells none.
    pub cost: f64,
    /// Built indexes that it uses, by position, ascending.
    pub used: Vec<usize>,
    /// Hash of the plan without its figures: runs of equal plans take equally long.
    pub hash: u64,
}

/// A result, so that two can be compared without keeping rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// Sum of the rows' hashes, numbers with rounding errors left out.
    pub sum: u64,
    /// Sum of the numbers with rounding errors (floating point), which depend on the order of summing.
    pub rounded: f64,
}

impl Digest {
    /// Whether two results are equal, rounding errors aside.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        let scale = self.rounded.abs().max(other.rounded.abs()).max(1e-9);
        let near = self.rounded == other.rounded || (self.rounded - other.rounded).abs() <= scale * 1e-9;
        (self.rows, self.sum) == (other.rows, other.sum) && near
    }
}

/// What building an index gave.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Built {
    /// Its true bytes.
    pub bytes: u64,
    /// Time of the build in ms.
    pub ms: f64,
    /// Bytes scaled up to the whole table, when the copy is a sample.
    pub scaled_bytes: u64,
}

/// What writers manage on one table.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WriteRate {
    /// Inserts per second.
    pub inserts: f64,
    /// Updates per second.
    pub updates: f64,
}

/// A copy of the rows in which things are built and run.
pub trait Measurer: Send + Sync {
    /// What it is, for proofs: `a copy of all 8 tables (1.2 GB) in PostgreSQL 15.18`.
    fn place(&self) -> String;

    /// Builds indexes for real, hidden until a run shows them.
    fn build<'a>(
        &'a self,
        indexes: &'a [Index],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Built, String>>, Failure>>;

    /// The plan that each entry would be run with, without running it.
    fn plans<'a>(&'a self, runs: &'a [Run]) -> BoxFuture<'a, Result<Vec<Result<Shape, String>>, Failure>>;

    /// Runs each entry `repeat` times, interleaved in rounds after one unmeasured round; statements that write are rolled
    /// back. `limit_ms` ends a run that takes longer.
    fn run<'a>(
        &'a self,
        runs: &'a [Run],
        repeat: u32,
        limit_ms: f64,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Result<Timing, String>>, Failure>>;

    /// How fast rows can be written to a table with some built indexes in place and all others absent.
    fn writes<'a>(
        &'a self,
        table: &'a ObjectName,
        with: &'a [usize],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<WriteRate, Failure>>;
}

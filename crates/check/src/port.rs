//! What `check` needs from an engine. Only [`Checks`] is required of an engine that can be checked.

use std::path::Path;

use dbwright_core::engine::{Engine, ObserveOptions};
use dbwright_core::progress::Progress;
use dbwright_core::report::TableSize;
use dbwright_core::rule::Limits;
use dbwright_core::scorecard::Metric;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, Finding, NotLookedAt, RuleMeta, Snapshot};

/// What an engine's rules reported, before ranking and filtering.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings in no particular order.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub not_looked_at: Vec<NotLookedAt>,
    /// The scorecard.
    pub scorecard: Vec<Metric>,
}

/// An engine whose snapshots can be checked. The other ports are found through it.
pub trait Checks: Engine {
    /// All rules that apply to the engine, the `sql/` ones included, by id.
    fn rules(&self) -> Vec<&'static RuleMeta>;

    /// Runs every rule over a snapshot. A pure function of its arguments: the same snapshot gives the
    /// same outcome, live or from a file.
    ///
    /// # Errors
    /// When the snapshot belongs to another engine.
    fn check(&self, snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, Failure>;

    /// How large the tables of a snapshot are, the largest first; empty when the engine does not know.
    fn sizes(&self, _snapshot: &Snapshot) -> Vec<TableSize> {
        Vec::new()
    }

    /// Reads a log of the engine's server as a workload; none when the file is something else, or the engine reads no logs.
    ///
    /// # Errors
    /// When the file can't be read.
    fn log(&self, _name: &str, _input: &mut dyn std::io::BufRead) -> Result<Option<Workload>, Failure> {
        Ok(None)
    }

    /// The engine's prover, when it has one.
    fn prover(&self) -> Option<&dyn Prover> {
        None
    }

    /// The engine's lab for schema files, when it has one.
    fn schema_lab(&self) -> Option<&dyn SchemaLab> {
        None
    }

    /// The engine's comparison of two snapshots, when it has one.
    fn compare(&self) -> Option<&dyn Compare> {
        None
    }
}

/// Makes experiments in a lab, never on the target.
pub trait Prover: Send + Sync {
    /// Ids of the rules whose findings it can experiment on.
    fn rules(&self) -> &'static [&'static str];

    /// Whether it also carries out, in a lab, the change of a finding that it can't experiment on otherwise.
    fn rehearses(&self, _finding: &Finding) -> bool {
        false
    }

    /// Whether experiments are made unless the user says no: false when they read more of the target than
    /// observing does.
    fn by_default(&self) -> bool;

    /// Fills in the proofs of the findings it can experiment on, adds findings that only an experiment
    /// can justify, and removes those whose change showed no gain. Stops early, with what it has, when
    /// `progress` says so.
    ///
    /// # Errors
    /// When the lab can't be made; the findings stay as they were.
    fn prove<'a>(
        &'a self,
        address: &'a Address,
        snapshot: &'a Snapshot,
        options: &'a ObserveOptions,
        outcome: &'a mut Outcome,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

/// Loads a schema file into a scratch database of the real engine and observes that.
pub trait SchemaLab: Send + Sync {
    /// The names that `--dialect` takes for this engine.
    fn dialects(&self) -> &'static [&'static str];

    /// Loads `sql` (the text of `file`), which is in one of the [`SchemaLab::dialects`], and takes a snapshot of what it
    /// created. The lab is gone afterwards.
    ///
    /// # Errors
    /// When the engine rejects a statement: its own message, with line and caret in the user's file.
    fn load<'a>(
        &'a self,
        file: &'a Path,
        sql: &'a str,
        dialect: &'a str,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>>;
}

/// Tells what changed between two snapshots.
pub trait Compare: Send + Sync {
    /// The differences, by area, in a fixed order.
    ///
    /// # Errors
    /// When a snapshot belongs to another engine.
    fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<Vec<Difference>, Failure>;
}

/// One thing that differs between two snapshots.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    /// `schema`, `setting`, `growth` or `statement`.
    pub area: &'static str,
    /// `added`, `removed` or `changed`.
    pub kind: &'static str,
    /// Object path, setting or statement fingerprint.
    pub subject: String,
    /// Value before, as text for people; none when it was not there.
    pub before: Option<String>,
    /// Value after; none when it is not there.
    pub after: Option<String>,
}

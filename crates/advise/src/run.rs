//! The whole way from a workload to an advice.

use std::time::Duration;

use dbwright_core::report::ReportTarget;
use dbwright_core::workload::Workload;

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Most bytes of new indexes.
    pub bytes: Option<u64>,
    /// Most new indexes.
    pub count: Option<usize>,
    /// Longest time of the search; the best found so far is reported.
    pub time: Option<Duration>,
    /// Existing indexes (`schema.name` or `name`) that must stay.
    pub keep: Vec<String>,
    /// Whether existing indexes may be proposed for dropping at all.
    pub drops: bool,
    /// What makes a statement weigh: its calls, or the same for each whatever it costs.
    pub weighting: Weighting,
}

/// How the costs of statements add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weighting {
    /// Cost of a call times calls.
    #[default]
    Calls,
    /// Each statement's cost in shares of its cost today, so that small ones count as much as large ones.
    Share,
}

/// What the advice is for, as it is reported.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The target.
    pub target: ReportTarget,
    /// The workload.
    pub workload: Workload,
}

/// An advice, with what a measurement needs to go on from it.
#[derive(Debug, Clone)]
pub struct Advised {
    /// The report.
    pub advice: crate::Advice,
    /// Definitions of `advice.create`, in its order.
    pub indexes: Vec<crate::Index>,
    /// Candidates that were nearly chosen, the best first: a measurement may prefer them.
    pub runners_up: Vec<(crate::Index, crate::port::Estimate)>,
    /// The queries that were planned, in the order of their ids.
    pub queries: Vec<crate::Query>,
    /// Every index that was defined, in order: with the existing ones before them, their positions are their ids.
    pub defined: Vec<crate::Index>,
}

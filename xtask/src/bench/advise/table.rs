//! The results of `bench advise` beside what was promised and what the best peers reach.

use super::{Kind, Sizes, Weighting};
use crate::bench::report::machine;

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// What made a query weigh.
    pub(super) weighting: Weighting,
    /// Bytes of new indexes.
    pub(super) budget: Option<u64>,
    /// Sum of the costs by the sum before.
    pub(super) sum: f64,
    /// Geometric mean of cost by cost before.
    pub(super) geo: f64,
    /// Proven gap.
    pub(super) gap: f64,
    /// New indexes.
    pub(super) indexes: usize,
    /// Their bytes as `HypoPG` estimates them.
    pub(super) hypopg_bytes: f64,
    /// Their bytes as the advice says.
    pub(super) own_bytes: f64,
    /// Plans made.
    pub(super) calls: f64,
    /// Questions answered without one.
    pub(super) hits: f64,
    /// Seconds of the search.
    pub(super) seconds: f64,
    /// Seconds of the whole command.
    pub(super) wall: f64,
}

/// What is promised, and the best of the peers, for 500 MB, 1 GB, 2 GB and without a budget.
fn promised(kind: Kind, weighting: Weighting) -> Option<([f64; 4], [f64; 4])> {
    match (kind, weighting) {
        (Kind::Tpch, Weighting::Calls) => Some(([0.765, 0.640, 0.610, 0.590], [0.775, 0.653, 0.631, 0.597])),
        (Kind::Tpch, Weighting::Factor) => Some(([0.370, 0.290, 0.250, 0.240], [0.393, 0.299, 0.255, 0.246])),
        (Kind::Tpcds, Weighting::Calls) => Some(([0.830, 0.760, 0.740, 0.700], [0.838, 0.773, 0.768, 0.714])),
        (Kind::Tpcds, Weighting::Factor) => None,
    }
}

impl Row {
    /// For the terminal while the benchmark runs.
    pub(super) fn line(&self) -> String {
        format!(
            "{}: sum {:.4} geo {:.4} gap {:.4}, {} indexes, {:.0} MB by HypoPG, {} calls, {} hits, {:.2} s ({:.2} s in all)",
            size(self.budget),
            self.sum,
            self.geo,
            self.gap,
            self.indexes,
            self.hypopg_bytes / 1e6,
            self.calls,
            self.hits,
            self.seconds,
            self.wall
        )
    }

    fn cells(&self, kind: Kind) -> String {
        let (measure, ratio) = match self.weighting {
            Weighting::Calls => ("sum", self.sum),
            Weighting::Factor => ("geo", self.geo),
        };
        let promise = self.promise(kind).map_or(String::new(), |(goal, peer)| {
            let kept = if ratio <= goal { "kept" } else { "**not kept**" };
            format!("≤ {goal:.3}: {kept}; {peer:.3}")
        });
        format!(
            "| {measure} | {} | {ratio:.4} | {promise} | {:.2} % | {} | {:.0} | {:.0} | {} | {} | {:.2} | {:.2} |\n",
            size(self.budget),
            self.gap * 100.0,
            self.indexes,
            self.hypopg_bytes / 1e6,
            self.own_bytes / 1e6,
            self.calls,
            self.hits,
            self.seconds,
            self.wall
        )
    }

    fn promise(&self, kind: Kind) -> Option<(f64, f64)> {
        let (goals, peers) = promised(kind, self.weighting)?;
        let budgets = super::BUDGETS.iter().position(|budget| budget.0 == self.budget)?;
        Some((goals[budgets], peers[budgets]))
    }
}

fn size(budget: Option<u64>) -> String {
    budget.map_or("none".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6))
}

/// The section.
pub(super) fn section(name: &str, kind: Kind, sizes: Sizes, rows: &[Row]) -> String {
    let whose = match sizes {
        Sizes::Hypopg => {
            "Plans and sizes by HypoPG in sessions on the target (`--on-target --sizes hypopg`), as the peers have them"
        }
        Sizes::Own => "Plans in the planner twin, budgets by dbwright's own sizes",
    };
    let left_out: Vec<String> = kind.left_out().iter().map(ToString::to_string).collect();
    let rows: String = rows.iter().map(|row| row.cells(kind)).collect();
    format!(
        "## bench {name}\n\n{}. PostgreSQL 15, scale 1, primary keys only. {whose}. Cost by EXPLAIN with the proposed indexes, \
         as a share of the cost without: `sum` over the queries without {}, `geo` the geometric mean over all, every query \
         weighing the same. Indexes of kinds that HypoPG does not know count as absent.\n\n| measure | budget | reached | promised; best peer | gap | indexes | MB (HypoPG) | MB (own) | \
         planner calls | cache hits | search s | whole command s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n{rows}",
        machine(),
        left_out.join(", "),
    )
}

//! Experiments on PostgreSQL: missing indexes of foreign keys, measured in a copy, and those of the workload, planned in a
//! twin.
//!
//! The copy's lab gets the rows of the referencing table, by COPY, and nothing else. Since that reads the user's rows, it
//! happens only when asked for. In the lab the same table is searched with and without the new index by turns: the
//! index is hidden from the planner instead of dropped, so that both sides meet the same pages in the same cache.

mod copy;
mod measure;
pub(crate) mod missing;
pub(crate) mod smaller;

use dbwright_check::{Outcome, Prover};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Progress;
use dbwright_core::proof::Experiment;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, Finding, Proof, Severity, Snapshot};
use dbwright_sql::model::{Catalog, Constraint, Table};

use crate::body::PgBody;
use crate::engine::Postgres;
use crate::lab::{Lab, LabOptions};

/// The rule whose findings can be measured.
const RULE: &str = "sql/unindexed-foreign-key";
/// A gain below this share of the time is none: it would not pay for the index's upkeep.
const GAIN: f64 = 0.2;
/// Most bytes of a table that are copied; of a larger one a sample of pages.
pub(crate) const COPY_BYTES: u64 = 1 << 30;
/// Database of the lab.
const DATABASE: &str = "copy";

impl Prover for Postgres {
    fn rules(&self) -> &'static [&'static str] {
        &[RULE, missing::RULE, smaller::BRIN, smaller::PARTIAL]
    }

    fn by_default(&self) -> bool {
        false
    }

    fn prove<'a>(
        &'a self,
        address: &'a Address,
        snapshot: &'a Snapshot,
        options: &'a ObserveOptions,
        outcome: &'a mut Outcome,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            foreign_key_indexes(address, snapshot, options, outcome, progress).await?;
            missing::look(address, snapshot, options, outcome, limits, progress).await
        })
    }
}

/// Measures the missing indexes of foreign keys.
async fn foreign_key_indexes(
    address: &Address,
    snapshot: &Snapshot,
    options: &ObserveOptions,
    outcome: &mut Outcome,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let body: &PgBody = snapshot.body()?;
    if !outcome.findings.iter().any(|finding| finding.rule == RULE) {
        return Ok(());
    }
    let major = u32::try_from(body.server.major()).ok();
    let wanted = LabOptions { programs: options.programs.clone(), major, ..LabOptions::default() };
    let lab = Lab::start(&wanted, progress).await?;
    lab.create_database(DATABASE).await?;
    let bench = Bench { address, options, lab: &lab, body, progress };
    for finding in outcome.findings.iter_mut().filter(|finding| finding.rule == RULE) {
        if progress.cancelled() {
            break;
        }
        bench.finding(finding).await;
    }
    Ok(())
}

/// What every experiment of a run shares.
struct Bench<'a> {
    address: &'a Address,
    options: &'a ObserveOptions,
    lab: &'a Lab,
    body: &'a PgBody,
    progress: &'a dyn Progress,
}

impl Bench<'_> {
    /// Measures one finding; what stands in the way becomes its note.
    async fn finding(&self, finding: &mut Finding) {
        let catalog = &self.body.catalog;
        let found = foreign_keys(catalog).find(|(table, key)| catalog.subject_in(table, &key.name) == finding.subject);
        let Some((table, key)) = found else { return };
        self.progress.stage(&format!("measuring {}", finding.subject), None);
        match self.measure(table, key).await {
            Ok(Measured::Nothing(note)) => finding.proof = Proof::unproven(note),
            Ok(Measured::Figures(experiment, index_bytes)) => conclude(finding, experiment, index_bytes),
            Err(failure) => finding.proof = Proof::unproven(format!("the experiment failed: {}", failure.message)),
        }
    }

    async fn measure(&self, table: &Table, key: &Constraint) -> Result<Measured, Failure> {
        let share = copy::share(self.body, table);
        let name = copy::into_lab(self.address, self.options, self.lab, DATABASE, table, share).await?;
        let figures = measure::lookups(self.lab, DATABASE, &name, &key.columns).await;
        let drop = format!("DROP TABLE IF EXISTS {name}");
        self.lab.execute(DATABASE, &drop).await?;
        let Some(figures) = figures? else {
            return Ok(Measured::Nothing(
                "the table has no row that refers to another, so there is nothing to measure".to_owned(),
            ));
        };
        let repeat = format!("dbwright check {} --prove --only {RULE}", self.address.shown());
        let Some(mut experiment) = Experiment::of(&figures.without, &figures.with, "ms", &repeat) else {
            return Ok(Measured::Nothing("no run was finished".to_owned()));
        };
        experiment.note = Some(note(table, figures.keys, share));
        Ok(Measured::Figures(experiment, figures.index_bytes))
    }
}

/// How an experiment ended.
enum Measured {
    /// With figures and the new index's bytes.
    Figures(Experiment, i64),
    /// With the reason why there are none.
    Nothing(String),
}

fn foreign_keys(catalog: &Catalog) -> impl Iterator<Item = (&Table, &Constraint)> {
    catalog.tables.iter().flat_map(|table| table.foreign_keys().map(move |(key, _)| (table, key)))
}

fn note(table: &Table, keys: usize, share: f64) -> String {
    let rows = if share < 1.0 { format!("{:.1} % of the rows", share * 100.0) } else { "all rows".to_owned() };
    format!(
        "mean time to find the referencing rows of one key, over {keys} keys, in a private PostgreSQL with {rows} of {}; \
         every delete of a referenced row does this lookup; equal results on both sides",
        table.name
    )
}

/// A fix whose experiment shows no gain is not proposed.
fn conclude(finding: &mut Finding, experiment: Experiment, index_bytes: i64) {
    finding.evidence.push(dbwright_core::Evidence::new("index_bytes", index_bytes, "bytes", "built in the lab"));
    if !experiment.gains(GAIN) {
        finding.severity = Severity::Low;
        finding.change = None;
        finding.why.push_str("; measured in a copy, an index does not gain enough to propose it");
    }
    finding.proof = Proof::Measured(experiment);
}

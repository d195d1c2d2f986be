//! The life of one rule on a real server: the fault, its finding, the fix, the way back, and the sound example.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Change, Finding, Snapshot};
use dbwright_engine_postgres::Postgres;
use dbwright_sql::Dialect;
use dbwright_testkit::{Database, majors, postgres_bin};

use crate::expected;
use crate::folders::Folder;
use crate::script::Script;
use crate::server::Private;
use crate::stage::Stage;

/// Longest time until a change shows in the statistics.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs the fault and what follows from it; `private` is the server when it is a private one.
pub(crate) async fn bad(folder: &Folder, database: &Database, mut private: Option<&mut Private>) -> Result<(), String> {
    let view = View::new(folder, &folder.bad, database);
    let mut stage = Stage::open(&database.url).await?;
    stage.run(&folder.bad).await?;
    let found = view.look().await?;
    if found.is_empty() {
        return Err("bad.sql yields no finding".to_owned());
    }
    expected::compare(&folder.expected(stage.major), &found, &|text| stage.rename(text, &database.name))?;
    let mut undo = Vec::new();
    for finding in &found {
        if mend(&view, &mut stage, finding, private.as_deref_mut()).await? {
            undo.push(finding);
        }
    }
    for finding in undo.into_iter().rev() {
        go_back(&view, &mut stage, finding, private.as_deref_mut()).await?;
    }
    Ok(())
}

/// Runs the sound example: no finding, and nothing that could not be looked at.
pub(crate) async fn good(folder: &Folder, database: &Database) -> Result<(), String> {
    let mut stage = Stage::open(&database.url).await?;
    stage.run(&folder.good).await?;
    let found = View::new(folder, &folder.good, database).look().await?;
    if found.is_empty() { Ok(()) } else { Err(format!("good.sql yields {}", brief(&found))) }
}

/// Carries out the change of a finding; afterwards the finding is gone. Says whether there is a way back to try.
async fn mend(
    view: &View<'_>,
    stage: &mut Stage,
    finding: &Finding,
    private: Option<&mut Private>,
) -> Result<bool, String> {
    let Some(change) = &finding.change else {
        let reason = format!("{}: no change, and no reason in `why`", finding.subject);
        return if finding.why.is_empty() { Err(reason) } else { Ok(false) };
    };
    if change.back.is_empty() == change.irreversible.is_none() {
        return Err(format!("{}: needs either a way back or the reason why there is none", finding.subject));
    }
    if !view.look().await?.iter().any(|f| f.fingerprint == finding.fingerprint) {
        return Ok(false); // mended by the change of another finding
    }
    let run = carry_out(stage, &change.forward, change, private).await;
    run.map_err(|e| format!("{}: the change fails: {e}", finding.subject))?;
    view.until(&finding.fingerprint, false).await?;
    Ok(!change.back.is_empty())
}

/// Carries out the way back; afterwards the finding is there again.
async fn go_back(
    view: &View<'_>,
    stage: &mut Stage,
    finding: &Finding,
    private: Option<&mut Private>,
) -> Result<(), String> {
    let Some(change) = &finding.change else { return Ok(()) };
    let run = carry_out(stage, &change.back, change, private).await;
    run.map_err(|e| format!("{}: the way back fails: {e}", finding.subject))?;
    view.until(&finding.fingerprint, true).await
}

/// Runs statements of a change, and restarts the server where it says so.
async fn carry_out(
    stage: &mut Stage,
    statements: &[String],
    change: &Change,
    private: Option<&mut Private>,
) -> Result<(), String> {
    stage.change(statements, change.in_transaction).await?;
    if !change.restart {
        return Ok(());
    }
    let private = private.ok_or("it needs a restart, so the script needs `-- alone`")?;
    private.reboot().await?;
    stage.reopen().await
}

/// A snapshot of a database.
pub(crate) async fn observe(url: &str) -> Result<Snapshot, String> {
    let address = Address::parse(url).map_err(|e| e.to_string())?;
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await;
    snapshot.map_err(|e| format!("the snapshot fails: {e}"))
}

/// What all rules say of a snapshot.
pub(crate) fn check(snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, String> {
    Postgres.check(snapshot, limits).map_err(|e| e.to_string())
}

/// One rule's view of one database.
struct View<'a> {
    rule: &'a str,
    limits: Limits,
    url: &'a str,
    workload: Option<&'a str>,
}

impl<'a> View<'a> {
    fn new(folder: &'a Folder, script: &Script, database: &'a Database) -> Self {
        let limits: Limits = BTreeMap::from([(folder.id.clone(), script.limits.clone())]);
        Self { rule: &folder.id, limits, url: &database.url, workload: folder.workload.as_deref() }
    }

    /// The rule's findings by subject; the same whether from the live database or from a file.
    async fn look(&self) -> Result<Vec<Finding>, String> {
        let snapshot = observe(self.url).await?;
        if let Some(workload) = self.workload {
            return self.of_outcome(self.prove(&snapshot, workload).await?);
        }
        let found = self.check(&snapshot)?;
        let bytes = snapshot.encode().map_err(|e| e.to_string())?;
        let (header, body) = dbwright_core::snapshot::decode("snapshot", &bytes).map_err(|e| e.to_string())?;
        let read = Postgres.decode(header, body.get()).map_err(|e| e.to_string())?;
        let again = self.check(&read)?;
        if again != found {
            return Err(format!("from a file: {}\nlive: {}", brief(&again), brief(&found)));
        }
        Ok(found)
    }

    /// What the rules say once plans were made for the folder's statements.
    async fn prove(&self, snapshot: &Snapshot, workload: &str) -> Result<Outcome, String> {
        let workload = dbwright_sql::workload::from_sql(workload, Dialect::Postgres, "workload.sql");
        let workload = Some(workload.map_err(|e| e.to_string())?);
        let programs = majors()?.into_iter().map(postgres_bin).collect();
        let options = ObserveOptions { workload, programs, ..ObserveOptions::default() };
        let address = Address::parse(self.url).map_err(|e| e.to_string())?;
        let mut outcome = check(snapshot, &self.limits)?;
        let prover = Postgres.prover().ok_or("no prover")?;
        let proven = prover.prove(&address, snapshot, &options, &mut outcome, &self.limits, &Silent).await;
        proven.map_err(|e| format!("no plans: {e}; {:?}", e.hints))?;
        Ok(outcome)
    }

    fn check(&self, snapshot: &Snapshot) -> Result<Vec<Finding>, String> {
        self.of_outcome(check(snapshot, &self.limits)?)
    }

    fn of_outcome(&self, outcome: Outcome) -> Result<Vec<Finding>, String> {
        if let Some(skipped) = outcome.not_looked_at.iter().find(|skipped| skipped.rule == self.rule) {
            return Err(format!("did not look: {} (remedy: {:?})", skipped.reason, skipped.remedy));
        }
        let mut found = outcome.findings;
        found.retain(|finding| finding.rule == self.rule);
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        if let Some(bare) = found.iter().find(|finding| finding.evidence.is_empty()) {
            return Err(format!("no evidence: {}", bare.title));
        }
        Ok(found)
    }

    /// Looks until a finding is there, or gone.
    async fn until(&self, fingerprint: &str, there: bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.look().await?;
            if found.iter().any(|finding| finding.fingerprint == fingerprint) == there {
                return Ok(());
            }
            if Instant::now() > end {
                let what =
                    if there { "the way back does not bring the finding back" } else { "still found after the change" };
                return Err(format!("{what}: {}", brief(&found)));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn brief(found: &[Finding]) -> String {
    let line = |f: &Finding| format!("\n  {} {}: {} {:?}", f.severity, f.subject, f.title, f.evidence);
    if found.is_empty() { "nothing".to_owned() } else { found.iter().map(line).collect() }
}

//! The life of one rule on a real server: the fault, its finding, the fix, the way back, and the sound example.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbwright_check::Checks as _;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Change, Finding, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_testkit::MyDatabase;
use tokio::runtime::Runtime;

use crate::expected;
use crate::folders::Folder;
use crate::script::Script;
use crate::server::Servers;
use crate::stage::Stage;

/// Longest time until a change shows in the server's figures.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs the fault and what follows from it.
pub(crate) fn bad(folder: &Folder, database: &MyDatabase, servers: &mut Servers) -> Result<(), String> {
    let view = View::new(folder, &folder.bad, database);
    let mut stage = Stage::open(database)?;
    stage.run(&folder.bad, servers)?;
    let found = view.look()?;
    if found.is_empty() {
        return Err("bad.sql yields no finding".to_owned());
    }
    expected::compare(&folder.expected, &found, &|text| stage.rename(text))?;
    let mut undo = Vec::new();
    for finding in &found {
        if mend(&view, &mut stage, finding, servers)? {
            undo.push(finding);
        }
    }
    for finding in undo.into_iter().rev() {
        go_back(&view, &mut stage, finding, servers)?;
    }
    Ok(())
}

/// Runs the sound example: no finding, and nothing that could not be looked at.
pub(crate) fn good(folder: &Folder, database: &MyDatabase, servers: &mut Servers) -> Result<(), String> {
    let mut stage = Stage::open(database)?;
    stage.run(&folder.good, servers)?;
    let found = View::new(folder, &folder.good, database).look()?;
    if found.is_empty() { Ok(()) } else { Err(format!("good.sql yields {}", brief(&found))) }
}

/// Carries out the change of a finding; afterwards the finding is gone. Says whether there is a way back to try.
fn mend(view: &View<'_>, stage: &mut Stage, finding: &Finding, servers: &mut Servers) -> Result<bool, String> {
    let Some(change) = &finding.change else {
        let reason = format!("{}: no change, and no reason in `why`", finding.subject);
        return if finding.why.is_empty() { Err(reason) } else { Ok(false) };
    };
    if change.back.is_empty() == change.irreversible.is_none() {
        return Err(format!("{}: needs either a way back or the reason why there is none", finding.subject));
    }
    if !view.look()?.iter().any(|f| f.fingerprint == finding.fingerprint) {
        return Ok(false); // mended by the change of another finding
    }
    let run = carry_out(stage, &change.forward, change, servers);
    run.map_err(|e| format!("{}: the change fails: {e}", finding.subject))?;
    view.until(&finding.fingerprint, false)?;
    Ok(!change.back.is_empty())
}

/// Carries out the way back; afterwards the finding is there again.
fn go_back(view: &View<'_>, stage: &mut Stage, finding: &Finding, servers: &mut Servers) -> Result<(), String> {
    let Some(change) = &finding.change else { return Ok(()) };
    let run = carry_out(stage, &change.back, change, servers);
    run.map_err(|e| format!("{}: the way back fails: {e}", finding.subject))?;
    view.until(&finding.fingerprint, true)
}

/// Runs statements of a change, and restarts the server where it says so.
fn carry_out(stage: &mut Stage, statements: &[String], change: &Change, servers: &mut Servers) -> Result<(), String> {
    stage.change(statements)?;
    if change.restart { stage.restart(servers) } else { Ok(()) }
}

/// One rule's view of one database.
struct View<'a> {
    rule: &'a str,
    limits: Limits,
    url: &'a str,
    runtime: Runtime,
}

impl<'a> View<'a> {
    fn new(folder: &'a Folder, script: &Script, database: &'a MyDatabase) -> Self {
        let limits: Limits = BTreeMap::from([(folder.id.clone(), script.limits.clone())]);
        let runtime = Runtime::new().expect("threads can be started");
        Self { rule: &folder.id, limits, url: &database.url, runtime }
    }

    /// The rule's findings by subject; the same whether from the live server or from a file.
    fn look(&self) -> Result<Vec<Finding>, String> {
        let address = Address::parse(self.url).map_err(|e| e.to_string())?;
        let snapshot = self.runtime.block_on(MySql.observe(&address, &ObserveOptions::default(), &Silent));
        let snapshot = snapshot.map_err(|e| format!("the snapshot fails: {e}"))?;
        let found = self.check(&snapshot)?;
        let bytes = snapshot.encode().map_err(|e| e.to_string())?;
        let (header, body) = dbwright_core::snapshot::decode("snapshot", &bytes).map_err(|e| e.to_string())?;
        let read = MySql.decode(header, body.get()).map_err(|e| e.to_string())?;
        let again = self.check(&read)?;
        if again != found {
            return Err(format!("from a file: {}\nlive: {}", brief(&again), brief(&found)));
        }
        Ok(found)
    }

    fn check(&self, snapshot: &Snapshot) -> Result<Vec<Finding>, String> {
        let outcome = MySql.check(snapshot, &self.limits).map_err(|e| e.to_string())?;
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
    fn until(&self, fingerprint: &str, there: bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.look()?;
            if found.iter().any(|finding| finding.fingerprint == fingerprint) == there {
                return Ok(());
            }
            if Instant::now() > end {
                let what =
                    if there { "the way back does not bring the finding back" } else { "still found after the change" };
                return Err(format!("{what}: {}", brief(&found)));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn brief(found: &[Finding]) -> String {
    let line = |f: &Finding| format!("\n  {} {}: {} {:?}", f.severity, f.subject, f.title, f.evidence);
    if found.is_empty() { "nothing".to_owned() } else { found.iter().map(line).collect() }
}

//! The life of one rule on real servers: the fault, its finding, the fix, the way back, and the sound state.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Snapshot};
use dbwright_engine_redis::Redis;

use crate::expected;
use crate::folders::Folder;
use crate::script::Script;
use crate::servers::PATIENCE;
use crate::stage::Stage;

/// Runs the fault and what follows from it.
pub(crate) fn bad(engine: &str, folder: &Folder) -> Result<(), String> {
    let mut stage = Stage::set(engine, &folder.bad)?;
    let view = View::new(folder, &folder.bad);
    let found = view.look(&stage)?;
    if found.is_empty() {
        return Err("it yields no finding".to_owned());
    }
    expected::compare(&folder.expected(engine), &found, &|text| stage.rename(text))?;
    let mut undo = Vec::new();
    for finding in &found {
        if mend(&view, &mut stage, finding)? {
            undo.push(finding);
        }
    }
    for finding in undo.into_iter().rev() {
        go_back(&view, &mut stage, finding)?;
    }
    by_hand(&view, &mut stage, &folder.bad, &found)
}

/// Runs the sound state: no finding, and nothing that could not be looked at.
pub(crate) fn good(engine: &str, folder: &Folder) -> Result<(), String> {
    let stage = Stage::set(engine, &folder.good)?;
    let found = View::new(folder, &folder.good).look(&stage)?;
    if found.is_empty() { Ok(()) } else { Err(format!("it yields {}", brief(&found))) }
}

/// Carries out the change of a finding; afterwards the finding is gone. Says whether there is a way back to try.
fn mend(view: &View<'_>, stage: &mut Stage, finding: &Finding) -> Result<bool, String> {
    let Some(change) = &finding.change else {
        let reason = format!("{}: no change, and no reason in `why`", finding.subject);
        return if finding.why.is_empty() { Err(reason) } else { Ok(false) };
    };
    if change.back.is_empty() == change.irreversible.is_none() {
        return Err(format!("{}: needs either a way back or the reason why there is none", finding.subject));
    }
    if !view.look(stage)?.iter().any(|f| f.fingerprint == finding.fingerprint) {
        return Ok(false); // mended by the change of another finding
    }
    stage.change(&change.forward, change).map_err(|e| format!("{}: the change fails: {e}", finding.subject))?;
    view.until(stage, &finding.fingerprint, false)?;
    Ok(!change.back.is_empty())
}

/// Carries out the way back; afterwards the finding is there again.
fn go_back(view: &View<'_>, stage: &mut Stage, finding: &Finding) -> Result<(), String> {
    let Some(change) = &finding.change else { return Ok(()) };
    stage.change(&change.back, change).map_err(|e| format!("{}: the way back fails: {e}", finding.subject))?;
    view.until(stage, &finding.fingerprint, true)
}

/// Does what the script says that people do; afterwards no finding without a change is left.
fn by_hand(view: &View<'_>, stage: &mut Stage, script: &Script, found: &[Finding]) -> Result<(), String> {
    if script.mend.is_empty() {
        return Ok(());
    }
    stage.run(&script.mend)?;
    found.iter().filter(|f| f.change.is_none()).try_for_each(|f| view.until(stage, &f.fingerprint, false))
}

/// A snapshot of a server.
pub(crate) fn observe(url: &str) -> Result<Snapshot, String> {
    let address = Address::parse(url).map_err(|e| e.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let snapshot = runtime.block_on(Redis.observe(&address, &ObserveOptions::default(), &Silent));
    snapshot.map_err(|e| format!("the snapshot fails: {e}"))
}

/// What all rules say of a snapshot.
pub(crate) fn check(snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, String> {
    Redis.check(snapshot, limits).map_err(|e| e.to_string())
}

/// One rule's view of a server.
struct View<'a> {
    rule: &'a str,
    limits: Limits,
}

impl<'a> View<'a> {
    fn new(folder: &'a Folder, script: &Script) -> Self {
        Self { rule: &folder.id, limits: BTreeMap::from([(folder.id.clone(), script.limits.clone())]) }
    }

    /// The rule's findings by subject; the same whether from the live server or from a file.
    fn look(&self, stage: &Stage) -> Result<Vec<Finding>, String> {
        let snapshot = observe(&stage.url()?)?;
        let found = self.findings(&snapshot)?;
        let bytes = snapshot.encode().map_err(|e| e.to_string())?;
        let (header, body) = dbwright_core::snapshot::decode("snapshot", &bytes).map_err(|e| e.to_string())?;
        let again = self.findings(&Redis.decode(header, body.get()).map_err(|e| e.to_string())?)?;
        if again == found { Ok(found) } else { Err(format!("from a file: {}\nlive: {}", brief(&again), brief(&found))) }
    }

    fn findings(&self, snapshot: &Snapshot) -> Result<Vec<Finding>, String> {
        let outcome = check(snapshot, &self.limits)?;
        if let Some(skipped) = outcome.not_looked_at.iter().find(|skipped| skipped.rule == self.rule) {
            return Err(format!("did not look: {} (remedy: {:?})", skipped.reason, skipped.remedy));
        }
        let mut found = outcome.findings;
        found.retain(|finding| finding.rule == self.rule);
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        match found.iter().find(|finding| finding.evidence.is_empty()) {
            Some(bare) => Err(format!("no evidence: {}", bare.title)),
            None => Ok(found),
        }
    }

    /// Looks until a finding is there, or gone.
    fn until(&self, stage: &Stage, fingerprint: &str, there: bool) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.look(stage)?;
            if found.iter().any(|finding| finding.fingerprint == fingerprint) == there {
                return Ok(());
            }
            if Instant::now() > end {
                let what = if there { "the way back does not bring the finding back" } else { "still found" };
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

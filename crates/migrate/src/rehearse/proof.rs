//! What a rehearsal proves.

use dbwright_core::Proof;
use dbwright_core::proof::Experiment;

use super::report::Pass;

/// `rehearsed` when every pass went to its end, nothing failed, and the way back led to the start.
pub(super) fn proof(passes: &[Pass], server: &str) -> Proof {
    for pass in passes {
        if let Some(why) = fault(pass) {
            return Proof::unproven(format!("on {}: {why}", pass.data));
        }
    }
    let worst = passes.iter().max_by(|a, b| a.during.p99_ms.total_cmp(&b.during.p99_ms));
    let Some(worst) = worst else { return Proof::unproven("nothing was rehearsed") };
    let steps: usize = passes.iter().map(|pass| pass.steps.len()).sum();
    Proof::Rehearsed(Experiment {
        before: worst.before.p99_ms,
        after: worst.during.p99_ms,
        unit: "ms".to_owned(),
        runs: u32::try_from(passes.len()).unwrap_or(u32::MAX),
        spread: 0.0,
        repeat: "dbwright migrate rehearse TARGET".to_owned(),
        note: Some(format!(
            "99th percentile of the load's statements before and during the change; {steps} steps on {server}, undone, \
             and the schema was as before"
        )),
    })
}

fn fault(pass: &Pass) -> Option<String> {
    if let Some(failure) = &pass.failure {
        return Some(failure.clone());
    }
    if let Some(failure) = &pass.undo.failure {
        return Some(format!("it can't be undone: {failure}"));
    }
    if let Some(differs) = pass.undo.differs.first() {
        return Some(format!("undone, the schema is not as before: {differs}"));
    }
    if let Some(broken) = pass.broken_queries.first() {
        return Some(format!("after “{}” a statement of the application fails: {}", broken.after, broken.error));
    }
    let failed = pass.during.failures.first()?;
    Some(format!("{} statements of the load failed: {}", pass.during.failed, failed.error))
}

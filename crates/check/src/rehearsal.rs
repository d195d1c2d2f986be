//! Changes of findings that wait for a rehearsal.

use dbwright_core::{Change, Finding};

/// One change, for all findings that propose the very same.
#[derive(Debug, Clone)]
pub struct Alike {
    /// The change.
    pub change: Change,
    /// Fingerprints of the findings.
    pub of: Vec<String>,
    /// Their rules.
    pub rules: Vec<String>,
}

/// The changes of findings that wait, each once, those of the worst findings first.
pub fn alike(findings: &[Finding], waits: impl Fn(&Finding) -> bool) -> Vec<(Alike, &Finding)> {
    let mut all: Vec<(Alike, &Finding)> = Vec::new();
    let mut waiting: Vec<_> = findings.iter().filter(|finding| waits(finding)).collect();
    waiting.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in waiting {
        let Some(change) = &finding.change else { continue };
        let at = all.iter().position(|(one, _)| one.change.forward == change.forward).unwrap_or_else(|| {
            all.push((Alike { change: change.clone(), of: Vec::new(), rules: Vec::new() }, finding));
            all.len() - 1
        });
        all[at].0.of.push(finding.fingerprint.clone());
        all[at].0.rules.push(finding.rule.clone());
    }
    all
}

//! Compares findings with a rule folder's `expected.json`, and writes that file.

use std::fs;
use std::path::Path;

use dbwright_core::Finding;
use serde_json::{Value, json};

/// Compares, or writes the file when blessing.
pub(crate) fn compare(file: &Path, findings: &[&Finding]) -> Result<(), String> {
    let shown: Vec<Value> = findings.iter().map(|finding| shown(finding)).collect();
    let text = serde_json::to_string_pretty(&shown).expect("JSON values can be written") + "\n";
    if fs::read_to_string(file).is_ok_and(|known| known == text) {
        return Ok(());
    }
    if std::env::var_os("DBWRIGHT_BLESS").is_some() {
        return fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()));
    }
    Err(format!("the findings of bad.sql are not those of {} (DBWRIGHT_BLESS=1 writes them):\n{text}", file.display()))
}

fn shown(finding: &Finding) -> Value {
    let change = finding.change.as_ref().map(|change| json!({ "forward": change.forward, "lock": change.lock }));
    json!({ "rule": finding.rule, "severity": finding.severity.word(), "subject": finding.subject, "title": finding.title,
        "why": finding.why, "line": finding.location.as_ref().map(|place| place.line), "change": change })
}

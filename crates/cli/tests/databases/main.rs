//! Whole databases through the binary: every planted fault of the sample shop is found, and two well-built
//! databases with a healthy workload are silent at medium and above.

mod shop;
mod silent;

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Runs `dbwright check` and reads its JSON report.
fn check(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_dbwright"))
        .args(["check", "--format", "json"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} ended with {}: {said}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("no JSON report: {e}; {said}"))
}

/// `rule subject` of every finding of at least a severity.
fn findings(report: &Value, severities: &[&str]) -> BTreeSet<String> {
    let findings = report["findings"].as_array().expect("a list of findings");
    let wanted = findings.iter().filter(|f| f["severity"].as_str().is_some_and(|s| severities.contains(&s)));
    wanted.map(|f| format!("{} {}", f["rule"].as_str().unwrap_or("?"), f["subject"].as_str().unwrap_or("?"))).collect()
}

/// The severities that a healthy database must not show.
const MEDIUM_AND_ABOVE: [&str; 3] = ["critical", "high", "medium"];
/// All severities.
const ALL: [&str; 4] = ["critical", "high", "medium", "low"];

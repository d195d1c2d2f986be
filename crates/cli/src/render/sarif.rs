//! SARIF 2.1.0, for code scanning: rules with their help, results with stable fingerprints.
//!
//! A finding's place is its object (a logical location); only a schema file gives a physical one.

use std::path::Path;

use dbwright_core::{Failure, Finding, RuleMeta, Severity};
use serde_json::{Value, json};

use super::{View, layout, units};

/// The whole report.
///
/// # Errors
/// When a value has no JSON form, which is a fault of dbwright.
pub(crate) fn render(view: &View<'_>) -> Result<String, Failure> {
    let rules: Vec<&RuleMeta> = view.rules.to_vec();
    let file = view.file.and_then(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    let place = |finding: &Finding| location(finding, file.as_ref().map(|(path, text)| (*path, text.as_str())));
    let results: Vec<_> = view.report.findings.iter().map(|f| result(f, &rules, &place(f))).collect();
    let notes = view.report.not_looked_at.iter().map(|one| {
        let remedy = one.remedy.as_ref().map(|r| format!("; to let it: {r}")).unwrap_or_default();
        json!({"level": "note", "message": {"text": format!("{} did not look: {}{remedy}", one.rule, one.reason)}})
    });
    let target = &view.report.target;
    super::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "dbwright",
                "version": view.report.dbwright,
                "semanticVersion": view.report.dbwright,
                "rules": rules.iter().map(|meta| rule(meta)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": view.report.observed_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "toolExecutionNotifications": notes.collect::<Vec<_>>(),
            }],
            "results": results,
            "properties": {
                "target": target,
                "summary": view.report.summary,
                "scorecard": view.report.scorecard,
            },
        }],
    }))
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn rule(meta: &RuleMeta) -> Value {
    json!({
        "id": meta.id,
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": meta.title},
        "help": {"text": meta.docs, "markdown": meta.docs},
        "defaultConfiguration": {"level": level(meta.severity)},
        "properties": {"severity": meta.severity},
    })
}

fn result(finding: &Finding, rules: &[&RuleMeta], location: &Value) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message(finding)},
        "locations": [location],
        "partialFingerprints": {"dbwright/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity,
            "evidence": finding.evidence,
            "change": finding.change,
            "proof": finding.proof,
        },
    });
    if let Some(index) = rules.iter().position(|meta| meta.id == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    result
}

/// Title, reason, evidence and fix as plain text: viewers show little else.
fn message(finding: &Finding) -> String {
    let evidence: Vec<_> = finding
        .evidence
        .iter()
        .map(|e| format!("{} {}", layout::inline(&e.name), layout::inline(&units::value(&e.value, &e.unit))))
        .collect();
    let title = layout::inline(&finding.title);
    let why = layout::inline(&finding.why);
    let mut text = format!("{title}: {why}. Evidence: {}.", evidence.join(", "));
    for (i, sql) in finding.change.iter().flat_map(|change| &change.forward).enumerate() {
        text += if i == 0 { "\nFix:\n" } else { "\n" };
        text += &layout::ended(sql, "", layout::end_of(&finding.rule));
    }
    text
}

fn location(finding: &Finding, file: Option<(&Path, &str)>) -> Value {
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": finding.subject, "kind": "object"}]});
    if let Some(place) = &finding.location {
        location["physicalLocation"] = json!({
            "artifactLocation": {"uri": uri(Path::new(&place.file))},
            "region": {"startLine": place.line, "startColumn": place.column},
        });
        return location;
    }
    if let Some((path, text)) = file {
        let mut physical = json!({"artifactLocation": {"uri": uri(path)}});
        if let Some(line) = line_of(&finding.subject, text) {
            physical["region"] = json!({"startLine": line});
        }
        location["physicalLocation"] = physical;
    }
    location
}

/// The first line that names the object's last part, or the part before it.
fn line_of(subject: &str, text: &str) -> Option<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let names = subject.rsplit('.').map(|part| part.trim_matches('"').to_lowercase());
    let lines: Vec<_> = text.lines().map(str::to_lowercase).collect();
    names
        .take(2)
        .find_map(|name| lines.iter().position(|line| line.split(|c| !word(c)).any(|w| w == name)))
        .map(|index| index + 1)
}

/// A path as a relative or absolute URI reference.
fn uri(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_finds_its_line() {
        let sql = "CREATE TABLE a (id int);\nCREATE TABLE orders (\n  \"Note\" text);\n";
        assert_eq!(line_of("public.orders", sql), Some(2));
        assert_eq!(line_of("public.orders.\"Note\"", sql), Some(3));
        assert_eq!(line_of("public.orders.orders_fkey", sql), Some(2));
        assert_eq!(line_of("database", sql), None);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("a b/ü#.sql")), "a%20b/%C3%BC%23.sql");
    }
}

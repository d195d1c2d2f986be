//! Compares findings with a rule folder's `expected.json`, and writes that file.
//!
//! In the file, `*` in a text stands for anything: that is how numbers that differ from run to run are
//! written down. Blessing (`DBWRIGHT_BLESS=1`) keeps a text that still matches, stars and all.

use std::fs;
use std::path::Path;

use dbwright_core::Finding;
use dbwright_core::finding::{Evidence, Value as Measured};
use serde_json::{Value, json};

/// Compares, or writes the file when blessing.
pub(crate) fn compare(file: &Path, findings: &[Finding], rename: &dyn Fn(&str) -> String) -> Result<(), String> {
    let actual = Value::Array(findings.iter().map(|f| shown(f, rename)).collect());
    let known = fs::read_to_string(file).ok();
    let pattern = known.as_deref().map(serde_json::from_str::<Value>).transpose();
    let pattern = pattern.map_err(|e| format!("{}: {e}", file.display()))?.unwrap_or(Value::Null);
    if matches(&pattern, &actual) {
        return Ok(());
    }
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("JSON values can be written") + "\n";
    if std::env::var_os("DBWRIGHT_BLESS").is_some() {
        return fs::write(file, text(&merged(&pattern, actual))).map_err(|e| format!("{}: {e}", file.display()));
    }
    Err(format!(
        "the findings of bad.sql are not those of {} (DBWRIGHT_BLESS=1 writes them):\n{}",
        file.display(),
        text(&merged(&pattern, actual))
    ))
}

/// A finding as the file shows it: without fingerprint and proof, evidence on one line each.
fn shown(finding: &Finding, rename: &dyn Fn(&str) -> String) -> Value {
    let list = |lines: &[String]| lines.iter().map(|line| rename(line)).collect::<Vec<_>>();
    let evidence: Vec<_> = finding.evidence.iter().map(|e| rename(&line(e))).collect();
    let change = finding.change.as_ref().map(|change| {
        let mut shown = json!({ "forward": list(&change.forward), "back": list(&change.back), "lock": rename(&change.lock),
            "in_transaction": change.in_transaction });
        if change.restart {
            shown["restart"] = json!(true);
        }
        if let Some(reason) = &change.irreversible {
            shown["irreversible"] = json!(rename(reason));
        }
        shown
    });
    json!({ "rule": finding.rule, "severity": finding.severity.word(), "subject": rename(&finding.subject),
        "title": rename(&finding.title), "why": rename(&finding.why), "evidence": evidence, "change": change })
}

fn line(evidence: &Evidence) -> String {
    let value = match &evidence.value {
        Measured::Bool(value) => value.to_string(),
        Measured::Int(value) => value.to_string(),
        Measured::Float(value) => value.to_string(),
        Measured::Text(value) => value.clone(),
    };
    let unit = if evidence.unit.is_empty() { String::new() } else { format!(" {}", evidence.unit) };
    format!("{} = {value}{unit} ({})", evidence.name, evidence.source)
}

/// Whether a value is as the file says.
fn matches(pattern: &Value, actual: &Value) -> bool {
    match (pattern, actual) {
        (Value::String(pattern), Value::String(actual)) => fits(pattern, actual),
        (Value::Array(patterns), Value::Array(values)) => {
            patterns.len() == values.len() && patterns.iter().zip(values).all(|(p, v)| matches(p, v))
        }
        (Value::Object(patterns), Value::Object(values)) => {
            patterns.len() == values.len()
                && patterns.iter().all(|(key, p)| values.get(key).is_some_and(|v| matches(p, v)))
        }
        _ => pattern == actual,
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(start) else { return false };
    tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| fits(rest, &tail[at..]))
}

/// The actual value, with the patterns that still fit.
fn merged(pattern: &Value, actual: Value) -> Value {
    match (pattern, actual) {
        (Value::String(pattern), Value::String(text)) => {
            Value::String(if fits(pattern, &text) { pattern.clone() } else { text })
        }
        (Value::Array(patterns), Value::Array(values)) => {
            let pairs = values.into_iter().enumerate();
            pairs.map(|(at, value)| merged(patterns.get(at).unwrap_or(&Value::Null), value)).collect()
        }
        (Value::Object(patterns), Value::Object(values)) => Value::Object(
            values
                .into_iter()
                .map(|(key, value)| {
                    let merged = merged(patterns.get(&key).unwrap_or(&Value::Null), value);
                    (key, merged)
                })
                .collect(),
        ),
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(fits("n_dead_tup = * rows (*)", "n_dead_tup = 12 rows (pg_stat_user_tables)"));
        assert!(fits("SELECT count(*)", "SELECT count(*)"));
        assert!(!fits("n_dead_tup = * rows", "n_dead_tup = 12 bytes"));
    }

    #[test]
    fn blessing_keeps_patterns_that_still_fit() {
        let pattern = json!([{ "title": "* rows", "why": "old" }]);
        let actual = json!([{ "title": "3 rows", "why": "new" }, { "title": "4" }]);
        assert_eq!(merged(&pattern, actual), json!([{ "title": "* rows", "why": "new" }, { "title": "4" }]));
    }
}

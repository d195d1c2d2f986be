//! What dbwright says about itself: help, reference, manual pages, completions, rules, engines, JSON Schema.

use crate::common::{failure, stdout};
use serde_json::Value;

#[test]
fn help_is_pinned() {
    insta::assert_snapshot!("help", stdout(&["--help"]));
    insta::assert_snapshot!("help_check", stdout(&["check", "--help"]));
    insta::assert_snapshot!("help_advise", stdout(&["advise", "--help"]));
}

#[test]
fn every_command_is_in_the_reference() {
    let reference = stdout(&["reference"]);
    for command in
        ["demo", "check", "advise", "snapshot", "diff", "render", "rules", "engines", "schema", "completions", "man"]
    {
        assert!(reference.contains(&format!("\n## dbwright {command}\n")), "{command}");
    }
    assert!(!reference.contains("/home/") && !reference.contains("/root/"), "nothing of this machine");
}

#[test]
fn every_option_is_explained() {
    let reference = stdout(&["reference"]);
    let lines: Vec<_> = reference.lines().collect();
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("--")) {
        let next = lines.get(i + 1).map_or("", |next| next.trim());
        assert!(!next.is_empty(), "{line}");
    }
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definitions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(stdout(&["completions", shell]).contains("fail-on"), "{shell}");
    }
    assert!(stdout(&["man"]).contains("dbwright"));
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("man1");
    stdout(&["man", &path.to_string_lossy()]);
    let page = std::fs::read_to_string(path.join("dbwright-check.1")).expect("a page for check");
    assert!(page.contains("fail\\-on"), "{page}");
}

#[test]
fn every_rule_has_a_page_in_every_form() {
    let rules: Vec<Value> = serde_json::from_str(&stdout(&["rules", "--format", "json"])).expect("JSON");
    assert!(!rules.is_empty());
    for rule in &rules {
        let id = rule["id"].as_str().expect("an id");
        let page = stdout(&["rules", id]);
        assert!(page.contains("Why it hurts") && page.contains("which is found:"), "{id}");
        assert!(stdout(&["rules", id, "--format", "markdown"]).contains("## Safety of the fix"), "{id}");
    }
    let list = stdout(&["rules", "sql/*"]);
    assert!(list.contains("sql/no-primary-key") && !list.contains("pg/"), "{list}");
}

#[test]
fn an_unknown_rule_names_the_nearest() {
    let (code, message) = failure(&["rules", "pg/autovacum-off"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(message);
}

#[test]
fn engines_are_listed_with_what_they_can_do() {
    let engines: Vec<Value> = serde_json::from_str(&stdout(&["engines", "--format", "json"])).expect("JSON");
    let ids: Vec<_> = engines.iter().filter_map(|engine| engine["id"].as_str()).collect();
    assert_eq!(ids, ["postgres", "sqlite", "mysql", "redis"]);
    let matrix = stdout(&["engines", "--format", "markdown"]);
    assert!(matrix.contains("| observe |") && matrix.contains("| check |"), "{matrix}");
    assert!(stdout(&["engines"]).contains("PostgreSQL"));
}

/// The schema pins the JSON: a change of it shows here, and tools that read reports must learn of it.
#[test]
fn the_schema_of_the_report_is_pinned() {
    insta::assert_snapshot!(stdout(&["schema", "check"]));
}

#[test]
fn a_report_has_every_key_that_the_schema_requires() {
    let schema: Value = serde_json::from_str(&stdout(&["schema", "check"])).expect("JSON");
    let report = std::fs::read_to_string(crate::common::data().join("report.json")).expect("test data");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let required =
        |schema: &Value| -> Vec<String> { serde_json::from_value(schema["required"].clone()).expect("a list of keys") };
    let holds = |value: &Value, schema: &Value, what: &str| {
        for key in required(schema) {
            assert!(value.get(&key).is_some(), "{what} has no `{key}`: {value}");
        }
    };
    holds(&report, &schema, "report");
    let parts = [("findings", "Finding"), ("scorecard", "Metric"), ("not_looked_at", "NotLookedAt")];
    for (key, definition) in parts {
        for one in report[key].as_array().expect("a list") {
            holds(one, &schema["$defs"][definition], definition);
        }
    }
    for key in
        ["schema_version", "dbwright", "target", "observed_at", "summary", "scorecard", "findings", "not_looked_at"]
    {
        assert!(required(&schema).contains(&key.to_owned()), "{key} must be required");
    }
}

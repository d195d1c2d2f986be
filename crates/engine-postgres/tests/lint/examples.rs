//! What tests of lint do with an example, on every engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use dbwright_core::finding::Location;
use dbwright_core::{Finding, Severity};
use dbwright_migrate::Script;
use dbwright_migrate::lint::{Example, Linted};

/// The examples of the rules that `DBWRIGHT_RULES` names; all when it is not set.
pub(crate) fn chosen<C>(all: Vec<Example<C>>) -> Vec<Example<C>> {
    let wanted = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let is = |example: &Example<C>| {
        wanted.is_empty() || wanted.split(',').any(|name| example.rule.ends_with(&format!("/{name}")))
    };
    all.into_iter().filter(is).collect()
}

/// What lint is given: the set-up is an earlier file, and the target's when there is one.
pub(crate) fn scripts<C>(example: &Example<C>, target: bool) -> Vec<Script> {
    let setup = Script {
        file: "setup.sql".to_owned(),
        text: Arc::clone(&example.migration.text),
        statements: example.setup.clone(),
    };
    if target { vec![example.migration.clone()] } else { vec![setup, example.migration.clone()] }
}

/// The findings of the example's own file. That tables whose names begin with `empty` hold no row is what only a target can tell.
pub(crate) fn own<C>(example: &Example<C>, linted: Linted, target: bool, empty: &str) -> Vec<Finding> {
    let file = &example.migration.file;
    assert!(linted.not_looked_at.is_empty(), "{}/{file}: {:?}", example.rule, linted.not_looked_at);
    let told = |finding: &Finding| target || !finding.subject.starts_with(empty);
    let here = |finding: &Finding| finding.location.as_ref().is_some_and(|place| place.file == *file) && told(finding);
    linted.findings.into_iter().filter(here).collect()
}

/// What must be true of the findings, with the words for it when it is not.
pub(crate) fn judge<C>(example: &Example<C>, found: &[Finding], how: &str) -> Vec<String> {
    let own = found.iter().any(|finding| finding.rule == example.rule);
    let name = format!("{}/{} {how}", example.rule, example.migration.file);
    if example.bad {
        return if own { Vec::new() } else { vec![format!("{name}: the fault is not found")] };
    }
    let told = |f: &&Finding| f.rule == example.rule || f.severity >= Severity::Medium;
    found.iter().filter(told).map(|f| format!("{name}: {} at {:?}: {}", f.rule, f.location, f.title)).collect()
}

/// Where a rule has found something, and on what; `prefix` is what a target alone puts before names.
pub(crate) fn places(rule: &str, found: &[Finding], prefix: &str) -> BTreeSet<(Option<Location>, String)> {
    let own = |subject: &str| subject.strip_prefix(prefix).unwrap_or(subject).to_owned();
    found.iter().filter(|f| f.rule == rule).map(|f| (f.location.clone(), own(&f.subject))).collect()
}

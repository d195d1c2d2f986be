//! Every rule folder on the real library: `bad.sql` gives exactly `expected.json`, the change makes the
//! finding go away and its way back brings it back, `good.sql` gives nothing.
//!
//! `DBWRIGHT_BLESS=1` writes `expected.json` from what was found, to be read before it is committed.

use std::path::{Path, PathBuf};

use dbwright_core::{Finding, Severity};
use serde_json::{Value, json};

use crate::common::{self, Database};

/// The rule folders below `root`, by name.
fn folders(root: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut found: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no rules", root.display());
    found
}

fn id(prefix: &str, folder: &Path) -> String {
    format!("{prefix}/{}", folder.file_name().and_then(|n| n.to_str()).expect("a plain name"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The findings of one rule, by subject; with a workload, after the experiments.
fn findings(path: &Path, rule: &str, workload: Option<&str>) -> Vec<Finding> {
    let outcome = workload.map_or_else(|| common::check(path).1, |workload| common::prove(path, workload));
    let mut found: Vec<_> = outcome.findings.into_iter().filter(|finding| finding.rule == rule).collect();
    found.sort_by(|a, b| a.subject.cmp(&b.subject));
    found
}

/// What `expected.json` pins of a finding.
fn pinned(findings: &[Finding]) -> Value {
    let one = |f: &Finding| {
        json!({
            // A measured severity depends on the machine.
            "severity": f.proof.experiment().is_none().then_some(f.severity),
            "subject": f.subject,
            "title": f.title,
            "forward": f.change.as_ref().map(|change| &change.forward),
            "back": f.change.as_ref().map(|change| &change.back),
        })
    };
    findings.iter().map(one).collect()
}

fn compare(folder: &Path, name: &str, findings: &[Finding]) {
    let file = folder.join(name);
    let found = pinned(findings);
    if std::env::var_os("DBWRIGHT_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
        std::fs::write(&file, text).expect("the folder is writable");
        return;
    }
    let expected: Value = serde_json::from_str(&read(&file)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert_eq!(found, expected, "{}", file.display());
}

/// Carries a finding's change out, and back, each followed by a new look.
fn carry_out(bad: &str, finding: &Finding, workload: Option<&str>) {
    assert!(!finding.evidence.is_empty(), "{}: no evidence", finding.rule);
    let Some(change) = &finding.change else {
        assert!(!finding.why.is_empty(), "{}: neither a change nor the reason", finding.rule);
        return;
    };
    let there = |database: &Database| {
        findings(&database.path, &finding.rule, workload).iter().any(|other| other.fingerprint == finding.fingerprint)
    };
    let database = Database::of(bad);
    for statement in &change.forward {
        database.run(statement);
    }
    assert!(!there(&database), "{}: {:?} leaves the finding", finding.rule, change.forward);
    if change.back.is_empty() {
        assert!(change.irreversible.is_some(), "{}: no way back and no reason", finding.rule);
        return;
    }
    for statement in &change.back {
        database.run(statement);
    }
    assert!(there(&database), "{}: {:?} does not undo it", finding.rule, change.back);
}

#[test]
fn own_rules_find_mend_and_keep_silent() {
    for folder in folders("src/rules") {
        let rule = id("sqlite", &folder);
        let bad = read(&folder.join("bad.sql"));
        let workload = folder.join("workload.sql");
        let workload = workload.exists().then(|| read(&workload));
        let found = findings(&Database::of(&bad).path, &rule, workload.as_deref());
        assert!(!found.is_empty(), "{rule}: bad.sql shows nothing");
        compare(&folder, "expected.json", &found);
        for finding in &found {
            carry_out(&bad, finding, workload.as_deref());
        }
        silent(&rule, &read(&folder.join("good.sql")), workload.as_deref());
    }
}

/// A good example: nothing of its rule, and nothing of `medium` or above from any other.
fn silent(rule: &str, good: &str, workload: Option<&str>) {
    let database = Database::of(good);
    let outcome = workload.map_or_else(|| common::check(&database.path).1, |text| common::prove(&database.path, text));
    let loud: Vec<_> = outcome.findings.iter().filter(|f| f.rule == rule || f.severity >= Severity::Medium).collect();
    assert!(loud.is_empty(), "{rule}: good.sql shows {loud:#?}");
}

#[test]
fn rules_on_migrations_find_mend_and_keep_silent() {
    for folder in folders("../migrate/src/rules") {
        let rule = id("migrate", &folder);
        let bad = read(&folder.join("bad.sqlite.sql"));
        let found = findings(&Database::of(&bad).path, &rule, None);
        assert!(!found.is_empty(), "{rule}: the bad example shows nothing");
        compare(&folder, "expected.sqlite.json", &found);
        for finding in &found {
            carry_out(&bad, finding, None);
        }
        silent(&rule, &read(&folder.join("good.sqlite.sql")), None);
    }
}

#[test]
fn shared_rules_find_mend_and_keep_silent() {
    let mut tried = 0;
    for folder in folders("../sql/src/rules") {
        let rule = id("sql", &folder);
        let example = |name: &str| {
            let own = folder.join(format!("{name}.sqlite.sql"));
            if own.exists() { own } else { folder.join(format!("{name}.sql")) }
        };
        // A rule that has examples for PostgreSQL alone does not apply here.
        if !example("bad").exists() {
            continue;
        }
        tried += 1;
        let bad = read(&example("bad"));
        let found = findings(&Database::of(&bad).path, &rule, None);
        assert!(!found.is_empty(), "{rule}: the bad example shows nothing");
        compare(&folder, "expected.sqlite.json", &found);
        for finding in &found {
            carry_out(&bad, finding, None);
        }
        // Its neighbours may have something to say of a schema without rows or workload; its own rule may not.
        let good = findings(&Database::of(&read(&example("good"))).path, &rule, None);
        assert!(good.is_empty(), "{rule}: the good example shows {good:#?}");
    }
    assert!(tried > 0 || folders("../sql/src/rules").len() < 2, "no shared rule has an example for SQLite");
}

//! Changes are carried out in a copy before they are shown: what works says so, what does not is withdrawn.

use dbwright_core::{Finding, Proof};

use crate::common::{Database, prove};

fn of_rule<'a>(findings: &'a [Finding], rule: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.rule == rule).collect()
}

fn note(finding: &Finding) -> &str {
    let Proof::Rehearsed(e) = &finding.proof else { panic!("{finding:#?}") };
    assert_eq!((e.before, e.after, e.unit.as_str(), e.runs), (1.0, 0.0, "findings", 1));
    assert!(e.repeat.ends_with(&format!("--only {}", finding.rule)), "{}", e.repeat);
    e.note.as_deref().expect("a note")
}

#[test]
fn every_change_is_rehearsed_and_the_target_stays_as_it_is() {
    let database = Database::of(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b_id TEXT, n INTEGER, note TEXT);
         CREATE INDEX a_n ON a (n); CREATE INDEX a_n_2 ON a (n); CREATE INDEX a_n_note ON a (n, note);
         CREATE TABLE log (at INTEGER, what TEXT);
         CREATE TABLE gone (x TEXT);
         WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 30000)
         INSERT INTO gone SELECT hex(randomblob(200)) FROM i;
         INSERT INTO a SELECT rowid, rowid, rowid % 7, 'x' FROM gone;
         INSERT INTO log SELECT rowid, 'y' FROM gone;
         DROP TABLE gone;",
    );
    let before = database.listing();
    let outcome = prove(&database.path, "");
    assert!(before == database.listing(), "the target was touched");
    for finding in &outcome.findings {
        assert!(finding.change.is_none() || finding.proof.experiment().is_some(), "{finding:#?}");
    }
    let file = of_rule(&outcome.findings, "sqlite/fragmented-file");
    assert!(note(file[0]).contains("shortened the file from"), "{}", note(file[0]));
    let duplicate = of_rule(&outcome.findings, "sql/duplicate-index");
    assert!(note(duplicate[0]).contains("of the file free"), "{}", note(duplicate[0]));
    assert!(!of_rule(&outcome.findings, "sqlite/never-analyzed").is_empty());
    assert!(!of_rule(&outcome.findings, "sql/no-primary-key").is_empty());
}

#[test]
fn two_changes_of_one_table_are_tried_alone() {
    // Each makes the table anew as it was observed, so that the second would take the first one back.
    let database = Database::of(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY);
         CREATE TABLE orders (customer_id TEXT REFERENCES customers (id), n INTEGER);
         INSERT INTO customers VALUES (1), (2);
         INSERT INTO orders VALUES ('1', 1), ('2', 2);",
    );
    let outcome = prove(&database.path, "");
    let rules = ["sql/no-primary-key", "sql/foreign-key-type-mismatch"];
    let notes = rules.map(|rule| note(of_rule(&outcome.findings, rule)[0]));
    assert!(notes.iter().any(|note| note.contains("tried alone")), "{notes:#?}");
}

#[test]
fn a_change_that_fails_is_withdrawn() {
    // A row that breaks a constraint can't follow into the new table.
    let database = Database::of(
        "CREATE TABLE log (at INTEGER CHECK (at > 0), what TEXT); PRAGMA ignore_check_constraints = ON;
         INSERT INTO log VALUES (1, 'a'), (-1, 'b');",
    );
    let outcome = prove(&database.path, "");
    let found = of_rule(&outcome.findings, "sql/no-primary-key");
    let finding = found.first().expect("it is found");
    assert!(finding.change.is_none(), "{finding:#?}");
    assert!(finding.why.contains("carried out in a copy, but"), "{}", finding.why);
    assert!(matches!(&finding.proof, Proof::Unproven { note } if note.contains("rehearsal")), "{:#?}", finding.proof);
}

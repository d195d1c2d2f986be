//! From findings to the report: what is left out, merged and in which order.

use dbwright_check::config::{Ignore, Settings};
use dbwright_check::report::baseline;
use dbwright_check::{Outcome, assemble};
use dbwright_core::report::Report;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::{Cost, Gap, Header};
use dbwright_core::{Cx, Finding, NotLookedAt, Rule, RuleMeta, Severity};
use jiff::Timestamp;

fn header() -> Header {
    Header {
        engine: "postgres".to_owned(),
        version: "17".to_owned(),
        name: "h/db".to_owned(),
        observed_at: Timestamp::UNIX_EPOCH,
        dbwright: "0".to_owned(),
        without_values: false,
        gaps: vec![Gap { area: "statements".to_owned(), reason: "no extension".to_owned(), remedy: None }],
        cost: Cost::default(),
    }
}

fn finding(rule: &str, severity: Severity, subject: &str) -> Finding {
    Finding::new(rule, severity, subject, "t").evidence(rule, 1, "", "test")
}

fn outcome() -> Outcome {
    Outcome {
        findings: vec![
            finding("sql/no-primary-key", Severity::Low, "public.t"),
            finding("sql/redundant-index", Severity::Low, "public.t.i"),
            finding("pg/unused-index", Severity::Medium, "public.t.i"),
            finding("sql/duplicate-index", Severity::Low, "public.t.i"),
            finding("pg/unused-index", Severity::Medium, "public.t.j"),
            finding("pg/fsync-off", Severity::Critical, "fsync"),
            finding("pg/fsync-off", Severity::Critical, "fsync"),
        ],
        not_looked_at: vec![NotLookedAt { rule: "pg/x".to_owned(), reason: "r".to_owned(), remedy: None }],
        scorecard: Vec::new(),
    }
}

fn listed(report: &Report) -> Vec<(&str, &str)> {
    report.findings.iter().map(|f| (f.rule.as_str(), f.subject.as_str())).collect()
}

#[test]
fn the_worst_first_and_each_thing_once() {
    let report = assemble(&header(), outcome(), &Settings::default(), Timestamp::UNIX_EPOCH);
    let expected = [
        ("pg/fsync-off", "fsync"),
        ("pg/unused-index", "public.t.j"),
        ("sql/duplicate-index", "public.t.i"),
        ("sql/no-primary-key", "public.t"),
    ];
    assert_eq!(listed(&report), expected);
    let merged = &report.findings[2];
    assert_eq!((merged.severity, merged.evidence.len()), (Severity::Medium, 3), "severity and evidence are taken over");
    assert_eq!((report.summary.critical, report.summary.medium, report.summary.low), (1, 2, 1));
    assert_eq!(report.gaps.len(), 1);
}

#[test]
fn what_is_left_out_is_counted() {
    let ignore = |rule: &str, until| Ignore {
        rule: rule.to_owned(),
        subject: Some("public.t*".to_owned()),
        reason: "r".to_owned(),
        until,
    };
    let known = finding("pg/fsync-off", Severity::Critical, "fsync").fingerprint;
    let settings = Settings {
        ignore: vec![
            ignore("sql/duplicate-index", None),
            ignore("pg/unused-index", Some(jiff::civil::date(1969, 12, 31))),
        ],
        skip: vec!["pg/x".to_owned()],
        min_severity: Some(Severity::Medium),
        baseline: [known].into(),
        ..Settings::default()
    };
    let report = assemble(&header(), outcome(), &settings, Timestamp::UNIX_EPOCH);
    assert_eq!(listed(&report), [("pg/unused-index", "public.t.j"), ("sql/redundant-index", "public.t.i")]);
    assert_eq!((report.hidden.ignored, report.hidden.baseline, report.hidden.below_severity), (1, 1, 1));
    assert!(report.not_looked_at.is_empty());
    assert!(
        report.notes[0].contains("expired on 1969-12-31") && report.notes[0].contains("2 findings"),
        "{:?}",
        report.notes
    );
}

#[test]
fn an_earlier_report_is_a_baseline() {
    let report = assemble(&header(), outcome(), &Settings::default(), Timestamp::UNIX_EPOCH);
    let json = serde_json::to_string(&report).expect("a report is JSON");
    let settings = Settings { baseline: baseline("old.json", &json).expect("it is a report"), ..Settings::default() };
    let again = assemble(&header(), outcome(), &settings, Timestamp::UNIX_EPOCH);
    assert_eq!((again.findings.len(), again.hidden.baseline), (0, 4));
    let newer = json.replacen("\"schema_version\":1", "\"schema_version\":2", 1);
    assert_eq!(baseline("n", &newer).expect_err("newer").code, "baseline.newer");
    assert_eq!(baseline("n", "{}").expect_err("no report").code, "baseline.not-a-report");
}

static FAULTY: RuleMeta = RuleMeta {
    id: "t/faulty",
    title: "",
    severity: Severity::Low,
    thresholds: &[],
    docs: "",
    needs: &[],
    unproven: None,
};
static SOUND: RuleMeta = RuleMeta {
    id: "t/sound",
    title: "",
    severity: Severity::Low,
    thresholds: &[],
    docs: "",
    needs: &[],
    unproven: None,
};

#[test]
fn a_rule_that_panics_costs_only_itself() {
    let faulty = |cx: &mut Cx<'_, Vec<u8>>| {
        cx.report(cx.finding("a", "b"));
        let _ = cx.limit("not declared");
    };
    let rules =
        [Rule { meta: &FAULTY, check: faulty }, Rule { meta: &SOUND, check: |cx| cx.report(cx.finding("c", "d")) }];
    let (found, skipped) = rule::run(&rules, &Vec::new(), &header(), &Limits::new());
    assert_eq!(found.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), ["t/sound"]);
    assert_eq!(skipped[0].rule, "t/faulty");
    assert!(skipped[0].reason.starts_with("the rule failed: t/faulty declares no threshold"), "{}", skipped[0].reason);
}

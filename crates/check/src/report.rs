//! From what the rules reported to the report: filtered, deduplicated, ranked, counted.

use std::collections::BTreeSet;

use dbwright_core::report::{Hidden, Report, ReportTarget, SCHEMA_VERSION, Summary};
use dbwright_core::snapshot::Header;
use dbwright_core::{Failure, Finding};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::config::Settings;
use crate::port::Outcome;
use crate::{overlap, rank};

/// Makes the report. `now` decides which `ignore` entries have expired (days are of UTC).
///
/// Order matters: what the user does not want to see can't hide anything, so `only`, `skip` and `ignore`
/// come before overlapping findings are merged; baseline and severity look at what is left.
#[must_use]
pub fn assemble(header: &Header, outcome: Outcome, settings: &Settings, now: Timestamp) -> Report {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut hidden = Hidden::default();
    let mut notes = Vec::new();
    let mut findings = outcome.findings;
    findings.retain(|finding| settings.wants(&finding.rule));
    rank::rank(&mut findings);
    hidden.ignored = ignore(&mut findings, settings, today, &mut notes);
    overlap::merge(&mut findings);
    hidden.baseline = leave_out(&mut findings, |finding| settings.baseline.contains(&finding.fingerprint));
    let least = settings.min_severity;
    hidden.below_severity = leave_out(&mut findings, |finding| least.is_some_and(|least| finding.severity < least));
    // Merging may have made a finding worse.
    rank::rank(&mut findings);
    let mut not_looked_at = outcome.not_looked_at;
    not_looked_at.retain(|entry| settings.wants(&entry.rule));
    not_looked_at.sort();
    not_looked_at.dedup();
    Report {
        schema_version: SCHEMA_VERSION,
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        target: ReportTarget::of(header),
        observed_at: header.observed_at,
        summary: Summary::of(&findings),
        scorecard: outcome.scorecard,
        findings,
        not_looked_at,
        gaps: header.gaps.clone(),
        hidden,
        notes,
    }
}

/// Leaves out what an entry that has not expired covers; an expired one that would is noted.
fn ignore(findings: &mut Vec<Finding>, settings: &Settings, today: Date, notes: &mut Vec<String>) -> usize {
    let (expired, current): (Vec<_>, Vec<_>) = settings.ignore.iter().partition(|entry| entry.expired(today));
    let left_out = leave_out(findings, |finding| current.iter().any(|entry| entry.covers(finding)));
    for entry in expired {
        let again = findings.iter().filter(|finding| entry.covers(finding)).count();
        let about = entry.subject.as_ref().map_or(String::new(), |subject| format!(" on {subject}"));
        let until = entry.until.map_or(String::new(), |day| format!(" on {day}"));
        notes.push(format!(
            "the ignore entry for {}{about} (\"{}\") expired{until} and no longer applies: {again} {} shown again",
            entry.rule,
            entry.reason,
            if again == 1 { "finding is" } else { "findings are" },
        ));
    }
    left_out
}

/// Removes what `unwanted` says and counts it.
fn leave_out(findings: &mut Vec<Finding>, unwanted: impl Fn(&Finding) -> bool) -> usize {
    let before = findings.len();
    findings.retain(|finding| !unwanted(finding));
    before - findings.len()
}

#[derive(Deserialize)]
struct Earlier {
    schema_version: u32,
    findings: Vec<EarlierFinding>,
}

#[derive(Deserialize)]
struct EarlierFinding {
    fingerprint: String,
}

/// The fingerprints of an earlier JSON report, for [`Settings::baseline`]. `name` is the file's name.
///
/// # Errors
/// When the text is no report of `dbwright check --format json`, or one of a newer version.
pub fn baseline(name: &str, text: &str) -> Result<BTreeSet<String>, Failure> {
    let earlier: Earlier = serde_json::from_str(text).map_err(|e| {
        Failure::usage("baseline.not-a-report", format!("{name} is no JSON report of dbwright: {e}"))
            .hint("make one with `dbwright check TARGET --format json > FILE`")
    })?;
    if earlier.schema_version > SCHEMA_VERSION {
        let message =
            format!("{name} is a report of version {}; this dbwright reads {SCHEMA_VERSION}", earlier.schema_version);
        return Err(Failure::usage("baseline.newer", message).hint("use the dbwright that wrote it, or a newer one"));
    }
    Ok(earlier.findings.into_iter().map(|finding| finding.fingerprint).collect())
}

//! A rule looks at one kind of body and yields findings.
//!
//! A rule's documentation, thresholds and examples live beside its code in one folder; the registry is
//! generated from the folders at build time (crate `dbwright-rulebook`).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::finding::{Finding, NotLookedAt};
use crate::severity::Severity;
use crate::snapshot::Header;

/// What is known about a rule without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// `engine/what-is-wrong`; the folder has the same name as the part after the slash.
    pub id: &'static str,
    /// One line: what it finds.
    pub title: &'static str,
    /// Its usual severity; a finding may be worse or milder where the evidence says so.
    pub severity: Severity,
    /// Numbers that `dbwright.toml` can change.
    pub thresholds: &'static [Threshold],
    /// The page, in Markdown, under the fixed headings.
    pub docs: &'static str,
    /// Areas of the snapshot that it needs; a gap in one of them means "not looked at".
    pub needs: &'static [&'static str],
    /// Why a finding has no experiment behind it, unless the finding says so itself; none leaves it to
    /// whether there is a change to try.
    pub unproven: Option<&'static str>,
}

impl RuleMeta {
    /// A threshold: the user's number, or the default.
    ///
    /// # Panics
    /// When the rule's page declares no threshold of that name, which its own test shows.
    #[must_use]
    pub fn limit(&self, limits: &Limits, name: &str) -> f64 {
        let declared = self.thresholds.iter().find(|t| t.name == name);
        let default = declared.unwrap_or_else(|| panic!("{} declares no threshold `{name}`", self.id)).default;
        limits.get(self.id).and_then(|rule| rule.get(name)).copied().unwrap_or(default)
    }
}

/// A number of a rule that the user may change.
#[derive(Debug)]
pub struct Threshold {
    /// Name in `dbwright.toml`.
    pub name: &'static str,
    /// Default.
    pub default: f64,
    /// Unit.
    pub unit: &'static str,
    /// What it means, and where the default comes from.
    pub says: &'static str,
}

/// A rule over bodies of type `B`.
#[derive(Debug)]
pub struct Rule<B: 'static> {
    /// What is known about it.
    pub meta: &'static RuleMeta,
    /// Looks, and reports through the context.
    pub check: fn(&mut Cx<'_, B>),
}

/// The numbers that the user changed, by rule id and threshold name.
pub type Limits = BTreeMap<String, BTreeMap<String, f64>>;

/// What a rule sees, and where it reports.
#[derive(Debug)]
pub struct Cx<'a, B> {
    /// The engine's body, or the part of it that the rule is about.
    pub body: &'a B,
    /// The snapshot's common part.
    pub header: &'a Header,
    meta: &'static RuleMeta,
    limits: &'a Limits,
    found: Vec<Finding>,
    not_looked_at: Vec<NotLookedAt>,
}

impl<'a, B> Cx<'a, B> {
    /// A context for one rule.
    #[must_use]
    pub const fn new(meta: &'static RuleMeta, body: &'a B, header: &'a Header, limits: &'a Limits) -> Self {
        Self { body, header, meta, limits, found: Vec::new(), not_looked_at: Vec::new() }
    }

    /// A threshold: the user's number, or the default.
    ///
    /// # Panics
    /// When the rule's page declares no threshold of that name, which its own test shows.
    #[must_use]
    pub fn limit(&self, name: &str) -> f64 {
        self.meta.limit(self.limits, name)
    }

    /// A finding of this rule at its usual severity, to be completed and given to [`Cx::report`].
    #[must_use]
    pub fn finding(&self, subject: impl Into<String>, title: impl Into<String>) -> Finding {
        Finding::new(self.meta.id, self.meta.severity, subject, title)
    }

    /// Reports a finding. One without a proof gets the rule's reason for that.
    pub fn report(&mut self, finding: Finding) {
        self.found.push(finding.excused(self.meta.unproven));
    }

    /// Says that the rule, or a part of it, could not look, and what would let it.
    pub fn not_looked(&mut self, reason: impl Into<String>, remedy: Option<&str>) {
        self.not_looked_at.push(NotLookedAt {
            rule: self.meta.id.to_owned(),
            reason: reason.into(),
            remedy: remedy.map(str::to_owned),
        });
    }

    /// Whether an area of the snapshot could not be observed.
    #[must_use]
    pub fn gap(&self, area: &str) -> bool {
        self.header.gaps.iter().any(|gap| gap.area == area)
    }

    /// What the rule reported.
    #[must_use]
    pub fn into_results(self) -> (Vec<Finding>, Vec<NotLookedAt>) {
        (self.found, self.not_looked_at)
    }
}

/// A threshold of one rule of a registry; 0 for a rule that is not in it.
#[must_use]
pub fn limit<B>(rules: &[Rule<B>], id: &str, limits: &Limits, name: &str) -> f64 {
    rules.iter().find(|rule| rule.meta.id == id).map_or(0.0, |rule| rule.meta.limit(limits, name))
}

/// Runs rules over one body. A rule that needs an area with a gap is not run: it goes to "not looked at".
/// So does a rule that panics, with what it reported until then thrown away: one faulty rule must not
/// cost the report.
#[must_use]
pub fn run<B>(rules: &[Rule<B>], body: &B, header: &Header, limits: &Limits) -> (Vec<Finding>, Vec<NotLookedAt>) {
    let mut found = Vec::new();
    let mut skipped = Vec::new();
    for rule in rules {
        let gaps: Vec<_> = header.gaps.iter().filter(|gap| rule.meta.needs.contains(&gap.area.as_str())).collect();
        if let Some(gap) = gaps.first() {
            skipped.push(NotLookedAt {
                rule: rule.meta.id.to_owned(),
                reason: gap.reason.clone(),
                remedy: gap.remedy.clone(),
            });
            continue;
        }
        let results = catch_unwind(AssertUnwindSafe(|| {
            let mut cx = Cx::new(rule.meta, body, header, limits);
            (rule.check)(&mut cx);
            cx.into_results()
        }));
        match results {
            Ok((mut findings, mut not_looked)) => {
                found.append(&mut findings);
                skipped.append(&mut not_looked);
            }
            Err(panic) => skipped.push(failed(rule.meta.id, panic.as_ref())),
        }
    }
    (found, skipped)
}

/// The entry for a rule that panicked.
fn failed(rule: &str, panic: &(dyn std::any::Any + Send)) -> NotLookedAt {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    NotLookedAt {
        rule: rule.to_owned(),
        reason: format!("the rule failed: {text}"),
        remedy: Some("this is a fault of dbwright; please report it with the snapshot".to_owned()),
    }
}

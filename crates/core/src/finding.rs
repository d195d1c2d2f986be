//! A finding: what is wrong, where, by which numbers, and what mends it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Change, Proof, Severity, words};

/// The note of a proof that nobody has set.
const NO_EXPERIMENT: &str = "no experiment has been made for this finding";
/// The note where there is a change, and nothing better is known.
const NOT_REHEARSED: &str =
    "this version makes no experiment for this rule; try the change on a copy of the database first";
/// The note where there is no change, and nothing better is known.
const NOTHING_TO_TRY: &str = "there is no change to try; the evidence is what the database itself says";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Rule id, `engine/what-is-wrong`.
    pub rule: String,
    /// How much harm it does here.
    pub severity: Severity,
    /// Object path: `schema.table[.column|.index|.constraint]`, `pid 123`, a setting, `database` or `server`.
    pub subject: String,
    /// One sentence that names the fault and the object.
    pub title: String,
    /// Why it matters here; also why there is no change, when `change` is null.
    pub why: String,
    /// The measured numbers behind it; never empty.
    pub evidence: Vec<Evidence>,
    /// What mends it, or null with the reason in `why`.
    pub change: Option<Change>,
    /// The experiment that shows that the change works.
    pub proof: Proof,
    /// Stable across runs: made of rule and subject only.
    pub fingerprint: String,
    /// Where it is in a file of the user's; only of findings on files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// A place in a file of the user's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One measured value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was measured, as the source calls it.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Its unit (`scans`, `bytes`, `rows`, `ms`, `ratio`, …), empty for names and definitions.
    pub unit: String,
    /// The view, catalog, PRAGMA or computation that it was read from.
    pub source: String,
}

/// A value of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A name or a definition.
    Text(String),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Float(value as f64), Self::Int)
    }
}
impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::from(value as u64)
    }
}
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl Evidence {
    /// A value with its unit and where it was read.
    pub fn new(name: &str, value: impl Into<Value>, unit: &str, source: &str) -> Self {
        Self { name: name.to_owned(), value: value.into(), unit: unit.to_owned(), source: source.to_owned() }
    }
}

/// A rule, or a part of one, that could not look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotLookedAt {
    /// Rule id.
    pub rule: String,
    /// Why it could not look.
    pub reason: String,
    /// The grant, setting or command that would let it.
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding without change or proof; [`crate::Cx::finding`] fills the rule's id and severity in.
    pub fn new(rule: &str, severity: Severity, subject: impl Into<String>, title: impl Into<String>) -> Self {
        let subject = subject.into();
        let fingerprint = fingerprint(rule, &subject);
        Self {
            rule: rule.to_owned(),
            severity,
            subject,
            title: title.into(),
            why: String::new(),
            evidence: Vec::new(),
            change: None,
            proof: Proof::unproven(NO_EXPERIMENT),
            fingerprint,
            location: None,
        }
    }

    /// Says where it is in a file.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Sets the explanation.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Adds one measured value.
    #[must_use]
    pub fn evidence(mut self, name: &str, value: impl Into<Value>, unit: &str, source: &str) -> Self {
        self.evidence.push(Evidence::new(name, value, unit, source));
        self
    }

    /// Sets the change that mends it.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.change = Some(change);
        self
    }

    /// Sets the proof.
    #[must_use]
    pub fn proof(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// Takes a change back that did not pass its rehearsal; `told` goes on from "the change".
    pub fn withdraw(&mut self, told: &str) {
        let tried = self.change.take().and_then(|change| change.forward.into_iter().next()).unwrap_or_default();
        let why = format!(". A change (`{}`) {told}; so it is not proposed", words::short(&tried));
        self.why += &why;
        self.proof = Proof::unproven(format!("the change did not pass its rehearsal: it {told}"));
    }

    /// Says why there is no experiment, unless the finding has a proof or a reason of its own.
    #[must_use]
    pub(crate) fn excused(mut self, reason: Option<&str>) -> Self {
        if self.proof == Proof::unproven(NO_EXPERIMENT) {
            let usual = if self.change.is_some() { NOT_REHEARSED } else { NOTHING_TO_TRY };
            self.proof = Proof::unproven(reason.unwrap_or(usual));
        }
        self
    }

    /// Overrides the rule's usual severity.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// The stable name of a finding: 16 hexadecimal digits of SHA-256 over rule and subject.
#[must_use]
pub fn fingerprint(rule: &str, subject: &str) -> String {
    let digest = Sha256::new().chain_update(rule).chain_update([0]).chain_update(subject).finalize();
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_without_a_proof_says_why() {
        let note = |finding: Finding| match finding.proof {
            Proof::Unproven { note } => note,
            other => panic!("{other:?}"),
        };
        let finding = || Finding::new("t/rule", Severity::Low, "a", "A title");
        assert_eq!(note(finding().excused(None)), NOTHING_TO_TRY);
        let change = Change::new(["SELECT 1"], "no lock");
        assert_eq!(note(finding().change(change).excused(None)), NOT_REHEARSED);
        assert_eq!(note(finding().excused(Some("the rule's reason"))), "the rule's reason");
        let own = finding().proof(Proof::unproven("its own reason")).excused(Some("the rule's reason"));
        assert_eq!(note(own), "its own reason");
    }
}

//! Comments that silence a rule at a statement: `-- dbwright: ignore migrate/RULE because REASON`.
//!
//! The reason is for who reads the file next year; without one the finding stays, and the comment is told.

use dbwright_core::{Finding, Location, Severity};

use super::{Ignored, Linted};

/// The rule under which a comment without a reason is told.
const WITHOUT_REASON: &str = "migrate/ignore-without-reason";

/// A comment that silences rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silence {
    /// Rule ids.
    rules: Vec<String>,
    /// Why; none when the comment does not say.
    reason: Option<String>,
}

/// The silencing comments of a statement.
pub(super) fn read(comments: &[String]) -> Vec<Silence> {
    comments.iter().flat_map(|comment| comment.lines()).filter_map(silence).collect()
}

fn silence(line: &str) -> Option<Silence> {
    let text = line.trim().trim_start_matches(['-', '/', '*']).trim_end_matches("*/").trim();
    let rest = text.strip_prefix("dbwright:")?.trim_start().strip_prefix("ignore")?.trim();
    let (rules, reason) = match rest.split_once("because") {
        Some((rules, reason)) => (rules, Some(reason.trim()).filter(|reason| !reason.is_empty())),
        None => (rest, None),
    };
    let ids = rules.split([',', ' ']).map(str::trim).filter(|id| !id.is_empty());
    let whole = |id: &str| if id.contains('/') { id.to_owned() } else { format!("migrate/{id}") };
    Some(Silence { rules: ids.map(whole).collect(), reason: reason.map(str::to_owned) })
}

/// Puts findings where they belong: among the findings, or among the ignored.
pub(super) fn sort(found: Vec<Finding>, silenced: &[Silence], linted: &mut Linted) {
    for finding in found {
        let silence = silenced.iter().find(|silence| silence.rules.contains(&finding.rule));
        match silence.and_then(|silence| silence.reason.clone()) {
            None => linted.findings.push(finding),
            Some(reason) => {
                let Finding { rule, subject, location, .. } = finding;
                linted.ignored.push(Ignored { rule, subject, reason, location });
            }
        }
    }
}

/// A finding for each comment that gives no reason.
pub(super) fn without_reason(silenced: &[Silence], here: &Location) -> Vec<Finding> {
    let bare = silenced.iter().filter(|silence| silence.reason.is_none());
    let told = |silence: &Silence| {
        let rules = silence.rules.join(", ");
        Finding::new(WITHOUT_REASON, Severity::Low, rules.clone(), "the comment that ignores a rule gives no reason")
            .why(format!(
                "nothing is ignored until it does: write `-- dbwright: ignore {rules} because …` for who reads this later"
            ))
            .evidence("comment", format!("ignore {rules}"), "", "the file")
            .at(here.clone())
    };
    bare.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_rules_and_a_reason() {
        let one = silence("-- dbwright: ignore migrate/a, b because the table is tiny").expect("a silence");
        assert_eq!(one.rules, ["migrate/a", "migrate/b"]);
        assert_eq!(one.reason.as_deref(), Some("the table is tiny"));
        assert_eq!(silence("/* dbwright: ignore migrate/a */").expect("a silence").reason, None);
        assert_eq!(silence("-- dbwright: ignore migrate/a because ").expect("a silence").reason, None);
        assert_eq!(silence("-- ignore migrate/a because"), None);
    }
}

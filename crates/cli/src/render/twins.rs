//! Findings that propose an index which an earlier finding of the report already proposes.
//!
//! A foreign key without an index and a statement that misses the same index are two findings, since either may
//! be mended or ignored alone; but one index serves both, and a reader should not have to find that out.

use std::collections::HashMap;

use dbwright_core::Finding;

use super::layout;

/// For each list of statements that make an index, the first finding that proposes it.
pub(crate) struct Twins<'a>(HashMap<&'a [String], (usize, &'a Finding)>);

impl<'a> Twins<'a> {
    /// The proposals of findings in the order of the report.
    pub(crate) fn of(findings: &'a [Finding]) -> Self {
        let mut first = HashMap::new();
        for (at, finding) in findings.iter().enumerate() {
            if let Some(index) = index(finding) {
                first.entry(index).or_insert((at, finding));
            }
        }
        Self(first)
    }

    /// The place, counted from 0, and the words for an earlier finding of another rule with the same index.
    pub(crate) fn earlier(&self, finding: &Finding) -> Option<(usize, String)> {
        let (at, first) = self.0.get(index(finding)?)?;
        let words = || layout::inline(&format!("{} {}", first.rule, first.subject));
        (first.rule != finding.rule).then(|| (*at, words()))
    }
}

fn index(finding: &Finding) -> Option<&[String]> {
    let forward = &finding.change.as_ref()?.forward;
    let makes = |sql: &String| sql.starts_with("CREATE INDEX ") || sql.starts_with("CREATE UNIQUE INDEX ");
    forward.iter().any(makes).then_some(forward.as_slice())
}

#[cfg(test)]
mod tests {
    use dbwright_core::{Change, Severity};

    use super::*;

    #[test]
    fn the_later_of_two_rules_is_the_twin() {
        let finding = |rule: &str, sql: &str| {
            Finding::new(rule, Severity::Medium, "main.t.a", "no index").change(Change::new([sql], "short"))
        };
        let index = "CREATE INDEX t_a_idx ON t (a)";
        let all = [finding("sql/a", index), finding("sqlite/b", index), finding("sqlite/c", "DROP INDEX x")];
        let twins = Twins::of(&all);
        assert_eq!(twins.earlier(&all[0]), None);
        assert_eq!(twins.earlier(&all[1]), Some((0, "sql/a main.t.a".to_owned())));
        assert_eq!(twins.earlier(&all[2]), None);
    }
}

//! What could not be looked at, grouped by reason, with what would let it.

use std::collections::BTreeMap;

use dbwright_core::report::Report;

use super::{ASIDE, HEAD, SQL};
use crate::render::layout;

/// Rules that could not look for one reason, and what would let them.
pub(crate) type Group<'a> = ((&'a str, Option<&'a str>), Vec<&'a str>);

/// Groups by reason and remedy; the largest group first. Areas that no rule names come last.
pub(crate) fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut map: BTreeMap<(&str, Option<&str>), Vec<&str>> = BTreeMap::new();
    for one in &report.not_looked_at {
        let rules = map.entry((one.reason.as_str(), one.remedy.as_deref())).or_default();
        if !rules.contains(&one.rule.as_str()) {
            rules.push(&one.rule);
        }
    }
    for gap in &report.gaps {
        map.entry((gap.reason.as_str(), gap.remedy.as_deref())).or_insert_with(|| vec![&gap.area]);
    }
    let mut groups: Vec<_> = map.into_iter().collect();
    groups.sort_by_key(|(_, rules)| std::cmp::Reverse(rules.len()));
    groups
}

/// The section; nothing when everything was looked at.
pub(crate) fn render(report: &Report, width: usize) -> String {
    let groups = groups(report);
    if groups.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{HEAD}Not looked at{HEAD:#}\n");
    for ((reason, remedy), rules) in groups {
        let reason = layout::wrap(&layout::inline(reason), width.saturating_sub(4));
        out += &format!("  • {}\n", reason.join("\n    "));
        if let Some(remedy) = remedy {
            let lines = layout::wrap(&layout::inline(remedy), width.saturating_sub(15));
            let lines = lines.join(&format!("{SQL:#}\n               {SQL}"));
            out += &format!("    to let it: {SQL}{lines}{SQL:#}\n");
        }
        let rules = layout::wrap(&layout::inline(&rules.join(", ")), width.saturating_sub(4));
        out += &format!("    {ASIDE}{}{ASIDE:#}\n", rules.join("\n    "));
    }
    out
}

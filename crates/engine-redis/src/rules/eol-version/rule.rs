//! `redis/eol-version`: the server gets no more fixes from its makers.
//!
//! The dates are a table in the source rather than a lookup: a check must not need the Internet. A series that is not in it had
//! fixes when the table was written, or is newer.

use dbwright_core::{Cx, Proof, Severity};
use jiff::civil::{Date, date};

use crate::body::{Body, area};

/// Day from which on a series gets no fixes. Valkey: the end of its maintenance, after which only security fixes come.
const ENDS: [(&str, u32, u32, Date); 12] = [
    ("redis", 2, 8, date(2016, 5, 6)),
    ("redis", 3, 0, date(2017, 7, 14)),
    ("redis", 3, 2, date(2018, 10, 17)),
    ("redis", 4, 0, date(2020, 4, 30)),
    ("redis", 5, 0, date(2022, 4, 27)),
    ("redis", 6, 0, date(2022, 5, 31)),
    ("redis", 7, 0, date(2024, 7, 29)),
    ("redis", 8, 0, date(2026, 2, 11)),
    ("valkey", 7, 2, date(2027, 4, 16)),
    ("valkey", 8, 0, date(2027, 9, 15)),
    ("valkey", 8, 1, date(2028, 3, 31)),
    ("valkey", 9, 0, date(2028, 10, 21)),
];

const SECONDS_A_DAY: i64 = 86_400;

/// Reports node by node, by the clock of whoever looks.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::NODES);
    let today = cx.header.observed_at.as_second().div_euclid(SECONDS_A_DAY);
    let flavour = cx.body.flavour.as_str();
    for node in &cx.body.nodes {
        let (major, minor, patch) = node.version();
        let known = ENDS.iter().find(|(of, a, b, _)| (*of, *a, *b) == (flavour, major, minor));
        let Some((.., end)) = known else { continue };
        let ended = end.duration_since(date(1970, 1, 1)).as_secs() / SECONDS_A_DAY;
        let days = (today - ended) as f64;
        if -days > cx.limit("days") {
            continue;
        }
        let name = if flavour == "valkey" { "Valkey" } else { "Redis" };
        let severity = match days {
            days if days >= cx.limit("high_days") => Severity::High,
            days if days >= cx.limit("medium_days") => Severity::Medium,
            _ => Severity::Low,
        };
        let (until, since) =
            if days < 0.0 { ("gets fixes only until", "days_left") } else { ("has had no fixes since", "days_since") };
        let finding = cx
            .finding(cx.body.subject(node, "server"), format!("{name} {major}.{minor} {until} {end}"))
            .severity(severity)
            .why(
                "security holes and faults that lose data stay open, unless whoever made the package carries fixes over, as distributions do for \
                 some years; an upgrade is no command: replace the program, replicas first, so there is no change",
            )
            .proof(Proof::unproven("there is no change to try"))
            .evidence("version", format!("{major}.{minor}.{patch}"), "", "INFO server")
            .evidence("end_of_fixes", end.to_string(), "", "the makers' release policy")
            .evidence(since, days.abs(), "days", "computed from the snapshot's time");
        cx.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;
    use dbwright_core::rule::{self, Limits};

    use crate::sample;

    fn severity(flavour: &str, version: &str, day: &str) -> Option<Severity> {
        let mut node = sample::node(&[]);
        node.info.0.insert(format!("{flavour}_version"), version.to_owned());
        let mut body = sample::body(node);
        flavour.clone_into(&mut body.flavour);
        let mut header = sample::header();
        header.observed_at = format!("{day}T00:00:00Z").parse().expect("a time");
        let (found, _) = rule::run(crate::rules::RULES, &body, &header, &Limits::new());
        found.iter().find(|finding| finding.rule == "redis/eol-version").map(|finding| finding.severity)
    }

    #[test]
    fn what_ended_long_ago_is_worse() {
        assert_eq!(severity("redis", "7.0.15", "2024-01-28"), None);
        assert_eq!(severity("redis", "7.0.15", "2024-07-01"), Some(Severity::Low));
        assert_eq!(severity("redis", "7.0.15", "2026-11-22"), Some(Severity::Low));
        assert_eq!(severity("redis", "6.0.16", "2026-11-22"), Some(Severity::Medium));
        assert_eq!(severity("redis", "4.0.9", "2026-11-22"), Some(Severity::High));
        assert_eq!(severity("redis", "7.2.4", "2030-01-01"), None);
        assert_eq!(severity("valkey", "8.1.1", "2026-11-22"), None);
        assert_eq!(severity("valkey", "7.2.4", "2027-05-01"), Some(Severity::Low));
    }
}

//! `pg/end-of-life-version`: the server gets no more fixes.
//!
//! The dates are a table in the source rather than a lookup: a check must not need the Internet, and the
//! dates are fixed with each first release. Read in November 2026.

use dbwright_core::{Cx, Proof, Severity};
use jiff::civil::{Date, date};

use crate::body::PgBody;

/// Last day of support by major version, from the project's versioning policy.
const ENDS: [(i32, Date); 6] = [
    (13, date(2025, 11, 13)),
    (14, date(2026, 11, 12)),
    (15, date(2027, 11, 11)),
    (16, date(2028, 11, 9)),
    (17, date(2029, 11, 8)),
    (18, date(2030, 11, 14)),
];

const SECONDS_A_DAY: i64 = 86_400;

/// Reports the server, by its own clock.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (ahead, high) = (cx.limit("days"), cx.limit("high_days"));
    let major = cx.body.server.major();
    let Some((_, end)) = ENDS.iter().find(|(version, _)| *version == major) else {
        if major > ENDS[ENDS.len() - 1].0 {
            cx.not_looked(
                format!("this dbwright does not know when PostgreSQL {major} ends"),
                Some("use a newer dbwright"),
            );
        }
        return;
    };
    let left = days_left(cx.body, *end);
    if left > ahead {
        return;
    }
    let (severity, title) = match left {
        left if left < -high => (Severity::High, format!("PostgreSQL {major} has had no fixes since {end}")),
        left if left < 0.0 => (Severity::Medium, format!("PostgreSQL {major} has had no fixes since {end}")),
        _ => (Severity::Low, format!("PostgreSQL {major} gets fixes only until {end}")),
    };
    let finding = cx
        .finding("server", title)
        .severity(severity)
        .why("security holes and faults that lose data stay open; an upgrade is no statement: use pg_upgrade, or logical replication into a new server")
        .proof(Proof::unproven("there is no change to try"))
        .evidence("server_version_num", cx.body.server.version_num, "", "pg_settings")
        .evidence("end_of_support", end.to_string(), "", "PostgreSQL versioning policy")
        .evidence("days_left", left, "days", "computed from the server's clock");
    cx.report(finding);
}

/// Whole days until support ends; negative afterwards.
#[expect(clippy::cast_precision_loss, reason = "a few thousand days")]
fn days_left(body: &PgBody, end: Date) -> f64 {
    let today = body.server.now.as_second().div_euclid(SECONDS_A_DAY);
    let epoch = date(1970, 1, 1);
    let end = end.duration_since(epoch).as_secs() / SECONDS_A_DAY;
    (end - today) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn severity(version_num: i32, day: &str) -> Option<Severity> {
        let mut body = sample::body();
        body.server.version_num = version_num;
        body.server.now = format!("{day}T12:00:00Z").parse().expect("a time");
        sample::run("pg/end-of-life-version", &body).first().map(|finding| finding.severity)
    }

    #[test]
    fn the_day_decides() {
        assert_eq!(severity(140_012, "2026-05-15"), None);
        assert_eq!(severity(140_012, "2026-05-16"), Some(Severity::Low));
        assert_eq!(severity(140_012, "2026-11-12"), Some(Severity::Low));
        assert_eq!(severity(140_012, "2026-11-13"), Some(Severity::Medium));
        assert_eq!(severity(140_012, "2027-11-13"), Some(Severity::High));
        assert_eq!(severity(180_001, "2026-11-21"), None);
    }

    #[test]
    fn a_version_of_the_future_is_not_looked_at() {
        let mut body = sample::body();
        body.server.version_num = 190_000;
        let (found, skipped) = sample::run_with("pg/end-of-life-version", &body, &[], &[]);
        assert_eq!((found.len(), skipped.len()), (0, 1));
    }
}

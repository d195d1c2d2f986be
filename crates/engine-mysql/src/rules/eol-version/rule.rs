//! `mysql/eol-version`: the server gets no more fixes.
//!
//! The dates are a table in the source rather than a lookup: a check must not need the Internet. Read in November 2026.

use dbwright_core::{Cx, Proof, Severity};
use jiff::civil::{Date, date};

use crate::body::{Body, Flavour};
use crate::words;

/// Last day of fixes by series. MySQL: extended support, innovation releases until the next one. MariaDB: community maintenance.
const ENDS: [(Flavour, u16, u16, Date); 40] = [
    (Flavour::MySql, 5, 5, date(2018, 12, 31)),
    (Flavour::MySql, 5, 6, date(2021, 2, 28)),
    (Flavour::MySql, 5, 7, date(2023, 10, 31)),
    (Flavour::MySql, 8, 0, date(2026, 4, 30)),
    (Flavour::MySql, 8, 1, date(2023, 10, 25)),
    (Flavour::MySql, 8, 2, date(2023, 12, 14)),
    (Flavour::MySql, 8, 3, date(2024, 4, 10)),
    (Flavour::MySql, 8, 4, date(2032, 4, 30)),
    (Flavour::MySql, 9, 0, date(2024, 10, 15)),
    (Flavour::MySql, 9, 1, date(2025, 1, 21)),
    (Flavour::MySql, 9, 2, date(2025, 4, 15)),
    (Flavour::MySql, 9, 3, date(2025, 7, 22)),
    (Flavour::MySql, 9, 4, date(2025, 10, 21)),
    (Flavour::MySql, 9, 5, date(2026, 1, 20)),
    (Flavour::MySql, 9, 6, date(2026, 4, 21)),
    (Flavour::MySql, 9, 7, date(2034, 4, 30)),
    (Flavour::MariaDb, 5, 5, date(2020, 4, 11)),
    (Flavour::MariaDb, 10, 1, date(2020, 10, 17)),
    (Flavour::MariaDb, 10, 2, date(2022, 5, 23)),
    (Flavour::MariaDb, 10, 3, date(2023, 5, 25)),
    (Flavour::MariaDb, 10, 4, date(2024, 6, 18)),
    (Flavour::MariaDb, 10, 5, date(2025, 6, 24)),
    (Flavour::MariaDb, 10, 6, date(2026, 7, 6)),
    (Flavour::MariaDb, 10, 7, date(2023, 2, 14)),
    (Flavour::MariaDb, 10, 8, date(2023, 5, 20)),
    (Flavour::MariaDb, 10, 9, date(2023, 8, 22)),
    (Flavour::MariaDb, 10, 10, date(2023, 11, 17)),
    (Flavour::MariaDb, 10, 11, date(2028, 2, 16)),
    (Flavour::MariaDb, 11, 0, date(2024, 6, 6)),
    (Flavour::MariaDb, 11, 1, date(2024, 8, 21)),
    (Flavour::MariaDb, 11, 2, date(2024, 11, 21)),
    (Flavour::MariaDb, 11, 3, date(2024, 5, 29)),
    (Flavour::MariaDb, 11, 4, date(2029, 5, 29)),
    (Flavour::MariaDb, 11, 5, date(2024, 11, 21)),
    (Flavour::MariaDb, 11, 6, date(2025, 2, 13)),
    (Flavour::MariaDb, 11, 7, date(2025, 5, 12)),
    (Flavour::MariaDb, 11, 8, date(2028, 6, 4)),
    (Flavour::MariaDb, 12, 0, date(2025, 11, 18)),
    (Flavour::MariaDb, 12, 1, date(2026, 2, 13)),
    (Flavour::MariaDb, 12, 2, date(2026, 5, 13)),
];

const SECONDS_A_DAY: i64 = 86_400;

/// Reports the server, by its own clock.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let server = &cx.body.server;
    let (major, minor, _) = server.version;
    let series = format!("{} {major}.{minor}", server.flavour.name());
    let known = ENDS.iter().find(|(flavour, a, b, _)| (*flavour, *a, *b) == (server.flavour, major, minor));
    let Some((_, _, _, end)) = known else {
        cx.not_looked(format!("this dbwright does not know when {series} ends"), Some("use a newer dbwright"));
        return;
    };
    let left = days_left(cx.body, *end);
    if left > cx.limit("days") {
        return;
    }
    let (severity, title) = match left {
        left if left < -cx.limit("high_days") => (Severity::High, format!("{series} has had no fixes since {end}")),
        left if left < 0.0 => (Severity::Medium, format!("{series} has had no fixes since {end}")),
        _ => (Severity::Low, format!("{series} gets fixes only until {end}")),
    };
    let finding = cx
        .finding("server", title)
        .severity(severity)
        .why("security holes and faults that lose data stay open; an upgrade is no statement: install a newer series, on a copy first")
        .proof(Proof::unproven("there is no change to try"))
        .evidence("version", server.text.as_str(), "", "VERSION()")
        .evidence("end_of_support", end.to_string(), "", "the makers' release policy")
        .evidence("days_left", left, "days", "computed from the server's clock");
    cx.report(finding);
}

/// Whole days until support ends; negative afterwards.
fn days_left(body: &Body, end: Date) -> f64 {
    let today = body.server.now.as_second().div_euclid(SECONDS_A_DAY);
    let end = end.duration_since(date(1970, 1, 1)).as_secs() / SECONDS_A_DAY;
    let days = words::as_f64((end - today).unsigned_abs());
    if end < today { -days } else { days }
}

//! `migrate/zero-dates`: a day that is none, as a default or as a value.

use dbwright_core::{Cx, Finding};

use crate::flavour::Flavour;
use crate::migrate::lint::read::made::given;
use crate::migrate::lint::read::rows::rows;
use crate::migrate::lint::{Scene, Table};
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::Cursor;

/// Reports dates without a year, month or day.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    match scene.act() {
        Act::CreateTable { .. } | Act::Alter { .. } => defaults(cx),
        Act::Write { table: Some(name), .. } => written(cx, &scene.world.table(name)),
        _ => {}
    }
}

fn defaults(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for column in given(scene) {
        let dated = dated(&column.definition.base);
        let Some(default) = column.definition.default.as_deref().filter(|text| dated && (zero(text) || *text == "0"))
        else {
            continue;
        };
        let place = scene.place_at(column.at);
        report(cx, &column.table, Some(&column.name), default, |finding| finding.at(place.clone()));
    }
    let Act::Alter { table, clauses, .. } = scene.act() else { return };
    for clause in clauses {
        let Action::AlterColumn(name) = &clause.action else { continue };
        if let Some(default) = literals(&clause.text).into_iter().find(|text| zero(text)) {
            report(cx, &scene.world.table(table), Some(name), default, |finding| finding);
        }
    }
}

fn written(cx: &mut Cx<'_, Scene>, table: &Table) {
    let scene = cx.body;
    if table.complete && !table.columns.iter().any(|column| dated(&column.definition.base)) {
        return;
    }
    let zeros: Vec<&str> = literals(scene.sql()).into_iter().filter(|text| zero(text)).collect();
    let Some(first) = zeros.first() else { return };
    let filter = rows(scene.sql()).and_then(|rows| rows.filter).unwrap_or_default();
    let compared = literals(filter).into_iter().filter(|text| zero(text)).count();
    if zeros.len() > compared {
        report(cx, table, None, first, |finding| finding);
    } else if refused(scene) == Some(true) && scene.flavour == Flavour::MySql {
        compared_with(cx, table, first);
    }
}

fn report(
    cx: &mut Cx<'_, Scene>,
    table: &Table,
    column: Option<&str>,
    value: &str,
    place: impl Fn(Finding) -> Finding,
) {
    let scene = cx.body;
    let subject = column.map_or_else(|| table.subject(), |column| table.subject_in(column));
    let what = if column.is_some() { "default" } else { "value" };
    let (title, why) = if refused(scene) == Some(false) {
        (
            format!("the {what} {value} of {} is no date, and this server takes it", table.sql()),
            "drivers fail on it or turn it to NULL, and once sql_mode is strict with NO_ZERO_DATE no ALTER TABLE of the table works; no change is shown: \
             write NULL or a real date",
        )
    } else {
        (
            format!("the {what} {value} of {} is no date, and the statement fails for it", table.sql()),
            "sql_mode has NO_ZERO_DATE and NO_ZERO_IN_DATE and is strict by default; no change is shown: write NULL or a real date",
        )
    };
    let mode = scene.setting("sql_mode").unwrap_or("the server's default").to_owned();
    cx.report(place(cx.finding(subject, title).why(why).evidence("sql_mode", mode, "", "the session")));
}

fn compared_with(cx: &mut Cx<'_, Scene>, table: &Table, value: &str) {
    let finding = cx
        .finding(table.subject(), format!("comparing with {value} fails where {} is changed", table.sql()))
        .why(
            "with NO_ZERO_DATE and a strict sql_mode the literal is refused, also where it is only compared with; no change is shown: `column < \
             '1000-01-01'` finds the same rows in every mode",
        )
        .evidence("literal", value, "", "the statement");
    cx.report(finding);
}

/// Whether the session refuses such a value.
fn refused(scene: &Scene) -> Option<bool> {
    match scene.setting("sql_mode").map(str::to_ascii_uppercase) {
        None => Some(scene.flavour == Flavour::MySql),
        Some(mode) if mode.contains('@') || mode == "DEFAULT" => None,
        Some(mode) => {
            let strict = mode.contains("STRICT_") || mode.contains("TRADITIONAL");
            Some(strict && (mode.contains("NO_ZERO_DATE") || mode.contains("TRADITIONAL")))
        }
    }
}

fn dated(base: &str) -> bool {
    matches!(base, "date" | "datetime" | "timestamp")
}

/// The strings of a text.
fn literals(text: &str) -> Vec<&str> {
    let mut cursor = Cursor::new(text);
    let mut found = Vec::new();
    while !cursor.done() {
        if cursor.peek().starts_with(['\'', '"']) {
            found.push(cursor.peek());
        }
        cursor.skip();
    }
    found
}

/// Whether a literal is written as a date, and its month or day is 0.
fn zero(literal: &str) -> bool {
    let text = literal.trim_matches(['\'', '"']);
    let (day, time) = text.split_at_checked(10).unwrap_or((text, ""));
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |part: &str, length| part.len() == length && part.chars().all(|c| c.is_ascii_digit());
    let timed = time.is_empty()
        || (time.starts_with([' ', 'T']) && time.chars().skip(1).all(|c| c.is_ascii_digit() || matches!(c, ':' | '.')));
    digits(year, 4) && digits(month, 2) && digits(day, 2) && timed && (*month == "00" || *day == "00")
}

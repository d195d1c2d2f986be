//! `migrate/misleading-type`: words that SQLite takes for a type and nothing more.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::lint::quoted;
use crate::migrate::parse::{Act, Action, Column, Kind, TableText};

/// Reports declared types that do not do what they say.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let name = scene.line().table().unwrap_or_default().to_owned();
    let columns: Vec<(Column, String)> = match scene.act() {
        Act::Create { kind: Kind::Table, .. } => {
            let Some(text) = TableText::read(scene.sql()).filter(|text| !text.has_option("strict")) else { return };
            text.columns().into_iter().map(|(at, column)| (column, text.items[at].text.clone())).collect()
        }
        Act::Alter { clauses, .. } => clauses
            .iter()
            .filter_map(|clause| match &clause.action {
                // What comes after the definition is a place to dbwright and a part of the type to SQLite.
                Action::AddColumn { column, definition, place, .. } => {
                    let lost = if place.is_some() && scene.as_is { " AFTER" } else { "" };
                    Some((column.clone(), format!("{definition}{lost}")))
                }
                _ => None,
            })
            .collect(),
        _ => return,
    };
    for (column, text) in columns {
        let declared = column.ty.as_ref().map_or("", |ty| &text[ty.clone()]);
        let place = if text.ends_with(" AFTER") { " AFTER" } else { "" };
        let Some((severity, what)) = misleads(&format!("{declared}{place}")) else { continue };
        let subject = dbwright_sql::Dialect::Sqlite.subject(&["main", &name, &column.name]);
        let finding = cx
            .finding(subject, format!("the type of {} is `{}`, which {what}", quoted(&column.name), declared.trim()))
            .severity(severity)
            .why(
                "SQLite takes any words for a type and says nothing; outside STRICT tables they give the column an affinity and no more; no \
                 change is shown, because only you know what was meant",
            )
            .evidence("type", declared, "", "the statement");
        cx.report(finding);
    }
}

/// What a type does that its words do not say.
fn misleads(declared: &str) -> Option<(Severity, &'static str)> {
    let upper = declared.to_ascii_uppercase();
    let has = |word: &str| upper.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|other| other == word);
    if upper.contains("STRING") && !["CHAR", "CLOB", "TEXT"].iter().any(|text| upper.contains(text)) {
        return Some((Severity::Medium, "has numeric affinity: the text '007' is kept as the number 7"));
    }
    if ["SERIAL", "BIGSERIAL", "SMALLSERIAL", "AUTO_INCREMENT", "IDENTITY"].iter().any(|word| has(word)) {
        return Some((
            Severity::High,
            "counts nothing: the column stays NULL, as only INTEGER PRIMARY KEY gets a number",
        ));
    }
    if has("AFTER") || has("FIRST") {
        return Some((
            Severity::Low,
            "is followed by a place that becomes a part of the type: the column stands at the end",
        ));
    }
    if declared.trim_end().ends_with(']') || has("ARRAY") {
        return Some((Severity::Low, "makes no array: the column takes one value, of any kind"));
    }
    None
}

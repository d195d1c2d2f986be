//! Views, triggers, routines and events.

use dbwright_core::finding;
use dbwright_sql::model::{Function, Trigger};

use super::catalog::Parts;
use super::session::Session;
use crate::body::{Event, Routine, ZoneUser, area};
use crate::flavour::Flavour;
use crate::uses;
use crate::zones;

/// What lets an account see the bodies of views and triggers, and events.
const GRANT: &str = "GRANT SHOW VIEW, TRIGGER, EVENT ON *.* TO the account";

/// Reads views, triggers and routines.
pub(super) async fn fill(session: &mut Session, flavour: Flavour, parts: &mut Parts) {
    views(session, parts).await;
    triggers(session, parts).await;
    routines(session, flavour, parts).await;
}

async fn views(session: &mut Session, parts: &mut Parts) {
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, DEFINER, SECURITY_TYPE = 'INVOKER' \
         FROM information_schema.VIEWS WHERE {}",
        parts.filter.on("TABLE_SCHEMA")
    );
    let rows = session
        .read(area::OBJECTS, GRANT, &sql, |row| (row.text(), row.text(), row.opt_text(), row.opt_text(), row.flag()))
        .await;
    for (schema, name, definition, owner, invoker) in rows {
        note_zones(parts, "view", (&schema, &name), definition.as_deref());
        if let Some((view, facts)) = parts.find(&schema, &name) {
            (view.definition, view.owner) = (definition.filter(|text| !text.is_empty()), owner);
            facts.as_invoker = invoker;
        }
    }
}

async fn triggers(session: &mut Session, parts: &mut Parts) {
    let sql = format!(
        "SELECT /* dbwright */ EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, \
         ACTION_STATEMENT, DEFINER FROM information_schema.TRIGGERS WHERE {} ORDER BY TRIGGER_SCHEMA, TRIGGER_NAME",
        parts.filter.on("TRIGGER_SCHEMA")
    );
    let rows = session
        .read(area::OBJECTS, GRANT, &sql, |row| {
            let (schema, table, name) = (row.text(), row.text(), row.text());
            let definition = format!("{} {} FOR EACH ROW {}", row.text(), row.text(), row.text());
            let definer = row.opt_text();
            (schema, table, Trigger { name, enabled: "origin".to_owned(), definition, constraint: None, definer })
        })
        .await;
    for (schema, table, trigger) in rows {
        note_zones(parts, "trigger", (&schema, &trigger.name), Some(&trigger.definition));
        if let Some((table, _)) = parts.find(&schema, &table) {
            table.triggers.push(trigger);
        }
    }
}

async fn routines(session: &mut Session, flavour: Flavour, parts: &mut Parts) {
    let sql = format!(
        "SELECT /* dbwright */ ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_BODY, DEFINER, SECURITY_TYPE, ROUTINE_DEFINITION \
         FROM information_schema.ROUTINES WHERE {} ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE",
        parts.filter.on("ROUTINE_SCHEMA")
    );
    let rows = session
        .read(area::OBJECTS, flavour.routines_grant(), &sql, |row| {
            let body;
            let routine = Function {
                schema: row.text(),
                name: row.text(),
                arguments: String::new(),
                kind: row.text().to_ascii_lowercase(),
                language: row.text().to_ascii_lowercase(),
                owner: row.text(),
                security_definer: row.text() == "DEFINER",
                settings: Vec::new(),
                from_extension: false,
                body_hash: {
                    body = row.opt_text();
                    body.as_deref().map(|body| finding::fingerprint("routine", body)).unwrap_or_default()
                },
            };
            (routine, body)
        })
        .await;
    for (routine, body) in rows {
        note_zones(parts, &routine.kind, (&routine.schema, &routine.name), body.as_deref());
        note_uses(parts, &routine.kind, (&routine.schema, &routine.name), body.as_deref());
        parts.catalog.functions.push(routine);
    }
}

/// Notes the time zones that a text names.
fn note_zones(parts: &mut Parts, kind: &str, (schema, name): (&str, &str), text: Option<&str>) {
    let zones = text.map(zones::named).unwrap_or_default();
    if !zones.is_empty() {
        let (kind, schema, name) = (kind.to_owned(), schema.to_owned(), name.to_owned());
        parts.zone_users.push(ZoneUser { kind, schema, name, zones });
    }
}

/// Notes what a body names.
fn note_uses(parts: &mut Parts, kind: &str, (schema, name): (&str, &str), text: Option<&str>) {
    let Some(text) = text else { return };
    let uses = uses::of(text);
    let full = |(of, name): uses::Name| (of.unwrap_or_else(|| schema.to_owned()), name);
    let column = |(table, column)| {
        let (schema, table) = full(table);
        (schema, table, column)
    };
    parts.routines.push(Routine {
        kind: kind.to_owned(),
        schema: schema.to_owned(),
        name: name.to_owned(),
        tables: uses.tables.into_iter().map(full).collect(),
        columns: uses.columns.into_iter().map(column).collect(),
        calls: uses.calls.into_iter().map(full).collect(),
        makes: uses.makes,
    });
}

/// Whether the server knows time zones by their names: it is asked for one, because its tables are not everybody's to read.
pub(super) async fn zones_loaded(session: &mut Session) -> Option<bool> {
    let sql = "SELECT /* dbwright */ CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'MET') IS NOT NULL";
    session.read(area::OBJECTS, "", sql, |row| Some(row.flag())).await.pop()?
}

/// Reads the events of the scheduler.
pub(super) async fn events(session: &mut Session, parts: &mut Parts) -> Vec<Event> {
    let sql = format!(
        "SELECT /* dbwright */ EVENT_SCHEMA, EVENT_NAME, STATUS, DEFINER, EVENT_TYPE, LAST_EXECUTED, EVENT_DEFINITION \
         FROM information_schema.EVENTS WHERE {} ORDER BY EVENT_SCHEMA, EVENT_NAME",
        parts.filter.on("EVENT_SCHEMA")
    );
    let rows = session
        .read(area::OBJECTS, GRANT, &sql, |row| {
            let event = Event {
                schema: row.text(),
                name: row.text(),
                status: row.text(),
                definer: row.text(),
                kind: row.text(),
                last_executed: row.opt_text(),
            };
            (event, row.opt_text())
        })
        .await;
    for (event, text) in &rows {
        note_zones(parts, "event", (&event.schema, &event.name), text.as_deref());
        note_uses(parts, "event", (&event.schema, &event.name), text.as_deref());
    }
    rows.into_iter().map(|(event, _)| event).collect()
}

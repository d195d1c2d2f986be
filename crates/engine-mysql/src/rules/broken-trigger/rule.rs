//! `mysql/broken-trigger`: a trigger that reads or writes a table which is gone, so that each write that fires it fails.
//!
//! The server looks at a trigger's body only when it fires.

use std::collections::HashSet;

use dbwright_core::Cx;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use crate::body::{Body, area};
use crate::uses::{self, OWN};

/// Reports such triggers.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    // Tables that the account may not see are not gone.
    if cx.gap(area::HIDDEN) {
        return;
    }
    let catalog = &cx.body.catalog;
    let there: HashSet<(String, String)> =
        catalog.tables.iter().map(|table| (table.schema.to_lowercase(), table.name.to_lowercase())).collect();
    let schemas: HashSet<&str> = cx.body.schemas.iter().map(|schema| schema.name.as_str()).collect();
    for table in &catalog.tables {
        for trigger in &table.triggers {
            let gone = uses::of(&trigger.definition).tables.into_iter().find_map(|(schema, name)| {
                let schema = schema.unwrap_or_else(|| table.schema.clone());
                let known = schema != OWN
                    && schemas.contains(schema.as_str())
                    && !there.contains(&(schema.to_lowercase(), name.to_lowercase()));
                known.then(|| Dialect::Mysql.qualified(&schema, &name))
            });
            if let Some(gone) = gone {
                let finding = finding(cx, table, &trigger.name, &trigger.definition, &gone);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, table: &Table, trigger: &str, definition: &str, gone: &str) -> dbwright_core::Finding {
    let catalog = &cx.body.catalog;
    let event = definition.split_whitespace().nth(1).unwrap_or("write").to_ascii_uppercase();
    let own = Dialect::Mysql.name(trigger);
    cx.finding(
        catalog.subject_in(table, trigger),
        format!("the trigger {own} of {} uses {gone}, which is gone", catalog.qualified(table)),
    )
    .why(format!(
        "each {event} of {} that comes to it fails with error 1146, unless the session has a temporary table of that name. No change is given: either bring the table back, or make the trigger \
         anew without it (DROP TRIGGER {})",
        catalog.qualified(table),
        Dialect::Mysql.qualified(&table.schema, trigger)
    ))
    .evidence("fires", definition.split_whitespace().take(2).collect::<Vec<_>>().join(" "), "", "information_schema.TRIGGERS")
    .evidence("missing", gone, "", "information_schema.TRIGGERS.ACTION_STATEMENT, information_schema.TABLES")
}

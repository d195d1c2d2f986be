//! `pg/disabled-trigger`: a trigger that exists and does not fire.

use std::collections::BTreeMap;

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Table, Trigger};

use crate::body::PgBody;

/// Reports disabled triggers, and foreign keys without their triggers; a partition's only where its parent's fire.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let by_id = body.catalog.by_id();
    for table in body.catalog.tables.iter().filter(|table| !table.internal) {
        let parents: Vec<_> =
            table.parents.iter().filter(|_| table.is_partition).filter_map(|id| by_id.get(id)).collect();
        let with_parent = |own: &Trigger| parents.iter().any(|parent| off(parent).any(|trigger| same(trigger, own)));
        let own: Vec<_> = off(table).filter(|trigger| !with_parent(trigger)).collect();
        let mut keys: BTreeMap<&str, Vec<&Trigger>> = BTreeMap::new();
        for trigger in own {
            if let Some(key) = &trigger.constraint {
                keys.entry(key).or_default().push(trigger);
            } else {
                let finding = of_user(cx, table, trigger);
                cx.report(finding);
            }
        }
        for (key, triggers) in keys {
            let finding = of_foreign_key(cx, table, key, &triggers);
            cx.report(finding);
        }
    }
}

fn off(table: &Table) -> impl Iterator<Item = &Trigger> {
    table.triggers.iter().filter(|trigger| trigger.enabled == "disabled")
}

/// Whether a parent's trigger is the origin of a partition's: same name, or the same foreign key.
fn same(parent: &Trigger, own: &Trigger) -> bool {
    parent.name == own.name || (own.constraint.is_some() && parent.constraint == own.constraint)
}

/// A trigger that a user made.
fn of_user(cx: &Cx<'_, PgBody>, table: &Table, trigger: &Trigger) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&trigger.name));
    cx.finding(catalog.subject_in(table, &trigger.name), format!("trigger {name} of {of} is disabled"))
        .why(
            "whatever it keeps up, such as a log, a total or a rule, has been missing since somebody disabled it, most often for a \
             bulk load; enabling it mends new rows only, so look at the rows written meanwhile; drop it if it is not wanted",
        )
        .evidence("tgenabled", trigger.enabled.as_str(), "", "pg_trigger")
        .evidence("definition", trigger.definition.as_str(), "", "pg_get_triggerdef")
        .change(change(cx, table, &[trigger]))
}

/// A foreign key whose internal triggers on this table, the referring or the referenced one, do not fire.
fn of_foreign_key(cx: &Cx<'_, PgBody>, table: &Table, key: &str, triggers: &[&Trigger]) -> Finding {
    let catalog = &cx.body.catalog;
    let name = catalog.dialect.name(key);
    let title =
        format!("foreign key {name} is not enforced on {}: its triggers are disabled", catalog.qualified(table));
    cx.finding(catalog.subject_in(table, key), title)
        .severity(Severity::High)
        .why(format!(
            "rows that break it go in unseen, though the schema promises otherwise, most often since a bulk load with DISABLE \
             TRIGGER ALL; enabling them, which takes a superuser, checks new rows only: look for rows without a partner, \
             then drop {name} and add it again to have all rows checked"
        ))
        .evidence("disabled triggers", triggers.len(), "triggers", "pg_trigger.tgenabled")
        .change(change(cx, table, triggers))
}

fn change(cx: &Cx<'_, PgBody>, table: &Table, triggers: &[&Trigger]) -> Change {
    let catalog = &cx.body.catalog;
    let statements = |verb: &str| -> Vec<_> {
        let names = triggers.iter().map(|trigger| catalog.dialect.name(&trigger.name));
        names.map(|name| format!("ALTER TABLE {} {verb} TRIGGER {name}", catalog.qualified(table))).collect()
    };
    Change::new(statements("ENABLE"), "SHARE ROW EXCLUSIVE on the table, briefly: writes wait, reads go on")
        .back(statements("DISABLE"))
}

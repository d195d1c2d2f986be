//! `pg/disabled-trigger`: a trigger that exists and does not fire.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Table, Trigger};

use crate::body::PgBody;

/// Reports disabled triggers; a partition's only where its parent's fires.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let by_id = body.catalog.by_id();
    for table in body.catalog.tables.iter().filter(|table| !table.internal) {
        for trigger in table.triggers.iter().filter(|trigger| off(trigger)) {
            let with_parent = |parent| {
                by_id.get(parent).is_some_and(|p: &&Table| p.triggers.iter().any(|t| off(t) && same(t, trigger)))
            };
            if !(table.is_partition && table.parents.iter().any(with_parent)) {
                let finding = finding(cx, table, trigger);
                cx.report(finding);
            }
        }
    }
}

fn off(trigger: &Trigger) -> bool {
    trigger.enabled == "disabled"
}

/// Whether a parent's trigger is the origin of a partition's, which has the same name.
fn same(parent: &Trigger, own: &Trigger) -> bool {
    parent.name == own.name
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, trigger: &Trigger) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&trigger.name));
    let change = Change::new(
        [format!("ALTER TABLE {of} ENABLE TRIGGER {name}")],
        "SHARE ROW EXCLUSIVE on the table, briefly: writes wait, reads go on",
    )
    .back([format!("ALTER TABLE {of} DISABLE TRIGGER {name}")]);
    cx.finding(catalog.subject_in(table, &trigger.name), format!("trigger {name} of {of} is disabled"))
        .severity(Severity::Medium)
        .why(
            "whatever it keeps up, such as a log, a total or a rule, has been missing since somebody disabled it, most often for a \
             bulk load; enabling it mends new rows only, so look at the rows written meanwhile; drop it if it is not wanted",
        )
        .evidence("tgenabled", trigger.enabled.as_str(), "", "pg_trigger")
        .evidence("definition", trigger.definition.as_str(), "", "pg_get_triggerdef")
        .change(change)
}

//! `migrate/foreign-key-locks-both-tables`: a foreign key that is checked by copying the table.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::steps::{ddl, made_name, online, quoted, quoted_list};
use crate::migrate::lint::{Cause, Effort, Foreign, Part, Scene, Table, define};
use crate::migrate::parse::Action;
use crate::migrate::table::same;
use crate::migrate::ways::COPY;
use dbwright_sql::Dialect;

/// Reports foreign keys that are added to tables with rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::ForeignKey && part.verdict.way == COPY)
    {
        for foreign in keys(part) {
            let effort = Effort { table, way: part.verdict.way };
            let parent = named(&foreign);
            let title = format!("the foreign key of {} to {parent} {}", table.sql(), effort.says());
            let mut finding = cx
                .finding(table.subject_in(&foreign.columns.join(", ")), title)
                .why(format!(
                    "the server checks all rows by copying the table; {}, and no other change of {parent} can begin meanwhile; with \
                     foreign_key_checks off it is added in place and holds for what is written from then on; rows without a partner are \
                     then found by a query that locks nothing",
                    effort.waits()
                ))
                .at(part.place.clone());
            if let Some(change) =
                change(table, &foreign).filter(|_| matches!(part.clause.action, Action::AddForeignKey))
            {
                finding = finding.change(change);
            }
            cx.report(effort.weigh(finding));
        }
    }
}

/// The foreign keys of a clause.
fn keys(part: &Part<'_>) -> Vec<Foreign> {
    let own = define::foreign(&part.clause.text);
    let columns =
        part.added().into_iter().filter_map(|(column, new)| define::column_foreign(column, new.references.as_deref()?));
    own.into_iter().chain(columns).collect()
}

fn named(foreign: &Foreign) -> String {
    let name = &foreign.table;
    name.schema.as_ref().map_or_else(|| quoted(&name.name), |schema| Dialect::Mysql.qualified(schema, &name.name))
}

/// The key without a check, after its index; and the check.
fn change(table: &Table, foreign: &Foreign) -> Option<Change> {
    if foreign.referenced.len() != foreign.columns.len() {
        return None;
    }
    let (child, parent, columns) = (table.sql(), named(foreign), quoted_list(&foreign.columns));
    let made = made_name(&[&table.name, &foreign.columns.join("_")], "fk");
    let name = quoted(if foreign.name.is_empty() { &made } else { &foreign.name });
    let leads = table.keys.iter().any(|key| {
        key.columns.len() >= foreign.columns.len() && key.columns.iter().zip(&foreign.columns).all(|(a, b)| same(a, b))
    });
    let mut forward = Vec::new();
    if !leads {
        forward.push(online(table, &format!("ADD INDEX {name} ({columns})")));
    }
    let pair = |(own, other): (&String, &String)| format!("p.{} = c.{}", quoted(other), quoted(own));
    let pairs: Vec<String> = foreign.columns.iter().zip(&foreign.referenced).map(pair).collect();
    let filled: Vec<String> = foreign.columns.iter().map(|own| format!("c.{} IS NOT NULL", quoted(own))).collect();
    let references = quoted_list(&foreign.referenced);
    let tail = if foreign.tail.is_empty() { String::new() } else { format!(" {}", foreign.tail) };
    forward.extend([
        "SET SESSION foreign_key_checks = 0".to_owned(),
        online(table, &format!("ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {parent} ({references}){tail}")),
        "SET SESSION foreign_key_checks = 1".to_owned(),
        format!(
            "SELECT c.* FROM {child} c WHERE {} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {}) /* must find no row */",
            filled.join(" AND "),
            pairs.join(" AND ")
        ),
    ]);
    Some(ddl(forward, "LOCK=NONE: reads and writes of both tables go on, apart from an instant at both ends"))
}

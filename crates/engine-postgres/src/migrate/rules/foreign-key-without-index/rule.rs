//! `migrate/foreign-key-without-index`: each delete of the referenced row will read the whole table.

use dbwright_core::{Change, Cx, Severity};

use crate::ddl::{Act, Action, Clause, ColumnConstraint, ConstraintKind, Name, Object};
use crate::migrate::lint::steps::{made_name, quoted, quoted_list};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// A foreign key of a statement.
struct Key<'a> {
    of: &'a Name,
    columns: Vec<String>,
    to: &'a Name,
    clause: Option<&'a Clause>,
}

/// Reports foreign keys that no index serves.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let keys: Vec<Key<'_>> = scene.acts().iter().flat_map(keys).collect();
    for key in keys {
        let table = scene.world.table(key.of);
        let made = scene.acts().iter().any(|act| matches!(act, Act::CreateTable(new) if new.name == *key.of && new.partition_of.is_none() && new.inherits.is_empty()));
        if !(made || table.complete) || table.temporary || served(scene, &table, &key) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "SHARE UPDATE EXCLUSIVE" };
        let (sql, list) = (table.sql(), quoted_list(&key.columns));
        let parts: Vec<&str> =
            std::iter::once(table.name.as_str()).chain(key.columns.iter().map(String::as_str)).collect();
        let name = quoted(&made_name(&parts, "idx"));
        let fresh = made || table.fresh();
        let build = if fresh { "CREATE INDEX" } else { "CREATE INDEX CONCURRENTLY" };
        let change = Change::new([format!("{build} {name} ON {sql} ({list})")], "reads and writes go on");
        let other = scene.world.table(key.to);
        let mut finding = cx
            .finding(
                table.subject_in(&key.columns.join("_")),
                format!("no index leads with ({list}), the foreign key of {sql} to {}", other.sql()),
            )
            .why(format!("each DELETE and key UPDATE of {} will read the whole of {sql}", other.sql()))
            .change(if fresh { change } else { change.outside_transaction() });
        if let Some(clause) = key.clause {
            finding = finding.at(scene.place_of(clause));
        }
        let finding = if fresh { finding.severity(Severity::Low) } else { finding };
        cx.report(effort.weigh(finding));
    }
}

/// The foreign keys that an act makes.
fn keys(act: &Act) -> Vec<Key<'_>> {
    match act {
        Act::CreateTable(table) => {
            let own = table.constraints.iter().filter_map(|one| of_constraint(&table.name, &one.kind, None));
            let inline =
                table.columns.iter().flat_map(|column| column.constraints.iter().map(move |one| (column, one)));
            let inline = inline.filter_map(|(column, one)| match one {
                ColumnConstraint::References { table: to, .. } => {
                    Some(Key { of: &table.name, columns: vec![column.name.clone()], to, clause: None })
                }
                _ => None,
            });
            own.chain(inline).collect()
        }
        Act::Alter { object: Object::Table, name, clauses, .. } => {
            clauses.iter().flat_map(|clause| of_clause(name, clause)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_constraint<'a>(of: &'a Name, kind: &'a ConstraintKind, clause: Option<&'a Clause>) -> Option<Key<'a>> {
    match kind {
        ConstraintKind::ForeignKey { columns, table: to, .. } => Some(Key { of, columns: columns.clone(), to, clause }),
        _ => None,
    }
}

fn of_clause<'a>(of: &'a Name, clause: &'a Clause) -> Vec<Key<'a>> {
    match &clause.action {
        Action::AddConstraint(constraint) => of_constraint(of, &constraint.kind, Some(clause)).into_iter().collect(),
        Action::AddColumn { column, .. } => {
            let inline = column.constraints.iter().filter_map(|one| match one {
                ColumnConstraint::References { table: to, .. } => {
                    Some(Key { of, columns: vec![column.name.clone()], to, clause: Some(clause) })
                }
                _ => None,
            });
            inline.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether an index leads with the columns: one that is there, one of the statement itself, or one that the file makes later.
fn served(scene: &Scene, table: &Table, key: &Key<'_>) -> bool {
    let leads = |keys: &[String]| {
        keys.len() >= key.columns.len()
            && key
                .columns
                .iter()
                .all(|column| keys[..key.columns.len()].iter().any(|one| one.trim_matches('"') == column))
    };
    let made = |act: &Act| match act {
        Act::CreateIndex(index) => index.table.name == key.of.name && index.filter.is_none() && leads(&index.keys),
        Act::CreateTable(new) if new.name == *key.of => {
            new.constraints.iter().any(|one| of_key(&one.kind).is_some_and(&leads))
                || new.columns.iter().any(|column| {
                    leads(std::slice::from_ref(&column.name))
                        && column.constraints.iter().any(|one| {
                            matches!(one, ColumnConstraint::PrimaryKey { .. } | ColumnConstraint::Unique { .. })
                        })
                })
        }
        Act::Alter { name, clauses, .. } if name.name == key.of.name => clauses.iter().any(
            |clause| matches!(&clause.action, Action::AddConstraint(one) if of_key(&one.kind).is_some_and(&leads)),
        ),
        _ => false,
    };
    table.has_index_on(&key.columns) || scene.acts().iter().any(made) || scene.later_acts().any(made)
}

fn of_key(kind: &ConstraintKind) -> Option<&[String]> {
    match kind {
        ConstraintKind::PrimaryKey { columns, .. } | ConstraintKind::Unique { columns, .. } => Some(columns),
        _ => None,
    }
}

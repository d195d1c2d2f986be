//! `migrate/validate-in-same-transaction`: the strong lock of the ADD is held while rows are read.

use std::sync::Arc;

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Action, Clause, ConstraintKind, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports validations that come too soon.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Alter { object: Object::Table, name: of, clauses, .. } = act else { continue };
        let table = scene.world.table(of);
        for clause in clauses.iter().filter(|_| !table.quiet()) {
            let Action::ValidateConstraint { name } = &clause.action else { continue };
            let Some(lock) = held(scene, &table, clauses, name) else { continue };
            let effort = Effort { table: &table, work: Work::Scan, lock };
            let alone = format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.sql(), quoted(name));
            let title = format!("validating {} in the transaction that adds it {}", quoted(name), effort.says());
            let finding = cx
                .finding(table.subject_in(name), title)
                .why(format!("the lock of the ADD is held until the transaction ends; {}", effort.waits()))
                .change(
                    Change::new(["COMMIT".to_owned(), alone], "SHARE UPDATE EXCLUSIVE: reads and writes go on")
                        .outside_transaction(),
                )
                .at(scene.place_of(clause));
            cx.report(effort.weigh(finding));
        }
    }
}

/// The lock that the ADD of the constraint took and that is still held.
fn held(scene: &Scene, table: &Arc<Table>, clauses: &[Clause], name: &str) -> Option<&'static str> {
    let same_statement = clauses.iter().any(|clause| {
        matches!(&clause.action, Action::AddConstraint(added) if added.not_valid && added.name.as_deref() == Some(name))
    });
    let before = scene
        .transaction
        .as_ref()
        .is_some_and(|transaction| transaction.unvalidated.contains(&(table.subject(), name.to_owned())));
    if !same_statement && !before {
        return None;
    }
    let foreign = table.constraints.iter().any(|one| one.name == name && one.kind == 'f')
        || clauses.iter().any(|clause| {
            matches!(&clause.action, Action::AddConstraint(added) if matches!(added.kind, ConstraintKind::ForeignKey { .. }))
        });
    Some(if foreign { "SHARE ROW EXCLUSIVE" } else { "ACCESS EXCLUSIVE" })
}

//! `migrate/drop-replica-identity`: rows that logical replication can't name any more.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Action, Object};
use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Effort, Scene, Table, TableRef, Work};

/// Reports what the replica identity loses.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses().filter(|(table, _)| !table.fresh()) {
        let lost = match &clause.action {
            Action::DropConstraint { name, .. } => identity_is(&table, name),
            Action::DropColumn { name, .. } | Action::DropNotNull { column: name } => uses(&table, name),
            _ => false,
        };
        if lost && !replaced(scene, &table) {
            let finding = finding(cx, &table).at(scene.place_of(clause));
            cx.report(finding);
        }
    }
    for act in scene.acts() {
        let Act::Drop { object: Object::Index, names, .. } = act else { continue };
        for (table, _) in
            names.iter().filter_map(|name| scene.world.index(name)).filter(|(_, index)| index.replica_identity)
        {
            let finding = finding(cx, &table);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Scene>, table: &TableRef) -> dbwright_core::Finding {
    let effort = Effort { table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
    let sql = table.sql();
    let change = Change::new([format!("ALTER TABLE {sql} REPLICA IDENTITY FULL")], "ACCESS EXCLUSIVE for a moment")
        .back([format!("ALTER TABLE {sql} REPLICA IDENTITY DEFAULT")]);
    let finding = cx
        .finding(table.subject(), format!("{} loses its replica identity", quoted(&table.name)))
        .why("once the table is in a publication, every UPDATE and DELETE of it fails until it has one again")
        .evidence("replica identity", table.replica_identity.clone(), "", "pg_class.relreplident");
    effort.weigh(finding.change(change))
}

/// Whether the constraint is what the identity is.
fn identity_is(table: &Table, name: &str) -> bool {
    let primary = table.constraints.iter().any(|one| one.name == name && one.kind == 'p');
    let chosen = table.indexes.iter().any(|index| index.name == name && index.replica_identity);
    chosen || (primary && table.replica_identity == "d")
}

/// Whether the identity is made of the column.
fn uses(table: &Table, column: &str) -> bool {
    let in_key = |columns: &[String]| columns.iter().any(|one| one == column);
    match table.replica_identity.as_str() {
        "i" => table.indexes.iter().any(|index| index.replica_identity && in_key(&index.keys)),
        "d" => table.constraints.iter().any(|one| one.kind == 'p' && in_key(&one.columns)),
        _ => false,
    }
}

/// Whether the same statement, or a later one, gives the table another key or identity.
fn replaced(scene: &Scene, table: &Table) -> bool {
    let gives = |act: &Act| match act {
        Act::Alter { name, clauses, .. } if name.name == table.name => {
            clauses.iter().any(|clause| match &clause.action {
                Action::ReplicaIdentity { .. } => true,
                Action::AddConstraint(one) => matches!(one.kind, crate::ddl::ConstraintKind::PrimaryKey { .. }),
                _ => false,
            })
        }
        _ => false,
    };
    scene.acts().iter().any(gives) || (scene.in_transaction() && scene.later_acts().any(gives))
}

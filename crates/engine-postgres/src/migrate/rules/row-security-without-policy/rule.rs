//! `migrate/row-security-without-policy`: a table that looks empty to all but its owner.

use dbwright_core::{Change, Cx, Severity};

use crate::ddl::{Act, Action};
use crate::migrate::lint::{Effort, Scene, Table, Work};

/// Reports row-level security that lets nobody in.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses() {
        if clause.action != (Action::RowSecurity { enable: true }) || table.policies > 0 {
            continue;
        }
        let later = policy_later(scene, &table);
        if later && (table.fresh() || scene.in_transaction()) {
            continue;
        }
        let effort = Effort { table: &table, work: Work::Moment, lock: "ACCESS EXCLUSIVE" };
        let sql = table.sql();
        let title = if later {
            format!("{sql} is empty for all but its owner until its policy is made")
        } else {
            format!("{sql} has no policy: it is empty for all but its owner")
        };
        let mut finding = cx
            .finding(table.subject(), title)
            .why(
                "with row-level security on and no policy, nobody else sees or writes any row; make the policies first",
            )
            .change(Change::new(
                [
                    format!("CREATE POLICY everybody ON {sql} USING (true) /* as it is now; narrow it */"),
                    format!("ALTER TABLE {sql} ENABLE ROW LEVEL SECURITY"),
                ],
                "ACCESS EXCLUSIVE for a moment",
            ))
            .at(scene.place_of(clause));
        if table.fresh() || later {
            finding = finding.severity(Severity::Low);
        }
        cx.report(effort.weigh(finding));
    }
}

/// Whether the file makes a policy later.
fn policy_later(scene: &Scene, table: &Table) -> bool {
    scene.later_acts().any(|act| matches!(act, Act::CreatePolicy { table: of, .. } if of.name == table.name))
}

//! `migrate/widened-grant`: more rights, or more roles, than anybody asked for.

use dbwright_core::{Cx, Severity};
use dbwright_sql::Dialect;

use crate::ddl::{Act, Object};
use crate::migrate::lint::Scene;

/// Reports grants that reach further than they need.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Grant { privileges, object, on, roles, with_grant } = act else { continue };
        let guarded = matches!(object, Object::Table | Object::Sequence | Object::Schema);
        let everybody = guarded && roles.iter().any(|role| role == "public") && !only_usage(*object, privileges);
        let all = guarded && privileges.iter().any(|privilege| privilege == "ALL");
        if !everybody && !all && !with_grant {
            continue;
        }
        let names: Vec<String> = on.iter().map(|name| Dialect::Postgres.name(&name.name)).collect();
        let subject = if names.is_empty() { "database".to_owned() } else { names.join(", ") };
        let what = privileges.join(", ");
        let (title, why) = if everybody {
            (
                format!("{what} on {subject} is given to PUBLIC"),
                "PUBLIC is every role that can connect, those of tomorrow included",
            )
        } else if all {
            (
                format!("ALL on {subject} is given to {}", roles.join(", ")),
                "ALL includes TRUNCATE, TRIGGER and REFERENCES, which an application rarely needs",
            )
        } else {
            (format!("{what} on {subject} is given with GRANT OPTION"), "who has it can give it to anybody else")
        };
        let finding = cx
            .finding(subject, title)
            .why(format!("{why}; no change is shown: name the roles and the privileges that they need"))
            .evidence("privileges", what, "", "the statement")
            .evidence("roles", roles.join(", "), "", "the statement");
        cx.report(if everybody { finding } else { finding.severity(Severity::Low) });
    }
}

/// USAGE of a schema shows names alone.
fn only_usage(object: Object, privileges: &[String]) -> bool {
    object == Object::Schema && privileges.iter().all(|privilege| privilege == "USAGE")
}

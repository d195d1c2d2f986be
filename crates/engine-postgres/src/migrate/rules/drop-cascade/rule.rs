//! `migrate/drop-cascade`: what goes along is not in the file.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Action, Name, Object};
use crate::migrate::lint::Scene;

/// Reports statements that drop with CASCADE.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let (what, table) = match act {
            Act::Drop { object, names, cascade: true, on, .. } => {
                let tables = matches!(object, Object::Table | Object::View | Object::MaterializedView);
                (
                    "everything that depends on it",
                    on.as_ref().or_else(|| names.first()).filter(|_| tables || on.is_some()).cloned(),
                )
            }
            Act::Truncate { tables, cascade: true, .. } => {
                ("the rows of every table that refers to it", tables.first().cloned())
            }
            Act::Alter { object: Object::Table, name, clauses, .. }
                if clauses.iter().any(|clause| cascades(&clause.action)) =>
            {
                ("everything that depends on it", Some(name.clone()))
            }
            _ => continue,
        };
        if table.as_ref().is_some_and(|name| scene.world.table(name).fresh()) {
            continue;
        }
        report(cx, what, table.as_ref());
    }
}

fn report(cx: &mut Cx<'_, Scene>, what: &str, table: Option<&Name>) {
    let scene = cx.body;
    let sql = scene.sql();
    let subject = table.map_or_else(|| "database".to_owned(), |name| scene.world.table(name).subject());
    let change = Change::new([without(sql)], "as the statement itself");
    let change = change.irreversible("what is dropped is gone");
    let readers = table.map(|name| scene.world.table(name).readers.clone()).unwrap_or_default();
    let mut finding = cx
        .finding(subject, format!("CASCADE removes {what} as well, whatever that is by then"))
        .why("the file does not say what goes along, and what is there may differ between databases; without CASCADE the server \
              refuses and lists it, so that each can be dropped by name")
        .evidence("word", "CASCADE", "", "the statement");
    if !readers.is_empty() {
        finding = finding.evidence("views that go along", readers.join(", "), "", "pg_depend");
    }
    cx.report(finding.change(change));
}

const fn cascades(action: &Action) -> bool {
    matches!(action, Action::DropColumn { cascade: true, .. } | Action::DropConstraint { cascade: true, .. })
}

/// The statement without the word.
fn without(sql: &str) -> String {
    let words = sql.split_whitespace().filter(|word| !word.trim_end_matches(',').eq_ignore_ascii_case("cascade"));
    words.collect::<Vec<_>>().join(" ")
}

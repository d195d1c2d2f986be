//! `mysql/duplicate-foreign-key`: two foreign keys say the same.

use std::collections::BTreeSet;

use dbwright_core::{Cx, Finding};
use dbwright_sql::model::{Constraint, References, Table};

use crate::alter::{self, INSTANT, ONLINE};
use crate::body::Body;

/// Where foreign keys are read.
const SOURCE: &str = "information_schema.KEY_COLUMN_USAGE";

/// Reports each foreign key that another one of its table repeats, once.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for (table, _) in alter::tables(cx.body) {
        let keys: Vec<_> = table.foreign_keys().collect();
        for (at, (key, references)) in keys.iter().enumerate() {
            let first = keys[..at].iter().find(|(other, theirs)| pairs(key, references) == pairs(other, theirs));
            if let Some((kept, theirs)) = first {
                let finding = finding(cx, table, (key, references), (kept, theirs));
                cx.report(finding);
            }
        }
    }
}

/// What refers to what; the order of the columns makes no difference.
fn pairs<'a>(key: &'a Constraint, references: &'a References) -> (&'a str, &'a str, BTreeSet<(&'a str, &'a str)>) {
    let columns = key.columns.iter().map(String::as_str).zip(references.columns.iter().map(String::as_str));
    (&references.schema, &references.table, columns.collect())
}

/// What happens to the children; the two words for a refusal mean the same to InnoDB.
fn actions(references: &References) -> [&str; 2] {
    [&references.on_delete, &references.on_update].map(|action| match action.as_str() {
        "" | "NO ACTION" => "RESTRICT",
        other => other,
    })
}

type Key<'a> = (&'a Constraint, &'a References);

fn finding(cx: &Cx<'_, Body>, table: &Table, (key, references): Key<'_>, (kept, theirs): Key<'_>) -> Finding {
    let catalog = &cx.body.catalog;
    let (dialect, name) = (catalog.dialect, catalog.qualified(table));
    let [own, other] = [&key.name, &kept.name].map(|name| dialect.name(name));
    let definition = key.definition.clone().unwrap_or_default();
    let finding = cx
        .finding(catalog.subject_in(table, &key.name), format!("foreign key {own} of {name} repeats {other}"))
        .evidence("definition", definition.as_str(), "", SOURCE)
        .evidence("the other", kept.definition.clone().unwrap_or_default(), "", SOURCE);
    let why = "each write to the table looks for the row of the parent twice, and locks it twice";
    if actions(references) != actions(theirs) {
        return finding.why(format!(
            "{why}; and the two want different things when a row of the parent goes or changes its key: one that refuses wins over \
             one that acts. No change is given, because which of them is meant is for you to say: drop the other one"
        ));
    }
    let back = [
        "SET SESSION foreign_key_checks = 0".to_owned(),
        format!("ALTER TABLE {name} ADD CONSTRAINT {own} {definition}, {ONLINE}"),
        "SET SESSION foreign_key_checks = 1".to_owned(),
    ];
    let change = alter::ddl(vec![format!("ALTER TABLE {name} DROP FOREIGN KEY {own}, {ONLINE}")], INSTANT).back(back);
    finding.why(why).change(change)
}

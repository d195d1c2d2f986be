//! Going back from the switch: what was dropped for the old columns is made again first, without a long lock; then one
//! short transaction gives the names back.

use dbwright_migrate::plan::Back;

use super::super::catalog::{Constraint, Index};
use super::super::name::{ident, literal, qualified};
use super::super::step::{self, clear_index, column_exists, constraint_exists, guarded};
use super::change::{Change, Plan};
use super::{expand, switch};

/// Every statement by itself, each repeatable.
pub(super) fn undo(plan: &Plan<'_>) -> Back {
    let switched = switched(plan);
    let mut back = Back::alone([refuse(plan, &switched)]);
    for (name, definition) in again(plan) {
        let there = constraint_exists(plan.table, &name);
        let add = format!("{} ADD CONSTRAINT {} {definition} NOT VALID", plan.head(), ident(&name));
        let validate = format!("{} VALIDATE CONSTRAINT {}", plan.head(), ident(&name));
        back.statements.push(guarded(&format!("{switched} AND NOT {there}"), &[add]));
        back.statements.push(guarded(&there, &[validate]));
    }
    back.statements.push(guarded(&switched, &names(plan)));
    for index in plan.indexes().filter(|index| index.unique) {
        back.clear.extend(build_again(plan, index, &switched));
    }
    back
}

/// True while the old columns have their interim names.
fn switched(plan: &Plan<'_>) -> String {
    plan.changes.first().map_or_else(|| "false".to_owned(), |change| column_exists(plan.table, &change.old))
}

/// Rows whose value does not fit the old type would lose it.
fn refuse(plan: &Plan<'_>, switched: &str) -> String {
    let lost =
        |change: &Change| format!("({} IS NOT NULL AND {} IS NULL)", ident(&change.column.name), ident(&change.old));
    let any: Vec<String> = plan.changes.iter().map(lost).collect();
    let message =
        format!("rows of {} hold values that the old type can't take, so there is no way back", plan.table.sql());
    let body = format!(
        "BEGIN\nIF {switched} THEN\nIF EXISTS (SELECT FROM {} WHERE {}) THEN\nRAISE EXCEPTION USING MESSAGE = {};\nEND IF;\nEND IF;\nEND",
        plan.table.sql(),
        any.join(" OR "),
        literal(&message)
    );
    let tag = step::dollar_tag(&body);
    format!("DO {tag}\n{body} {tag}")
}

/// Constraints that the old columns need again, by interim name.
fn again(plan: &Plan<'_>) -> Vec<(String, String)> {
    let not_null = plan
        .unnamed_not_null()
        .map(|change| (plan.interim(&change.old, "again"), format!("CHECK ({} IS NOT NULL)", ident(&change.old))));
    let named = plan
        .constraints()
        .filter(|one| one.validated)
        .map(|one| (plan.interim(&one.name, "again"), plan.constraint(one, true)));
    not_null.chain(named).collect()
}

/// An index can't be built concurrently inside a block: the query yields the statement when it is needed.
fn build_again(plan: &Plan<'_>, index: &Index, switched: &str) -> [String; 2] {
    let name = plan.interim(&index.name, "again");
    let sql = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {} ON {} {}",
        ident(&name),
        plan.table.sql(),
        plan.renamed(&index.tail(), true)
    );
    let missing = format!("to_regclass({}) IS NULL", literal(&qualified(&index.schema, &name)));
    [clear_index(&index.schema, &name), format!("SELECT {} WHERE {switched} AND {missing}", literal(&sql))]
}

/// The short transaction.
fn names(plan: &Plan<'_>) -> Vec<String> {
    let (head, mut all) = (plan.head(), switch::loosen(plan));
    all.extend(expand::without(plan, &plan.reverse));
    all.extend(plan.constraints().map(|one| {
        format!("{head} RENAME CONSTRAINT {} TO {}", ident(&one.name), ident(&plan.interim(&one.name, "new")))
    }));
    all.extend(plan.indexes().flat_map(|index| give_index(plan, index)));
    for change in &plan.changes {
        let (name, new, old) = (ident(&change.column.name), ident(&change.new), ident(&change.old));
        all.push(format!("{head} RENAME COLUMN {name} TO {new}"));
        all.push(format!("{head} RENAME COLUMN {old} TO {name}"));
    }
    for change in plan.unnamed_not_null() {
        all.push(format!("{head} ALTER COLUMN {} SET NOT NULL", ident(&change.column.name)));
        all.push(format!("{head} DROP CONSTRAINT {}", ident(&plan.interim(&change.old, "again"))));
    }
    all.extend(plan.constraints().flat_map(|one| take_constraint(plan, one)));
    all.extend(plan.indexes().flat_map(|index| take_index(plan, index)));
    for change in &plan.changes {
        let default = change.column.default.as_deref();
        all.extend(switch::sequences(plan, change, &change.new, &change.column.name, default));
    }
    all.extend(switch::statistics(plan, "new", "old"));
    all.extend(switch::tighten(plan));
    all.extend(expand::sync(plan));
    all
}

/// The new columns' indexes give the names back; keys go, since an index can't leave its constraint.
fn give_index(plan: &Plan<'_>, index: &Index) -> Vec<String> {
    match &index.constraint {
        Some(name) => vec![format!("{} DROP CONSTRAINT {}", plan.head(), ident(name))],
        None => vec![format!("ALTER INDEX {} RENAME TO {}", index.sql(), ident(&plan.interim(&index.name, "new")))],
    }
}

fn take_index(plan: &Plan<'_>, index: &Index) -> Vec<String> {
    let from = plan.interim(&index.name, if index.unique { "again" } else { "old" });
    let mut all = match &index.constraint {
        Some(name) => vec![switch::key_from(plan, index, name, &from)],
        None => vec![format!("ALTER INDEX {} RENAME TO {}", qualified(&index.schema, &from), ident(&index.name))],
    };
    if let Some(name) = &index.constraint {
        let what = format!("CONSTRAINT {} ON {}", ident(name), plan.table.sql());
        all.extend(super::objects::comment(&what, index.constraint_comment.as_deref()));
    }
    all.extend(switch::marks(plan, index));
    all
}

fn take_constraint(plan: &Plan<'_>, one: &Constraint) -> Vec<String> {
    let (head, name) = (plan.head(), ident(&one.name));
    let mut all = if one.validated {
        vec![format!("{head} RENAME CONSTRAINT {} TO {name}", ident(&plan.interim(&one.name, "again")))]
    } else {
        vec![format!("{head} ADD CONSTRAINT {name} {}", one.definition)]
    };
    all.extend(super::objects::comment(&format!("CONSTRAINT {name} ON {}", plan.table.sql()), one.comment.as_deref()));
    all
}

//! The switch: the new columns take the names, and what is bound to names is told again.

use dbwright_migrate::Step;
use dbwright_migrate::plan::{Held, Phase};

use super::super::name::{ident, literal, qualified};
use super::super::step::{self, Drafted as _, transaction};
use super::super::{catalog::Index, tokens};
use super::change::{Change, Plan};
use super::objects::{self, Sequence};
use super::{expand, undo};

/// One short transaction.
pub(super) fn switch(plan: &Plan<'_>) -> Step {
    let (table, head) = (plan.table, plan.head());
    let mut statements = loosen(plan);
    statements.extend(expand::without(plan, &plan.sync));
    // Before its NOT NULL can go, a column must be no identity.
    for change in &plan.changes {
        statements.extend(sequences(plan, change, &change.column.name, &change.new, change.default.as_deref()));
    }
    statements.extend(old_constraints(plan));
    for change in &plan.changes {
        let (name, new, old) = (ident(&change.column.name), ident(&change.new), ident(&change.old));
        statements.push(format!("{head} RENAME COLUMN {name} TO {old}"));
        statements.push(format!("{head} RENAME COLUMN {new} TO {name}"));
    }
    statements.extend(plan.unnamed_not_null().map(|c| format!("{head} ALTER COLUMN {} DROP NOT NULL", ident(&c.old))));
    statements.extend(new_constraints(plan));
    statements.extend(plan.indexes().flat_map(|index| take_index(plan, index)));
    statements.extend(statistics(plan, "old", "new"));
    statements.extend(tighten(plan));
    statements.extend(reverse(plan));
    transaction("let the new column take the old one's name and place", Phase::Switch, statements)
        .back(undo::undo(plan))
        .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment)
}

/// What is bound to the columns by name goes, those that depend on others first.
pub(super) fn loosen(plan: &Plan<'_>) -> Vec<String> {
    let views = plan.bound.views.iter().rev().map(objects::View::drop);
    // The order of locks is that of readers and writers: views, the table, its sequences and indexes.
    let lock = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", plan.table.sql());
    views.chain([lock]).chain(plan.bound.things.iter().filter_map(|thing| thing.drop.clone())).collect()
}

/// It comes again, and finds the column that bears the name now.
pub(super) fn tighten(plan: &Plan<'_>) -> Vec<String> {
    let things = plan.bound.things.iter().flat_map(|thing| thing.create.clone());
    things.chain(plan.bound.views.iter().flat_map(|view| view.create.clone())).collect()
}

/// Keys and constraints of the old columns go: what the application writes now must not be held against them.
fn old_constraints(plan: &Plan<'_>) -> Vec<String> {
    let head = plan.head();
    let keys = plan.indexes().filter(|index| index.unique).map(|index| match &index.constraint {
        Some(name) => format!("{head} DROP CONSTRAINT {}", ident(name)),
        None => format!("DROP INDEX {}", index.sql()),
    });
    let constraints = plan.constraints().map(|one| format!("{head} DROP CONSTRAINT {}", ident(&one.name)));
    keys.chain(constraints).collect()
}

fn new_constraints(plan: &Plan<'_>) -> Vec<String> {
    let (head, table) = (plan.head(), plan.table.sql());
    let take = |one: &super::super::catalog::Constraint| {
        let name = ident(&one.name);
        let rename = format!("{head} RENAME CONSTRAINT {} TO {name}", ident(&plan.interim(&one.name, "new")));
        let comment = objects::comment(&format!("CONSTRAINT {name} ON {table}"), one.comment.as_deref());
        std::iter::once(rename).chain(comment).collect::<Vec<_>>()
    };
    plan.constraints().flat_map(take).collect()
}

fn take_index(plan: &Plan<'_>, index: &Index) -> Vec<String> {
    let interim = qualified(&index.schema, &plan.interim(&index.name, "new"));
    let mut statements = Vec::new();
    if let Some(name) = &index.constraint {
        statements.push(key_from(plan, index, name, &plan.interim(&index.name, "new")));
        let what = format!("CONSTRAINT {} ON {}", ident(name), plan.table.sql());
        statements.extend(objects::comment(&what, index.constraint_comment.as_deref()));
    } else {
        if !index.unique {
            statements.push(format!(
                "ALTER INDEX {} RENAME TO {}",
                index.sql(),
                ident(&plan.interim(&index.name, "old"))
            ));
        }
        statements.push(format!("ALTER INDEX {interim} RENAME TO {}", ident(&index.name)));
    }
    statements.extend(marks(plan, index));
    statements
}

/// `ADD CONSTRAINT … USING INDEX`.
pub(super) fn key_from(plan: &Plan<'_>, index: &Index, constraint: &str, from: &str) -> String {
    let words = if index.constraint_kind.as_deref() == Some("p") { "PRIMARY KEY" } else { "UNIQUE" };
    let definition = index.constraint_definition.as_deref().unwrap_or_default();
    let deferrable = tokens::find_word(definition, &["DEFERRABLE", "INITIALLY"]).map_or("", |at| &definition[at..]);
    format!("{} ADD CONSTRAINT {} {words} USING INDEX {} {deferrable}", plan.head(), ident(constraint), ident(from))
        .trim()
        .to_owned()
}

/// What is said of an index beyond its definition.
pub(super) fn marks(plan: &Plan<'_>, index: &Index) -> Vec<String> {
    let (head, mut all) = (plan.head(), Vec::new());
    all.extend(objects::comment(&format!("INDEX {}", index.sql()), index.comment.as_deref()));
    if index.clustered {
        all.push(format!("{head} CLUSTER ON {}", ident(&index.name)));
    }
    if index.replica_identity {
        all.push(format!("{head} REPLICA IDENTITY USING INDEX {}", ident(&index.name)));
    }
    all
}

/// The sequences of a column, and a default that draws from one, go from one column to another.
pub(super) fn sequences(plan: &Plan<'_>, change: &Change, from: &str, to: &str, default: Option<&str>) -> Vec<String> {
    let (head, mut all) = (plan.head(), Vec::new());
    for sequence in &change.sequences {
        if sequence.identity {
            all.extend(identity(plan, change, sequence, from, to));
        } else {
            all.push(format!("ALTER SEQUENCE {} OWNED BY {}.{}", sequence.name, plan.table.sql(), ident(to)));
        }
    }
    if change.draws() {
        all.extend(default.map(|default| format!("{head} ALTER COLUMN {} SET DEFAULT {default}", ident(to))));
        all.push(format!("{head} ALTER COLUMN {} DROP DEFAULT", ident(from)));
    }
    all
}

/// An identity can't be handed over: it ends at one column and begins at the other where it was.
fn identity(plan: &Plan<'_>, change: &Change, sequence: &Sequence, from: &str, to: &str) -> Vec<String> {
    let head = plan.head();
    let word = if change.column.identity == "a" { "ALWAYS" } else { "BY DEFAULT" };
    let end = format!("{head} ALTER COLUMN {} DROP IDENTITY", ident(from));
    let begin = format!("{head} ALTER COLUMN {} ADD GENERATED {word} AS IDENTITY ({})", ident(to), sequence.options);
    let block = format!(
        "DECLARE at bigint; called boolean;\nBEGIN\nSELECT last_value, is_called INTO at, called FROM {name};\nEXECUTE {};\nEXECUTE {};\n\
         PERFORM pg_catalog.setval({}::regclass, at, called);\nEND",
        literal(&end),
        literal(&begin),
        literal(&sequence.name),
        name = sequence.name,
    );
    let tag = step::dollar_tag(&block);
    std::iter::once(format!("DO {tag}\n{block} {tag}")).chain(sequence.extras.clone()).collect()
}

/// Extended statistics change places.
pub(super) fn statistics(plan: &Plan<'_>, away: &str, come: &str) -> Vec<String> {
    let swap = |one: &objects::Statistics| {
        let (own, from) = (qualified(&one.schema, &one.name), qualified(&one.schema, &plan.interim(&one.name, come)));
        [
            format!("ALTER STATISTICS {own} RENAME TO {}", ident(&plan.interim(&one.name, away))),
            format!("ALTER STATISTICS {from} RENAME TO {}", ident(&one.name)),
        ]
    };
    plan.bound.statistics.iter().flat_map(swap).collect()
}

/// Keeps the old columns, so that going back loses nothing: NULL where a value does not lead back.
fn reverse(plan: &Plan<'_>) -> Vec<String> {
    let body: String = plan.changes.iter().map(reversed).collect();
    let path = plan.changes.iter().any(|change| change.using.is_some());
    expand::trigger(plan, &plan.reverse, &body, if path { " SET search_path FROM CURRENT" } else { "" })
}

fn reversed(change: &Change) -> String {
    let (name, old) = (ident(&change.column.name), ident(&change.old));
    let assign = match limits(&change.column.ty).filter(|_| change.using.is_none() && limits(&change.ty).is_some()) {
        // No block with an exception handler, which costs a subtransaction for each row.
        Some((low, high)) => {
            format!(
                "IF NEW.{name} BETWEEN {low} AND {high} THEN NEW.{old} := NEW.{name}; ELSE NEW.{old} := NULL; END IF;\n"
            )
        }
        None => format!(
            "BEGIN\nNEW.{old} := NEW.{name};\n{}EXCEPTION WHEN OTHERS THEN NEW.{old} := NULL;\nEND;\n",
            if change.comparable { round_trip(change) } else { String::new() }
        ),
    };
    if change.comparable {
        format!("IF TG_OP = 'INSERT' OR NEW.{name} IS DISTINCT FROM OLD.{name} THEN\n{assign}END IF;\n")
    } else {
        assign
    }
}

/// A value that comes back changed is no value to go back to.
fn round_trip(change: &Change) -> String {
    let (name, old) = (ident(&change.column.name), ident(&change.old));
    let again = match &change.using {
        None => format!("CAST(NEW.{old} AS {})", change.ty),
        Some(using) => {
            let using = tokens::rename(&using.replace(&format!("s.{name}"), &name), &change.column.name, &change.old);
            format!("(SELECT ({using}) FROM (SELECT NEW.*) AS s)")
        }
    };
    format!("IF {again} IS DISTINCT FROM NEW.{name} THEN NEW.{old} := NULL; END IF;\n")
}

/// The smallest and the largest value of an integer type.
fn limits(ty: &str) -> Option<(i64, i64)> {
    match ty.to_lowercase().as_str() {
        "smallint" | "int2" => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        "integer" | "int" | "int4" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        "bigint" | "int8" => Some((i64::MIN + 1, i64::MAX)),
        _ => None,
    }
}

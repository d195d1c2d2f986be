//! Before the switch: the new columns, and everything that will belong to them.

use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use super::super::alter::validated;
use super::super::index;
use super::super::name::{ident, literal, qualified};
use super::super::size::scan_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::change::{Change, Plan};
use super::objects;

/// The new columns, empty, and the trigger that fills them for every row that is written from now on.
pub(super) fn columns(plan: &Plan<'_>) -> Step {
    let (table, head) = (plan.table, plan.head());
    let mut statements = vec!["CREATE SCHEMA IF NOT EXISTS dbwright".to_owned()];
    for change in &plan.changes {
        let collation = change.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        let new = ident(&change.new);
        statements.push(format!("{head} ADD COLUMN {new} {}{collation}", change.ty));
        if let Some(default) = change.default.as_ref().filter(|_| !change.draws() && change.column.identity.is_empty())
        {
            statements.push(format!("{head} ALTER COLUMN {new} SET DEFAULT {default}"));
        }
        statements.extend(change.attributes.iter().map(|one| objects::with_column(one, &change.new)));
        // Changes nothing: it shows whether there is a cast, before anything else is done.
        statements.push(format!("UPDATE {} AS s SET {new} = {} WHERE false", table.sql(), change.value()));
    }
    statements.extend(sync(plan));
    let mut back = without(plan, &plan.sync);
    back.extend(
        plan.changes.iter().map(|change| {
            format!("ALTER TABLE IF EXISTS {} DROP COLUMN IF EXISTS {}", table.sql(), ident(&change.new))
        }),
    );
    transaction("add the new column, filled by a trigger for what is written from now on", Phase::Expand, statements)
        .back(Back::by(back))
        .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment)
}

/// The trigger that fills the new columns, with its function.
pub(super) fn sync(plan: &Plan<'_>) -> Vec<String> {
    let assign = |change: &Change| {
        let new = ident(&change.new);
        match &change.using {
            None => format!("NEW.{new} := NEW.{};\n", ident(&change.column.name)),
            Some(using) => format!("SELECT ({using}) INTO NEW.{new} FROM (SELECT NEW.*) AS s;\n"),
        }
    };
    let body: String = plan.changes.iter().map(assign).collect();
    // What the user wrote means what it means here, whatever search path the writer has.
    let path = plan.changes.iter().any(|change| change.using.is_some());
    trigger(plan, &plan.sync, &body, if path { " SET search_path FROM CURRENT" } else { "" })
}

/// A trigger before each row that is written, with its function.
pub(super) fn trigger(plan: &Plan<'_>, name: &str, body: &str, settings: &str) -> Vec<String> {
    let (name, table) = (ident(name), plan.table.sql());
    let tag = step::dollar_tag(body);
    vec![
        format!(
            "CREATE OR REPLACE FUNCTION dbwright.{name}() RETURNS trigger LANGUAGE plpgsql{settings} AS {tag}\nBEGIN\n{body}RETURN NEW;\nEND {tag}"
        ),
        format!(
            "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION dbwright.{name}()"
        ),
    ]
}

/// The statements that remove a trigger with its function.
pub(super) fn without(plan: &Plan<'_>, name: &str) -> Vec<String> {
    let name = ident(name);
    vec![
        format!("DROP TRIGGER IF EXISTS {name} ON {}", plan.table.sql()),
        format!("DROP FUNCTION IF EXISTS dbwright.{name}()"),
    ]
}

/// NOT NULL, CHECK and FOREIGN KEY for the new columns.
pub(super) fn constraints(plan: &Plan<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for change in plan.unnamed_not_null() {
        steps.extend(super::super::alter::not_null_by_check(plan.table, &change.new));
    }
    for constraint in plan.constraints() {
        let mut made =
            validated(plan.table, &plan.interim(&constraint.name, "new"), &plan.constraint(constraint, false));
        if let Some(other) = &constraint.references {
            made[0].lock = step::lock(step::SHARE_ROW_EXCLUSIVE, [plan.table.subject(), other.clone()], Held::Moment);
        }
        made.truncate(if constraint.validated { 2 } else { 1 });
        steps.extend(made);
    }
    for step in &mut steps {
        step.phase = Phase::Backfill;
    }
    steps
}

/// The indexes, each built concurrently under an interim name.
pub(super) fn indexes(plan: &Plan<'_>) -> Vec<Step> {
    let build = |index: &super::super::catalog::Index| {
        let tail = plan.renamed(&index.tail(), false);
        let step = index::step(plan.table, &plan.interim(&index.name, "new"), index.unique, &tail);
        Step { phase: Phase::Backfill, ..step }
    };
    plan.indexes().map(build).collect()
}

/// What the planner of queries knows about the new columns.
pub(super) fn statistics(plan: &Plan<'_>) -> Step {
    let (mut statements, mut back) = (Vec::new(), Vec::new());
    for one in &plan.bound.statistics {
        let name = qualified(&one.schema, &plan.interim(&one.name, "new"));
        let definition = one.definition.replacen(&qualified(&one.schema, &one.name), &name, 1);
        let at = definition.find(" ON ").unwrap_or(definition.len());
        statements.push(format!("{}{}", &definition[..at], plan.renamed_list(&definition[at..])));
        if one.target >= 0 {
            statements.push(format!("ALTER STATISTICS {name} SET STATISTICS {}", one.target));
        }
        statements.push(format!("ALTER STATISTICS {name} OWNER TO {}", ident(&one.owner)));
        statements
            .extend(one.comment.as_ref().map(|text| format!("COMMENT ON STATISTICS {name} IS {}", literal(text))));
        back.push(format!("DROP STATISTICS IF EXISTS {name}"));
    }
    statements.push(format!("ANALYZE {}", plan.table.sql()));
    transaction("gather statistics about the new column", Phase::Backfill, statements)
        .back(Back::by(back))
        .locks(step::SHARE_UPDATE_EXCLUSIVE, plan.table, Held::Scan)
        .takes(scan_ms(plan.table.bytes.min(256 << 20)))
}

impl Plan<'_> {
    /// ` ON a, b FROM table` with the columns under their interim names; the table keeps its own.
    fn renamed_list(&self, text: &str) -> String {
        match text.rfind(" FROM ") {
            Some(at) => format!("{}{}", self.renamed(&text[..at], false), &text[at..]),
            None => text.to_owned(),
        }
    }
}

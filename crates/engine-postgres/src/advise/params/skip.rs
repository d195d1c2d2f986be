//! Why a statement is left out, in the server's own words and with what would help.

use std::collections::BTreeMap;

use dbwright_advise::port::Skip;
use dbwright_core::workload::Statement;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Table, TableKind};
use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;

use crate::body::PgBody;
use crate::explain::Plan;

/// Why a statement can't be planned, from the server's error.
pub(in crate::advise) fn reason(statement: &Statement, error: &PgError) -> Skip {
    let said = crate::error::text(error);
    let Some(code) = error.code() else { return Skip { reason: said } };
    let known = [
        (SqlState::UNDEFINED_TABLE, "a temporary table, or one that was dropped or lies in another schema or database"),
        (SqlState::UNDEFINED_COLUMN, "the table has changed, or it ran inside a function and names its variables"),
        (SqlState::UNDEFINED_FUNCTION, "a function or operator of an extension or schema that is not there"),
        (SqlState::UNDEFINED_OBJECT, "a type or another object that is not there"),
        (SqlState::INVALID_SCHEMA_NAME, "a schema that was dropped or lies in another database"),
        (SqlState::INSUFFICIENT_PRIVILEGE, "the role that plans may not do it: use a planner twin, or grant it"),
        (SqlState::INDETERMINATE_DATATYPE, "its text does not tell the types of its parameters"),
        (SqlState::AMBIGUOUS_FUNCTION, "its text does not tell the types of its parameters"),
        (SqlState::AMBIGUOUS_PARAMETER, "its text does not tell the types of its parameters"),
        (SqlState::QUERY_CANCELED, "planning took longer than is allowed"),
    ];
    let more = known.iter().find(|(known, _)| known == code).map(|(_, more)| *more);
    let more = more.or_else(|| (*code == SqlState::SYNTAX_ERROR).then(|| syntax(&statement.text)));
    Skip { reason: more.map_or_else(|| said.clone(), |more| format!("{said} ({more})")) }
}

fn syntax(text: &str) -> &'static str {
    let open = dbwright_sql::lex::tokens(text, Dialect::Postgres).iter().any(|token| !token.complete);
    if open { "the text was cut off" } else { "no statement of this version, or its text was cut off" }
}

/// What is known of a table and its partitions.
#[derive(Debug, Default)]
struct Family {
    /// Whether it was ever analysed, or vacuumed, or got an index.
    gathered: bool,
    /// Rows.
    rows: f64,
    /// Whether there are statistics of its columns.
    columns: bool,
}

/// Why a plan can't be trusted: a table of it whose statistics were never gathered, or which nobody showed us.
pub(in crate::advise) fn ungathered(plan: &Plan, body: &PgBody) -> Option<Skip> {
    // Partitions still to be filled are never analysed: one of a family that was is enough.
    let mut families: BTreeMap<u64, Family> = BTreeMap::new();
    for node in plan.walk() {
        let (Some(schema), Some(name)) = (&node.schema, &node.relation) else { continue };
        let Some(table) = table(body, schema, name) else { continue };
        let rows = body.tables.get(&table.id).and_then(|stats| stats.reltuples);
        let exempt = !matches!(table.kind, TableKind::Table | TableKind::MaterializedView);
        let top = root(body, table).id;
        let family = families.entry(top).or_default();
        family.gathered |= rows.is_some() || exempt;
        family.rows += rows.unwrap_or(0.0);
        let known = |id| body.columns.get(id).is_some_and(|columns| !columns.is_empty());
        family.columns |= exempt || known(&table.id) || known(&top);
    }
    let blind = |family: &Family| !family.gathered || (family.rows > 0.0 && !family.columns);
    let (id, family) = families.into_iter().find(|(_, family)| blind(family))?;
    let table = body.catalog.tables.iter().find(|table| table.id == id)?;
    let name = Dialect::Postgres.qualified(&table.schema, &table.name);
    let server = &body.server;
    let reason = if family.gathered && !server.superuser {
        let role = Dialect::Postgres.ident(&server.role);
        format!(
            "role {role} sees no statistics of the columns of {name}, so its plans would be guesses: \
             GRANT SELECT ON {name} TO {role}, or run ANALYZE {name} if that was never done"
        )
    } else if family.gathered {
        format!(
            "no statistics of the columns of {name} were ever gathered, so its plans are guesses: run ANALYZE {name}"
        )
    } else {
        format!("no statistics of {name} were ever gathered, so its plans are guesses: run ANALYZE {name}")
    };
    Some(Skip { reason })
}

/// A table by name.
pub(super) fn table<'a>(body: &'a PgBody, schema: &str, name: &str) -> Option<&'a Table> {
    body.catalog.tables.iter().find(|table| table.name == name && table.schema == schema)
}

/// The topmost parent of a partition, the table itself when it is none.
pub(super) fn root<'a>(body: &'a PgBody, table: &'a Table) -> &'a Table {
    let mut top = table;
    while top.is_partition {
        let parent = top.parents.first().and_then(|id| body.catalog.tables.iter().find(|table| table.id == *id));
        let Some(parent) = parent else { break };
        top = parent;
    }
    top
}

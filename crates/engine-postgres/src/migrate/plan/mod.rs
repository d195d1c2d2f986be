//! Each statement becomes the fewest steps that do the same without a long lock.
//!
//! The flow: [`plan`] asks the [`Catalog`] what is there, hands each [`Act`] to the file of its method, and gets steps back.
//! Planning changes nothing. What an earlier statement of the run will have made is in the catalog's overlay; a statement
//! that can't be planned before it is there is planned at its turn.

mod absent;
mod alter;
mod backs;
pub mod by_hand;
pub mod catalog;
mod data;
mod dispatch;
mod draft;
mod fill;
mod foreseen;
mod index;
mod locks;
mod maintenance;
pub mod meaning;
pub mod name;
pub mod names;
mod plain;
pub mod queries;
mod restore;
mod retype;
pub mod shadow;
pub mod size;
pub mod step;
mod tokens;

use dbwright_core::Failure;
use dbwright_migrate::{Planned, Statement};

use crate::ddl::{Act, Action, Constraint, ConstraintKind, Object};
pub use catalog::Catalog;

/// Plans one statement against the catalog as it is at this moment, and what earlier statements of the run made.
///
/// # Errors
/// When the catalog can't be read.
pub async fn plan(catalog: &mut Catalog<'_>, statement: &Statement, acts: &[Act]) -> Result<Planned, Failure> {
    let planned = if let Some(reason) = later(catalog, acts).await? {
        Planned { later: Some(reason), ..plain::empty(statement) }
    } else {
        foreseen::session(&statement.sql, acts)?;
        foreseen::refused(catalog, acts).await?;
        let mut planned = dispatch::dispatch(catalog, statement, acts).await?;
        planned.notes.extend(foreseen::doubts(catalog, acts).await?);
        if planned.method == shadow::METHOD {
            catalog.made.note_shadow(statement.line, acts);
        }
        planned
    };
    if let [Act::Set { name, .. }] = acts
        && name == "search_path"
    {
        catalog.look_in(&statement.sql);
    }
    catalog.made.note(statement, acts);
    Ok(planned)
}

/// Why the statement has to wait for its turn: what it concerns is not there yet, and an earlier statement makes it.
async fn later(catalog: &Catalog<'_>, acts: &[Act]) -> Result<Option<String>, Failure> {
    let mut reason = None;
    for name in acts.iter().filter_map(dispatch::concerns) {
        let Some(line) = catalog.made.touched(name) else { continue };
        // A table of the same run is empty or new when its turn comes; one that was there before is half known.
        if !catalog.made.is_new(name) || catalog.table(name).await?.is_some() {
            continue;
        }
        reason = Some(format!("the statement on line {line} makes {}", name.name));
    }
    if reason.is_none() {
        reason = chosen(catalog, acts).await?;
    }
    let free = acts.iter().filter_map(dispatch::makes).find_map(|name| Some((name, catalog.made.gone(name)?)));
    let free = free.map(|(name, line)| format!("the statement on line {line} frees the name {}", name.name));
    Ok(reason.or(free).or_else(|| half_known(catalog, acts)))
}

/// A sequence whose name the server chooses for a column that an earlier statement makes.
async fn chosen(catalog: &Catalog<'_>, acts: &[Act]) -> Result<Option<String>, Failure> {
    for act in acts {
        let Act::Alter { object: Object::Sequence, name, .. } = act else { continue };
        if let Some((table, line)) = catalog.made.parent_of(name) {
            let there = format!("to_regclass({}) IS NOT NULL", name::literal(&name::written(name)));
            if !catalog.holds(&there).await? {
                return Ok(Some(format!(
                    "the statement on line {line} makes or changes {table}, and with it {}",
                    name.name
                )));
            }
        }
    }
    Ok(None)
}

/// A statement whose steps depend on what a column is, and an earlier one makes or changes that column.
fn half_known(catalog: &Catalog<'_>, acts: &[Act]) -> Option<String> {
    acts.iter().find_map(|act| {
        let Act::Alter { name: table, clauses, .. } = act else { return None };
        let depends = clauses.iter().flat_map(|clause| match &clause.action {
            Action::SetNotNull { column }
            | Action::SetType { column, .. }
            | Action::SetDefault { column, .. }
            | Action::DropDefault { column }
            | Action::DropNotNull { column }
            | Action::AddIdentity { column, .. }
            | Action::DropIdentity { column } => std::slice::from_ref(column),
            Action::AddConstraint(Constraint { kind: ConstraintKind::PrimaryKey { columns, .. }, .. }) => columns,
            _ => &[],
        });
        depends.into_iter().find_map(|column| {
            let line = catalog.made.touched_column(table, column)?;
            Some(format!("the statement on line {line} makes or changes the column {column}"))
        })
    })
}

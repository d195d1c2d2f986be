//! Refuses, before anything is done, queries that name a column which nothing has: the server itself is asked to read them.
//!
//! It reads them against what is there now, while they will run behind the statements before them. So its refusal counts only
//! when none of those has the column's name in it, and none can bring columns without naming them.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::Statement;
use tokio_postgres::Client;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::tokens::path_at;
use crate::ddl::{Act, Action, Name};
use crate::migrate::names::words_of;

/// A table that is locked is not waited for: then nothing is said.
const BEGIN: &str = "BEGIN READ ONLY; SET /* dbwright */ LOCAL lock_timeout = '200ms'";

/// Has the server read every query of a run whose columns can be known.
///
/// # Errors
/// When one names a column that is not there.
pub async fn check(client: &Client, run: &[(&Statement, &[Act])]) -> Result<(), Failure> {
    // Names in earlier statements, and relations that they make, drop or rename.
    let (mut named, mut changed) = (BTreeSet::new(), BTreeSet::new());
    for (statement, acts) in run {
        let words: BTreeSet<String> = words_of(&statement.sql).collect();
        if is_query(acts)
            && words.is_disjoint(&changed)
            && let Some(error) = refusal(client, "", &statement.sql).await
            && let Some((column, at)) = missing(&statement.sql, &error)
            && !named.contains(&column)
        {
            return Err(told(statement, at, &error));
        }
        match acts.iter().map(relations).collect::<Option<Vec<_>>>() {
            Some(relations) => changed.extend(relations.into_iter().flatten().map(|name| name.name.clone())),
            None => return Ok(()),
        }
        named.extend(words);
    }
    Ok(())
}

const fn is_query(acts: &[Act]) -> bool {
    matches!(acts, [Act::Insert { .. } | Act::Update { .. } | Act::Delete { .. } | Act::Merge { .. }])
}

/// The relations that a statement makes, drops or gives another shape; none when that is not certain.
fn relations(act: &Act) -> Option<Vec<&Name>> {
    let shape = |action: &Action| {
        matches!(
            action,
            Action::Rename { .. }
                | Action::SetSchema { .. }
                | Action::AttachPartition { .. }
                | Action::Inherit { .. }
                | Action::Other
        )
    };
    match act {
        Act::Alter { clauses, .. } if clauses.iter().any(|clause| shape(&clause.action)) => None,
        Act::CreateTable(table) => Some(vec![&table.name]),
        Act::CreateTableAs { name, .. } | Act::CreateView { name, .. } => Some(vec![name]),
        Act::Drop { names, .. } => Some(names.iter().collect()),
        Act::Set { name, .. } if name == "search_path" || name == "role" => None,
        Act::Alter { .. }
        | Act::CreateIndex(_)
        | Act::CreateSequence { .. }
        | Act::CreateType { .. }
        | Act::CreateDomain { .. }
        | Act::CreateTrigger { .. }
        | Act::CreateFunction { .. }
        | Act::CreatePolicy { .. }
        | Act::Insert { .. }
        | Act::Update { .. }
        | Act::Delete { .. }
        | Act::Merge { .. }
        | Act::Truncate { .. }
        | Act::LockTable { .. }
        | Act::Vacuum { .. }
        | Act::Analyze { .. }
        | Act::Reindex { .. }
        | Act::AddEnumValue { .. }
        | Act::Grant { .. }
        | Act::Revoke { .. }
        | Act::Comment { .. }
        | Act::Set { .. }
        | Act::Begin
        | Act::Commit => Some(Vec::new()),
        _ => None,
    }
}

/// What the server says against a query when it reads it, without running it; `path` sets the search path, unless it is empty.
pub(super) async fn refusal(client: &Client, path: &str, sql: &str) -> Option<DbError> {
    let begin = if path.is_empty() { BEGIN.to_owned() } else { format!("{BEGIN}; {path}") };
    let begun = client.batch_execute(&begin).await;
    let read = if begun.is_ok() { Some(client.prepare(sql).await) } else { None };
    client.batch_execute("ROLLBACK").await.ok()?;
    read?.err()?.as_db_error().cloned()
}

/// The column that is not there, and the byte at which the query names it.
fn missing(sql: &str, error: &DbError) -> Option<(String, usize)> {
    if *error.code() != SqlState::UNDEFINED_COLUMN {
        return None;
    }
    let Some(ErrorPosition::Original(position)) = error.position() else { return None };
    let (at, _) = sql.char_indices().nth(usize::try_from(*position).ok()?.checked_sub(1)?)?;
    let said: BTreeSet<String> = words_of(error.message()).collect();
    // The server names the part that is missing, with those before it.
    let column = path_at(sql, at).into_iter().rfind(|name| said.contains(name));
    Some((column?, at))
}

fn told(statement: &Statement, at: usize, error: &DbError) -> Failure {
    let failure = Failure::usage("migrate.no-column", format!("{}: {}", statement.place(at), error.message()));
    match error.hint() {
        Some(hint) => failure.hint(hint.to_owned()),
        None => failure.hint("name a column that the table has, or add it in a statement before this one".to_owned()),
    }
}

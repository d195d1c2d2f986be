//! Refuses, before anything is done, what the server will not find when a statement's turn comes: types, functions, roles,
//! schemas, extensions, columns inside of expressions and views, keys for foreign keys, and values of enums.
//!
//! The statements are not run and lock nothing: [`ask`] has the server read their expressions as queries, the rest is
//! looked up. They are read against what is there now, with what the statements before them make ([`shapes`], [`values`]).
//! As in [`crate::migrate::names`], a word too much would refuse what the server does: what is not certain ends in silence.

mod ask;
mod facts;
mod keys;
mod look;
mod server;
mod shapes;
mod told;
mod values;
mod world;

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::Statement;
use tokio_postgres::Client;

use self::facts::Facts;
use self::server::Server;
use self::shapes::Shapes;
pub use self::told::Refusal;
use self::values::Enums;
use super::Catalog;
use crate::ddl::{Act, Action, Object, Part, parts};
use crate::migrate::names::Names;

/// What is there before a statement, as far as it is certain.
struct World<'c> {
    client: &'c Client,
    catalog: Catalog<'c>,
    server: Server<'c>,
    facts: Facts,
    names: Names,
    shapes: Shapes,
    enums: Enums,
    /// All names in earlier statements.
    words: BTreeSet<String>,
    /// Names in those that may change what is there already.
    altered: BTreeSet<String>,
    /// Types that the run makes.
    made: BTreeSet<String>,
    /// Functions that the run makes.
    functions: BTreeSet<String>,
    /// Types that the server knows, as written.
    good: BTreeSet<String>,
    /// Whether an extension may have brought types and functions that nobody has named.
    blind: bool,
    /// Whether there may be other operators.
    operators: bool,
    /// Whether values of enums were changed.
    enums_changed: bool,
}

/// Looks at all statements of a run, each with what those before it do.
///
/// # Errors
/// When the server would refuse one of them; or when the catalog can't be read.
pub async fn check(client: &Client, run: &[(&Statement, &[Act])]) -> Result<(), Failure> {
    told::failure(refusals(client, run).await?)
}

/// What the server will refuse of a run, with the statements.
///
/// # Errors
/// When the catalog can't be read.
pub async fn refusals<'s>(
    client: &Client,
    run: &[(&'s Statement, &[Act])],
) -> Result<Vec<(&'s Statement, Refusal)>, Failure> {
    let all: Vec<Vec<Part>> = run.iter().map(|(statement, _)| parts(&statement.sql)).collect();
    let mut world = World::open(client, &all).await?;
    let (mut found, mut file) = (Vec::new(), None);
    for ((statement, acts), parts) in run.iter().zip(&all) {
        if file.replace(&statement.file).is_some_and(|before| *before != statement.file) {
            world.next_file().await?;
        }
        if world.names.is_opaque() {
            break;
        }
        world.names.pass(acts, &statement.sql, statement.line);
        if acts.iter().any(|act| matches!(act, Act::Do { .. } | Act::Query { .. } | Act::Other { unread: Some(_), .. }))
        {
            world.note(acts, &statement.sql).await?;
            continue;
        }
        if !world.left_out(acts).await? {
            // What a statement adds is there for its own expressions, whatever their order; what it takes away, too.
            let (adds, rest) = split(acts);
            world.shape(&adds, &statement.sql).await?;
            let refused = world.look(&statement.sql, parts).await?;
            found.extend(refused.into_iter().map(|refusal| (*statement, refusal)));
            world.shape(&rest, &statement.sql).await?;
        }
        world.note(acts, &statement.sql).await?;
    }
    Ok(found)
}

/// What acts add to tables, and all else that they do.
fn split(acts: &[Act]) -> (Vec<Act>, Vec<Act>) {
    let (mut adds, mut rest) = (Vec::new(), Vec::new());
    for act in acts {
        match act {
            Act::CreateTable(_) => adds.push(act.clone()),
            Act::Alter { object: Object::Table, name, if_exists, only, clauses } => {
                let is_add = |clause: &&crate::ddl::Clause| {
                    matches!(clause.action, Action::AddColumn { .. } | Action::AddConstraint(_))
                };
                let (added, other): (Vec<_>, Vec<_>) = clauses.iter().partition(is_add);
                for (clauses, list) in [(added, &mut adds), (other, &mut rest)] {
                    if !clauses.is_empty() {
                        let clauses = clauses.into_iter().cloned().collect();
                        let (name, if_exists, only) = (name.clone(), *if_exists, *only);
                        list.push(Act::Alter { object: Object::Table, name, if_exists, only, clauses });
                    }
                }
            }
            _ => rest.push(act.clone()),
        }
    }
    (adds, rest)
}

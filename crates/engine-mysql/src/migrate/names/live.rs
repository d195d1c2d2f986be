//! The names that the target has, as its session sees them, and the refusal of what is wrong.

use std::collections::BTreeSet;
use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_migrate::Statement;
use dbwright_migrate::names::{Key, What, refusal};
use dbwright_sql::Dialect;

use super::constraints::{CHECK, FOREIGN, brought};
use super::{Names, asked, words};
use crate::flavour::Flavour;
use crate::migrate::lint::read::made::items;
use crate::migrate::lint::read::stored::stored;
use crate::migrate::lint::{World, define, effect};
use crate::migrate::parse::{Act, Action, act};
use crate::migrate::session::link::Link;
use crate::migrate::session::trouble;
use crate::migrate::session::trouble::code;
use crate::migrate::text::cursor::Name;

/// The most names that are looked at for the nearest one.
const MANY: usize = 20_000;

/// Looks at the names of all statements of a run, each with what those before it do; `settings` are those that the file has
/// made for its session already.
///
/// # Errors
/// When the server would refuse one of them for its name; or when the schema can't be read.
pub(in crate::migrate) async fn check(
    link: &mut Link,
    home: &str,
    settings: &[String],
    run: &[Statement],
) -> Result<(), Failure> {
    let mut names = read(link, home, run).await?;
    for sql in settings {
        names.pass(sql, 0);
    }
    let mut found = Vec::new();
    let mut file = None;
    for (at, statement) in run.iter().enumerate() {
        if file.replace(&statement.file).is_some_and(|before| *before != statement.file) {
            names.next_file();
        }
        let asked = asked::column(link, &names, settings, (&run[..at], statement)).await?;
        let mut problems = names.pass(&statement.sql, statement.line);
        if problems.is_empty() {
            problems.extend(asked);
        }
        found.extend(problems.into_iter().map(|problem| (statement, problem)));
    }
    if let Some((_, first)) = found.first_mut()
        && let What::Relation(_) = first.what
        && !first.taken
        && first.since.is_none()
        && first.near.is_empty()
    {
        let schema = first.schema.clone().unwrap_or_else(|| home.to_owned());
        let sql = format!(
            "SELECT /* dbwright */ table_name FROM information_schema.tables WHERE table_schema = ? LIMIT {MANY}"
        );
        let rows = link.rows_with(&sql, vec![schema.as_str().into()]).await.map_err(|e| unreadable(&e))?;
        let all: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        first.look_near(all.iter().map(String::as_str));
    }
    refusal(&found).map_or(Ok(()), Err)
}

/// What is there of all that the statements name.
async fn read(link: &mut Link, home: &str, run: &[Statement]) -> Result<Names, Failure> {
    let rows = link.rows("SELECT /* dbwright */ @@lower_case_table_names <> 0").await.map_err(|e| unreadable(&e))?;
    let folds = rows.first().and_then(|row| row.first()?.as_deref()).is_some_and(|cell| cell == "1");
    let world = World { known: true, home: home.to_owned(), folds, ..World::default() };
    let mut names = Names { home: home.to_owned(), world, ..Names::default() };
    let mut asked: BTreeSet<Key> = BTreeSet::new();
    for name in run.iter().flat_map(|statement| named(&statement.sql)) {
        let key = names.world.key(&name);
        if asked.insert(key.clone()) {
            look(link, &mut names, &name, key).await?;
        }
    }
    names.checks_of_schema = link.flavour == Flavour::MySql;
    for (table, wanted) in run.iter().filter_map(|statement| brought(&statement.sql)) {
        let schema = table.within(&names.home).0.to_owned();
        constraints(link, &mut names, &schema, &wanted, &asked).await?;
    }
    Ok(names)
}

/// Takes in which tables of a schema, those aside that are known whole, have constraints of some names.
async fn constraints(
    link: &mut Link,
    names: &mut Names,
    schema: &str,
    wanted: &[String],
    known: &BTreeSet<Key>,
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT /* dbwright */ constraint_type, constraint_name, table_name FROM information_schema.table_constraints \
         WHERE constraint_schema = ? AND constraint_type IN ('FOREIGN KEY', 'CHECK') AND constraint_name IN ({})",
        vec!["?"; wanted.len()].join(", ")
    );
    let params = std::iter::once(schema).chain(wanted.iter().map(String::as_str)).map(Into::into).collect();
    for row in link.rows_with(&sql, params).await.map_err(|e| unreadable(&e))? {
        let [Some(kind), Some(name), Some(table)] = row.as_slice() else { continue };
        let key = names.world.key(&Name { schema: Some(schema.to_owned()), name: table.clone() });
        if !known.contains(&key) {
            let word = if kind == "CHECK" { CHECK } else { FOREIGN };
            names.constraints.insert((key.0, word, name.to_lowercase()), table.clone());
        }
    }
    Ok(())
}

/// Takes in what has one name.
async fn look(link: &mut Link, names: &mut Names, name: &Name, key: Key) -> Result<(), Failure> {
    let (schema, own) = name.within(&names.home);
    let quoted = format!("{}.{}", Dialect::Mysql.ident(schema), Dialect::Mysql.ident(own));
    let text = match link.rows(&format!("SHOW /* dbwright */ CREATE TABLE {quoted}")).await {
        Ok(rows) => rows.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default(),
        // No such table, no such database.
        Err(error) if matches!(code(&error), 1146 | 1049) => return Ok(()),
        Err(error) if link.lost() => return Err(unreadable(&error)),
        // It may be there, and not for this account.
        Err(_) => {
            names.unsure.insert(key);
            return Ok(());
        }
    };
    let start = text.split_whitespace().nth(1).unwrap_or_default().to_ascii_uppercase();
    match start.as_str() {
        "TABLE" => {
            let mut table = effect::read(&names.world, name, &text).unwrap_or_else(|| names.world.assumed(name));
            // Columns that the server keeps for itself are not told.
            table.complete &= !text.contains("SYSTEM VERSIONING");
            names.world.tables.insert(key, Arc::new(table));
        }
        "SEQUENCE" => drop(names.others.insert(key, "sequence")),
        "TEMPORARY" => drop(names.unsure.insert(key)),
        _ => drop(names.others.insert(key, "view")),
    }
    Ok(())
}

/// The relations that a statement names.
fn named(sql: &str) -> Vec<Name> {
    let mut found = match act(sql) {
        Act::Alter { table, clauses, .. } => {
            let mut found = Vec::new();
            for clause in &clauses {
                match &clause.action {
                    Action::RenameTable(to) => found.push(to.in_schema_of(&table)),
                    Action::AddForeignKey => {
                        found.extend(define::foreign(&clause.text).map(|one| one.table.in_schema_of(&table)));
                    }
                    _ => {}
                }
            }
            found.push(table);
            found
        }
        Act::CreateTable { table, .. } => {
            let parents = items(sql)
                .into_iter()
                .filter_map(|(part, _)| define::foreign(&part).map(|one| one.table.in_schema_of(&table)));
            parents.chain(words::like(sql)).chain([table.clone()]).collect()
        }
        Act::DropTable { tables, .. } => tables,
        Act::RenameTable { pairs } => pairs.into_iter().flat_map(|(from, to)| [from, to]).collect(),
        Act::Truncate { table } => vec![table],
        Act::Write { table, .. } => table.into_iter().chain(words::read(sql)).collect(),
        Act::Create { name, .. } => {
            let table = stored(sql).and_then(|made| made.table);
            table.into_iter().chain([name]).collect()
        }
        Act::Drop { name, .. } => vec![name],
        _ => Vec::new(),
    };
    found.retain(|name| !name.name.is_empty());
    found
}

fn unreadable(error: &mysql_async::Error) -> Failure {
    trouble::failure(error, "the schema can't be read")
}

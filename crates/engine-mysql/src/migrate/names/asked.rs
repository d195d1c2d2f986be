//! Columns of statements that change rows, asked of the server itself: it resolves a statement that it prepares, and runs nothing.
//!
//! What earlier statements of the run make is not there yet: where one of them has to do with the column, or with a table of the
//! statement, the answer says nothing and is not asked for.

use dbwright_core::Failure;
use dbwright_migrate::Statement;
use dbwright_migrate::names::{Problem, What};
use dbwright_sql::Dialect;

use super::Names;
use crate::migrate::parse::{Act, act};
use crate::migrate::session::link::Link;
use crate::migrate::session::trouble::{self, code};

/// The server's number for a column that it does not find.
const NO_COLUMN: u16 = 1054;

/// A column that the server does not find in a statement, before which others of the run come.
///
/// # Errors
/// When the connection is lost.
pub(super) async fn column(
    link: &mut Link,
    names: &Names,
    settings: &[String],
    (before, statement): (&[Statement], &Statement),
) -> Result<Option<Problem>, Failure> {
    let changes = matches!(act(&statement.sql), Act::Write { .. });
    if !changes || !names.as_on_the_server(&statement.sql) || rewritten(settings, before) {
        return Ok(None);
    }
    let Err(error) = link.prepares(&statement.sql).await else { return Ok(None) };
    if link.lost() {
        return Err(trouble::failure(&error, "the statement can't be looked at"));
    }
    let text = crate::error::text(&error);
    let Some(name) = column_of(&text).filter(|_| code(&error) == NO_COLUMN) else { return Ok(None) };
    let comes = |one: &Statement| !matches!(act(&one.sql), Act::Write { .. }) && mentions(&one.sql, name);
    Ok((!before.iter().any(comes)).then(|| names.absent_column(&statement.sql, name)))
}

impl Names {
    /// Whether the tables of a statement are on the server what they will be when its turn comes.
    fn as_on_the_server(&self, sql: &str) -> bool {
        let made = self.made.keys().chain(&self.unsure).chain(self.hidden.keys()).chain(self.gone.keys());
        let home = self.world.fold(&self.world.home) == self.world.fold(&self.home);
        !self.opaque && home && !made.into_iter().any(|key| mentions(sql, &key.1))
    }

    /// A column that none of the statement's tables has.
    fn absent_column(&self, sql: &str, name: &str) -> Problem {
        let of: Vec<_> = self.world.tables.iter().filter(|(_, table)| mentions(sql, &table.name)).collect();
        if let (Act::Write { table: Some(table), .. }, false) = (act(sql), several(sql))
            && let Some(problem) = self.no_column(&self.world.key(&table), name)
        {
            return problem;
        }
        let mut problem = Problem::missing(What::Column, name, Dialect::Mysql);
        problem.look_near(of.iter().flat_map(|(_, table)| &table.columns).map(|column| column.name.as_str()));
        problem
    }
}

/// Whether a statement may read more tables than the one that it changes.
fn several(sql: &str) -> bool {
    ["select", "join", "using", "table"].iter().any(|word| mentions(sql, word))
}

/// Whether the file has changed how statements are read.
fn rewritten(settings: &[String], before: &[Statement]) -> bool {
    let before = before.iter().map(|statement| statement.sql.as_str());
    settings.iter().map(String::as_str).chain(before).any(|sql| mentions(sql, "sql_mode"))
}

/// Whether a text has a name as a word of its own somewhere in it.
fn mentions(sql: &str, name: &str) -> bool {
    let (sql, name) = (sql.to_lowercase(), name.to_lowercase());
    let part = |one: char| one.is_alphanumeric() || one == '_' || one == '$';
    sql.match_indices(&name).any(|(at, found)| {
        let before = sql[..at].chars().next_back().is_some_and(part);
        let behind = sql[at + found.len()..].chars().next().is_some_and(part);
        !before && !behind
    })
}

/// The column's own name in `Unknown column 'p.nr' in 'where clause'`.
fn column_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("Unknown column '")?;
    let (name, _) = rest.rsplit_once("' in '")?;
    name.rsplit('.').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{column_of, mentions};

    #[test]
    fn the_name_is_read_from_the_servers_words() {
        assert_eq!(column_of("Unknown column 'p.nr' in 'where clause'"), Some("nr"));
        assert_eq!(column_of("Unknown column 'it's' in 'SET'"), Some("it's"));
        assert!(
            mentions("UPDATE `T` SET a.b = 1", "t") && mentions("SELECT a.B", "b") && !mentions("SELECT ab, b_c", "b")
        );
        assert_eq!(column_of("Table 'a' doesn't exist"), None);
    }
}

//! Asks the copy's server how it would run a statement.

use dbwright_advise::index::ObjectName;
use dbwright_advise::port::Query;
use dbwright_sql::Dialect;

use super::copy::Copy;
use super::plan::{self, Plan};
use crate::error;
use crate::flavour::{ExplainForm, Flavour};

/// The note that holds the statement as the optimizer sees it.
const RESOLVED: &str = "1003";

/// A statement, and how its plans are asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The statement as the optimizer sees it; empty when it tells nothing.
    pub(super) resolved: String,
    /// What is planned: the statement, or the query that finds the rows which it changes.
    planned: String,
    database: Option<String>,
}

impl Asked {
    /// Lets the server resolve a statement.
    ///
    /// # Errors
    /// The server's reason.
    pub(super) async fn of(copy: &mut Copy, sql: &str, database: Option<&str>) -> Result<Self, String> {
        go_to(copy, database).await?;
        let form = match copy.server.flavour {
            Flavour::MySql => "FORMAT=TRADITIONAL",
            Flavour::MariaDb => "EXTENDED",
        };
        let refused = |e: mysql_async::Error| format!("it can't be planned: {}", error::text(&e));
        copy.link.rows(&format!("EXPLAIN {form} {sql}")).await.map_err(refused)?;
        let notes = copy.link.rows("SHOW WARNINGS").await.map_err(refused)?;
        let is_resolved = |row: &&Vec<Option<String>>| row.get(1).is_some_and(|code| code.as_deref() == Some(RESOLVED));
        let resolved = notes.iter().find(is_resolved).and_then(|row| row.get(2).cloned().flatten()).unwrap_or_default();
        let mut asked = Self { resolved, planned: sql.to_owned(), database: database.map(str::to_owned) };
        if plan(copy, &asked).await.is_ok_and(|plan| plan.cost.is_some()) {
            return Ok(asked);
        }
        if let Some(query) = finder(&asked.resolved) {
            asked.planned = query;
        }
        Ok(asked)
    }

    /// A statement that only brings rows.
    pub(super) fn bringing(schema: &str, table: &str) -> Self {
        let name = Dialect::Mysql.ident(schema) + "." + &Dialect::Mysql.ident(table);
        Self { resolved: format!("insert into {name} values ()"), planned: String::new(), database: None }
    }
}

/// The tables that a name in a plan can stand for: MySQL prints a table's own name, MariaDB its alias.
pub(super) fn tables(name: &str, query: &Query) -> Vec<ObjectName> {
    let uses = query.usage.tables.iter();
    let named =
        uses.filter(|one| one.table.name == name || one.alias.rsplit_once('#').is_some_and(|(own, _)| own == name));
    named.map(|one| one.table.clone()).collect()
}

/// The plan with the indexes that are shown now.
///
/// # Errors
/// The server's reason.
pub(super) async fn plan(copy: &mut Copy, asked: &Asked) -> Result<Plan, String> {
    if asked.planned.is_empty() {
        return Ok(Plan { cost: Some(0.0), ..Plan::default() });
    }
    go_to(copy, asked.database.as_deref()).await?;
    let form = plan::form(copy.server.flavour, copy.server.version);
    let mut found = plan_as(copy, &asked.planned, form).await?;
    if found.cost.is_none() && writes_alone(&asked.planned) {
        // Rows that come as values are found nowhere.
        found.cost = Some(0.0);
    }
    Ok(found)
}

async fn plan_as(copy: &mut Copy, sql: &str, form: ExplainForm) -> Result<Plan, String> {
    let mut text = String::new();
    for statement in form.statements(sql) {
        let rows = copy.link.rows(&statement).await.map_err(|e| error::text(&e))?;
        text = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect::<Vec<_>>().join("\n");
    }
    plan::read(&text, form)
}

async fn go_to(copy: &mut Copy, database: Option<&str>) -> Result<(), String> {
    let Some(database) = database else { return Ok(()) };
    copy.link.run(&format!("USE {}", Dialect::Mysql.ident(database))).await.map(drop).map_err(|e| error::text(&e))
}

/// Whether a statement only brings rows.
fn writes_alone(sql: &str) -> bool {
    let first = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    first.eq_ignore_ascii_case("insert") || first.eq_ignore_ascii_case("replace")
}

/// Whether a plan's word for its indexes names this one; a merge names several.
pub(super) fn reads(word: &str, index: &str) -> bool {
    if word == index {
        return true;
    }
    let merged = ["intersect(", "union(", "sort_union("].iter().find_map(|begin| word.strip_prefix(begin));
    merged.is_some_and(|inner| {
        inner.trim_end_matches(')').split([',', '(']).any(|one| one.trim_matches([' ', ')']) == index)
    })
}

/// The query that finds the rows which an `UPDATE` or `DELETE` of one table changes: MySQL tells no cost of the statement
/// itself.
fn finder(resolved: &str) -> Option<String> {
    let text = resolved.trim_start();
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("delete") {
        let from = lower.find("from ")?;
        return Some(format!("select 1 {}", &text[from..]));
    }
    if !lower.starts_with("update") {
        return None;
    }
    let tokens = dbwright_sql::lex::tokens(text, Dialect::Mysql);
    let word = |token: &dbwright_sql::lex::Token, word: &str| token.text(text).eq_ignore_ascii_case(word);
    let mut depth = 0_i32;
    let (mut set, mut rest) = (None, None);
    for token in tokens.iter().filter(|token| token.significant()) {
        match token.text(text) {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth == 0 && set.is_none() && word(token, "set") => set = Some(token.start),
            _ if depth == 0 && set.is_some() && rest.is_none() => {
                let begins = ["where", "order", "limit"].iter().any(|clause| word(token, clause));
                rest = begins.then_some(token.start);
            }
            _ => {}
        }
    }
    let tables = text.get("update".len()..set?)?;
    Some(format!("select 1 from {} {}", tables.trim(), rest.map_or("", |rest| &text[rest..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_that_a_statement_changes_are_found_by_a_query() {
        let update = "update `x`.`orders` set `x`.`orders`.`set` = if((1 = 2),'where','x') where (`x`.`orders`.`total` = 3) limit 5";
        assert_eq!(
            finder(update).as_deref(),
            Some("select 1 from `x`.`orders` where (`x`.`orders`.`total` = 3) limit 5")
        );
        assert_eq!(
            finder("delete from `x`.`items` where true").as_deref(),
            Some("select 1 from `x`.`items` where true")
        );
        assert_eq!(finder("update `x`.`a` set `x`.`a`.`b` = 1").as_deref(), Some("select 1 from `x`.`a` "));
        assert_eq!(finder("insert into `x`.`a` values (1)"), None);
    }

    #[test]
    fn a_merge_names_several_indexes() {
        assert!(reads("a", "a") && reads("intersect(a,b)", "b") && reads("union(a,intersect(b,c))", "a"));
        assert!(!reads("ab", "a") && !reads("intersect(ab,b)", "a"));
    }
}

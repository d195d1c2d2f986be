//! Values for the parameters of a statement: those of a row in the middle of the table that each is compared with.
//!
//! All come from one row of a table, so that conditions on several columns fit together. A parameter
//! that is compared with no column (a function's argument, a new row's value) gets none.

use std::collections::HashMap;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};
use dbwright_sql::model::{Catalog, Table, TableKind};
use rusqlite::Connection;

use crate::observe::quoted;

/// Characters of a value beyond which it is not written into a statement.
const LONGEST: usize = 500;

/// The statement with a value in the place of each parameter; none when one of them can't be given any.
pub(crate) fn fill(db: &Connection, catalog: &Catalog, sql: &str) -> Option<String> {
    let text = Text { sql, tokens: tokens(sql, Dialect::Sqlite).into_iter().filter(Token::significant).collect() };
    let mut named: HashMap<&str, String> = HashMap::new();
    let mut values = Vec::new();
    for (at, token) in text.tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Parameter) {
        let name = token.text(sql);
        let value = match named.get(name).filter(|_| name != "?") {
            Some(value) => value.clone(),
            None => text.value(db, catalog, at)?,
        };
        named.insert(name, value.clone());
        values.push((token, value));
    }
    let mut out = sql.to_owned();
    for (token, value) in values.iter().rev() {
        out.replace_range(token.start..token.end, value);
    }
    Some(out)
}

/// A statement in its significant tokens.
struct Text<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
}

impl Text<'_> {
    /// The text of a token in lower case; empty outside the statement.
    fn word(&self, at: Option<usize>) -> String {
        at.and_then(|at| self.tokens.get(at)).map_or_else(String::new, |token| token.text(self.sql).to_lowercase())
    }

    /// A token as a name: without its quotes.
    fn name(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        let text = token.text(self.sql);
        match (token.kind, text.chars().next()?) {
            (TokenKind::Word, _) => Some(text.to_owned()),
            (TokenKind::Quoted, '[') => Some(text.trim_matches(['[', ']']).to_owned()),
            (TokenKind::Quoted, quote) => {
                let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
                Some(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
            }
            _ => None,
        }
    }

    fn value(&self, db: &Connection, catalog: &Catalog, at: usize) -> Option<String> {
        match self.word(at.checked_sub(1)).as_str() {
            "limit" => return Some("20".to_owned()),
            "offset" => return Some("0".to_owned()),
            _ => {}
        }
        let column_at = self.compared(at)?;
        let column = self.name(column_at)?;
        let qualifier =
            (self.word(column_at.checked_sub(1)) == ".").then(|| self.name(column_at.checked_sub(2)?)).flatten();
        let table = self.table(catalog, &column, qualifier.as_deref())?;
        of_a_row(db, table, &column)
    }

    /// The place of the column that the parameter at `at` is compared with.
    fn compared(&self, at: usize) -> Option<usize> {
        let plain =
            |at: usize| matches!(self.tokens[at].kind, TokenKind::Parameter | TokenKind::String | TokenKind::Number);
        let mut at = at.checked_sub(1)?;
        match self.word(Some(at)).as_str() {
            "(" | "," => {
                while plain(at) || self.word(Some(at)) == "," {
                    at = at.checked_sub(1)?;
                }
                let list = self.word(Some(at)) == "(" && self.word(at.checked_sub(1)) == "in";
                at = if list { at.checked_sub(2)? } else { return None };
            }
            "and" => {
                let between = plain(at.checked_sub(1)?) && self.word(at.checked_sub(2)) == "between";
                at = if between { at.checked_sub(3)? } else { return None };
            }
            "between" | "like" | "glob" | "is" => at = at.checked_sub(1)?,
            "=" | "<" | ">" | "!" => {
                while ["=", "<", ">", "!"].contains(&self.word(Some(at)).as_str()) {
                    at = at.checked_sub(1)?;
                }
            }
            _ => return None,
        }
        if self.word(Some(at)) == "not" { at.checked_sub(1) } else { Some(at) }
    }

    /// The table of a column, when the statement leaves no doubt about it.
    fn table<'c>(&self, catalog: &'c Catalog, column: &str, qualifier: Option<&str>) -> Option<&'c Table> {
        let mut found = catalog.tables.iter().filter(|table| {
            table.kind == TableKind::Table
                && table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(column))
                && (0..self.tokens.len()).any(|at| self.names(at, table, qualifier))
        });
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// Whether the token at `at` is the table's name, and what follows it the qualifier, when there is one.
    fn names(&self, at: usize, table: &Table, qualifier: Option<&str>) -> bool {
        let same = |at: usize, name: &str| self.name(at).is_some_and(|text| text.eq_ignore_ascii_case(name));
        let alias = if self.word(Some(at + 1)) == "as" { at + 2 } else { at + 1 };
        same(at, &table.name) && qualifier.is_none_or(|q| q.eq_ignore_ascii_case(&table.name) || same(alias, q))
    }
}

/// The column's value in the middle row of its table, as a literal; if that is null, the first that is not.
fn of_a_row(db: &Connection, table: &Table, column: &str) -> Option<String> {
    let (name, column) = (quoted(&table.name), quoted(column));
    let middle = format!("{:.0}", (table.rows.unwrap_or(0.0) / 2.0).floor().clamp(0.0, 1e12));
    let one = |sql: &str| -> Option<String> { db.query_row(sql, [], |row| row.get(0)).ok() };
    let value = one(&format!("SELECT quote({column}) FROM main.{name} NOT INDEXED LIMIT 1 OFFSET {middle}"))
        .filter(|value| value != "NULL")
        .or_else(|| one(&format!("SELECT quote({column}) FROM main.{name} WHERE {column} IS NOT NULL LIMIT 1")));
    value.filter(|value| value.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_get_the_values_of_a_row() {
        let sql = "CREATE TABLE o (id INTEGER PRIMARY KEY, \"st at\" TEXT, at INT); CREATE TABLE c (id INTEGER PRIMARY KEY, m TEXT);
            INSERT INTO o VALUES (1, 'a', 5), (2, 'it''s', 6), (3, 'c', 7); INSERT INTO c VALUES (9, 'x');";
        let open = || {
            let db = Connection::open_in_memory().expect("a database");
            db.execute_batch(sql).expect("a schema");
            db
        };
        let mut catalog = crate::observe::catalog_of(open()).expect("a catalog");
        for table in &mut catalog.tables {
            table.rows = Some(if table.name == "o" { 3.0 } else { 1.0 });
        }
        let cases = [
            (
                "SELECT * FROM o WHERE \"st at\" = ? AND at >= ?2 LIMIT ? OFFSET :n",
                Some("SELECT * FROM o WHERE \"st at\" = 'it''s' AND at >= 6 LIMIT 20 OFFSET 0"),
            ),
            ("SELECT * FROM o WHERE at NOT BETWEEN :a AND :b", Some("SELECT * FROM o WHERE at NOT BETWEEN 6 AND 6")),
            (
                "SELECT * FROM o AS x JOIN c y WHERE x.id IN (?, 4, ?) AND y.id != @i",
                Some("SELECT * FROM o AS x JOIN c y WHERE x.id IN (2, 4, 2) AND y.id != 9"),
            ),
            ("SELECT * FROM o, c WHERE id = ?", None),
            ("SELECT * FROM o WHERE abs(at) = ?", None),
            ("INSERT INTO c VALUES (?, ?)", None),
            ("SELECT json_extract(at, ?) FROM o", None),
        ];
        for (text, filled) in cases {
            assert_eq!(fill(&open(), &catalog, text).as_deref(), filled, "{text}");
        }
    }
}

//! Statements whose parameters the source left out get values from the rows of the copy.

use dbwright_core::workload::Statement;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{self, Token, TokenKind};
use dbwright_sql::model::{Catalog, Column, Table};

use super::copy::Copy;
use super::{named, usage};

const SQL: Dialect = Dialect::Mysql;
/// Samples that are planned of one statement.
const SAMPLES: usize = 3;
/// Places in a table from which values are taken, as shares of its rows.
const PLACES: [f64; 2] = [0.33, 0.66];
/// The furthest row that is looked for.
const FAR: f64 = 20_000.0;
/// What `LIMIT ?` is taken to be.
const LIMIT: &str = "20";

/// Complete texts of a statement, each once.
///
/// # Errors
/// Why there are none.
pub(super) async fn samples(
    copy: &mut Copy,
    catalog: &Catalog,
    statement: &Statement,
    database: Option<&str>,
) -> Result<Vec<String>, String> {
    // The server cuts what it keeps of a long statement.
    let whole: Vec<&String> = statement.samples.iter().filter(|sample| !sample.ends_with("...")).collect();
    if !whole.is_empty() {
        let step = whole.len().div_ceil(SAMPLES);
        return Ok(whole.into_iter().step_by(step).map(|sample| bare(sample)).collect());
    }
    let text = bare(&statement.text);
    let tokens: Vec<Token> = lex::tokens(&text, SQL).into_iter().filter(Token::significant).collect();
    if !tokens.iter().any(|token| token.kind == TokenKind::Parameter) || only_brings_rows(&text, &tokens) {
        return Ok(vec![text]);
    }
    let own = named::tables(catalog, std::slice::from_ref(statement));
    let own = own.iter().filter(|name| database.is_none_or(|database| SQL.same_name(&name.schema, database)));
    let tables: Vec<&Table> = own.filter_map(|name| usage::table(catalog, name)).collect();
    let mut found: Vec<String> = Vec::new();
    for place in PLACES {
        let filled = fill(copy, &text, &tokens, &tables, place).await;
        if !found.contains(&filled) {
            found.push(filled);
        }
    }
    Ok(found)
}

/// Whether a statement only brings rows, as values: nothing is looked for.
pub(super) fn brings_rows(sql: &str) -> bool {
    let tokens: Vec<Token> = lex::tokens(sql, SQL).into_iter().filter(Token::significant).collect();
    only_brings_rows(sql, &tokens)
}

fn only_brings_rows(sql: &str, tokens: &[Token]) -> bool {
    let is = |token: &Token, word: &str| token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word);
    let first = tokens.first().is_some_and(|token| is(token, "insert") || is(token, "replace"));
    first && !tokens.iter().any(|token| is(token, "select") || is(token, "table") || is(token, "with"))
}

/// The table that such a statement writes, as it is written.
pub(super) fn target(sql: &str) -> Option<(Option<String>, String)> {
    let tokens: Vec<Token> = lex::tokens(sql, SQL).into_iter().filter(Token::significant).collect();
    let modifiers = ["insert", "replace", "into", "ignore", "low_priority", "high_priority", "delayed"];
    let at = tokens.iter().position(|token| {
        let text = token.text(sql);
        !modifiers.iter().any(|word| token.kind == TokenKind::Word && text.eq_ignore_ascii_case(word))
    })?;
    let name = |at: usize| tokens.get(at).map(|token| plain(token.text(sql)));
    let first = name(at)?;
    if tokens.get(at + 1).is_some_and(|token| token.text(sql) == ".") {
        return Some((Some(first), name(at + 2)?));
    }
    Some((None, first))
}

fn plain(name: &str) -> String {
    name.strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'))
        .map_or_else(|| name.to_owned(), |name| name.replace("``", "`"))
}

/// The statement without its end.
fn bare(sql: &str) -> String {
    sql.trim().trim_end_matches(';').trim_end().to_owned()
}

async fn fill(copy: &mut Copy, sql: &str, tokens: &[Token], tables: &[&Table], place: f64) -> String {
    let (mut text, mut from) = (String::with_capacity(sql.len()), 0);
    // The column that was named last, and the word before this token.
    let mut column: Option<(&Table, &Column)> = None;
    let (mut limiting, mut like) = (false, false);
    for token in tokens {
        let own = token.text(sql);
        match token.kind {
            TokenKind::Word | TokenKind::Quoted => {
                let found = tables.iter().find_map(|table| {
                    let name = plain(own);
                    Some((*table, table.columns.iter().find(|column| SQL.same_name(&column.name, &name))?))
                });
                if found.is_some() {
                    column = found;
                    (limiting, like) = (false, false);
                }
                limiting |= own.eq_ignore_ascii_case("limit") || own.eq_ignore_ascii_case("offset");
                like |= own.eq_ignore_ascii_case("like");
            }
            TokenKind::Parameter => {
                text.push_str(&sql[from..token.start]);
                from = token.end;
                text.push_str(&match column {
                    _ if limiting => LIMIT.to_owned(),
                    Some((table, column)) => value(copy, table, column, place, like).await,
                    None => "1".to_owned(),
                });
                like = false;
            }
            _ => {}
        }
    }
    text + &sql[from..]
}

/// A value of a column, from a row somewhere in the table.
async fn value(copy: &mut Copy, table: &Table, column: &Column, place: f64, like: bool) -> String {
    let name = SQL.ident(&column.name);
    let bytes = column.base_type.contains("binary") || column.base_type.ends_with("blob") || column.base_type == "bit";
    let shown = match (bytes, like) {
        (true, _) => format!("CONCAT('0x', HEX({name}))"),
        (false, true) => format!("QUOTE(CONCAT(LEFT({name}, 3), '%'))"),
        (false, false) => format!("QUOTE({name})"),
    };
    let key = dbwright_advise::ObjectName { schema: table.schema.clone(), name: table.name.clone() };
    let row = (copy.rows(&key).min(FAR) * place).floor();
    let qualified = SQL.qualified(&table.schema, &table.name);
    let sql = format!("SELECT {shown} FROM {qualified} WHERE {name} IS NOT NULL LIMIT 1 OFFSET {row:.0}");
    let found = copy.link.rows(&sql).await.unwrap_or_default();
    found.first().and_then(|row| row.first()?.clone()).filter(|text| text != "0x").unwrap_or_else(|| "1".to_owned())
}

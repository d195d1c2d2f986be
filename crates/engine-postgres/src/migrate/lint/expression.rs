//! Whether an expression gives every row a value of its own, so that a default of a new column rewrites the table.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, Token, TokenKind};

/// How an expression behaves from row to row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// One value for the whole statement: stored once in the catalog.
    Stable,
    /// It calls a function of which it is not known.
    Unknown,
    /// Another value for each row.
    Volatile,
}

/// Volatile functions of the server and of extensions that come with it.
const VOLATILE: [&str; 20] = [
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "setseed",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "pg_sleep",
    "pg_notify",
    "dblink",
];

/// What an expression is, and the function that makes it so.
pub(super) fn volatility(text: &str, known: &BTreeMap<String, Volatility>) -> (Volatility, Option<String>) {
    let tokens: Vec<Token> = Lexer::new(text, Dialect::Postgres).filter(Token::significant).collect();
    let is = |at: usize, symbol: &str| tokens.get(at).is_some_and(|token| token.text(text) == symbol);
    let mut worst = (Volatility::Stable, None);
    for (at, token) in tokens.iter().enumerate() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::Quoted) || !is(at + 1, "(") {
            continue;
        }
        let name = token.text(text).trim_matches('"').to_ascii_lowercase();
        let schema = (at >= 2 && is(at - 1, ".")).then(|| tokens[at - 2].text(text).to_ascii_lowercase());
        let found = of_function(&name, schema.as_deref(), known);
        if found > worst.0 {
            worst = (found, Some(name));
        }
    }
    worst
}

fn of_function(name: &str, schema: Option<&str>, known: &BTreeMap<String, Volatility>) -> Volatility {
    if VOLATILE.contains(&name) {
        return Volatility::Volatile;
    }
    if let Some(volatility) = known.get(name) {
        return *volatility;
    }
    // A function in a schema of the user's is VOLATILE unless it is declared otherwise.
    if schema.is_some_and(|schema| schema != "pg_catalog") { Volatility::Unknown } else { Volatility::Stable }
}

/// The volatility that a `CREATE FUNCTION` declares.
pub(super) fn declared(sql: &str) -> Volatility {
    let words = Lexer::new(sql, Dialect::Postgres).filter(|token| token.kind == TokenKind::Word);
    let stable = { words }.any(|word| {
        let word = word.text(sql);
        word.eq_ignore_ascii_case("immutable") || word.eq_ignore_ascii_case("stable")
    });
    if stable { Volatility::Stable } else { Volatility::Volatile }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_row_to_row_is_told_from_what_does_not() {
        let of = |text: &str| volatility(text, &BTreeMap::new()).0;
        for stable in
            ["now()", "CURRENT_TIMESTAMP", "'random()'", "lower('A')", "5 + 1", "statement_timestamp()", "'{}'::jsonb"]
        {
            assert_eq!(of(stable), Volatility::Stable, "{stable}");
        }
        for volatile in [
            "clock_timestamp()",
            "gen_random_uuid()",
            "pg_catalog.random()",
            "nextval('q'::regclass)",
            "md5(random()::text)",
        ] {
            assert_eq!(of(volatile), Volatility::Volatile, "{volatile}");
        }
        assert_eq!(of("app.make_id()"), Volatility::Unknown);
        assert_eq!(
            declared("CREATE FUNCTION f() RETURNS int IMMUTABLE LANGUAGE sql AS 'select 1'"),
            Volatility::Stable
        );
        assert_eq!(
            declared("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select immutable'"),
            Volatility::Volatile
        );
    }
}

//! The query inside a statement that only carries it along: `EXPLAIN`, `PREPARE`, a cursor, `COPY (…) TO`, `CREATE TABLE AS`.

use dbwright_advise::port::Skip;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};

/// First words of what can be planned.
const PLANNED: [&str; 9] = ["select", "with", "values", "table", "insert", "update", "delete", "merge", "("];

/// First words of the other statements, those left out that are looked into.
const UTILITIES: [&str; 36] = [
    "abort",
    "alter",
    "analyse",
    "analyze",
    "begin",
    "checkpoint",
    "cluster",
    "comment",
    "commit",
    "deallocate",
    "discard",
    "drop",
    "end",
    "grant",
    "import",
    "listen",
    "load",
    "lock",
    "notify",
    "reassign",
    "refresh",
    "reindex",
    "release",
    "reset",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "set",
    "show",
    "start",
    "truncate",
    "unlisten",
    "vacuum",
    "create",
    "prepare",
];

/// Longest word that is repeated in a reason, in characters.
const WORD: usize = 30;

/// The part of a statement that is planned.
///
/// # Errors
/// When nothing in it is: a utility statement, with what it is.
pub(in crate::advise) fn inner(sql: &str) -> Result<&str, Skip> {
    let tokens: Vec<_> = tokens(sql, Dialect::Postgres).into_iter().filter(Token::significant).collect();
    let last = tokens.iter().rposition(|token| token.text(sql) != ";").map_or(0, |last| last + 1);
    let words = Words { sql, tokens: &tokens[..last] };
    let (from, to) = words.planned(0).map_err(|reason| Skip { reason })?;
    Ok(&sql[from..to])
}

/// Whether a statement is one that no index could serve, whatever it costs.
#[cfg(test)]
pub(super) fn is_utility(sql: &str) -> bool {
    inner(sql).is_err()
}

struct Words<'a> {
    sql: &'a str,
    tokens: &'a [Token],
}

impl Words<'_> {
    fn word(&self, at: usize) -> String {
        self.tokens.get(at).map_or_else(String::new, |token| token.text(self.sql).to_ascii_lowercase())
    }

    fn starts_query(&self, at: usize) -> bool {
        PLANNED.contains(&self.word(at).as_str())
    }

    /// The bytes from a token to the end.
    fn rest(&self, at: usize) -> (usize, usize) {
        (self.tokens[at].start, self.tokens[self.tokens.len() - 1].end)
    }

    fn planned(&self, at: usize) -> Result<(usize, usize), String> {
        let word = self.word(at);
        match word.as_str() {
            "" => Err("the text is empty".to_owned()),
            _ if self.starts_query(at) => Ok(self.rest(at)),
            "explain" => self.explained(at + 1),
            "prepare" if self.word(at + 1) == "transaction" => Err(utility("prepare transaction")),
            "prepare" | "create" => self.behind("as", at, &word),
            "declare" => self.behind("for", at, &word),
            "copy" => self.copied(at + 1),
            "execute" => Err("it runs a prepared statement whose text is recorded where it was prepared".to_owned()),
            "fetch" | "move" | "close" => {
                Err("it moves a cursor, whose query is recorded where it was declared".to_owned())
            }
            "call" | "do" => Err("it runs a procedure, whose statements are recorded on their own when \
                                  pg_stat_statements.track is all"
                .to_owned()),
            _ if UTILITIES.contains(&word.as_str()) => Err(utility(&word)),
            _ if self.tokens[at].kind == TokenKind::Word => {
                Err(format!("no SQL: no statement of PostgreSQL begins with {}", shown(self.tokens[at].text(self.sql))))
            }
            _ => Err("no SQL: it begins like no statement".to_owned()),
        }
    }

    fn explained(&self, mut at: usize) -> Result<(usize, usize), String> {
        if self.word(at) == "(" && !self.starts_query(at + 1) {
            at = self.after_parens(at);
        }
        while matches!(self.word(at).as_str(), "analyze" | "analyse" | "verbose") {
            at += 1;
        }
        self.planned(at)
    }

    /// The query behind a word outside parentheses.
    fn behind(&self, word: &str, from: usize, kind: &str) -> Result<(usize, usize), String> {
        let object = [1, 2, 3].map(|ahead| self.word(from + ahead));
        let carries = kind != "create" || object.iter().any(|w| w == "table" || w == "materialized");
        let mut at = from + 1;
        while carries && at < self.tokens.len() {
            if self.word(at) == word && self.starts_query(at + 1) {
                return Ok(self.without_data(at + 1));
            }
            at = if self.word(at) == "(" { self.after_parens(at) } else { at + 1 };
        }
        Err(utility(kind))
    }

    /// Without the `WITH [NO] DATA` of `CREATE TABLE AS`.
    fn without_data(&self, at: usize) -> (usize, usize) {
        let (from, to) = self.rest(at);
        let n = self.tokens.len();
        if self.word(n - 1) != "data" {
            return (from, to);
        }
        let words = if self.word(n - 2) == "no" { 3 } else { 2 };
        if n - words > at && self.word(n - words) == "with" {
            (from, self.tokens[n - words - 1].end)
        } else {
            (from, to)
        }
    }

    fn copied(&self, at: usize) -> Result<(usize, usize), String> {
        if self.word(at) != "(" {
            return Err("it copies a whole table: nothing that an index could serve".to_owned());
        }
        let close = self.after_parens(at) - 1;
        if close <= at + 1 {
            return Err(utility("copy"));
        }
        self.planned(at + 1)?;
        Ok((self.tokens[at + 1].start, self.tokens[close - 1].end))
    }

    /// The token after the parenthesis that closes the one at `open`.
    fn after_parens(&self, open: usize) -> usize {
        let mut depth = 0;
        for at in open..self.tokens.len() {
            match self.word(at).as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }
}

/// A word as it stands, or its begin.
fn shown(word: &str) -> String {
    if word.chars().count() <= WORD {
        return format!("`{word}`");
    }
    format!("`{}…`", word.chars().take(WORD).collect::<String>())
}

fn utility(word: &str) -> String {
    format!("a utility statement ({}): nothing that an index could serve", word.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_found_in_what_carries_them() {
        let cases = [
            ("/* x */ select 1;", "select 1"),
            ("explain (analyze, buffers) select 2", "select 2"),
            ("EXPLAIN ANALYZE VERBOSE update t set a = 1", "update t set a = 1"),
            ("explain (select 1)", "(select 1)"),
            ("prepare p (int, text) as select $1", "select $1"),
            ("declare c no scroll cursor with hold for select * from t for update", "select * from t for update"),
            ("copy (select a from t where b = 1) to stdout with (format csv)", "select a from t where b = 1"),
            ("create temp table x as select 3 with no data", "select 3"),
            ("create materialized view v (a) as select 4", "select 4"),
            ("create unlogged table if not exists x (a) as values (1)", "values (1)"),
        ];
        for (text, expected) in cases {
            assert_eq!(inner(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn utility_statements_say_what_they_are() {
        let reason = |text: &str| inner(text).expect_err(text).reason;
        assert!(reason("VACUUM t").contains("(VACUUM)"));
        assert!(reason("create view v as select 1").contains("(CREATE)"));
        assert!(reason("create index on t (a)").contains("(CREATE)"));
        assert!(reason("copy t from stdin").contains("whole table"));
        assert!(reason("fetch 10 from c").contains("cursor"));
        assert!(reason("execute p(1)").contains("prepared"));
        assert!(reason("  ").contains("empty"));
        assert!(is_utility("begin") && !is_utility("table t"));
    }

    #[test]
    fn what_is_no_sql_is_called_that() {
        for text in ["Dear customer, thank you", "{\"a\": 1}", "selekt 1", &"x".repeat(200)] {
            let reason = inner(text).expect_err(text).reason;
            assert!(reason.starts_with("no SQL") && reason.len() < 120, "{text}: {reason}");
        }
    }
}

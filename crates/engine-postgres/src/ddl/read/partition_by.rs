//! `ALTER TABLE t PARTITION BY RANGE (c) (PARTITION p FOR VALUES …, …)`: what users mean when they want an existing table
//! partitioned. The server's grammar has no such clause, so it is recognised before the parser.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, Token};
use squawk_syntax::SourceFile;

use super::alter;
use crate::ddl::{Act, Action, Clause};

/// The statement, when it is one of these and nothing else.
pub(super) fn read(sql: &str) -> Option<Act> {
    let tokens: Vec<Token> = Lexer::new(sql, Dialect::Postgres).filter(Token::significant).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.text(sql).eq_ignore_ascii_case(word));
    if !is(0, "alter") || !is(1, "table") {
        return None;
    }
    let at = (2..tokens.len().min(9)).find(|&at| is(at, "partition") && is(at + 1, "by"))?;
    let (start, after) = (tokens[at].start, tokens[at + 1].end);
    let head = SourceFile::parse(&sql[..start]);
    if !head.errors().is_empty() {
        return None;
    }
    let mut act = alter::read(&head.syntax_node().children().next()?)?;
    let Act::Alter { clauses, .. } = &mut act else { return None };
    if !clauses.is_empty() {
        return None;
    }
    let end = sql.trim_end().trim_end_matches(';').trim_end().len();
    clauses.push(Clause {
        action: Action::PartitionBy { text: sql[after..end].trim().to_owned() },
        text: sql[start..end].to_owned(),
        range: start..end,
    });
    Some(act)
}

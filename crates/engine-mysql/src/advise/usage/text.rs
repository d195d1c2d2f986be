//! The tokens of a resolved statement, with what is needed to find one's way in them.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{self, Token, TokenKind};

/// A resolved statement: the text, and its tokens without blanks and comments.
pub(super) struct Text<'t> {
    sql: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Text<'t> {
    pub(super) fn new(sql: &'t str) -> Self {
        let tokens = lex::tokens(sql, Dialect::Mysql).into_iter().filter(Token::significant).collect();
        Self { sql, tokens }
    }

    pub(super) const fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// A token's text; empty behind the end.
    pub(super) fn at(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    /// Whether a token is this keyword or symbol.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        let fits = |kind| matches!(kind, TokenKind::Word | TokenKind::Symbol);
        self.kind(at).is_some_and(fits) && self.at(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// A quoted name without its quotes.
    pub(super) fn name(&self, at: usize) -> Option<String> {
        if self.kind(at)? != TokenKind::Quoted {
            return None;
        }
        let inner = self.at(at).strip_prefix('`')?.strip_suffix('`')?;
        Some(inner.replace("``", "`"))
    }

    /// Names joined by dots from a token on, and the token behind them.
    pub(super) fn chain(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let mut names = vec![self.name(at)?];
        let mut next = at + 1;
        while self.is(next, ".") {
            let Some(name) = self.name(next + 1) else { break };
            names.push(name);
            next += 2;
        }
        Some((names, next))
    }

    /// The token behind the parenthesis that closes the one at `open`.
    pub(super) fn behind(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.len() {
            if self.is(at, "(") {
                depth += 1;
            } else if self.is(at, ")") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
        }
        self.len()
    }

    /// Whether a query begins here, in any number of parentheses.
    pub(super) fn is_query(&self, mut at: usize) -> bool {
        while self.is(at, "(") {
            at += 1;
        }
        self.is_any(at, &["select", "with", "values"])
    }

    /// Whether there is nothing between two neighbours.
    pub(super) fn adjacent(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(one), Some(next)) if one.end == next.start)
    }

    /// The text of some tokens, names of columns without their tables.
    pub(super) fn bare(&self, from: usize, to: usize) -> String {
        let (mut text, mut at, mut last) = (String::new(), from, None);
        while at < to.min(self.len()) {
            if last.is_some_and(|last: usize| !self.adjacent(last)) {
                text.push(' ');
            }
            let next = match self.chain(at) {
                Some((names, next)) if next <= to => {
                    text.push_str(&Dialect::Mysql.ident(names.last().map_or("", String::as_str)));
                    next
                }
                _ => {
                    text.push_str(self.at(at));
                    at + 1
                }
            };
            last = Some(next - 1);
            at = next;
        }
        text
    }
}

//! Gives a normalised statement, as servers count them, the whole names that the server's own note would have.
//!
//! Only what can be told for certain: every table is one of the catalog, and a bare column belongs to one of them alone.

use dbwright_sql::Dialect;
use dbwright_sql::keywords::needs_quotes;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};
use dbwright_sql::model::{Catalog, Table, TableKind};

const SQL: Dialect = Dialect::Mysql;
/// Words behind which a table is named.
const BEFORE: [&str; 5] = ["from", "join", "straight_join", "update", "into"];
/// Words that end a list of tables.
const BEHIND: [&str; 9] = ["where", "on", "using", "set", "group", "order", "limit", "select", "values"];

/// The text with whole names; none when it names anything but tables of the catalog.
pub(super) fn names(sql: &str, home: &str, catalog: &Catalog) -> Option<String> {
    let tokens: Vec<Token> = tokens(sql, SQL).into_iter().filter(Token::significant).collect();
    let out = vec![None; tokens.len()];
    let mut naming = Naming { sql, tokens, out, tables: Vec::new() };
    naming.references(home, catalog)?;
    naming.columns();
    Some(naming.written())
}

struct Naming<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    /// What stands in a token's place; none leaves it as it is.
    out: Vec<Option<String>>,
    /// Tables by the names that they have in the statement.
    tables: Vec<(String, &'a Table)>,
}

impl<'a> Naming<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.sql))
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word || token.kind == TokenKind::Symbol)
            && self.text(at).eq_ignore_ascii_case(word)
    }

    /// A name, quoted or not: a server prints a word that is also a keyword in capitals and without quotes.
    fn name(&self, at: usize) -> Option<String> {
        let text = self.text(at);
        match self.tokens.get(at)?.kind {
            TokenKind::Quoted => Some(unquoted(text)),
            TokenKind::Word if !needs_quotes(SQL, &text.to_ascii_lowercase()) => Some(text.to_owned()),
            _ => None,
        }
    }

    /// Gives each reference its schema and its alias.
    fn references(&mut self, home: &str, catalog: &'a Catalog) -> Option<()> {
        let mut listing = false;
        for at in 0..self.tokens.len() {
            // `ON DUPLICATE KEY UPDATE`, `FOR UPDATE`.
            let clause = at > 0 && (self.is(at - 1, "key") || self.is(at - 1, "for"));
            let begins = BEFORE.iter().any(|word| self.is(at, word)) && !clause;
            listing = (listing || begins) && !BEHIND.iter().any(|word| self.is(at, word));
            if begins || (listing && self.is(at, ",")) {
                self.reference(at + 1, home, catalog)?;
            }
        }
        (!self.tables.is_empty()).then_some(())
    }

    fn reference(&mut self, mut at: usize, home: &str, catalog: &'a Catalog) -> Option<()> {
        while self.is(at, "(") {
            at += 1;
        }
        let first = at;
        let (mut schema, mut name) = (home.to_owned(), self.name(at)?);
        if self.is(at + 1, ".") {
            (schema, name) = (name, self.name(at + 2)?);
            at += 2;
        }
        let table = catalog.tables.iter().find(|table| {
            SQL.same_name(&table.schema, &schema) && (table.name == name || table.name.eq_ignore_ascii_case(&name))
        })?;
        if table.kind == TableKind::View {
            return None;
        }
        let marked = self.is(at + 1, "as");
        let behind = at + 1 + usize::from(marked);
        let own = self.name(behind).filter(|_| marked || self.tokens[behind].kind == TokenKind::Quoted);
        let alias = own.clone().unwrap_or_else(|| table.name.clone());
        for gone in first..behind + usize::from(own.is_some()) {
            self.out[gone] = Some(String::new());
        }
        self.out[first] =
            Some(format!("{}.{} {}", SQL.ident(&table.schema), SQL.ident(&table.name), SQL.ident(&alias)));
        self.tables.push((alias, table));
        Some(())
    }

    /// Gives each bare column the table that it belongs to.
    fn columns(&mut self) {
        for at in 0..self.tokens.len() {
            let within = self.is(at + 1, ".") || (at > 0 && self.is(at - 1, "."));
            if self.out[at].is_some() || within {
                continue;
            }
            if self.is(at + 1, "(") {
                // MySQL quotes the names of functions.
                self.out[at] = self.name(at).filter(|_| self.tokens[at].kind == TokenKind::Quoted);
                continue;
            }
            let Some(name) = self.name(at) else { continue };
            let has = |(_, table): &&(String, &Table)| table.columns.iter().any(|own| SQL.same_name(&own.name, &name));
            let mut owners = self.tables.iter().filter(has);
            if let (Some((alias, _)), None) = (owners.next(), owners.next()) {
                self.out[at] = Some(format!("{}.{}", SQL.ident(alias), SQL.ident(&name)));
            }
        }
    }

    fn written(&self) -> String {
        let part = |(at, own): (usize, &Option<String>)| own.clone().unwrap_or_else(|| self.text(at).to_owned());
        let parts: Vec<String> = self.out.iter().enumerate().map(part).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

//! The text of a statement with parameters, made fit for `PREPARE`, and filled with literals.
//!
//! `pg_stat_statements` puts `$n` in the place of every constant, also where the grammar wants a constant:
//! `date $1`, `interval $2 day`, `extract($3 FROM …)`. Those are turned into casts here.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};

/// Types whose name may stand before a constant. A column of such a name is never followed by a parameter.
const TYPES: [&str; 34] = [
    "interval",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "zone",
    "numeric",
    "decimal",
    "bytea",
    "json",
    "jsonb",
    "inet",
    "cidr",
    "macaddr",
    "point",
    "box",
    "circle",
    "polygon",
    "path",
    "lseg",
    "uuid",
    "bool",
    "boolean",
    "text",
    "varchar",
    "bpchar",
    "name",
    "money",
    "xml",
    "tsvector",
    "tsquery",
    "regclass",
    "ltree",
];
/// What may follow an interval's constant.
const FIELDS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "to"];

/// What the words around a parameter say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Plain,
    /// Behind `LIMIT` or `FETCH FIRST`.
    Limit,
    /// Behind `OFFSET`.
    Offset,
    /// The one that stands for a whole list: `IN ($1 /*, ... */)`.
    List,
}

/// A parameter in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Its number, from 1.
    pub(super) number: usize,
    pub(super) place: Place,
    start: usize,
    end: usize,
    /// Whether what follows binds to the last part of a cast only.
    bind: bool,
}

/// A text with parameters `$1` to `$count`.
#[derive(Debug, Clone)]
pub(super) struct Template {
    pub(super) sql: String,
    pub(super) spots: Vec<Spot>,
    /// Whether a constant that decides the meaning (`extract(year FROM …)`) had to be made up.
    pub(super) made_up: bool,
}

impl Template {
    /// A template with what no server would take in place of a constant turned into casts.
    pub(super) fn new(text: &str) -> Self {
        let (sql, made_up) = castable(text);
        Self { made_up, ..Self::of(renumbered(&sql)) }
    }

    /// A template of a text that needs nothing done to it.
    fn of(sql: String) -> Self {
        let spots = spots(&sql);
        Self { sql, spots, made_up: false }
    }

    /// How many parameters there are.
    pub(super) fn count(&self) -> usize {
        self.spots.iter().map(|spot| spot.number).max().unwrap_or(0)
    }

    /// Where a parameter stands, when it stands at a place that says more than its type.
    pub(super) fn place(&self, number: usize) -> Place {
        let places = self.spots.iter().filter(|spot| spot.number == number).map(|spot| spot.place);
        places.fold(Place::Plain, |known, place| if known == Place::Plain { place } else { known })
    }

    /// The first occurrence of a parameter with a cast, for one whose type nothing tells.
    pub(super) fn with_cast(&self, number: usize, kind: &str) -> Option<Self> {
        let spot = self.spots.iter().find(|spot| spot.number == number)?;
        let sql = format!("{}::{kind}{}", &self.sql[..spot.end], &self.sql[spot.end..]);
        Some(Self { made_up: self.made_up, ..Self::of(sql) })
    }

    /// The name at a byte, with what is joined to it by dots; its text and range.
    pub(super) fn name_at(&self, byte: usize) -> Option<(&str, std::ops::Range<usize>)> {
        let tokens: Vec<_> = tokens(&self.sql, Dialect::Postgres).into_iter().filter(Token::significant).collect();
        let first = tokens.iter().position(|token| token.start == byte)?;
        let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
        if !is_name(&tokens[first]) {
            return None;
        }
        let mut last = first;
        while tokens.get(last + 1).is_some_and(|t| t.text(&self.sql) == ".")
            && tokens.get(last + 2).is_some_and(is_name)
        {
            last += 2;
        }
        let range = tokens[first].start..tokens[last].end;
        Some((&self.sql[range.clone()], range))
    }

    /// The same with another text at a range.
    pub(super) fn replaced(&self, range: &std::ops::Range<usize>, text: &str) -> Self {
        let sql = format!("{}{text}{}", &self.sql[..range.start], &self.sql[range.end..]);
        Self { made_up: self.made_up, ..Self::of(sql) }
    }

    /// The text with each parameter replaced by SQL.
    pub(super) fn filled(&self, with: impl Fn(usize) -> String) -> String {
        let mut out = String::with_capacity(self.sql.len() + 32);
        let mut at = 0;
        for spot in &self.spots {
            out.push_str(&self.sql[at..spot.start]);
            // Parts of a word may touch the parameter: `IN$1` is read as the server reads it.
            if out.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                out.push(' ');
            }
            let value = with(spot.number);
            let (open, close) = if spot.bind { ("(", ")") } else { ("", "") };
            out.extend([open, value.as_str(), close]);
            at = spot.end;
        }
        out.push_str(&self.sql[at..]);
        out
    }
}

fn number(token: &Token, sql: &str) -> Option<usize> {
    token.text(sql).strip_prefix('$')?.parse().ok().filter(|n| (1..=65_535).contains(n))
}

/// All parameters, in order.
fn spots(sql: &str) -> Vec<Spot> {
    let all = tokens(sql, Dialect::Postgres);
    let mut found = Vec::new();
    for (at, token) in all.iter().enumerate() {
        let Some(number) = (token.kind == TokenKind::Parameter).then(|| number(token, sql)).flatten() else { continue };
        let before: Vec<&Token> = all[..at].iter().rev().filter(|t| t.significant()).take(2).collect();
        let after = all[at + 1..].iter().find(|t| t.kind != TokenKind::Space);
        let list = after.is_some_and(|t| t.kind == TokenKind::Comment && t.text(sql).replace(' ', "") == "/*,...*/");
        let place = if list { Place::List } else { place(&before, sql) };
        let bind = after.is_some_and(|t| matches!(t.text(sql), "[" | "."));
        found.push(Spot { number, place, start: token.start, end: token.end, bind });
    }
    found
}

/// What the words before a parameter say, the nearest first.
fn place(before: &[&Token], sql: &str) -> Place {
    let word = |at: usize| before.get(at).map(|token| token.text(sql).to_ascii_lowercase()).unwrap_or_default();
    match (word(0).as_str(), word(1).as_str()) {
        ("limit", _) | ("first" | "next", "fetch") => Place::Limit,
        ("offset", _) => Place::Offset,
        _ => Place::Plain,
    }
}

/// Turns what may only stand with a constant into casts; and whether a meaning had to be made up.
fn castable(sql: &str) -> (String, bool) {
    let all: Vec<_> = tokens(sql, Dialect::Postgres).into_iter().filter(Token::significant).collect();
    let word = |at: usize| all.get(at).map_or_else(String::new, |token: &Token| token.text(sql).to_ascii_lowercase());
    let (mut out, mut copied, mut made_up) = (String::with_capacity(sql.len() + 16), 0, false);
    for at in 1..all.len() {
        if all[at].kind != TokenKind::Parameter || all[at].start < copied {
            continue;
        }
        let parameter = all[at].text(sql);
        if at >= 2 && word(at - 2) == "extract" && word(at - 1) == "(" && word(at + 1) == "from" {
            out.push_str(&sql[copied..all[at].start]);
            out.push_str("year");
            (copied, made_up) = (all[at].end, true);
        } else if let Some((first, kind)) = typed(&word, at) {
            let mut last = at;
            while kind == "interval" && FIELDS.contains(&word(last + 1).as_str()) {
                last += 1;
            }
            out.push_str(&sql[copied..all[first].start]);
            out.extend([parameter, "::", kind.as_str()]);
            copied = all[last].end;
        }
    }
    out.push_str(&sql[copied..]);
    (out, made_up)
}

/// The type that stands before the parameter at `at`, and where its name begins.
fn typed(word: &dyn Fn(usize) -> String, at: usize) -> Option<(usize, String)> {
    let name = word(at - 1);
    if name == "precision" && at >= 2 && word(at - 2) == "double" {
        return Some((at - 2, "double precision".to_owned()));
    }
    if name == "zone" {
        let spelled = at >= 4 && word(at - 2) == "time" && matches!(word(at - 3).as_str(), "with" | "without");
        let zone = spelled.then(|| word(at - 4)).filter(|base| matches!(base.as_str(), "time" | "timestamp"))?;
        return Some((at - 4, format!("{zone} {} time zone", word(at - 3))));
    }
    let cast = at >= 2 && matches!(word(at - 2).as_str(), ":" | "." | "as");
    (TYPES.contains(&name.as_str()) && !cast).then(|| (at - 1, name))
}

/// Parameters numbered without gaps: one that nothing mentions would have no type.
fn renumbered(sql: &str) -> String {
    let template = Template::of(sql.to_owned());
    let mut known: Vec<usize> = template.spots.iter().map(|spot| spot.number).collect();
    known.sort_unstable();
    known.dedup();
    if known.last() == Some(&known.len()) || known.is_empty() {
        return template.sql;
    }
    template.filled(|number| format!("${}", known.partition_point(|&n| n < number) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> String {
        Template::new(text).sql
    }

    #[test]
    fn constants_that_carry_their_type_become_casts() {
        assert_eq!(sql("select date $1 - interval $2 day"), "select $1::date - $2::interval");
        assert_eq!(sql("x < timestamp with time zone $1"), "x < $1::timestamp with time zone");
        assert_eq!(sql("x::date = $1 and date = $2"), "x::date = $1 and date = $2");
        assert_eq!(sql("double precision $1"), "$1::double precision");
    }

    #[test]
    fn an_extracted_field_is_made_up_and_numbers_stay_dense() {
        let template = Template::new("select extract($1 FROM d) from t where a = $2");
        assert_eq!(template.sql, "select extract(year FROM d) from t where a = $1");
        assert!(template.made_up);
    }

    #[test]
    fn parameters_inside_strings_comments_and_bodies_stay() {
        let text = "select '$1', $$ $1 $$, \"$1\", a$1 /* $1 */ from t where b = $1 -- $1";
        let filled = Template::new(text).filled(|_| "'x'::text".to_owned());
        assert_eq!(filled, "select '$1', $$ $1 $$, \"$1\", a$1 /* $1 */ from t where b = 'x'::text -- $1");
    }

    #[test]
    fn places_tell_limits_and_squashed_lists() {
        let template = Template::new("select * from t where a in ($1 /*, ... */) limit $2 offset $3");
        assert_eq!([1, 2, 3].map(|n| template.place(n)), [Place::List, Place::Limit, Place::Offset]);
        assert_eq!(Template::new("select ($1)[1], $2[1]").filled(|_| "v".into()), "select (v)[1], (v)[1]");
    }

    #[test]
    fn a_name_is_found_with_its_qualifiers() {
        let template = Template::new("select * from app . orders o");
        let (name, range) = template.name_at(14).expect("a name");
        assert_eq!((name, range), ("app . orders", 14..26));
    }
}

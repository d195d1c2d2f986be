//! Which column each parameter is compared with, and how, as the generic plan prints it.
//!
//! PostgreSQL prints conditions with every operator in parentheses of its own, so that no precedence is needed.

use std::collections::HashMap;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};

use crate::explain::Plan;

/// One comparison of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    /// Number of the parameter.
    pub(super) parameter: usize,
    /// Schema and table that it is compared with.
    pub(super) relation: (String, String),
    /// Column.
    pub(super) column: String,
    /// The operator as if the column stood on its left.
    pub(super) operator: String,
    /// Whether the parameter is one side of an arithmetic or of a function call: `$1 || '%'`, `now() - $1`.
    pub(super) derived: bool,
    /// Whether the column stands inside an expression: `lower(name)`, `data ->> 'k'`.
    pub(super) expression: Option<String>,
}

/// Comparisons of a plan's parameters with columns, in the order of the plan.
pub(super) fn bounds(plan: &Plan) -> Vec<Bound> {
    let mut relations: HashMap<&str, (String, String)> = HashMap::new();
    for node in plan.walk() {
        if let (Some(alias), Some(relation)) = (&node.alias, &node.relation) {
            let named = (node.schema.clone().unwrap_or_default(), relation.clone());
            relations.entry(alias).or_insert(named);
        }
    }
    let mut found = Vec::new();
    for text in plan.walk().flat_map(texts).filter(|text| text.contains('$')) {
        for bound in Reader::new(text, &relations).all() {
            if !found.contains(&bound) {
                found.push(bound);
            }
        }
    }
    found
}

/// Parts of a node that may compare.
fn texts(node: &Plan) -> impl Iterator<Item = &String> {
    let single = [
        &node.index_cond,
        &node.filter,
        &node.recheck_cond,
        &node.tid_cond,
        &node.hash_cond,
        &node.merge_cond,
        &node.join_filter,
        &node.one_time_filter,
        &node.order_by,
        &node.conflict_filter,
    ];
    single.into_iter().flatten().chain(&node.sort_key).chain(&node.group_key).chain(&node.output)
}

/// One printed condition.
struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    relations: &'a HashMap<&'a str, (String, String)>,
}

/// What became of the way from a parameter up to a comparison.
struct Way {
    first: usize,
    last: usize,
    derived: bool,
    list: bool,
    /// Position in a row comparison.
    member: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, relations: &'a HashMap<&'a str, (String, String)>) -> Self {
        let tokens = tokens(text, Dialect::Postgres).into_iter().filter(Token::significant).collect();
        Self { text, tokens, relations }
    }

    fn all(&self) -> Vec<Bound> {
        let parameters = self.tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Parameter);
        parameters.filter_map(|(at, token)| self.bound(at, token.text(self.text)[1..].parse().ok()?)).collect()
    }

    fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.text(self.text))
    }

    /// The word before, `""` at the start.
    fn before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |at| self.word(at))
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted))
    }

    /// Climbs from a parameter through casts, parentheses, calls and arithmetic to a comparison with a column.
    fn bound(&self, at: usize, parameter: usize) -> Option<Bound> {
        let mut way = Way { first: at, last: at, derived: false, list: false, member: None };
        loop {
            if self.word(way.last + 1) == ":" && self.word(way.last + 2) == ":" {
                way.last = self.after_type(way.last + 3) - 1;
            } else if self.word(way.last + 1) == "COLLATE" {
                way.last += 2;
            } else if let Some((text, other, flip)) = self.operator(&way) {
                if !arithmetic(&text) || (picks(&text) && !flip) {
                    return self.compared(parameter, &way, &text, other, flip);
                }
                if distance(&text)
                    && let Some(bound) = self.compared(parameter, &way, &text, other, flip)
                {
                    return Some(bound);
                }
                way = Way { first: way.first.min(other.0), last: way.last.max(other.1), derived: true, ..way };
            } else if !self.enclose(&mut way) {
                return None;
            }
        }
    }

    /// Widens to the enclosing parentheses, call, array or row; false at the top.
    fn enclose(&self, way: &mut Way) -> bool {
        let (Some(open), Some(close)) = (self.open(way.first), self.close(way.last)) else { return false };
        let alone = open + 1 == way.first && close == way.last + 1;
        let name = self.before(open);
        let (mut first, called) = (open, self.is_name_of_call(open));
        if self.word(open) == "[" {
            way.list = true;
            first = if name == "ARRAY" { open - 1 } else { open };
        } else if matches!(name, "ANY" | "ALL") {
            (way.list, first) = (true, open - 1);
        } else if name == "ROW" {
            way.member = Some(self.commas(open + 1, way.first));
            first = open - 1;
        } else if called {
            way.derived = true;
            first = self.name_start(open - 1);
        } else if !alone {
            return false;
        }
        (way.first, way.last) = (first, close);
        true
    }

    /// Whether the parenthesis at `open` follows a function's name. Keywords are printed in upper case.
    fn is_name_of_call(&self, open: usize) -> bool {
        let name = self.before(open);
        open > 0 && self.is_name(open - 1) && (name.starts_with('"') || name.chars().any(|c| c.is_ascii_lowercase()))
    }

    /// First token of a name with dots that ends at `last`.
    fn name_start(&self, last: usize) -> usize {
        let mut first = last;
        while first >= 2 && self.word(first - 1) == "." && self.is_name(first - 2) {
            first -= 2;
        }
        first
    }

    /// The opening bracket around the token at `at`.
    fn open(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        (0..at).rev().find(|&i| match self.word(i) {
            ")" | "]" => {
                depth += 1;
                false
            }
            "(" | "[" if depth == 0 => true,
            "(" | "[" => {
                depth -= 1;
                false
            }
            _ => false,
        })
    }

    /// The closing bracket around the token at `at`.
    fn close(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        (at + 1..self.tokens.len()).find(|&i| match self.word(i) {
            "(" | "[" => {
                depth += 1;
                false
            }
            ")" | "]" if depth == 0 => true,
            ")" | "]" => {
                depth -= 1;
                false
            }
            _ => false,
        })
    }

    /// Commas outside brackets between two tokens.
    fn commas(&self, from: usize, to: usize) -> usize {
        let (mut depth, mut count) = (0, 0);
        for at in from..to {
            match self.word(at) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                "," if depth == 0 => count += 1,
                _ => {}
            }
        }
        count
    }

    /// The operator beside a span, what stands on its other side, and whether that is on the right.
    fn operator(&self, way: &Way) -> Option<(String, (usize, usize), bool)> {
        if way.first >= 2 && self.is_operator(way.first - 1) {
            let start = self.operator_start(way.first - 1);
            let from = self.operand_start(start)?;
            return Some((self.joined(start, way.first - 1), (from, start - 1), false));
        }
        if self.is_operator(way.last + 1) {
            let mut end = way.last + 1;
            while self.is_operator(end + 1) && self.touches(end) {
                end += 1;
            }
            let to = self.operand_end(end + 1)?;
            return Some((self.joined(way.last + 1, end), (end + 1, to), true));
        }
        None
    }

    fn is_operator(&self, at: usize) -> bool {
        let symbol = self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Symbol);
        symbol && !matches!(self.word(at), "(" | ")" | "[" | "]" | "," | "." | ":" | ";")
    }

    /// Whether no space stands between a token and the next.
    fn touches(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|next| next.start == self.tokens[at].end)
    }

    fn operator_start(&self, last: usize) -> usize {
        let mut first = last;
        while first > 0 && self.is_operator(first - 1) && self.touches(first - 1) {
            first -= 1;
        }
        first
    }

    fn joined(&self, first: usize, last: usize) -> String {
        (first..=last).map(|at| self.word(at)).collect()
    }

    /// Where the operand begins that ends before `end`: at the enclosing bracket or comma.
    fn operand_start(&self, end: usize) -> Option<usize> {
        let from = self.open(end).map_or(0, |open| open + 1);
        let mut depth = 0;
        let comma = (from..end).rev().find(|&at| {
            match self.word(at) {
                ")" | "]" => depth += 1,
                "(" | "[" => depth -= 1,
                _ => {}
            }
            depth == 0 && self.word(at) == ","
        });
        let from = comma.map_or(from, |at| at + 1);
        (from < end).then_some(from)
    }

    fn operand_end(&self, start: usize) -> Option<usize> {
        let to = self.close(start.checked_sub(1)?).unwrap_or(self.tokens.len());
        let comma = (start..to).find(|&at| self.word(at) == "," && self.commas(start, at) == 0);
        let to = comma.unwrap_or(to);
        (start < to).then(|| to - 1)
    }

    /// The token after a type's name that begins at `at`.
    fn after_type(&self, at: usize) -> usize {
        let mut next = at;
        while self.is_name(next) && !self.word(next).chars().all(|c| c.is_ascii_uppercase()) || self.word(next) == "." {
            next += 1;
        }
        if self.word(next) == "(" {
            next = self.close(next).map_or(next, |close| close + 1);
        }
        // `timestamp(3) without time zone`
        while matches!(self.word(next), "with" | "without" | "time" | "zone") {
            next += 1;
        }
        while self.word(next) == "[" && self.word(next + 1) == "]" {
            next += 2;
        }
        next.max(at + 1)
    }

    fn compared(
        &self,
        parameter: usize,
        way: &Way,
        operator: &str,
        mut other: (usize, usize),
        flip: bool,
    ) -> Option<Bound> {
        if let Some(member) = way.member {
            other = self.member(other, member)?;
        }
        let (alias, column) = self.only_column(other)?;
        let relation = self.relations.get(alias.as_str())?.clone();
        let expression =
            (!self.is_bare(other)).then(|| self.text[self.tokens[other.0].start..self.tokens[other.1].end].to_owned());
        let operator = if flip { flipped(operator) } else { operator.to_owned() };
        Some(Bound { parameter, relation, column, operator, derived: way.derived, expression })
    }

    /// A member of a row.
    fn member(&self, row: (usize, usize), member: usize) -> Option<(usize, usize)> {
        if self.word(row.0) != "ROW" {
            return None;
        }
        let (from, to) = (row.0 + 2, row.1);
        let at = |index: usize| {
            (from..to).find(|&at| self.commas(from, at) == index && (index == 0 || self.word(at - 1) == ","))
        };
        let first = at(member)?;
        let last = (first..to).find(|&at| self.word(at) == "," && self.commas(first, at) == 0).unwrap_or(to);
        (first < last).then(|| (first, last - 1))
    }

    /// The one column that a span mentions; none when it mentions several or none.
    fn only_column(&self, (first, last): (usize, usize)) -> Option<(String, String)> {
        let mut found: Option<(String, String)> = None;
        for at in first..last {
            if self.is_name(at)
                && self.word(at + 1) == "."
                && self.is_name(at + 2)
                && at + 2 <= last
                && self.word(at + 3) != "("
            {
                let named = (plain(self.word(at)), plain(self.word(at + 2)));
                if !self.relations.contains_key(named.0.as_str()) {
                    continue;
                }
                if found.as_ref().is_some_and(|known| *known != named) {
                    return None;
                }
                found = Some(named);
            }
        }
        found
    }

    /// Whether a span is a column with nothing but parentheses and casts around it.
    fn is_bare(&self, (first, last): (usize, usize)) -> bool {
        let mut at = (first..=last).find(|&at| self.word(at) != "(").unwrap_or(first);
        if !(self.is_name(at) && self.word(at + 1) == "." && self.is_name(at + 2)) {
            return false;
        }
        at += 3;
        while at <= last {
            if self.word(at) == ")" {
                at += 1;
            } else if self.word(at) == ":" && self.word(at + 1) == ":" {
                at = self.after_type(at + 2);
            } else {
                return false;
            }
        }
        true
    }
}

/// A name without its quotes.
fn plain(name: &str) -> String {
    name.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .map_or_else(|| name.to_owned(), |inner| inner.replace("\"\"", "\""))
}

/// Whether an operator makes a value instead of comparing.
fn arithmetic(operator: &str) -> bool {
    matches!(operator, "+" | "-" | "*" | "/" | "%" | "^" | "||" | "->" | "->>" | "#>" | "#>>" | "&" | "|" | "#")
        || distance(operator)
}

/// Whether an operator's right side names a part of the left one.
fn picks(operator: &str) -> bool {
    matches!(operator, "->" | "->>" | "#>" | "#>>")
}

/// Whether an operator gives a distance: `<->`, `<=>`, `<#>`.
fn distance(operator: &str) -> bool {
    operator.len() > 2 && operator.starts_with('<') && operator.ends_with('>')
}

/// The operator with its sides exchanged.
fn flipped(operator: &str) -> String {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let relations: HashMap<&str, _> =
            [("t", "t"), ("o", "Orders")].map(|(alias, name)| (alias, ("app".to_owned(), name.to_owned()))).into();
        let bounds = Reader::new(text, &relations).all();
        let show = |b: Bound| {
            let whole = b.expression.map_or_else(String::new, |text| format!(" in {text}"));
            let derived = if b.derived { " derived" } else { "" };
            format!("{}.{} {} ${}{derived}{whole}", b.relation.1, b.column, b.operator, b.parameter)
        };
        bounds.into_iter().map(show).collect()
    }

    #[test]
    fn plain_comparisons_name_their_column() {
        assert_eq!(read("(t.a = $1)"), ["t.a = $1"]);
        assert_eq!(read("((t.a >= $1) AND (t.a <= $2))"), ["t.a >= $1", "t.a <= $2"]);
        assert_eq!(read("($1 < o.\"Total\")"), ["Orders.Total > $1"]);
        assert_eq!(read("((t.name)::text ~~ ($1)::text)"), ["t.name ~~ $1"]);
        assert_eq!(read("(t.d > ($1)::timestamp(3) without time zone)"), ["t.d > $1"]);
    }

    #[test]
    fn lists_rows_and_containers_are_seen_through() {
        assert_eq!(read("(t.a = ANY ($1))"), ["t.a = $1"]);
        assert_eq!(read("(t.a = ANY (ARRAY[$1, $2]))"), ["t.a = $1", "t.a = $2"]);
        assert_eq!(read("(ROW(t.a, t.b) > ROW($1, ($2)::text))"), ["t.a > $1", "t.b > $2"]);
        assert_eq!(read("(t.tags @> $1)"), ["t.tags @> $1"]);
        assert_eq!(read("(t.doc ->> $1)"), ["t.doc ->> $1"]);
    }

    #[test]
    fn what_is_done_to_either_side_is_told() {
        assert_eq!(read("(t.d > (now() - $1))"), ["t.d > $1 derived"]);
        assert_eq!(read("(t.name ~~ (('%'::text || $1) || '%'::text))"), ["t.name ~~ $1 derived"]);
        assert_eq!(read("(t.fts @@ plainto_tsquery('english'::regconfig, $1))"), ["t.fts @@ $1 derived"]);
        assert_eq!(read("(lower((t.name)::text) = $1)"), ["t.name = $1 in lower((t.name)::text)"]);
        assert_eq!(read("((t.doc ->> 'k'::text) = $1)"), ["t.doc = $1 in (t.doc ->> 'k'::text)"]);
        assert_eq!(read("(t.v <-> $1)"), ["t.v <-> $1"]);
    }

    #[test]
    fn what_compares_no_single_column_gives_nothing() {
        assert_eq!(read("((t.a + t.b) = $1)"), [""; 0]);
        assert_eq!(read("($1 IS NULL)"), [""; 0]);
        assert_eq!(read("(sub.total > $1)"), [""; 0]);
        assert_eq!(read("(($1 IS NULL) OR (t.a = $1))"), ["t.a = $1"]);
    }
}

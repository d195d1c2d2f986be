//! Which columns statements compare with which, from their normalised text.
//!
//! No parser: names in a normalised text are quoted and keywords are not, so that tables with their aliases and `a.x = b.y`
//! can be told. What can't be told is left out; a rule that reports nothing there is mild, one that guesses is not.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};
use dbwright_sql::model::{Column, Table};

use crate::body::{Body, Digest};

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side<'a> {
    /// Table.
    pub(crate) table: &'a Table,
    /// Column.
    pub(crate) column: &'a Column,
}

/// Two columns that statements compare, with what these statements cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// One column.
    pub(crate) left: Side<'a>,
    /// The other.
    pub(crate) right: Side<'a>,
    /// Calls of all statements that compare them.
    pub(crate) calls: u64,
    /// Their time in ms.
    pub(crate) total_ms: f64,
    /// The one that took most time.
    pub(crate) worst: &'a Digest,
}

/// All pairs of the counted statements.
pub(crate) fn pairs(body: &Body) -> Vec<Pair<'_>> {
    let mut found: BTreeMap<(u64, i32, u64, i32), Pair<'_>> = BTreeMap::new();
    for digest in &body.statements.statements {
        let mut seen = Vec::new();
        for (left, right) in compared(body, digest) {
            let (left, right) = if (left.table.id, left.column.number) <= (right.table.id, right.column.number) {
                (left, right)
            } else {
                (right, left)
            };
            let key = (left.table.id, left.column.number, right.table.id, right.column.number);
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let pair = found.entry(key).or_insert(Pair { left, right, calls: 0, total_ms: 0.0, worst: digest });
            pair.calls += digest.calls;
            pair.total_ms += digest.total_ms;
            if digest.total_ms > pair.worst.total_ms {
                pair.worst = digest;
            }
        }
    }
    found.into_values().collect()
}

/// A token that matters: a name, a keyword in upper case, or a sign.
#[derive(Debug, PartialEq)]
enum Part {
    Name(String),
    Word(String),
    Sign(char),
}

fn parts(sql: &str) -> Vec<Part> {
    let significant = tokens(sql, Dialect::Mysql).into_iter().filter(Token::significant);
    significant
        .map(|token| {
            let text = token.text(sql);
            match token.kind {
                TokenKind::Quoted => Part::Name(unquoted(text)),
                TokenKind::Word => Part::Word(text.to_ascii_uppercase()),
                _ => Part::Sign(text.chars().next().unwrap_or(' ')),
            }
        })
        .collect()
}

/// Words that are keywords where a statement is not normalised; others count as names there.
const KEYWORDS: [&str; 60] = [
    "SELECT",
    "DISTINCT",
    "FROM",
    "JOIN",
    "STRAIGHT_JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "OUTER",
    "CROSS",
    "NATURAL",
    "ON",
    "USING",
    "WHERE",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "LIKE",
    "BETWEEN",
    "EXISTS",
    "AS",
    "GROUP",
    "BY",
    "HAVING",
    "ORDER",
    "ASC",
    "DESC",
    "LIMIT",
    "OFFSET",
    "UNION",
    "ALL",
    "INSERT",
    "INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "DELETE",
    "REPLACE",
    "DUPLICATE",
    "KEY",
    "FORCE",
    "USE",
    "IGNORE",
    "INDEX",
    "FOR",
    "LOCK",
    "WITH",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "INTERVAL",
    "PARTITION",
    "WINDOW",
    "RETURNING",
];

/// The parts of a statement as somebody wrote it.
fn written_parts(sql: &str) -> Vec<Part> {
    let name = |part| match part {
        Part::Word(word) if !KEYWORDS.contains(&word.as_str()) => Part::Name(word),
        other => other,
    };
    // Names keep their case; `parts` gives keywords in capitals.
    let significant = tokens(sql, Dialect::Mysql).into_iter().filter(Token::significant);
    let texts: Vec<&str> = significant.map(|token| token.text(sql)).collect();
    let named = |(part, text): (Part, &&str)| match name(part) {
        Part::Name(_) if !text.starts_with('`') => Part::Name((*text).to_owned()),
        other => other,
    };
    parts(sql).into_iter().zip(&texts).map(named).collect()
}

/// The columns that a statement, as somebody wrote it, compares with numbers in `=` and `IN`: paths of names, no values.
pub(crate) fn compared_with_numbers(sql: &str) -> Vec<Vec<String>> {
    let parts = written_parts(sql);
    let digit = |at: usize| {
        let at = if parts.get(at) == Some(&Part::Sign('-')) { at + 1 } else { at };
        matches!(parts.get(at), Some(Part::Sign(c)) if c.is_ascii_digit())
    };
    let word = |at: usize, text: &str| matches!(parts.get(at), Some(Part::Word(word)) if word == text);
    let (mut found, mut compares, mut at) = (Vec::new(), false, 0);
    while at < parts.len() {
        match &parts[at] {
            Part::Word(word) if matches!(word.as_str(), "WHERE" | "ON" | "HAVING") => compares = true,
            Part::Word(word)
                if matches!(word.as_str(), "SELECT" | "SET" | "UPDATE" | "VALUES" | "ORDER" | "GROUP" | "LIMIT") =>
            {
                compares = false;
            }
            _ => {}
        }
        let Some((names, next)) = path(&parts, at) else {
            at += 1;
            continue;
        };
        let equal = parts.get(next) == Some(&Part::Sign('=')) && digit(next + 1);
        let listed = word(next, "IN") && parts.get(next + 1) == Some(&Part::Sign('(')) && digit(next + 2);
        let turned = at >= 2
            && parts[at - 1] == Part::Sign('=')
            && digit(at - 2)
            && !(at >= 3 && matches!(parts[at - 3], Part::Sign('.' | '+' | '-' | '*' | '/')));
        if compares && (equal || listed || turned) && !found.contains(&names) {
            found.push(names);
        }
        at = next;
    }
    found
}

/// The columns that paths in a statement mean, with their tables.
pub(crate) fn columns<'a>(body: &'a Body, schema: Option<&str>, sql: &str, paths: &[Vec<String>]) -> Vec<Side<'a>> {
    let known = known(body, schema, tables(&written_parts(sql)));
    paths.iter().filter_map(|path| side(&known, path)).collect()
}

/// The tables of the user's that a counted statement names.
pub(crate) fn named<'a>(body: &'a Body, digest: &Digest) -> Vec<&'a Table> {
    let known = known(body, digest.schema.as_deref(), tables(&parts(&digest.text)));
    known.into_iter().map(|(_, table)| table).collect()
}

/// The tables of a statement: alias, then schema where it is named, and table.
fn tables(parts: &[Part]) -> Vec<(String, Option<String>, String)> {
    let mut found = Vec::new();
    for at in 0..parts.len() {
        let begins = match &parts[at] {
            Part::Word(word) => matches!(word.as_str(), "FROM" | "JOIN" | "STRAIGHT_JOIN" | "UPDATE"),
            Part::Sign(',') => !found.is_empty(),
            _ => false,
        };
        let Some((names, next)) = path(parts, at + 1).filter(|_| begins) else { continue };
        let (schema, table) = match names.as_slice() {
            [table] => (None, table.clone()),
            [schema, table] => (Some(schema.clone()), table.clone()),
            _ => continue,
        };
        let next = if parts.get(next) == Some(&Part::Word("AS".to_owned())) { next + 1 } else { next };
        let alias = match parts.get(next) {
            Some(Part::Name(alias)) => alias.clone(),
            _ => table.clone(),
        };
        found.push((alias, schema, table));
    }
    found
}

/// Names joined by dots from a place on, and the place after them.
fn path(parts: &[Part], mut at: usize) -> Option<(Vec<String>, usize)> {
    let mut names = Vec::new();
    while let Some(Part::Name(name)) = parts.get(at) {
        names.push(name.clone());
        at += 1;
        if parts.get(at) != Some(&Part::Sign('.')) {
            break;
        }
        at += 1;
    }
    (!names.is_empty()).then_some((names, at))
}

/// The comparisons of two columns.
fn compared<'a>(body: &'a Body, digest: &Digest) -> Vec<(Side<'a>, Side<'a>)> {
    let parts = parts(&digest.text);
    let known = known(body, digest.schema.as_deref(), tables(&parts));
    let mut found = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let Some((left, next)) = path(&parts, at) else {
            at += 1;
            continue;
        };
        at = next;
        if parts.get(next) != Some(&Part::Sign('=')) {
            continue;
        }
        let Some((right, _)) = path(&parts, next + 1) else { continue };
        if let (Some(left), Some(right)) = (side(&known, &left), side(&known, &right)) {
            found.push((left, right));
        }
    }
    found
}

/// The tables that are known of those that a statement names.
fn known<'a>(
    body: &'a Body,
    home: Option<&str>,
    named: Vec<(String, Option<String>, String)>,
) -> Vec<(String, &'a Table)> {
    let find = |(alias, schema, name): (String, Option<String>, String)| {
        let schema = schema.or_else(|| home.map(str::to_owned))?;
        let table = body.catalog.tables.iter().find(|table| table.schema == schema && table.name == name)?;
        Some((alias, table))
    };
    named.into_iter().filter_map(find).collect()
}

/// The column that a path means.
fn side<'a>(known: &[(String, &'a Table)], path: &[String]) -> Option<Side<'a>> {
    let (name, alias) = match path {
        [name] => (name, None),
        [.., alias, name] => (name, Some(alias)),
        [] => return None,
    };
    let column = |table: &'a Table| {
        let column = table.columns.iter().find(|column| Dialect::Mysql.same_name(&column.name, name))?;
        Some(Side { table, column })
    };
    let mut sides =
        known.iter().filter(|(own, _)| alias.is_none_or(|alias| own == alias)).filter_map(|(_, table)| column(table));
    let first = sides.next()?;
    // A bare name that two tables have means neither for certain.
    (alias.is_some() || sides.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_are_compared_with_numbers_are_told() {
        let paths = |sql: &str| compared_with_numbers(sql).iter().map(|path| path.join(".")).collect::<Vec<_>>();
        assert_eq!(paths("SELECT * FROM people p WHERE p.Phone = 4711 AND name = 'x'"), ["p.Phone"]);
        assert_eq!(paths("select * from `people` where `zip` in (1, 2) order by 1"), ["zip"]);
        assert_eq!(paths("UPDATE people SET phone = 5, n = 3 WHERE 17 = code"), ["code"]);
        assert_eq!(paths("INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 5"), [""; 0]);
        assert_eq!(paths("SELECT a = 1 FROM t WHERE length(b) = 3 AND c + 1 = 5 AND d = ?"), [""; 0]);
        assert_eq!(paths("DELETE FROM t WHERE code = -3"), ["code"]);
    }

    #[test]
    fn tables_are_told_with_their_aliases() {
        let sql = "SELECT `c` . `id` FROM `customers` `c` JOIN `shop` . `letters` AS `l` ON `l` . `email` = `c` . `email` , `other` WHERE `c` . `id` = ?";
        let found = tables(&parts(sql));
        let names: Vec<_> =
            found.iter().map(|(alias, schema, table)| (alias.as_str(), schema.as_deref(), table.as_str())).collect();
        assert_eq!(names, [("c", None, "customers"), ("l", Some("shop"), "letters"), ("other", None, "other")]);
    }
}

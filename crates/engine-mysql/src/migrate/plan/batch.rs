//! UPDATE and DELETE as a statement for one range of a key, where no row depends on another.

use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};
use crate::migrate::text::lex::{Kind, Lexer, Token};

/// A statement for one range.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// With `{range}`, the table known as `s`.
    pub(super) sql: String,
    /// Columns that it sets.
    pub(super) sets: Vec<String>,
    /// Whether it deletes.
    pub(super) deletes: bool,
    /// What differs from the statement done at once.
    pub(super) notes: Vec<String>,
}

/// Functions of the moment: one statement has one of it, batches have one each.
const MOMENTS: &[&str] = &[
    "now",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "sysdate",
    "curdate",
    "current_date",
    "curtime",
    "current_time",
    "utc_timestamp",
    "utc_date",
    "utc_time",
    "unix_timestamp",
];

/// Functions that tell of the statement before.
const BEFORE: &[&str] = &["last_insert_id", "row_count", "found_rows"];

/// The statement for one range; or why it can't be cut.
pub(super) fn batch(sql: &str, table: &str) -> Result<Batch, String> {
    let several = || "it concerns several tables".to_owned();
    if sql.contains("{range}") || Lexer::new(sql).any(|token| token.kind == Kind::Versioned) {
        return Err("its text can't be cut into ranges".to_owned());
    }
    let mut cursor = Cursor::new(sql);
    let verb = cursor.any(&["update", "delete"]).ok_or("it begins with a query of its own (WITH)")?;
    let deletes = verb == "delete";
    let mut words = vec![verb.to_ascii_uppercase()];
    while let Some(word) = cursor.any(&["low_priority", "quick", "ignore"]) {
        words.push(word.to_ascii_uppercase());
    }
    if deletes && !cursor.accept(&["from"]) {
        return Err(several());
    }
    let name = cursor.qualified().ok_or_else(several)?;
    let end = |cursor: &Cursor<'_>| if deletes { cursor.done() || cursor.is("where") } else { cursor.is("set") };
    let mut alias = None;
    if cursor.accept(&["as"]) || !end(&cursor) {
        alias = cursor.name();
    }
    if !end(&cursor) {
        return Err("it concerns several tables, or parts of one".to_owned());
    }
    let rest = cursor.rest();
    if cursor.clone().seek(&["order", "limit", "returning"]) {
        return Err("it asks for an order, a number or the rows themselves".to_owned());
    }
    let notes = looked_through(rest, &name, alias.as_deref())?;
    let text = as_s(rest, &name, alias.as_deref());
    let mut parts = Cursor::new(&text);
    parts.seek(&["where"]);
    let change = text[..parts.start().min(text.len())].trim();
    parts.accept(&["where"]);
    let filter = if parts.done() { String::new() } else { format!(" AND (\n{}\n)", parts.rest()) };
    let sets = if deletes { Vec::new() } else { sets(change)? };
    let words = words.join(" ");
    let sql = if deletes {
        format!("{words} s FROM {table} AS s WHERE {{range}}{filter}")
    } else {
        format!("{words} {table} AS s {change}\nWHERE {{range}}{filter}")
    };
    Ok(Batch { sql, sets, deletes, notes })
}

/// What can't be done range by range is an error; what differs then is noted.
fn looked_through(text: &str, name: &Name, alias: Option<&str>) -> Result<Vec<String>, String> {
    let tokens: Vec<Token> = Lexer::new(text).filter(|token| token.significant()).collect();
    let word = |at: usize| tokens.get(at).map(|token| plain(text, *token)).unwrap_or_default();
    let has = |list: &[&str]| {
        let all = tokens.iter().filter(|token| token.kind == Kind::Word);
        all.map(|token| token.text(text).to_ascii_lowercase()).find(|word| list.contains(&word.as_str()))
    };
    if tokens.iter().any(|token| token.kind == Kind::Symbol && token.text(text) == "@") {
        return Err("it uses a variable, which one row may leave for the next".to_owned());
    }
    if let Some(function) = has(BEFORE) {
        return Err(format!("{function}() tells of the statement before, which is another batch then"));
    }
    let mut notes = Vec::new();
    if has(&["select"]).is_some() {
        let known = alias.unwrap_or(&name.name);
        let read = (0..tokens.len()).any(|at| (word(at) == name.name || word(at) == known) && word(at + 1) != ".");
        if read {
            return Err("its subquery reads the table itself".to_owned());
        }
        if known != "s" && (0..tokens.len()).any(|at| word(at) == "s") {
            return Err("its subquery calls a table s, as the batches do".to_owned());
        }
        notes.push("what its subquery reads is read anew for each batch".to_owned());
    }
    if let Some(function) = has(MOMENTS) {
        notes.push(format!("{}() is the moment of each batch, not one for all rows", function.to_ascii_uppercase()));
    }
    Ok(notes)
}

/// A name without its quotes, anything else as it is.
fn plain(text: &str, token: Token) -> String {
    let own = token.text(text);
    match token.kind {
        Kind::Quoted => own[1..own.len() - 1].replace("``", "`"),
        _ => own.to_owned(),
    }
}

/// The text with the table's columns written as those of `s`.
fn as_s(text: &str, name: &Name, alias: Option<&str>) -> String {
    let tokens: Vec<Token> = Lexer::new(text).filter(|token| token.significant()).collect();
    let is = |at: usize, what: &str| {
        let name = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Symbol);
        tokens.get(at).is_some_and(|token| name(token) && plain(text, *token) == what)
    };
    let known = alias.unwrap_or(&name.name);
    let (mut out, mut from, mut at) = (String::new(), 0, 0);
    while at < tokens.len() {
        let first = at == 0 || !is(at - 1, ".");
        let through = match &name.schema {
            // shop.orders.id
            Some(schema) if alias.is_none() && first && is(at, schema) && is(at + 1, ".") && is(at + 2, known) => {
                is(at + 3, ".").then_some(at + 2)
            }
            _ => None,
        };
        let through = through.or_else(|| (first && is(at, known) && is(at + 1, ".")).then_some(at));
        if let Some(last) = through {
            out.push_str(&text[from..tokens[at].start]);
            out.push('s');
            from = tokens[last].end;
            at = last;
        }
        at += 1;
    }
    out.push_str(&text[from..]);
    out
}

/// The columns that are set.
fn sets(change: &str) -> Result<Vec<String>, String> {
    let mut cursor = Cursor::new(change);
    cursor.accept(&["set"]);
    let column = |one: &&str| {
        let mut cursor = Cursor::new(one);
        let mut name = cursor.qualified()?;
        if cursor.accept(&["."]) {
            name.name = cursor.name()?;
        }
        cursor.is("=").then_some(name.name)
    };
    let list = split(cursor.rest());
    let names: Vec<_> = list.iter().filter_map(column).collect();
    if names.len() == list.len() && !names.is_empty() {
        Ok(names)
    } else {
        Err("what it sets can't be read".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> String {
        batch(text, "`shop`.`orders`").map_or_else(|why| why, |batch| batch.sql)
    }

    #[test]
    fn one_table_is_cut_into_ranges() {
        assert_eq!(sql("UPDATE orders SET n = n + 1"), "UPDATE `shop`.`orders` AS s SET n = n + 1\nWHERE {range}");
        assert_eq!(
            sql("update ignore orders o set `o`.n = 'o.x', m = o . n where o.n > 5 or n = 1"),
            "UPDATE IGNORE `shop`.`orders` AS s set s.n = 'o.x', m = s . n\nWHERE {range} AND (\ns.n > 5 or n = 1\n)"
        );
        assert_eq!(
            sql("DELETE QUICK FROM shop.orders WHERE shop.orders.id > orders.n -- all"),
            "DELETE QUICK s FROM `shop`.`orders` AS s WHERE {range} AND (\ns.id > s.n\n)"
        );
        let one = batch("UPDATE orders SET orders.`a``b` = (SELECT x FROM c WHERE c.id = orders.c), d = NOW()", "o");
        let one = one.expect("one");
        assert_eq!(one.sets, ["a`b", "d"]);
        assert_eq!(one.notes.len(), 2, "{:?}", one.notes);
        assert!(one.sql.contains("c.id = s.c"), "{}", one.sql);
    }

    #[test]
    fn what_depends_on_other_rows_is_not() {
        for (text, word) in [
            ("UPDATE orders o JOIN c ON c.id = o.c SET o.n = c.n", "several tables"),
            ("UPDATE orders, c SET orders.n = c.n", "several tables"),
            ("DELETE o FROM orders o JOIN c ON c.id = o.c", "several tables"),
            ("DELETE FROM orders USING orders JOIN c ON true", "several tables"),
            ("UPDATE orders SET n = 1 ORDER BY id", "order"),
            ("DELETE FROM orders WHERE id > 3 RETURNING id", "order"),
            ("UPDATE orders SET n = (@i := @i + 1)", "variable"),
            ("UPDATE orders SET n = LAST_INSERT_ID()", "last_insert_id"),
            ("DELETE FROM orders WHERE id IN (SELECT x FROM (SELECT max(id) x FROM orders) m)", "the table itself"),
            ("UPDATE orders SET n = (SELECT max(n) FROM c s)", "calls a table s"),
            ("WITH x AS (SELECT 1) UPDATE orders SET n = 1", "WITH"),
            ("UPDATE orders PARTITION (p0) SET n = 1", "parts of one"),
        ] {
            let why = batch(text, "o").expect_err(text);
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}

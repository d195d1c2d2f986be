//! The tables, columns and procedures that the body of a trigger, routine or event names, from its text.
//!
//! The server looks at a body only when it runs. What a body makes for itself, or takes a miss of, has not to be there.

use std::collections::HashSet;

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};

/// Where dbwright keeps what its own triggers write to while a change runs; nobody observes it.
pub(crate) const OWN: &str = "dbwright";

/// Functions in whose parentheses `FROM` names no table.
const FROM_OF_THEIR_OWN: [&str; 5] = ["TRIM", "EXTRACT", "SUBSTRING", "SUBSTR", "MID"];

/// Number and state of "table does not exist", as handlers name them.
const TAKES_A_MISS: [&str; 2] = ["1146", "42S02"];

/// A name, with its schema where that is said.
pub(crate) type Name = (Option<String>, String);

/// What a body names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Tables that it reads or writes.
    pub(crate) tables: Vec<Name>,
    /// Columns that its `INSERT` lists or its `UPDATE` sets, with their table.
    pub(crate) columns: Vec<(Name, String)>,
    /// Procedures that it calls.
    pub(crate) calls: Vec<Name>,
    /// Tables that it makes, for itself or for those that it calls; in lower case.
    pub(crate) makes: Vec<String>,
}

/// What a body names; no table when it makes temporary ones, makes tables by a text that it runs, or takes a miss of tables.
pub(crate) fn of(body: &str) -> Uses {
    let words = words(body);
    let calls = (0..words.len()).filter(|at| words[*at].is("CALL")).filter_map(|at| Some(path(&words, at + 1)?.0));
    let mut uses = Uses { calls: calls.collect(), makes: makes(&words), ..Uses::default() };
    let says = |word: &Word<'_>, what: &str| word.text.to_ascii_uppercase().contains(what);
    let by_a_text =
        words.iter().any(|word| word.kind != TokenKind::Word && says(word, "CREATE") && says(word, "TABLE"));
    let takes_a_miss = words.iter().any(|word| TAKES_A_MISS.iter().any(|code| word.text.contains(code)));
    let temporary = words.iter().zip(words.iter().skip(1)).any(|(a, b)| a.is("CREATE") && b.is("TEMPORARY"));
    if !by_a_text && !takes_a_miss && !temporary {
        uses.tables = tables(&words);
        uses.tables.retain(|(schema, name)| schema.is_some() || !uses.makes.contains(&name.to_lowercase()));
        uses.columns = columns(&words);
    }
    uses
}

/// Names of tables after `CREATE [OR REPLACE] [TEMPORARY] TABLE [IF NOT EXISTS]`, and after `RENAME … TO`.
fn makes(words: &[Word<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for at in 0..words.len() {
        let created =
            words[at].is("TABLE") && (1..=4).any(|back| at.checked_sub(back).is_some_and(|at| words[at].is("CREATE")));
        let renamed = words[at].is("TO");
        if !created && !renamed {
            continue;
        }
        let skip = if words.get(at + 1).is_some_and(|w| w.is("IF")) { 4 } else { 1 };
        found.extend(path(words, at + skip).map(|((_, name), _)| name.to_lowercase()));
    }
    found
}

/// A name at a place, `a` or `a.b`, and where it ends.
fn path(words: &[Word<'_>], at: usize) -> Option<(Name, usize)> {
    let first = words.get(at)?.name()?;
    let second = words.get(at + 2).and_then(Word::name).filter(|_| words.get(at + 1).is_some_and(|w| w.is(".")));
    Some(match second {
        Some(second) => ((Some(first), second), at + 3),
        None => ((None, first), at + 1),
    })
}

/// Columns that are named beyond doubt: the list of an `INSERT`, and the first one that an `UPDATE` of one table sets.
fn columns(words: &[Word<'_>]) -> Vec<(Name, String)> {
    let mut found = Vec::new();
    for at in 0..words.len() {
        let inserts = words[at].is("INTO")
            && (1..=3)
                .any(|back| at.checked_sub(back).is_some_and(|at| words[at].is("INSERT") || words[at].is("REPLACE")));
        let updates = words[at].is("UPDATE");
        if !inserts && !updates {
            continue;
        }
        let Some((table, end)) = path(words, at + 1) else { continue };
        let is = |at: usize, what: &str| words.get(at).is_some_and(|word| word.is(what));
        if updates && is(end, "SET") && is(end + 2, "=") {
            found.extend(words.get(end + 1).and_then(Word::name).map(|name| (table, name)));
        } else if inserts && is(end, "(") {
            let mut list = Vec::new();
            let mut next = end + 1;
            while let Some(name) =
                words.get(next).and_then(Word::name).filter(|_| is(next + 1, ",") || is(next + 1, ")"))
            {
                list.push((table.clone(), name));
                next += 2;
                if is(next - 1, ")") {
                    found.append(&mut list);
                }
            }
        }
    }
    found
}

/// Names that a `WITH` gives to its queries.
fn of_with(words: &[Word<'_>]) -> HashSet<String> {
    let mut found = HashSet::new();
    for at in 1..words.len() {
        let is = |at: usize, what: &str| words.get(at).is_some_and(|word| word.is(what));
        if !is(at, "AS") || !is(at + 1, "(") {
            continue;
        }
        // Before `AS` is the name, or a list of columns after it.
        let mut before = at - 1;
        if is(before, ")") {
            before = words[..before].iter().rposition(|word| word.is("(")).unwrap_or(0).saturating_sub(1);
        }
        found.extend(words.get(before).and_then(Word::name));
    }
    found
}

/// Whether it is one of the tables that MariaDB's engine of sequences makes up: `seq_1_to_100`, `seq_1_to_100_step_2`.
fn made_up(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(rest) = name.strip_prefix("seq_") else { return false };
    rest.split_once("_to_").is_some_and(|(from, to)| {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        number(from) && to.split("_step_").all(number)
    })
}

/// The tables that a body names.
fn tables(words: &[Word<'_>]) -> Vec<Name> {
    let of_with = of_with(words);
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
        if word.is("(") {
            open.push(before(1).is_some_and(|w| FROM_OF_THEIR_OWN.iter().any(|name| w.is(name))));
        } else if word.is(")") {
            open.pop();
        }
        let begins = match () {
            () if word.is("FROM") => {
                let of_a_cursor = before(1).is_some_and(|w| w.is("FETCH") || w.is("NEXT"));
                let of_a_text = before(2).is_some_and(|w| w.is("PREPARE"));
                open.last() != Some(&true) && !of_a_cursor && !of_a_text
            }
            () if word.is("JOIN") => true,
            () if word.is("INTO") => {
                (1..=3).any(|back| before(back).is_some_and(|w| w.is("INSERT") || w.is("REPLACE")))
            }
            () if word.is("UPDATE") => {
                !before(1).is_some_and(|w| w.is("KEY") || w.is("FOR") || w.is("BEFORE") || w.is("AFTER"))
            }
            () => false,
        };
        let Some(first) = words.get(at + 1).and_then(Word::name).filter(|_| begins) else { continue };
        let second = words.get(at + 3).and_then(Word::name).filter(|_| words.get(at + 2).is_some_and(|w| w.is(".")));
        let after = words.get(at + if second.is_some() { 4 } else { 2 });
        let row = ["NEW", "OLD", "DUAL"].iter().any(|name| first.eq_ignore_ascii_case(name));
        let called = after.is_some_and(|w| w.is("(")) && !word.is("INTO");
        // `DELETE FROM a, b USING …` names what comes later.
        let alias = before(1).is_some_and(|w| w.is("DELETE")) && after.is_some_and(|w| w.is("USING") || w.is(","));
        if row || called || alias || made_up(&first) || (second.is_none() && of_with.contains(&first)) {
            continue;
        }
        found.push(second.map_or_else(|| (None, first.clone()), |table| (Some(first.clone()), table)));
    }
    found
}

/// A token that matters.
struct Word<'a> {
    kind: TokenKind,
    text: &'a str,
}

impl Word<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it can be; modifiers such as `LOW_PRIORITY` are none.
    fn name(&self) -> Option<String> {
        const NONE: [&str; 10] =
            ["LOW_PRIORITY", "IGNORE", "QUICK", "ONLY", "SELECT", "LATERAL", "SET", "VALUES", "JSON_TABLE", "DELAYED"];
        match self.kind {
            TokenKind::Quoted if self.text.starts_with('`') => Some(unquoted(self.text)),
            TokenKind::Word if !self.text.starts_with('@') && !NONE.iter().any(|word| self.is(word)) => {
                Some(self.text.to_owned())
            }
            _ => None,
        }
    }
}

fn words(body: &str) -> Vec<Word<'_>> {
    let significant = tokens(body, Dialect::Mysql).into_iter().filter(Token::significant);
    significant.map(|token| Word { kind: token.kind, text: token.text(body) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_bodies_are_told_and_nothing_else() {
        let names = |body: &str| {
            let one = |(schema, name): Name| schema.map_or(name.clone(), |schema| format!("{schema}.{name}"));
            of(body).tables.into_iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(names("AFTER INSERT FOR EACH ROW INSERT INTO log_target VALUES (NEW.id)"), ["log_target"]);
        assert_eq!(
            names(
                "AFTER UPDATE FOR EACH ROW BEGIN UPDATE `o d`.`t` x SET n = 1; INSERT IGNORE INTO a (b) SELECT c FROM d JOIN e USING (f) ON DUPLICATE KEY UPDATE g = 1; END"
            ),
            ["o d.t", "a", "d", "e"]
        );
        let none = [
            "BEFORE INSERT FOR EACH ROW SET NEW.a = TRIM(LEADING '0' FROM NEW.a), NEW.b = EXTRACT(YEAR FROM created)",
            "BEFORE UPDATE FOR EACH ROW BEGIN DECLARE v INT; SELECT 1 INTO v; FETCH c INTO v; SET NEW.a = v; END",
            "BEFORE DELETE FOR EACH ROW BEGIN WITH w AS (SELECT 1) SELECT * INTO @x FROM w; END",
            "AFTER INSERT FOR EACH ROW BEGIN CREATE TEMPORARY TABLE x (a INT); INSERT INTO x VALUES (1); END",
            "BEGIN CREATE TABLE IF NOT EXISTS x (a INT); INSERT INTO x VALUES (1); DROP TABLE x; END",
            "BEGIN PREPARE s FROM 'CREATE TEMPORARY TABLE x AS SELECT 1'; EXECUTE s; SELECT * FROM x; END",
            "BEGIN DECLARE CONTINUE HANDLER FOR 1146 BEGIN END; SELECT COUNT(*) FROM x; END",
            "BEGIN PREPARE s FROM text_of_it; FETCH NEXT FROM c INTO a; FETCH c INTO b; DELETE FROM a USING seq_1_to_9 AS a; END",
            "WITH RECURSIVE n (i, j) AS (SELECT 1, 2) SELECT * FROM n",
        ];
        for body in none {
            assert_eq!(names(body), [""; 0], "{body}");
        }
    }

    #[test]
    fn columns_and_calls_are_told_where_they_are_beyond_doubt() {
        let body = "BEGIN INSERT INTO a (b, `c d`) SELECT e, f FROM g; UPDATE s.h SET i = 1, j = 2; UPDATE k JOIN l SET m = 1; CALL n.o(p); CALL q; END";
        let uses = of(body);
        let columns: Vec<_> = uses.columns.iter().map(|((_, table), column)| format!("{table}.{column}")).collect();
        assert_eq!(columns, ["a.b", "a.c d", "h.i"]);
        assert_eq!(uses.calls, [(Some("n".to_owned()), "o".to_owned()), (None, "q".to_owned())]);
        let made =
            of("BEGIN CREATE OR REPLACE TEMPORARY TABLE IF NOT EXISTS `W` (a INT); ALTER TABLE x RENAME TO y; END");
        assert_eq!(made.makes, ["w", "y"]);
    }
}

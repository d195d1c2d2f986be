//! `mysql/broken-trigger`: a trigger that reads or writes a table which is gone, so that each write that fires it fails.
//!
//! The server looks at a trigger's body only when it fires.

use std::collections::HashSet;

use dbwright_core::Cx;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};
use dbwright_sql::model::Table;

use crate::body::{Body, area};

/// Where dbwright keeps what its own triggers write to while a change runs; nobody observes it.
const OWN: &str = "dbwright";

/// Functions in whose parentheses `FROM` names no table.
const FROM_OF_THEIR_OWN: [&str; 5] = ["TRIM", "EXTRACT", "SUBSTRING", "SUBSTR", "MID"];

/// Reports such triggers.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    // Tables that the account may not see are not gone.
    if cx.gap(area::HIDDEN) {
        return;
    }
    let catalog = &cx.body.catalog;
    let there: HashSet<(String, String)> =
        catalog.tables.iter().map(|table| (table.schema.to_lowercase(), table.name.to_lowercase())).collect();
    let schemas: HashSet<&str> = cx.body.schemas.iter().map(|schema| schema.name.as_str()).collect();
    for table in &catalog.tables {
        for trigger in &table.triggers {
            let gone = named(&trigger.definition).into_iter().find_map(|(schema, name)| {
                let schema = schema.unwrap_or_else(|| table.schema.clone());
                let known = schema != OWN
                    && schemas.contains(schema.as_str())
                    && !there.contains(&(schema.to_lowercase(), name.to_lowercase()));
                known.then(|| Dialect::Mysql.qualified(&schema, &name))
            });
            if let Some(gone) = gone {
                let finding = finding(cx, table, &trigger.name, &trigger.definition, &gone);
                cx.report(finding);
            }
        }
    }
}

fn finding(cx: &Cx<'_, Body>, table: &Table, trigger: &str, definition: &str, gone: &str) -> dbwright_core::Finding {
    let catalog = &cx.body.catalog;
    let event = definition.split_whitespace().nth(1).unwrap_or("write").to_ascii_uppercase();
    let own = Dialect::Mysql.name(trigger);
    cx.finding(
        catalog.subject_in(table, trigger),
        format!("the trigger {own} of {} uses {gone}, which is gone", catalog.qualified(table)),
    )
    .why(format!(
        "each {event} of {} that comes to it fails with error 1146, unless the session has a temporary table of that name. No change is given: either bring the table back, or make the trigger \
         anew without it (DROP TRIGGER {})",
        catalog.qualified(table),
        Dialect::Mysql.qualified(&table.schema, trigger)
    ))
    .evidence("fires", definition.split_whitespace().take(2).collect::<Vec<_>>().join(" "), "", "information_schema.TRIGGERS")
    .evidence("missing", gone, "", "information_schema.TRIGGERS.ACTION_STATEMENT, information_schema.TABLES")
}

/// The tables that a body names, with their schema where it is said.
fn named(body: &str) -> Vec<(Option<String>, String)> {
    let words = words(body);
    // What the body makes for itself is no table that has to be there.
    if words.iter().zip(words.iter().skip(1)).any(|(a, b)| a.is("CREATE") && b.is("TEMPORARY")) {
        return Vec::new();
    }
    let of_with: HashSet<String> = (0..words.len())
        .filter(|at| words.get(at + 1).is_some_and(|w| w.is("AS")) && words.get(at + 2).is_some_and(|w| w.is("(")))
        .filter_map(|at| words[at].name())
        .collect();
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words.get(at));
        if word.is("(") {
            open.push(before(1).is_some_and(|w| FROM_OF_THEIR_OWN.iter().any(|name| w.is(name))));
        } else if word.is(")") {
            open.pop();
        }
        let begins = match () {
            () if word.is("FROM") => open.last() != Some(&true),
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
        if row || called || (second.is_none() && of_with.contains(&first)) {
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
    use super::named;

    #[test]
    fn tables_of_bodies_are_told_and_nothing_else() {
        let names = |body: &str| {
            let one = |(schema, name): (Option<String>, String)| {
                schema.map_or(name.clone(), |schema| format!("{schema}.{name}"))
            };
            named(body).into_iter().map(one).collect::<Vec<_>>()
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
        ];
        for body in none {
            assert_eq!(names(body), [""; 0], "{body}");
        }
    }
}

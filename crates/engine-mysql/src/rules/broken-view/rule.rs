//! `mysql/broken-view`: a view that nobody can read, because what it refers to is gone.
//!
//! MySQL says so itself. MariaDB would have to open every view to know; but both print definitions with full names, so
//! that a name which is no table of a schema that was looked at tells it as well.

use std::collections::HashSet;

use dbwright_core::Cx;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};
use dbwright_sql::model::{Catalog, Table, TableKind};

use crate::accounts;
use crate::body::{Body, area};

/// Reports such views.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    // Tables that the account may not see are not gone.
    let hidden = cx.gap(area::HIDDEN);
    for view in catalog.tables.iter().filter(|table| table.kind == TableKind::View && !table.internal) {
        let missing = view.definition.as_deref().filter(|_| !hidden).and_then(|text| missing(catalog, text));
        let told = cx.body.table(view.id).is_some_and(|facts| facts.invalid);
        if !told && missing.is_none() {
            continue;
        }
        // Then `mysql/definer-missing` says what to do.
        if missing.is_none() && view.owner.as_deref().is_some_and(|owner| !known(cx, owner)) {
            continue;
        }
        let name = catalog.qualified(view);
        let what = missing.as_deref().unwrap_or("something that it refers to");
        let mut finding = cx.finding(catalog.subject(view), format!("the view {name} can't be read: {what} is gone")).why(
            "each query of it fails with error 1356, dumps that read it stop there, and it hides what a program really misses. No change is given: either bring back what is gone, make the \
             view anew without it, or drop the view",
        );
        if told {
            finding = finding.evidence(
                "state",
                "references invalid table(s) or column(s)",
                "",
                "information_schema.TABLES.TABLE_COMMENT",
            );
        }
        if let Some(missing) = &missing {
            finding = finding.evidence("missing", missing.as_str(), "", "information_schema.VIEWS.VIEW_DEFINITION");
        }
        cx.report(finding);
    }
}

/// Whether an account exists, as far as accounts could be read.
fn known(cx: &Cx<'_, Body>, owner: &str) -> bool {
    cx.gap(area::ACCOUNTS) || accounts::defines(cx.body, owner)
}

/// The first table or column that a definition names in full and that is not there.
fn missing(catalog: &Catalog, definition: &str) -> Option<String> {
    let schemas: HashSet<&str> = catalog.tables.iter().map(|table| table.schema.as_str()).collect();
    let paths = paths(definition);
    let is_alias = |name: &str| paths.iter().any(|path| path.alias.as_deref() == Some(name));
    let find = |schema: &str, name: &str| -> Option<&Table> {
        catalog.tables.iter().find(|table| table.schema == schema && table.name.eq_ignore_ascii_case(name))
    };
    for path in paths.iter().filter(|path| !path.called) {
        let Some(schema) = path.names.first().filter(|name| schemas.contains(name.as_str()) && !is_alias(name)) else {
            continue;
        };
        let Some(table) = path.names.get(1) else { continue };
        let Some(found) = find(schema, table) else { return Some(Dialect::Mysql.qualified(schema, table)) };
        let column = path.names.get(2).filter(|column| {
            !found.columns.is_empty() && !found.columns.iter().any(|own| own.name.eq_ignore_ascii_case(column))
        });
        if let Some(column) = column {
            return Some(format!("{}.{}", catalog.qualified(found), Dialect::Mysql.name(column)));
        }
    }
    None
}

/// Quoted names joined by dots, and what stands behind them.
struct Path {
    names: Vec<String>,
    alias: Option<String>,
    called: bool,
}

fn paths(sql: &str) -> Vec<Path> {
    let significant: Vec<Token> = tokens(sql, Dialect::Mysql).into_iter().filter(Token::significant).collect();
    let name = |at: usize| {
        let token = significant.get(at).filter(|token| token.kind == TokenKind::Quoted)?;
        let text = token.text(sql);
        text.starts_with('`').then(|| unquoted(text))
    };
    let is = |at: usize, sign: &str| significant.get(at).is_some_and(|token| token.text(sql) == sign);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < significant.len() {
        let Some(first) = name(at) else {
            at += 1;
            continue;
        };
        let mut names = vec![first];
        at += 1;
        while let Some(next) = name(at + 1).filter(|_| is(at, ".")) {
            names.push(next);
            at += 2;
        }
        found.push(Path { names, alias: name(at), called: is(at, "(") });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_with_their_aliases_and_calls() {
        let sql = "select `s`.`t`.`a` AS `x`,`s`.`f`(`u`.`b`) AS `y` from (`s`.`t` join `s`.`t``2` `u` on(`u`.`b` = 'a`b`.`c'))";
        let found: Vec<(String, Option<String>, bool)> =
            paths(sql).into_iter().map(|path| (path.names.join("/"), path.alias, path.called)).collect();
        let plain = |text: &str| (text.to_owned(), None, false);
        assert_eq!(found[0], plain("s/t/a"));
        assert!(found.contains(&("s/f".to_owned(), None, true)));
        assert!(found.contains(&("s/t`2".to_owned(), Some("u".to_owned()), false)));
        assert!(!found.iter().any(|(names, ..)| names.contains('c')), "{found:?}");
    }
}

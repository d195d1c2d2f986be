//! Names inside expressions: which columns are named, and the same text without the names of references.

use std::ops::Range;

use super::lex::{Kind, Source};

/// A column that an expression names: alias of the reference, when printed, and name; no name for the whole row.
pub(super) type Mention = (Option<String>, Option<String>);

/// Columns that some tokens name, understood or not. A name alone may be something else (a field, a unit): who asks
/// knows the columns.
pub(super) fn mentions(source: &Source<'_>, tokens: Range<usize>) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = tokens.start;
    while at < tokens.end {
        let Some(Kind::Name(first)) = source.kind(at) else {
            at += 1;
            continue;
        };
        let before = at.checked_sub(1).filter(|before| *before >= tokens.start);
        let follows = before.is_some_and(|before| source.is(before, ".") || source.kind(before) == Some(&Kind::Cast));
        let length = if source.is(at + 1, ".") { 3 } else { 1 };
        let called = source.is(at + length, "(") && length == 1
            || source.is(at + 3, "(") && length == 3 && !source.is(at + 2, "*");
        if !follows && !called {
            found.push(match (length, source.kind(at + 2)) {
                (3, Some(Kind::Name(name))) => (Some(first.clone()), Some(name.clone())),
                (3, _) => (Some(first.clone()), None),
                _ => (None, Some(first.clone())),
            });
        }
        at += length;
    }
    found
}

/// Whether some tokens name a plan that is run for each row, or its result.
pub(super) fn runs_a_plan(source: &Source<'_>, tokens: Range<usize>) -> bool {
    tokens.into_iter().any(|at| source.is(at, "SubPlan") || source.is(at, "EXISTS"))
}

/// Text of some tokens without the names of references.
pub(super) fn unqualified(source: &Source<'_>, tokens: &Range<usize>) -> String {
    let Some(first) = source.tokens.get(tokens.start) else { return String::new() };
    let (mut text, mut from) = (String::new(), first.span.start);
    let mut at = tokens.start;
    while at < tokens.end {
        let token = source.tokens.get(at);
        let column = matches!(source.kind(at), Some(Kind::Name(_)))
            && source.is(at + 1, ".")
            && matches!(source.kind(at + 2), Some(Kind::Name(_)))
            && !source.is(at + 3, "(")
            && !at.checked_sub(1).is_some_and(|before| source.kind(before) == Some(&Kind::Cast));
        if let (true, Some(token), Some(name)) = (column, token, source.tokens.get(at + 2)) {
            text.push_str(source.text.get(from..token.span.start).unwrap_or_default());
            from = name.span.start;
            at += 2;
        }
        at += 1;
    }
    let end = source.tokens.get(tokens.end - 1).map_or(from, |token| token.span.end);
    text.push_str(source.text.get(from..end).unwrap_or_default());
    text
}

//! What rules about counted statements share.

use dbwright_core::{Cx, Finding};
use dbwright_sql::Dialect;
use dbwright_sql::lex::{TokenKind, tokens};

use crate::body::{Body, Digest};
use crate::joins;
use crate::words;

/// Where they are read.
pub(crate) const SOURCE: &str = "performance_schema.events_statements_summary_by_digest";

/// Statements that are the user's work: no DDL, no settings, no transaction control, nothing of ours.
pub(crate) fn work(body: &Body) -> impl Iterator<Item = &Digest> {
    let kinds = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "CALL", "("];
    body.statements.statements.iter().filter(move |digest| {
        let wanted = body.server.database.is_none() || digest.schema == body.server.database;
        wanted && kinds.iter().any(|kind| digest.text.starts_with(kind))
    })
}

/// A finding about a statement, with its figures.
pub(crate) fn finding(cx: &Cx<'_, Body>, digest: &Digest, title: impl Into<String>) -> Finding {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let finding = cx
        .finding(format!("statement {}", digest.id.get(..16).unwrap_or(&digest.id)), title)
        .evidence("statement", digest.text.as_str(), "", SOURCE)
        .evidence("calls", digest.calls, "calls", SOURCE)
        .evidence("mean", round(digest.mean_ms()), "ms", SOURCE)
        .evidence("rows read a call", round(digest.each(digest.examined)), "rows", SOURCE)
        .evidence("rows returned or changed a call", round(digest.each(digest.sent + digest.affected)), "rows", SOURCE);
    match &digest.schema {
        Some(schema) => finding.evidence("schema", schema.as_str(), "", SOURCE),
        None => finding,
    }
}

/// The beginning of a statement, for titles.
pub(crate) fn short(digest: &Digest) -> String {
    const SHOWN: usize = 60;
    let text: String = digest.text.chars().take(SHOWN).collect();
    if digest.text.chars().count() > SHOWN { format!("{text}…") } else { text }
}

/// Share of a table's rows, as InnoDB estimates them, that a change must read before it counts as reading the table whole.
const WHOLE: f64 = 0.5;

/// Whether a statement changes rows that it has to find.
pub(crate) fn changes(digest: &Digest) -> bool {
    digest.text.starts_with("UPDATE") || digest.text.starts_with("DELETE")
}

/// Rows of the largest table that a change names, when it reads about all of them: the servers count that no index was
/// used for queries alone.
pub(crate) fn changed_whole(body: &Body, digest: &Digest) -> Option<f64> {
    let rows = joins::named(body, digest).iter().filter_map(|table| table.rows).reduce(f64::max)?;
    (changes(digest) && rows > 0.0 && digest.each(digest.examined) >= rows * WHOLE).then_some(rows)
}

/// Whether most calls used no index for a table.
pub(crate) fn without_index(digest: &Digest) -> bool {
    digest.no_index * 2 >= digest.calls
}

/// Rows that each call returned or changed; one where there were none, which is to be found out, too.
pub(crate) fn useful(digest: &Digest) -> f64 {
    digest.each(digest.sent + digest.affected).max(1.0)
}

/// Whether a statement has one of some words, and not only in a name.
pub(crate) fn has_word(digest: &Digest, wanted: &[&str]) -> bool {
    let is_wanted = |word: &str| wanted.iter().any(|one| one.eq_ignore_ascii_case(word));
    let all = tokens(&digest.text, Dialect::Mysql);
    all.iter().any(|token| token.kind == TokenKind::Word && is_wanted(token.text(&digest.text)))
}

/// Words by which a statement makes one row out of many.
pub(crate) const SUMS: [&str; 6] = ["GROUP", "COUNT", "SUM", "AVG", "MIN", "MAX"];

/// Share of the time of all statements.
pub(crate) fn share(body: &Body, digest: &Digest) -> f64 {
    digest.total_ms / body.statements.total_ms.max(1e-9)
}

/// A number of calls as a limit is.
pub(crate) fn calls(digest: &Digest) -> f64 {
    words::as_f64(digest.calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_looked_for_in_names() {
        let digest = |text: &str| Digest { text: text.to_owned(), ..Digest::default() };
        assert!(has_word(&digest("SELECT COUNT ( * ) FROM `orders`"), &SUMS));
        assert!(has_word(&digest("select max(`at`) from `log`"), &SUMS));
        assert!(!has_word(&digest("SELECT * FROM `accounts` WHERE `admin` = ?"), &SUMS));
        assert!(!has_word(&digest("SELECT `count` FROM `t`"), &SUMS));
    }
}

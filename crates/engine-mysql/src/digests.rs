//! What rules about counted statements share.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Digest};
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

/// Share of the time of all statements.
pub(crate) fn share(body: &Body, digest: &Digest) -> f64 {
    digest.total_ms / body.statements.total_ms.max(1e-9)
}

/// A number of calls as a limit is.
pub(crate) fn calls(digest: &Digest) -> f64 {
    words::as_f64(digest.calls)
}

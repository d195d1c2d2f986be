//! `mysql/missing-index`: statements that read a table whole, and the index that they look for.
//!
//! From the counters and the texts alone, so that it is an estimate; `prove/missing.rs` measures.

use std::collections::BTreeSet;

use dbwright_core::{Cx, Finding, Severity};
use dbwright_sql::Dialect;

use crate::advise::counted::{self, Wanted};
use crate::advise::definition;
use crate::body::{Body, Digest};
use crate::digests;
use crate::words;

/// Reports the indexes that counted statements want.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (calls, rows, times) = (cx.limit("calls"), cx.limit("rows"), cx.limit("times"));
    let is_slow = |digest: &&Digest| {
        let examined = digest.each(digest.examined);
        // MySQL counts that no index was used for queries alone.
        let without = digests::without_index(digest) || digests::changes(digest);
        without && digests::calls(digest) >= calls && examined >= rows && examined / digests::useful(digest) >= times
    };
    let body = cx.body;
    for wanted in counted::wanted(body, digests::work(body).filter(is_slow)) {
        // A key that this server can't have is none.
        if definition::parts(&wanted.index, wanted.table, &body.server).is_ok() {
            let finding = finding(cx, &wanted);
            cx.report(finding);
        }
    }
}

fn finding(cx: &Cx<'_, Body>, wanted: &Wanted<'_>) -> Finding {
    let (body, table) = (cx.body, wanted.table);
    let keys: Vec<&str> = wanted.index.keys.iter().filter_map(|key| key.part.column()).collect();
    let quoted: Vec<String> = keys.iter().map(|key| Dialect::Mysql.name(key)).collect();
    let share: f64 = wanted.digests.iter().map(|digest| digests::share(body, digest)).sum();
    let first = wanted.digests[0];
    let (examined, useful) = (first.each(first.examined), first.each(first.sent + first.affected));
    let severity = if share >= cx.limit("felt_share") { Severity::Medium } else { Severity::Low };
    let title = format!(
        "{} has no index on ({}): {} reads {} rows of it for each {}",
        body.catalog.subject(table),
        quoted.join(", "),
        if wanted.digests.len() == 1 {
            "a statement".to_owned()
        } else {
            format!("the worst of {} statements", wanted.digests.len())
        },
        words::count(examined.round()),
        words::count(useful.max(1.0).round()),
    );
    let schemas: BTreeSet<&str> = wanted.digests.iter().filter_map(|digest| digest.schema.as_deref()).collect();
    cx.finding(format!("{}.{}", body.catalog.subject(table), quoted.join(",")), title)
        .severity(severity)
        .why(why(body))
        .evidence("statement", first.text.as_str(), "", digests::SOURCE)
        .evidence("statements that want it", wanted.digests.len(), "statements", "their texts")
        .evidence("calls", wanted.digests.iter().map(|digest| digest.calls).sum::<u64>(), "calls", digests::SOURCE)
        .evidence("share of the time of all statements", (share * 1000.0).round() / 1000.0, "ratio", digests::SOURCE)
        .evidence("rows read a call", examined.round(), "rows", digests::SOURCE)
        .evidence("rows returned or changed a call", (useful * 100.0).round() / 100.0, "rows", digests::SOURCE)
        .evidence("rows of the table", table.rows.unwrap_or_default().round(), "rows", words::ROWS)
        .evidence("schema", schemas.into_iter().collect::<Vec<_>>().join(", "), "", digests::SOURCE)
        .change(definition::create(body, &wanted.index, None))
}

/// What is known, and what is not.
fn why(body: &Body) -> String {
    let mut why = "the server counted that a table is read whole each time, and the statement's text tells by which columns it looks for its few rows; whether the optimizer will use \
         the index, and what it gains, is not known from that"
        .to_owned();
    if !body.replication.is_empty() {
        why += "; this is a replica: create the index on its source";
    }
    why
}

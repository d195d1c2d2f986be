//! `mysql/long-in-list`: statements that give so many values in a list that the optimiser guesses.

use dbwright_core::{Cx, Finding};

use crate::body::Body;
use crate::digests;
use crate::lists;
use crate::words;

/// Above it, rows are guessed from the statistics instead of looked up for each value.
const GUESSED: &str = "eq_range_index_dive_limit";

/// Reports the statements.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    unseen(cx);
    let body = cx.body;
    let (values, calls) = (cx.limit("values"), cx.limit("calls"));
    // What a text that was cut shows is the beginning of the list.
    let long = |list: u64, cut: bool| words::as_f64(list) * if cut { 2.0 } else { 1.0 } >= values;
    let mut found: Vec<Finding> = Vec::new();
    for digest in digests::work(body).filter(|one| long(one.list, one.list_cut) && digests::calls(one) >= calls) {
        let title = title(digest.list, digest.list_cut, &digests::short(digest));
        let finding = digests::finding(cx, digest, title);
        found.push(told(cx, finding, digest.list, digests::SOURCE));
    }
    let given = body.workload.as_ref().filter(|workload| workload.source != digests::SOURCE);
    for one in given.iter().flat_map(|workload| &workload.statements).filter(|one| one.calls >= calls) {
        let source = given.map_or("", |workload| workload.source.as_str());
        let (list, cut) = one.samples.iter().map(|sample| lists::longest(sample)).max().unwrap_or_default();
        if long(list, cut) {
            let short: String = one.text.chars().take(60).collect();
            let finding = cx
                .finding(format!("statement {short}"), title(list, cut, &short))
                .evidence("statement", one.text.as_str(), "", source)
                .evidence("calls", one.calls, "calls", source);
            found.push(told(cx, finding, list, source));
        }
    }
    for finding in found {
        cx.report(finding);
    }
}

fn title(list: u64, cut: bool, statement: &str) -> String {
    let more = if cut { "more than " } else { "" };
    format!("gives {more}{} values in one list: {statement}", words::count(words::as_f64(list)))
}

fn told(cx: &Cx<'_, Body>, finding: Finding, list: u64, source: &str) -> Finding {
    let finding = finding.evidence("values in the list", list, "values", source).why(
        "the optimiser no longer looks into the index for each value but guesses from the statistics, and may read the whole table; a list that needs more memory than range_optimizer_max_mem_size \
         is never looked up by the index. Each length is a text of its own to parse and plan. No change is given, because the list is the program's: ask in batches, join a temporary table with \
         the values, or join the table that they came from",
    );
    match cx.body.number(GUESSED) {
        Some(limit) => finding.evidence(GUESSED, limit, "values", crate::settings::SOURCE),
        None => finding,
    }
}

/// Says that there is nothing to look at, where the counted statements have lost their values and no others were given.
fn unseen(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.workload.as_ref().is_some_and(|workload| workload.source != digests::SOURCE) {
        return;
    }
    if !body.server.flavour.keeps_samples() {
        let remedy =
            "give a slow query log with --workload (SET GLOBAL slow_query_log = ON, long_query_time = 0 for a while)";
        cx.not_looked("MariaDB counts statements without the length of their lists", Some(remedy));
    } else if cx.header.without_values {
        cx.not_looked("values in statements were not to be read (--no-values)", Some("run again without --no-values"));
    }
}

//! `mysql/auto-increment-exhaustion`: a numbered column near the end of its type.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::numbering;
use crate::words;

/// Reports columns by the share of their values that is used.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for one in numbering::columns(cx.body) {
        let share = one.share();
        let severity = if share >= cx.limit("critical_share") {
            Severity::Critical
        } else if share >= cx.limit("high_share") {
            Severity::High
        } else if share >= cx.limit("medium_share") {
            Severity::Medium
        } else {
            continue;
        };
        let left = one.last.saturating_sub(one.next.saturating_sub(1));
        let name = format!("{}.{}", catalog.qualified(one.table), catalog.dialect.name(&one.column.name));
        let title = format!(
            "{name} has used {} of its values: {}",
            words::percent(share.min(1.0)),
            match left {
                0 => "none is left".to_owned(),
                1 => "one is left".to_owned(),
                left => format!("{} are left", words::count(words::as_f64(left))),
            }
        );
        let finding = cx
            .finding(catalog.subject_in(one.table, &one.column.name), title)
            .severity(severity)
            .evidence("next_value", one.next, "", one.source)
            .evidence("last_value", one.last, "", "range of the type")
            .evidence("values left", left, "values", "computed")
            .evidence("type", one.column.data_type.as_str(), "", "information_schema.COLUMNS");
        let why = "when it ends, every insert into the table fails";
        let widest = one.column.base_type == "bigint unsigned";
        let change = if widest {
            Err("there is no wider type: find out why the numbers are so high (one row with a number of its own is enough)".to_owned())
        } else {
            numbering::widen(cx.body, &one, "bigint unsigned")
        };
        cx.report(match change {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

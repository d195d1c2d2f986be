//! `mysql/unsigned-needed`: half of a numbered column's values are never given out.

use dbwright_core::Cx;

use crate::body::Body;
use crate::numbering;
use crate::words;

/// Share from which on the column's end is near, which is a rule of its own.
const NEAR: f64 = 0.7;

/// Reports signed columns that have used a part of their range.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let least = cx.limit("share");
    for one in numbering::columns(cx.body) {
        let share = one.share();
        if !one.signed() || one.column.base_type == "bigint" || share < least || share >= NEAR {
            continue;
        }
        let name = format!("{}.{}", catalog.qualified(one.table), catalog.dialect.name(&one.column.name));
        let title = format!("{name} has used {} of its values, and can't use the negative half", words::percent(share));
        let finding = cx
            .finding(catalog.subject_in(one.table, &one.column.name), title)
            .evidence("next_value", one.next, "", one.source)
            .evidence("last_value", one.last, "", "range of the type")
            .evidence("type", one.column.data_type.as_str(), "", "information_schema.COLUMNS");
        let why = "AUTO_INCREMENT gives no negative numbers; UNSIGNED doubles the room without a byte more";
        let to = format!("{} unsigned", one.column.data_type);
        cx.report(match numbering::widen(cx.body, &one, &to) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

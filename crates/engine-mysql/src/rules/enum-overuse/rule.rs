//! `mysql/enum-overuse`: a list of values that is data.

use dbwright_core::Cx;

use crate::alter;
use crate::body::Body;
use crate::words;

/// Reports columns with many values.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::tables(cx.body) {
        for column in table.columns.iter().filter(|column| matches!(column.base_type.as_str(), "enum" | "set")) {
            let values = values(&column.data_type);
            if words::as_f64(values) < cx.limit("values") {
                continue;
            }
            let name = format!("{}.{}", catalog.qualified(table), catalog.dialect.name(&column.name));
            let kind = column.base_type.to_ascii_uppercase();
            cx.report(
                cx.finding(catalog.subject_in(table, &column.name), format!("{name} is an {kind} of {values} values").replace("an SET", "a SET"))
                    .why(
                        "each new value is an ALTER TABLE, and nothing can be kept beside a value. A table of its own with a foreign key is \
                         a change in several steps with the program in between, so that there is no single statement",
                    )
                    .evidence("values", values, "values", "information_schema.COLUMNS"),
            );
        }
    }
}

/// Values of `enum('a','it''s')`.
fn values(data_type: &str) -> u64 {
    let (mut inside, mut count) = (false, 0);
    let mut chars = data_type.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            if inside && chars.peek() == Some(&'\'') {
                chars.next();
                continue;
            }
            inside = !inside;
            count += u64::from(inside);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_commas_inside_values_do_not_count() {
        assert_eq!(values("enum('a','it''s','b,c','')"), 4);
    }
}

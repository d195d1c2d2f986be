//! `mysql/float-for-money`: amounts in binary fractions.

use dbwright_core::{Cx, Severity};
use dbwright_sql::model::Column;

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::Body;

/// Words of which one is a part of the name of a column that holds money.
const WORDS: [&str; 15] = [
    "price", "amount", "balance", "cost", "fee", "salary", "wage", "payment", "revenue", "budget", "money", "subtotal",
    "vat", "refund", "deposit",
];

/// Reports the columns.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::tables(cx.body) {
        for column in table.columns.iter().filter(|column| is_money(&column.name)) {
            let severity = match column.base_type.split(' ').next() {
                Some("float") => Severity::Medium,
                Some("double" | "real") => Severity::Low,
                _ => continue,
            };
            let qualified = catalog.qualified(table);
            let name = format!("{qualified}.{}", catalog.dialect.name(&column.name));
            let finding = cx
                .finding(catalog.subject_in(table, &column.name), format!("{name} holds money as {}", column.data_type))
                .severity(severity)
                .evidence("type", column.data_type.as_str(), "", "information_schema.COLUMNS");
            let why = "it keeps binary fractions: 0.1 is none, sums depend on the order of the rows, and comparisons with = fail";
            let both = alter::retype(column, &decimal(column)).zip(alter::retype(column, &column.data_type));
            cx.report(match both.filter(|_| !alter::in_foreign_key(catalog, table, &column.name)) {
                None => finding
                    .why(format!("{why}. No change is given: it is computed from others, or part of a foreign key")),
                Some((to, from)) => {
                    let statement = |clause: String| format!("ALTER TABLE {qualified} {clause}, {COPY}");
                    finding.why(why).change(alter::ddl(vec![statement(to)], WRITES_WAIT).back([statement(from)]))
                }
            });
        }
    }
}

/// Whether a word of the name, in singular or plural, says so.
fn is_money(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphabetic()).any(|word| {
        WORDS.iter().any(|known| {
            word == *known || word.strip_suffix('s') == Some(known) || (*known == "salary" && word == "salaries")
        })
    })
}

fn decimal(column: &Column) -> String {
    let unsigned = if column.data_type.contains("unsigned") { " unsigned" } else { "" };
    format!("decimal(19,4){unsigned}")
}

#[cfg(test)]
mod tests {
    use super::is_money;

    #[test]
    fn whole_words_tell_money() {
        for name in ["price", "unit_price", "Amount", "fees", "salaries", "net-amount"] {
            assert!(is_money(name), "{name}");
        }
        for name in ["coffee", "costume", "priceless_score", "elevation", "total", "private"] {
            assert!(!is_money(name), "{name}");
        }
    }
}

//! `mysql/float-for-money`: amounts in binary fractions.

use dbwright_core::{Cx, Severity};
use dbwright_sql::model::{Column, Table};

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::Body;
use crate::words;

/// Words of which one is a part of the name of a column that holds money.
const WORDS: [&str; 26] = [
    "price",
    "amount",
    "balance",
    "cost",
    "fee",
    "salary",
    "wage",
    "payment",
    "revenue",
    "budget",
    "money",
    "subtotal",
    "vat",
    "refund",
    "deposit",
    "tax",
    "charge",
    "commission",
    "discount",
    "surcharge",
    "payout",
    "fare",
    "turnover",
    "invoiced",
    "cashback",
    "expense",
];
/// Words that mean money beside another column of money, or in a table of such things.
const SUMS: [&str; 10] = ["total", "sum", "net", "gross", "credit", "debit", "paid", "due", "shipping", "tip"];
/// Words in the names of tables that hold sums of money.
const PLACES: [&str; 18] = [
    "order",
    "invoice",
    "payment",
    "sale",
    "billing",
    "bill",
    "cart",
    "basket",
    "receipt",
    "transaction",
    "ledger",
    "quote",
    "purchase",
    "refund",
    "payroll",
    "expense",
    "checkout",
    "subscription",
];
/// Words that make something else of such a name: `tax_rate`, `total_weight`, `cost_factor`.
const MEASURES: [&str; 30] = [
    "rate",
    "percent",
    "percentage",
    "pct",
    "ratio",
    "factor",
    "count",
    "weight",
    "score",
    "index",
    "id",
    "qty",
    "quantity",
    "time",
    "hour",
    "minute",
    "second",
    "day",
    "distance",
    "km",
    "size",
    "volume",
    "length",
    "points",
    "units",
    "items",
    "bytes",
    "duration",
    "share",
    "level",
];

const WHY: &str = "binary fractions keep no 0.1, sums depend on the order of the rows, and comparisons with = fail";

/// A column of money, with its clauses of the change and of the way back where it can be changed.
struct Money<'a> {
    column: &'a Column,
    severity: Severity,
    clauses: Option<(String, String)>,
}

/// Reports the columns; those of one table together, because each change writes the whole table anew.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::tables(cx.body) {
        let of_money = is_a(&table.name, &PLACES) || table.columns.iter().any(|column| is_money(&column.name, false));
        let all = table.columns.iter().filter(|column| is_money(&column.name, of_money));
        let (mendable, others): (Vec<_>, Vec<_>) = all
            .filter_map(|column| {
                let severity = match column.base_type.split(' ').next() {
                    Some("float") => Severity::Medium,
                    Some("double" | "real") => Severity::Low,
                    _ => return None,
                };
                let both = alter::retype(column, &decimal(column)).zip(alter::retype(column, &column.data_type));
                let clauses = both.filter(|_| !alter::in_foreign_key(catalog, table, &column.name));
                Some(Money { column, severity, clauses })
            })
            .partition(|one| one.clauses.is_some());
        for group in others.iter().map(std::slice::from_ref).chain([mendable.as_slice()]) {
            report(cx, table, group);
        }
    }
}

fn report(cx: &mut Cx<'_, Body>, table: &Table, columns: &[Money<'_>]) {
    let Some(first) = columns.first() else { return };
    let catalog = &cx.body.catalog;
    let qualified = catalog.qualified(table);
    let shown = |one: &Money<'_>| format!("{} as {}", catalog.dialect.name(&one.column.name), one.column.data_type);
    let (subject, title) = match columns {
        [one] => (
            catalog.subject_in(table, &one.column.name),
            format!("{qualified}.{}", shown(one).replacen(" as ", " holds money as ", 1)),
        ),
        all => {
            let names: Vec<String> = all.iter().map(shown).collect();
            (catalog.subject(table), format!("{qualified} holds money in binary fractions: {}", words::some_of(&names)))
        }
    };
    let severity = columns.iter().map(|one| one.severity).max().unwrap_or(first.severity);
    let mut finding = cx.finding(subject, title).severity(severity);
    for one in columns {
        let name = if columns.len() == 1 { "type".to_owned() } else { format!("type of {}", one.column.name) };
        finding = finding.evidence(&name, one.column.data_type.as_str(), "", "information_schema.COLUMNS");
    }
    let (forward, back): (Vec<_>, Vec<_>) = columns.iter().filter_map(|one| one.clauses.clone()).unzip();
    let statement = |clauses: Vec<String>| format!("ALTER TABLE {qualified} {}, {COPY}", clauses.join(", "));
    cx.report(if forward.is_empty() {
        finding.why(format!("{WHY}. No change is given: it is computed from others, or part of a foreign key"))
    } else {
        finding.why(WHY).change(alter::ddl(vec![statement(forward)], WRITES_WAIT).back([statement(back)]))
    });
}

/// Whether the name says so, by a word of its own or, among money, one that means money there.
fn is_money(name: &str, of_money: bool) -> bool {
    let is_sum = || of_money && is_a(name, &SUMS);
    let at_its_end = ["price", "amount"].iter().any(|end| name.to_lowercase().ends_with(end));
    (is_a(name, &WORDS) || at_its_end || is_sum()) && !is_a(name, &MEASURES)
}

/// Whether a word of the name, in singular or plural, is one of these. `orderTotal` and `order_total` have the same words.
fn is_a(name: &str, wanted: &[&str]) -> bool {
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
        before = c;
    }
    words.split(|c: char| !c.is_alphabetic()).any(|word| {
        wanted.iter().any(|known| {
            let plural = [word.strip_suffix('s'), word.strip_suffix("es")].contains(&Some(known));
            word == *known || plural || (*known == "salary" && word == "salaries")
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
        for name in
            ["price", "unit_price", "Amount", "fees", "salaries", "net-amount", "unitprice", "taxTotal", "sales_taxes"]
        {
            assert!(is_money(name, false), "{name}");
        }
        for name in
            ["coffee", "costume", "priceless_score", "elevation", "total", "private", "tax_rate", "costFactor", "net"]
        {
            assert!(!is_money(name, false), "{name}");
        }
    }

    #[test]
    fn sums_are_money_among_money() {
        for name in ["total", "orderTotal", "grand_total", "net", "debit"] {
            assert!(is_money(name, true), "{name}");
        }
        for name in ["total_weight", "total_count", "network", "net_weight", "summary"] {
            assert!(!is_money(name, true), "{name}");
        }
    }
}

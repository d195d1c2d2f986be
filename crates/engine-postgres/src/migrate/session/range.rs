//! Ranges of a key, as conditions on the walked table, whose alias is `s`.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Backfill, KeyColumn};
use dbwright_sql::Dialect;
use serde::{Deserialize, Serialize};

/// Where a backfill goes on; what the journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The key of the last row that was moved, as texts; none at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Vec<String>>,
    /// The first page that is left, where rows are walked by their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<u64>,
    /// The page behind the last one, as it was at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pages: Option<u64>,
    /// Rows (or for pages, what they may hold) so far.
    #[serde(default)]
    pub(super) rows: u64,
    /// Whether nothing is left.
    #[serde(default)]
    pub(super) end: bool,
}

/// The walked table with its alias.
pub(super) fn table(backfill: &Backfill) -> String {
    let only = if backfill.only { "ONLY " } else { "" };
    format!("{only}{} s", backfill.table)
}

/// The condition for keys behind `after` and up to `to`, both of them optional.
pub(super) fn condition(key: &[KeyColumn], after: Option<&[String]>, to: Option<&[String]>) -> String {
    let parts: Vec<String> =
        [after.map(|values| compare(key, ">", values)), to.map(|values| compare(key, "<=", values))]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { "true".to_owned() } else { parts.join(" AND ") }
}

fn compare(key: &[KeyColumn], operator: &str, values: &[String]) -> String {
    let columns: Vec<_> = key.iter().map(|column| format!("s.{}", column.name)).collect();
    let literal =
        |(value, column): (&String, &KeyColumn)| format!("{}::{}", Dialect::Postgres.literal(value), column.ty);
    let values: Vec<_> = values.iter().zip(key).map(literal).collect();
    // One column without parentheses: a row of one is no row.
    match columns.as_slice() {
        [column] => format!("{column} {operator} {}", values.concat()),
        _ => format!("({}) {operator} ({})", columns.join(", "), values.join(", ")),
    }
}

/// Asks for the key of the row that ends a batch of `rows`; no row comes back when fewer are left.
pub(super) fn upper_bound(backfill: &Backfill, after: Option<&[String]>, rows: u64) -> String {
    let texts: Vec<_> = backfill.key.iter().map(|column| format!("s.{}::text", column.name)).collect();
    let order: Vec<_> = backfill.key.iter().map(|column| format!("s.{}", column.name)).collect();
    format!(
        "SELECT /* dbwright */ {} FROM {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
        texts.join(", "),
        table(backfill),
        condition(&backfill.key, after, None),
        order.join(", "),
        rows.saturating_sub(1)
    )
}

/// The condition for the rows of pages.
pub(super) fn pages(from: u64, to: u64) -> String {
    format!("s.ctid >= '({from},0)'::tid AND s.ctid < '({to},0)'::tid")
}

/// The statement of a batch, with its range put in.
///
/// # Errors
/// When the plan forgot the place for it: without one, every batch would move all rows.
pub(super) fn statement(batch: &str, range: &str) -> Result<String, Failure> {
    if !batch.contains("{range}") {
        return Err(Failure::internal("migrate.range", "the statement of a backfill has no place for its range")
            .excerpt(batch.to_owned()));
    }
    Ok(batch.replace("{range}", &format!("({range})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(names: &[&str]) -> Vec<KeyColumn> {
        names.iter().map(|name| KeyColumn { name: (*name).to_owned(), ty: "text".to_owned() }).collect()
    }

    #[test]
    fn a_range_is_open_below_and_closed_above() {
        let one = |v: &str| vec![v.to_owned()];
        assert_eq!(condition(&key(&["id"]), None, None), "true");
        assert_eq!(
            condition(&key(&["\"i d\""]), Some(&one("a'b")), Some(&one("z\\"))),
            "s.\"i d\" > 'a''b'::text AND s.\"i d\" <= E'z\\\\'::text"
        );
        let two = vec!["1".to_owned(), "x".to_owned()];
        assert_eq!(condition(&key(&["a", "b"]), Some(&two), None), "(s.a, s.b) > ('1'::text, 'x'::text)");
    }

    #[test]
    fn a_batch_without_a_place_for_its_range_is_refused() {
        assert_eq!(
            statement("UPDATE t s SET a = b WHERE {range}", "true").expect("built"),
            "UPDATE t s SET a = b WHERE (true)"
        );
        assert_eq!(statement("UPDATE t s SET a = b", "true").expect_err("refused").code, "migrate.range");
    }
}

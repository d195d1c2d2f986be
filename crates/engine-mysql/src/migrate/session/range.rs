//! Ranges of a key, as conditions on the walked table, whose alias is `s`.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Backfill, KeyColumn};
use serde::{Deserialize, Serialize};

/// Where a backfill goes on; what the journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The key of the last row that was moved, as literals; none at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Vec<String>>,
    /// Rows so far.
    #[serde(default)]
    pub(super) rows: u64,
    /// Whether nothing is left.
    #[serde(default)]
    pub(super) end: bool,
}

/// The condition for keys behind `after` and up to `to`, both of them optional.
pub(super) fn condition(key: &[KeyColumn], after: Option<&[String]>, to: Option<&[String]>) -> String {
    let parts: Vec<String> =
        [after.map(|values| compare(key, ">", values)), to.map(|values| compare(key, "<=", values))]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { "1 = 1".to_owned() } else { parts.join(" AND ") }
}

/// `(a > 1) OR (a = 1 AND b > 2)`, with the range of the first column in front: rows compared as rows use no index here.
fn compare(key: &[KeyColumn], operator: &str, values: &[String]) -> String {
    let strict = &operator[..1];
    let mut parts = Vec::new();
    for last in 0..key.len() {
        let mut terms: Vec<String> =
            key[..last].iter().zip(values).map(|(column, value)| format!("s.{} = {value}", column.name)).collect();
        let own = if last + 1 == key.len() { operator } else { strict };
        terms.push(format!("s.{} {own} {}", key[last].name, values[last]));
        parts.push(terms.join(" AND "));
    }
    match (key, values, parts.as_slice()) {
        ([_], _, [only]) => only.clone(),
        ([first, ..], [value, ..], _) => {
            format!("s.{} {strict}= {value} AND (({}))", first.name, parts.join(") OR ("))
        }
        _ => "1 = 1".to_owned(),
    }
}

/// Asks for the key of the row that ends a batch of `rows`, each value as hexadecimal text or number; no row comes back when
/// fewer are left.
pub(super) fn upper_bound(backfill: &Backfill, after: Option<&[String]>, rows: u64) -> String {
    let literal = |column: &KeyColumn| match column.ty.as_str() {
        "number" => format!("CONCAT(s.{})", column.name),
        "bytes" => format!("CONCAT('x''', HEX(s.{}), '''')", column.name),
        // A moment or a text, in the character set and by the collation of the column.
        "moment" => format!("CONCAT('''', s.{}, '''')", column.name),
        charset => format!("CONCAT('_{charset} x''', HEX(s.{}), '''')", column.name),
    };
    let texts: Vec<_> = backfill.key.iter().map(literal).collect();
    let order: Vec<_> = backfill.key.iter().map(|column| format!("s.{}", column.name)).collect();
    format!(
        "SELECT /* dbwright */ {} FROM {} s WHERE {} ORDER BY {} LIMIT 1 OFFSET {}",
        texts.join(", "),
        backfill.table,
        condition(&backfill.key, after, None),
        order.join(", "),
        rows.saturating_sub(1)
    )
}

/// The statements of a batch, with its range put in.
///
/// # Errors
/// When the plan forgot the place for it: without one, every batch would move all rows.
pub(super) fn statements(backfill: &Backfill, range: &str) -> Result<Vec<String>, Failure> {
    if !backfill.batch.contains("{range}") {
        return Err(Failure::internal("migrate.range", "the statement of a backfill has no place for its range")
            .excerpt(backfill.batch.clone()));
    }
    let put = |text: &String| format!("/* dbwright */ {}", text.replace("{range}", &format!("({range})")));
    Ok(backfill.before_batch.iter().chain([&backfill.batch]).map(put).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(names: &[&str]) -> Vec<KeyColumn> {
        names.iter().map(|name| KeyColumn { name: (*name).to_owned(), ty: "number".to_owned() }).collect()
    }

    #[test]
    fn a_range_is_open_below_and_closed_above() {
        let one = |v: &str| vec![v.to_owned()];
        assert_eq!(condition(&key(&["`a`"]), None, None), "1 = 1");
        assert_eq!(condition(&key(&["`a`"]), Some(&one("1")), Some(&one("5"))), "s.`a` > 1 AND s.`a` <= 5");
        let two = vec!["1".to_owned(), "x'61'".to_owned()];
        assert_eq!(
            condition(&key(&["a", "b"]), None, Some(&two)),
            "s.a <= 1 AND ((s.a < 1) OR (s.a = 1 AND s.b <= x'61'))"
        );
    }
}

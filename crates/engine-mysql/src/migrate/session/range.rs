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
    /// The greatest key when the walk began: rows behind it were written later, and whoever needs them has noted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Vec<String>>,
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

/// The key's values as literals.
fn literals(key: &[KeyColumn]) -> String {
    let literal = |column: &KeyColumn| match column.ty.as_str() {
        "number" => format!("CONCAT(s.{})", column.name),
        "bytes" => format!("CONCAT('x''', HEX(s.{}), '''')", column.name),
        "moment" => format!("CONCAT('''', s.{}, '''')", column.name),
        // A text, in the character set of the column.
        charset => format!("CONCAT('_{charset} x''', HEX(s.{}), '''')", column.name),
    };
    key.iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// Asks for the key of the row that ends a batch of `rows`, its values as literals; no row comes back when fewer are left.
pub(super) fn upper_bound(backfill: &Backfill, from: &Position, rows: u64) -> String {
    let order: Vec<_> = backfill.key.iter().map(|column| format!("s.{}", column.name)).collect();
    format!(
        "SELECT /* dbwright */ {} FROM {} s WHERE {} ORDER BY {} LIMIT 1 OFFSET {}",
        literals(&backfill.key),
        backfill.table,
        condition(&backfill.key, from.after.as_deref(), from.last.as_deref()),
        order.join(", "),
        rows.saturating_sub(1)
    )
}

/// Asks for the greatest key.
pub(super) fn greatest(backfill: &Backfill) -> String {
    let order: Vec<_> = backfill.key.iter().map(|column| format!("s.{} DESC", column.name)).collect();
    let key = literals(&backfill.key);
    format!("SELECT /* dbwright */ {key} FROM {} s ORDER BY {} LIMIT 1", backfill.table, order.join(", "))
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

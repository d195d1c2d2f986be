//! `UPDATE` and `DELETE`: which rows.

use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};

/// What a statement says of the rows that it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Rows<'a> {
    /// `UPDATE` or `DELETE`.
    pub(in crate::migrate) verb: &'static str,
    /// The first table that is named; of `DELETE a FROM b AS a` the one behind FROM.
    pub(in crate::migrate) table: Option<Name>,
    /// Whether several tables stand in it: a join is a condition.
    pub(in crate::migrate) joined: bool,
    /// What stands behind `SET`.
    pub(in crate::migrate) set: Option<&'a str>,
    /// What stands behind `WHERE`.
    pub(in crate::migrate) filter: Option<&'a str>,
    pub(in crate::migrate) ordered: bool,
    pub(in crate::migrate) limited: bool,
}

impl Rows<'_> {
    /// Whether nothing is said of which rows: no condition, or one that is true of all.
    pub(in crate::migrate) fn every(&self) -> bool {
        !self.joined && self.filter.is_none_or(always)
    }
}

/// Whether a condition is true of every row: `1`, `TRUE`, `1 = 1`.
fn always(filter: &str) -> bool {
    let mut cursor = Cursor::new(filter);
    let first = cursor.peek();
    cursor.skip();
    let literal = first.starts_with(|c: char| c.is_ascii_digit() || c == '\'');
    if cursor.done() {
        return first.eq_ignore_ascii_case("true") || (literal && !first.trim_matches(['0', '\'']).is_empty());
    }
    let equal = literal && cursor.accept(&["="]) && cursor.peek() == first;
    cursor.skip();
    equal && cursor.done()
}

/// Reads a statement; `WITH` before it included.
pub(in crate::migrate) fn rows(sql: &str) -> Option<Rows<'_>> {
    let mut cursor = Cursor::new(sql);
    if cursor.is("with") {
        cursor.seek(&["update", "delete"]);
    }
    let verb = match cursor.any(&["update", "delete"])? {
        "update" => "UPDATE",
        _ => "DELETE",
    };
    while cursor.any(&["low_priority", "quick", "ignore"]).is_some() {}
    let plain = verb == "UPDATE" || cursor.accept(&["from"]);
    let from = cursor.start();
    let ends = ["set", "where", "order", "limit", "returning"];
    cursor.seek(&ends);
    let tables = cursor.slice(from..cursor.end().max(from));
    let mut named = Cursor::new(tables);
    if !plain && named.seek(&["from"]) {
        named.skip();
    }
    let table = named.qualified();
    let joined = !plain || split(tables).len() > 1 || Cursor::new(tables).seek(&["join", "straight_join", "using"]);
    let set = if cursor.accept(&["set"]) { Some(piece(&mut cursor, &ends[1..])) } else { None };
    let filter = if cursor.accept(&["where"]) { Some(piece(&mut cursor, &ends[2..])) } else { None };
    let ordered = cursor.accept(&["order", "by"]);
    let limited = cursor.seek(&["limit"]);
    Some(Rows { verb, table, joined, set, filter, ordered, limited })
}

fn piece<'a>(cursor: &mut Cursor<'a>, ends: &[&str]) -> &'a str {
    let from = cursor.start();
    cursor.seek(ends);
    cursor.slice(from..cursor.end().max(from))
}

/// `INSERT … SELECT`: whether its rows are limited, and whether they are ordered.
pub(in crate::migrate) fn selected(sql: &str) -> Option<(bool, bool)> {
    let mut cursor = Cursor::new(sql);
    cursor.any(&["insert", "replace", "create"])?;
    if !cursor.seek(&["select"]) {
        return None;
    }
    let limited = cursor.clone().seek(&["limit"]);
    Some((limited, cursor.seek(&["order"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_orders_and_limits() {
        let one = rows("UPDATE t SET a = (SELECT 1 FROM x WHERE y LIMIT 1) WHERE b = 'where' ORDER BY id LIMIT 5")
            .expect("rows");
        assert_eq!((one.filter, one.ordered, one.limited, one.joined), (Some("b = 'where'"), true, true, false));
        assert_eq!(one.set, Some("a = (SELECT 1 FROM x WHERE y LIMIT 1)"));
        let bare = rows("DELETE QUICK FROM t").expect("rows");
        assert_eq!((bare.verb, bare.filter, bare.joined), ("DELETE", None, false));
        let joined = rows("DELETE a FROM shop.items AS a JOIN b USING (id)").expect("rows");
        assert!(joined.joined && joined.table.is_some_and(|table| table.name == "items"));
        assert!(rows("UPDATE a, b SET a.x = b.y").expect("rows").joined);
        assert!(rows("WITH c AS (SELECT 1) UPDATE a JOIN c ON c.x = a.x SET a.y = 1").expect("rows").joined);
        let every = |sql: &str| rows(sql).expect("rows").every();
        assert!(
            every("DELETE FROM t WHERE 1=1")
                && every("UPDATE t SET a = 1 WHERE true")
                && every("DELETE FROM t WHERE 1")
        );
        assert!(
            !every("DELETE FROM t WHERE 0") && !every("DELETE FROM t WHERE 1 = 2") && !every("DELETE FROM t WHERE a")
        );
        assert_eq!(rows("INSERT INTO t VALUES (1)"), None);
        assert_eq!(selected("INSERT INTO t SELECT * FROM s ORDER BY id LIMIT 3"), Some((true, true)));
        assert_eq!(selected("INSERT INTO t (a) VALUES ((SELECT 1 LIMIT 1))"), None);
    }
}

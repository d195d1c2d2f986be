//! Plans: `EXPLAIN QUERY PLAN` as a tree. It runs nothing.

use std::collections::HashMap;

use dbwright_core::plan::Node;
use rusqlite::Connection;

/// The plan of a statement.
///
/// # Errors
/// When SQLite can't prepare the statement.
pub(crate) fn plan(db: &Connection, sql: &str) -> rusqlite::Result<Node> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = statement.raw_query();
    let mut children: HashMap<i64, Vec<(i64, String)>> = HashMap::new();
    while let Some(row) = rows.next()? {
        children.entry(row.get(1)?).or_default().push((row.get(0)?, row.get(3)?));
    }
    Ok(Node { operation: "QUERY PLAN".to_owned(), children: below(0, &mut children), ..Node::default() })
}

fn below(parent: i64, rows: &mut HashMap<i64, Vec<(i64, String)>>) -> Vec<Node> {
    let own = rows.remove(&parent).unwrap_or_default();
    own.into_iter().map(|(id, detail)| node(detail, below(id, rows))).collect()
}

fn node(operation: String, children: Vec<Node>) -> Node {
    let index = operation.split_once(" USING INDEX ").or_else(|| operation.split_once(" USING COVERING INDEX "));
    let index = index.map(|(_, rest)| rest.split_once(" (").map_or(rest, |(name, _)| name).to_owned());
    Node { index, operation, children, ..Node::default() }
}

/// The indexes that a plan uses, in the order of their first use.
pub(crate) fn indexes(plan: &Node) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for index in plan.walk().filter_map(|node| node.index.clone()) {
        if !found.contains(&index) {
            found.push(index);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_its_indexes() {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch("CREATE TABLE t (a, b); CREATE INDEX \"t (a)\" ON t (a); CREATE INDEX tb ON t (b, a)")
            .expect("a table");
        let of = |sql| indexes(&plan(&db, sql).expect("a plan"));
        assert_eq!(of("SELECT a FROM t WHERE b = 1 UNION ALL SELECT b FROM t"), ["tb"]);
        assert_eq!(of("SELECT * FROM t WHERE b = ?1 OR b = 3 ORDER BY a"), ["tb"]);
        assert!(of("SELECT * FROM t WHERE a + 1 = 2").len() < 2);
    }
}

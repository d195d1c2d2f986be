//! Words of a clause or statement that its reading leaves out.

use crate::migrate::parse::Clause;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};

/// Whether a clause says `IF EXISTS` or `IF NOT EXISTS`.
pub(super) fn conditional(clause: &Clause) -> bool {
    let mut cursor = Cursor::new(&clause.text);
    cursor.seek(&["if"]) && (cursor.accept(&["if", "exists"]) || cursor.accept(&["if", "not", "exists"]))
}

/// The columns that an `INSERT` or `REPLACE` names; none when it names none.
pub(super) fn inserted(sql: &str) -> Vec<String> {
    let mut cursor = Cursor::new(sql);
    cursor.skip();
    while cursor.any(&["low_priority", "delayed", "high_priority", "ignore", "into"]).is_some() {}
    if cursor.qualified().is_none() || cursor.accept(&["partition"]) {
        return Vec::new();
    }
    let Some(list) = cursor.parens() else { return Vec::new() };
    let names: Vec<Option<String>> = split(cursor.slice(list)).into_iter().map(only_name).collect();
    // A query in parentheses is no list of names.
    names.into_iter().collect::<Option<_>>().unwrap_or_default()
}

/// The tables that a statement reads, outside parentheses.
pub(super) fn read(sql: &str) -> Vec<Name> {
    let mut cursor = Cursor::new(sql);
    let mut found = Vec::new();
    while cursor.seek(&["from", "join"]) {
        cursor.skip();
        found.extend(cursor.qualified());
    }
    found
}

fn only_name(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    let name = cursor.name()?;
    cursor.done().then_some(name)
}

/// Whether an `UPDATE` or `DELETE` names its one table first: not an alias, and no common table expression.
pub(super) fn names_its_table(sql: &str) -> bool {
    let mut cursor = Cursor::new(sql);
    match cursor.any(&["update", "delete", "insert", "replace"]) {
        Some("delete") => {
            while cursor.any(&["low_priority", "quick", "ignore"]).is_some() {}
            // DELETE a FROM orders a, DELETE FROM a USING orders a
            cursor.accept(&["from"]) && !cursor.seek(&["using"])
        }
        Some(_) => true,
        None => false,
    }
}

/// What follows `CREATE`, `DROP` or `ALTER` of what the reading of statements does not know: its word, and the names.
pub(super) fn other(sql: &str) -> (String, Vec<Name>) {
    let mut cursor = Cursor::new(sql);
    cursor.skip();
    cursor.accept(&["or", "replace"]);
    cursor.accept(&["temporary"]);
    let word = cursor.peek().to_lowercase();
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.accept(&["if", "exists"]);
    let mut names = Vec::new();
    while let Some(name) = cursor.qualified() {
        names.push(name);
        if !cursor.accept(&[","]) {
            break;
        }
    }
    (word, names)
}

/// The table whose definition a `CREATE TABLE … LIKE` takes.
pub(super) fn like(sql: &str) -> Option<Name> {
    let mut cursor = Cursor::new(sql);
    if !cursor.seek(&["table"]) {
        return None;
    }
    cursor.skip();
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified()?;
    cursor.accept(&["("]);
    if cursor.accept(&["like"]) { cursor.qualified() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reading_leaves_out() {
        let clause = |text| conditional(&Clause::read(text));
        assert!(clause("DROP COLUMN IF EXISTS a") && clause("ADD INDEX IF NOT EXISTS i (a)"));
        assert!(!clause("ADD COLUMN `if` int DEFAULT (if(1, 2, 3))") && !clause("DROP COLUMN a"));
        assert_eq!(inserted("INSERT IGNORE INTO shop.t (a, `b c`) VALUES (1, 2)"), ["a", "b c"]);
        assert!(inserted("INSERT INTO t (SELECT 1)").is_empty() && inserted("INSERT INTO t VALUES (1)").is_empty());
        assert!(names_its_table("DELETE FROM t WHERE a = 1") && !names_its_table("DELETE a FROM t a"));
        assert!(!names_its_table("DELETE FROM a USING t a") && !names_its_table("WITH x AS (SELECT 1) DELETE FROM t"));
        assert_eq!(other("DROP VIEW IF EXISTS a, s.b").1.len(), 2);
        assert_eq!(like("CREATE TABLE a (LIKE s.`b`)").map(|name| name.name).as_deref(), Some("b"));
        assert_eq!(like("CREATE TABLE a (b int)"), None);
    }
}

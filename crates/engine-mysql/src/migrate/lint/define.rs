//! Keys, foreign keys and tables as `CREATE TABLE` and `ADD` write them.

use super::world::{Foreign, KeyKind, TableKey};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::split;

/// The key that `ADD …` or an item of `CREATE TABLE` makes; none when it makes none.
pub(in crate::migrate) fn key(text: &str) -> Option<TableKey> {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["add"]);
    let named = constraint(&mut cursor);
    if cursor.accept(&["primary", "key"]) {
        cursor.seek(&["("]);
        let (columns, prefix) = columns(&mut cursor)?;
        return Some(TableKey { name: "PRIMARY".to_owned(), kind: KeyKind::Primary, columns, prefix });
    }
    let word = cursor.any(&["unique", "fulltext", "spatial"]);
    let index = cursor.any(&["index", "key"]).is_some();
    if word.is_none() && !index {
        return None;
    }
    cursor.accept(&["if", "not", "exists"]);
    let name = if cursor.is_any(&["(", "using"]) { None } else { cursor.name() };
    cursor.seek(&["("]);
    let (columns, prefix) = columns(&mut cursor)?;
    let kind = match word {
        Some("unique") => KeyKind::Unique,
        Some("fulltext") => KeyKind::Fulltext,
        Some("spatial") => KeyKind::Spatial,
        _ => KeyKind::Plain,
    };
    // The server names it after its first column.
    let name = name.or(named).or_else(|| columns.first().cloned()).unwrap_or_default();
    Some(TableKey { name, kind, columns, prefix })
}

/// The foreign key that `ADD …`, or an item of `CREATE TABLE`, makes.
pub(in crate::migrate) fn foreign(text: &str) -> Option<Foreign> {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["add"]);
    let named = constraint(&mut cursor);
    if !cursor.accept(&["foreign", "key"]) {
        return None;
    }
    cursor.accept(&["if", "not", "exists"]);
    let own = if cursor.is("(") { None } else { cursor.name() };
    let (columns, _) = columns(&mut cursor)?;
    references(&mut cursor, named.or(own).unwrap_or_default(), columns)
}

/// The foreign key of a column's own `REFERENCES …`.
pub(in crate::migrate) fn column_foreign(column: &str, text: &str) -> Option<Foreign> {
    references(&mut Cursor::new(text), String::new(), vec![column.to_owned()])
}

fn references(cursor: &mut Cursor<'_>, name: String, columns: Vec<String>) -> Option<Foreign> {
    if !cursor.accept(&["references"]) {
        return None;
    }
    let table = cursor.qualified()?;
    let referenced = if cursor.is("(") { self::columns(cursor)?.0 } else { Vec::new() };
    Some(Foreign { name, columns, table, referenced, tail: cursor.rest().to_owned() })
}

/// The name of a CHECK that `ADD …`, or an item of `CREATE TABLE`, makes; empty when the server chooses it.
pub(in crate::migrate) fn check(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["add"]);
    let named = constraint(&mut cursor);
    cursor.is("check").then(|| named.unwrap_or_default())
}

/// `CONSTRAINT name`, where the name may be missing.
fn constraint(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.accept(&["constraint"]) || cursor.is_any(&["primary", "unique", "foreign", "check"]) {
        return None;
    }
    cursor.accept(&["if", "not", "exists"]);
    cursor.name()
}

/// Parts of a key, and whether one is only the beginning of a column.
fn columns(cursor: &mut Cursor<'_>) -> Option<(Vec<String>, bool)> {
    let range = cursor.parens()?;
    let mut prefix = false;
    let mut names = Vec::new();
    for part in split(cursor.slice(range)) {
        let mut inner = Cursor::new(part);
        if part.starts_with('(') {
            names.push(part.to_owned());
            continue;
        }
        names.push(inner.name()?);
        prefix |= inner.is("(");
    }
    Some((names, prefix))
}

/// What stands behind the parenthesis of `CREATE TABLE`.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) engine: Option<String>,
    pub(super) charset: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) row_format: Option<String>,
    pub(super) partitions: Option<String>,
}

/// Reads options of a table.
pub(super) fn options(text: &str) -> Options {
    let mut cursor = Cursor::new(text);
    let mut found = Options::default();
    while !cursor.done() {
        cursor.accept(&["default"]);
        let value = |cursor: &mut Cursor<'_>| {
            cursor.accept(&["="]);
            cursor.name().map(|name| name.to_lowercase())
        };
        if cursor.accept(&["engine"]) {
            cursor.accept(&["="]);
            found.engine = cursor.name();
        } else if cursor.accept(&["character", "set"]) || cursor.accept(&["charset"]) {
            found.charset = value(&mut cursor);
        } else if cursor.accept(&["collate"]) {
            found.collation = value(&mut cursor);
        } else if cursor.accept(&["row_format"]) {
            found.row_format = value(&mut cursor);
        } else if cursor.clone().accept(&["partition", "by"]) {
            found.partitions = Some(cursor.rest().to_owned());
            break;
        } else {
            cursor.skip();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_all_their_ways_of_writing() {
        let one = key("ADD CONSTRAINT u UNIQUE (`a b`, c(10) DESC)").expect("a key");
        assert_eq!((one.name.as_str(), one.kind, one.prefix), ("u", KeyKind::Unique, true));
        assert_eq!(one.columns, ["a b", "c"]);
        assert_eq!(key("KEY (a)").expect("a key").name, "a");
        assert_eq!(key("ADD INDEX i USING BTREE ((a + 1), b)").expect("a key").columns, ["(a + 1)", "b"]);
        assert_eq!(key("PRIMARY KEY USING BTREE (id)").expect("a key").kind, KeyKind::Primary);
        assert!(key("ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (b)").is_none());
    }

    #[test]
    fn foreign_keys() {
        let one =
            foreign("ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES shop.p (c, d) ON DELETE CASCADE").expect("one");
        assert_eq!((one.name.as_str(), one.table.name.as_str(), one.tail.as_str()), ("f", "p", "ON DELETE CASCADE"));
        assert_eq!(one.referenced, ["c", "d"]);
        assert_eq!(column_foreign("a", "REFERENCES p (id)").expect("one").columns, ["a"]);
        assert_eq!(check("ADD CONSTRAINT c CHECK (a > 0)").as_deref(), Some("c"));
    }
}

//! What a statement does, as far as planning and linting need to know.

use super::alter::Clause;
use super::cursor::{Cursor, split};

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// `ALTER TABLE`; no clauses when they could not be understood.
    Alter { table: String, if_exists: bool, clauses: Vec<Clause> },
    /// `CREATE TABLE`, `VIEW`, `INDEX`, `TRIGGER`, `VIRTUAL TABLE`; `on` is the table of an index or trigger.
    Create { kind: Kind, name: String, on: Option<String>, unique: bool, if_not_exists: bool, temporary: bool },
    /// `DROP …`.
    Drop { kind: Kind, name: String, if_exists: bool },
    /// `INSERT` and `REPLACE`.
    Insert { table: String },
    /// `UPDATE`.
    Update { table: String, filtered: bool },
    /// `DELETE`.
    Delete { table: String, filtered: bool },
    /// `PRAGMA name` or `PRAGMA name = value`.
    Pragma { name: String, value: Option<String> },
    /// `BEGIN`, `COMMIT`, `END`, `ROLLBACK`, `SAVEPOINT`, `RELEASE`.
    Transaction { word: String },
    /// `VACUUM`.
    Vacuum { into: bool },
    /// `ATTACH` and `DETACH`.
    Attach,
    /// `SELECT`, `VALUES`, `EXPLAIN`.
    Query,
    /// `ANALYZE` and `REINDEX`.
    Upkeep,
    /// Anything else.
    Other,
}

/// What kind of object a statement makes or drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Virtual,
    Index,
    View,
    Trigger,
}

impl Kind {
    /// Its keyword.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Table | Self::Virtual => "TABLE",
            Self::Index => "INDEX",
            Self::View => "VIEW",
            Self::Trigger => "TRIGGER",
        }
    }
}

/// Reads one statement.
pub(crate) fn act(sql: &str) -> Act {
    let mut cursor = Cursor::new(sql);
    let first = cursor.peek().to_ascii_lowercase();
    cursor.skip();
    let found = match first.as_str() {
        "alter" => alter(&mut cursor, sql),
        "create" => create(&mut cursor),
        "drop" => dropped(&mut cursor),
        "insert" | "replace" | "update" | "delete" => Some(rows(&first, &mut cursor)),
        "with" => Some(with(&mut cursor)),
        "pragma" => pragma(&mut cursor),
        "begin" | "commit" | "end" | "rollback" | "savepoint" | "release" => Some(Act::Transaction { word: first }),
        "vacuum" => Some(Act::Vacuum {
            into: !cursor.done()
                && (cursor.is("into") || {
                    cursor.skip();
                    cursor.is("into")
                }),
        }),
        "attach" | "detach" => Some(Act::Attach),
        "select" | "values" | "explain" => Some(Act::Query),
        "analyze" | "reindex" => Some(Act::Upkeep),
        _ => None,
    };
    found.unwrap_or(Act::Other)
}

fn alter(cursor: &mut Cursor<'_>, sql: &str) -> Option<Act> {
    if !cursor.accept(&["table"]) {
        return None;
    }
    let if_exists = cursor.accept(&["if", "exists"]);
    cursor.accept(&["only"]);
    let (_, table) = cursor.qualified()?;
    let rest = &sql[cursor.start()..];
    let clauses: Option<Vec<_>> = split(rest).into_iter().map(|part| Clause::read(&rest[part])).collect();
    Some(Act::Alter { table, if_exists, clauses: clauses.unwrap_or_default() })
}

fn create(cursor: &mut Cursor<'_>) -> Option<Act> {
    let temporary = cursor.accept(&["temp"]) || cursor.accept(&["temporary"]);
    let unique = cursor.accept(&["unique"]);
    let kind = if cursor.accept(&["virtual", "table"]) { Kind::Virtual } else { kind(cursor)? };
    let if_not_exists = cursor.accept(&["if", "not", "exists"]);
    let (schema, name) = cursor.qualified()?;
    let temporary = temporary || schema.is_some_and(|schema| schema.eq_ignore_ascii_case("temp"));
    let mut on = None;
    if matches!(kind, Kind::Index | Kind::Trigger) {
        cursor.until(|cursor| cursor.is("on"));
        // `UPDATE OF a, b ON t`: commas come before it.
        while !cursor.done() && !cursor.is("on") {
            cursor.skip();
        }
        cursor.skip();
        on = cursor.qualified().map(|(_, table)| table);
    }
    Some(Act::Create { kind, name, on, unique, if_not_exists, temporary })
}

fn kind(cursor: &mut Cursor<'_>) -> Option<Kind> {
    let kinds = [Kind::Table, Kind::Index, Kind::View, Kind::Trigger];
    kinds.into_iter().find(|kind| cursor.accept(&[kind.word()]))
}

fn dropped(cursor: &mut Cursor<'_>) -> Option<Act> {
    let kind = kind(cursor)?;
    let if_exists = cursor.accept(&["if", "exists"]);
    Some(Act::Drop { kind, name: cursor.qualified()?.1, if_exists })
}

/// `WITH … INSERT | UPDATE | DELETE | SELECT`.
fn with(cursor: &mut Cursor<'_>) -> Act {
    while !cursor.done() {
        if cursor.is_any(&["insert", "replace", "update", "delete"]) {
            let word = cursor.peek().to_ascii_lowercase();
            cursor.skip();
            return rows(&word, cursor);
        }
        if cursor.parens().is_none() {
            cursor.skip();
        }
    }
    Act::Query
}

fn rows(word: &str, cursor: &mut Cursor<'_>) -> Act {
    if cursor.accept(&["or"]) {
        cursor.skip();
    }
    let _ = cursor.accept(&["into"]) || cursor.accept(&["from"]);
    let Some((_, table)) = cursor.qualified() else { return Act::Other };
    let mut filtered = false;
    while !cursor.done() {
        filtered |= cursor.is("where") || cursor.is("limit");
        if cursor.parens().is_none() {
            cursor.skip();
        }
    }
    match word {
        "update" => Act::Update { table, filtered },
        "delete" => Act::Delete { table, filtered },
        _ => Act::Insert { table },
    }
}

fn pragma(cursor: &mut Cursor<'_>) -> Option<Act> {
    let (_, name) = cursor.qualified()?;
    let value = if cursor.accept(&["="]) || cursor.accept(&["("]) {
        let sign = if cursor.accept(&["-"]) { "-" } else { "" };
        Some(format!("{sign}{}", super::unquoted(cursor.peek()).to_ascii_lowercase()))
    } else {
        None
    };
    Some(Act::Pragma { name: name.to_ascii_lowercase(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_statements_do() {
        assert!(
            matches!(act("ALTER TABLE IF EXISTS main.t ADD a int, DROP b"), Act::Alter { clauses, .. } if clauses.len() == 2)
        );
        assert!(matches!(act("alter table t frobnicate"), Act::Alter { clauses, .. } if clauses.is_empty()));
        assert!(
            matches!(act("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)"), Act::Create { kind: Kind::Index, unique: true, on: Some(on), .. } if on == "t")
        );
        assert!(
            matches!(act("CREATE TRIGGER x AFTER UPDATE OF a, b ON t BEGIN SELECT 1; END"), Act::Create { on: Some(on), .. } if on == "t")
        );
        assert!(matches!(act("WITH x AS (SELECT 1) DELETE FROM t WHERE a IN x"), Act::Delete { filtered: true, .. }));
        assert!(matches!(act("UPDATE OR IGNORE t SET a = (SELECT 1 WHERE 1)"), Act::Update { filtered: false, .. }));
        assert_eq!(
            act("PRAGMA main.foreign_keys(off)"),
            Act::Pragma { name: "foreign_keys".into(), value: Some("off".into()) }
        );
        assert_eq!(act("VACUUM main INTO 'x'"), Act::Vacuum { into: true });
        assert_eq!(act("WITH x AS (SELECT 1) SELECT * FROM x"), Act::Query);
    }
}

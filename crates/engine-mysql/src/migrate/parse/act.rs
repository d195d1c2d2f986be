//! What a statement is, and which tables it changes.

use super::alter::{Clause, Clauses, index_clause};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) enum Act {
    /// `ALTER TABLE`, and what is the same by another name: `CREATE INDEX`, `DROP INDEX`, `OPTIMIZE TABLE`.
    Alter {
        table: Name,
        if_exists: bool,
        clauses: Vec<Clause>,
    },
    /// `CREATE TABLE`; `rows` when it is filled from a query.
    CreateTable {
        table: Name,
        if_not_exists: bool,
        temporary: bool,
        rows: bool,
    },
    DropTable {
        tables: Vec<Name>,
        if_exists: bool,
        temporary: bool,
    },
    RenameTable {
        pairs: Vec<(Name, Name)>,
    },
    Truncate {
        table: Name,
    },
    /// A view, trigger, routine or event.
    Create {
        kind: Kind,
        name: Name,
        replace: bool,
        if_not_exists: bool,
    },
    Drop {
        kind: Kind,
        name: Name,
        if_exists: bool,
    },
    /// Rows: `INSERT`, `UPDATE`, `DELETE`, `REPLACE`, with the first table.
    Write {
        verb: &'static str,
        table: Option<Name>,
        condition: bool,
        limited: bool,
    },
    /// A setting of the session.
    Set,
    /// A setting of the server.
    SetGlobal,
    /// `BEGIN`, `COMMIT`, …
    Transaction(String),
    /// `LOCK TABLES`, `UNLOCK TABLES`.
    Lock,
    Use,
    /// Only reads, or only tells the server something: may be done twice.
    Query,
    /// Anything else, by its first word.
    Other(String),
}

/// An object beside tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Kind {
    View,
    Trigger,
    Procedure,
    Function,
    Event,
}

impl Kind {
    /// Its keyword.
    pub(in crate::migrate) const fn word(self) -> &'static str {
        match self {
            Self::View => "VIEW",
            Self::Trigger => "TRIGGER",
            Self::Procedure => "PROCEDURE",
            Self::Function => "FUNCTION",
            Self::Event => "EVENT",
        }
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let all = [Self::View, Self::Trigger, Self::Procedure, Self::Function, Self::Event];
        all.into_iter().find(|kind| cursor.accept(&[kind.word()]))
    }
}

/// Statements about views, routines and events that are no [`Act`] of their own: nothing but their way back asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) enum Stored {
    /// `ALTER VIEW`, `ALTER EVENT` without a new name, `ALTER PROCEDURE`, `ALTER FUNCTION`.
    Altered(Kind, Name),
    /// Several views at once.
    Dropped { names: Vec<Name>, if_exists: bool },
}

/// Reads such a statement.
pub(in crate::migrate) fn stored(sql: &str) -> Option<Stored> {
    let mut cursor = Cursor::new(sql);
    if cursor.accept(&["drop", "view"]) {
        let if_exists = cursor.accept(&["if", "exists"]);
        let mut names = vec![cursor.qualified()?];
        while cursor.accept(&[","]) {
            names.push(cursor.qualified()?);
        }
        return Some(Stored::Dropped { names, if_exists });
    }
    if !cursor.accept(&["alter"]) {
        return None;
    }
    // ALGORITHM = MERGE DEFINER = `a`@`b` SQL SECURITY INVOKER
    while !cursor.done() && !cursor.is_any(&["table", "database", "schema", "user", "server", "sequence", "instance"]) {
        let Some(kind) = Kind::read(&mut cursor) else {
            cursor.skip();
            continue;
        };
        cursor.accept(&["if", "exists"]);
        let name = cursor.qualified()?;
        let renamed = kind == Kind::Event && cursor.seek(&["rename"]);
        return (!renamed).then_some(Stored::Altered(kind, name));
    }
    None
}

/// Reads a statement.
pub(in crate::migrate) fn act(sql: &str) -> Act {
    let mut cursor = Cursor::new(sql);
    let first = cursor.peek().to_ascii_uppercase();
    read(&mut cursor).unwrap_or(Act::Other(first))
}

fn read(cursor: &mut Cursor<'_>) -> Option<Act> {
    let words = [
        "alter",
        "create",
        "drop",
        "rename",
        "truncate",
        "optimize",
        "insert",
        "replace",
        "update",
        "delete",
        "with",
        "set",
        "begin",
        "start",
        "commit",
        "rollback",
        "savepoint",
        "release",
        "lock",
        "unlock",
        "use",
        "select",
        "show",
        "do",
        "explain",
        "describe",
        "analyze",
        "check",
        "checksum",
        "flush",
    ];
    match cursor.any(&words)? {
        "alter" => alter(cursor),
        "create" => create(cursor),
        "drop" => dropped(cursor),
        "rename" => renamed(cursor),
        "truncate" => {
            cursor.accept(&["table"]);
            Some(Act::Truncate { table: cursor.qualified()? })
        }
        "optimize" => optimize(cursor),
        verb @ ("insert" | "replace") => insert(cursor, if verb == "insert" { "INSERT" } else { "REPLACE" }),
        "update" => Some(changed(cursor, "UPDATE")),
        "delete" => Some(deleted(cursor)),
        "with" => with(cursor),
        // MariaDB's SET STATEMENT … FOR is the statement behind it.
        "set" if cursor.is("statement") => None,
        "set" => Some(set(cursor)),
        "begin" | "start" if cursor.is("not") => None,
        word @ ("begin" | "start" | "commit" | "rollback" | "savepoint" | "release") => {
            Some(Act::Transaction(word.to_ascii_uppercase()))
        }
        "lock" | "unlock" => Some(Act::Lock),
        "use" => Some(Act::Use),
        "select" if into_file(cursor) => None,
        "select" | "show" | "do" | "explain" | "describe" | "analyze" | "check" | "checksum" => Some(Act::Query),
        _ => None,
    }
}

fn into_file(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.seek(&["outfile", "dumpfile"])
}

fn alter(cursor: &mut Cursor<'_>) -> Option<Act> {
    cursor.accept(&["online"]);
    // With IGNORE rows that don't fit are thrown away: nothing that dbwright would do by itself.
    if !cursor.accept(&["table"]) {
        return None;
    }
    let if_exists = cursor.accept(&["if", "exists"]);
    let table = cursor.qualified()?;
    if cursor.accept(&["wait"]) {
        cursor.skip();
    } else {
        cursor.accept(&["nowait"]);
    }
    let clauses = Clauses::read(cursor.rest());
    Some(Act::Alter { table, if_exists, clauses })
}

fn create(cursor: &mut Cursor<'_>) -> Option<Act> {
    let replace = cursor.accept(&["or", "replace"]);
    let temporary = cursor.accept(&["temporary"]);
    if cursor.accept(&["table"]) {
        // OR REPLACE drops what is there: nothing that could be undone.
        if replace {
            return None;
        }
        let if_not_exists = cursor.accept(&["if", "not", "exists"]);
        let table = cursor.qualified()?;
        let mut ahead = cursor.clone();
        return Some(Act::CreateTable {
            table,
            if_not_exists,
            temporary,
            rows: ahead.seek(&["select", "values", "with"]) && !ahead.is("with"),
        });
    }
    let before = cursor.clone();
    let kind = cursor.any(&["unique", "fulltext", "spatial"]);
    if cursor.accept(&["index"]) {
        let if_not_exists = cursor.accept(&["if", "not", "exists"]);
        let (table, clause) = index_clause(cursor, kind, if_not_exists)?;
        return Some(Act::Alter { table, if_exists: false, clauses: vec![clause] });
    }
    *cursor = before;
    // ALGORITHM = MERGE DEFINER = `a`@`b` SQL SECURITY INVOKER
    while !cursor.done() {
        if let Some(kind) = Kind::read(cursor) {
            let if_not_exists = cursor.accept(&["if", "not", "exists"]);
            return Some(Act::Create { kind, name: cursor.qualified()?, replace, if_not_exists });
        }
        if cursor.is_any(&["database", "schema", "user", "role", "server", "tablespace", "sequence"]) {
            return None;
        }
        cursor.skip();
    }
    None
}

fn dropped(cursor: &mut Cursor<'_>) -> Option<Act> {
    let temporary = cursor.accept(&["temporary"]);
    if cursor.accept(&["table"]) || cursor.accept(&["tables"]) {
        let if_exists = cursor.accept(&["if", "exists"]);
        let mut tables = vec![cursor.qualified()?];
        while cursor.accept(&[","]) {
            tables.push(cursor.qualified()?);
        }
        return Some(Act::DropTable { tables, if_exists, temporary });
    }
    if cursor.accept(&["index"]) {
        let if_exists = cursor.accept(&["if", "exists"]);
        let name = cursor.name()?;
        if !cursor.accept(&["on"]) {
            return None;
        }
        let table = cursor.qualified()?;
        return Some(Act::Alter { table, if_exists: false, clauses: vec![Clause::drop_index(&name, if_exists)] });
    }
    let kind = Kind::read(cursor)?;
    let if_exists = cursor.accept(&["if", "exists"]);
    let name = cursor.qualified()?;
    // Several views at once.
    (!cursor.is(",")).then_some(Act::Drop { kind, name, if_exists })
}

fn renamed(cursor: &mut Cursor<'_>) -> Option<Act> {
    if !cursor.accept(&["table"]) && !cursor.accept(&["tables"]) {
        return None;
    }
    let mut pairs = Vec::new();
    loop {
        let from = cursor.qualified()?;
        if !cursor.accept(&["to"]) {
            return None;
        }
        pairs.push((from, cursor.qualified()?));
        if !cursor.accept(&[","]) {
            return cursor.done().then_some(Act::RenameTable { pairs });
        }
    }
}

/// `OPTIMIZE TABLE` of InnoDB is `ALTER TABLE … FORCE`.
fn optimize(cursor: &mut Cursor<'_>) -> Option<Act> {
    cursor.any(&["no_write_to_binlog", "local"]);
    if !cursor.accept(&["table"]) && !cursor.accept(&["tables"]) {
        return None;
    }
    let table = cursor.qualified()?;
    cursor.done().then(|| Act::Alter { table, if_exists: false, clauses: Clauses::read("FORCE") })
}

fn insert(cursor: &mut Cursor<'_>, verb: &'static str) -> Option<Act> {
    while cursor.any(&["low_priority", "delayed", "high_priority", "ignore"]).is_some() {}
    cursor.accept(&["into"]);
    Some(Act::Write { verb, table: Some(cursor.qualified()?), condition: true, limited: false })
}

fn changed(cursor: &mut Cursor<'_>, verb: &'static str) -> Act {
    while cursor.any(&["low_priority", "ignore"]).is_some() {}
    let table = cursor.qualified();
    // Inside SET a parenthesis hides the conditions of subqueries.
    let condition = cursor.clone().seek(&["where"]);
    let limited = cursor.clone().seek(&["limit"]);
    Act::Write { verb, table, condition, limited }
}

fn deleted(cursor: &mut Cursor<'_>) -> Act {
    while cursor.any(&["low_priority", "quick", "ignore"]).is_some() {}
    cursor.accept(&["from"]);
    changed(cursor, "DELETE")
}

fn with(cursor: &mut Cursor<'_>) -> Option<Act> {
    if !cursor.seek(&["select", "update", "delete"]) {
        return None;
    }
    match cursor.any(&["select", "update", "delete"])? {
        "update" => Some(changed(cursor, "UPDATE")),
        "delete" => Some(deleted(cursor)),
        _ => Some(Act::Query),
    }
}

fn set(cursor: &mut Cursor<'_>) -> Act {
    let text = cursor.rest().to_ascii_lowercase();
    let words: Vec<_> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let global = words.iter().any(|word| matches!(*word, "global" | "persist" | "persist_only" | "password"));
    let role = matches!(words.first(), Some(&("role" | "default"))) && words.get(1) != Some(&"names");
    if global || role { Act::SetGlobal } else { Act::Set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_known_by_what_they_do() {
        let alter = |sql: &str| matches!(act(sql), Act::Alter { .. });
        assert!(
            alter("ALTER TABLE `a` ADD b int") && alter("create unique index i on t (a)") && alter("DROP INDEX i ON t")
        );
        assert!(alter("OPTIMIZE TABLE t") && !alter("ALTER IGNORE TABLE t ADD UNIQUE (a)"));
        assert!(matches!(act("CREATE TABLE t (a int DEFAULT (1))"), Act::CreateTable { rows: false, .. }));
        assert!(matches!(act("CREATE TABLE t AS SELECT 1"), Act::CreateTable { rows: true, .. }));
        assert!(matches!(
            act("CREATE DEFINER=`a`@`%` SQL SECURITY INVOKER VIEW v AS SELECT 1"),
            Act::Create { kind: Kind::View, name, .. } if name.name == "v"
        ));
        assert!(matches!(
            act(
                "/*!50003 CREATE*/ /*!50017 DEFINER=a@b*/ /*!50003 TRIGGER r AFTER INSERT ON t FOR EACH ROW SET @a = 1 */"
            ),
            Act::Create { kind: Kind::Trigger, .. }
        ));
        assert!(matches!(act("UPDATE t SET a = (SELECT 1 WHERE 2)"), Act::Write { condition: false, .. }));
        assert!(matches!(act("DELETE FROM t WHERE a LIMIT 5"), Act::Write { condition: true, limited: true, .. }));
        assert!(matches!(
            stored("ALTER ALGORITHM=MERGE DEFINER=`view`@`%` VIEW shop.v AS SELECT 1"),
            Some(Stored::Altered(Kind::View, name)) if name.name == "v"
        ));
        assert!(matches!(stored("ALTER EVENT e DISABLE"), Some(Stored::Altered(Kind::Event, _))));
        assert_eq!(stored("ALTER EVENT e RENAME TO f"), None);
        assert!(
            matches!(stored("DROP VIEW IF EXISTS a, b"), Some(Stored::Dropped { names, if_exists: true }) if names.len() == 2)
        );
        assert_eq!(act("SET NAMES utf8mb4"), Act::Set);
        assert_eq!(act("SET STATEMENT lock_wait_timeout=1 FOR ALTER TABLE t ADD a int"), Act::Other("SET".to_owned()));
        assert_eq!(act("SET @@global.max_connections = 3"), Act::SetGlobal);
        assert_eq!(act("GRANT SELECT ON a TO b"), Act::Other("GRANT".to_owned()));
    }
}

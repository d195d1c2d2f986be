//! The clauses of `ALTER TABLE`. What can't be read is kept as written, and the server is asked what it would do.

use dbwright_sql::Dialect;

use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::{Name, split};

/// One clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Clause {
    /// What it does.
    pub(in crate::migrate) action: Action,
    /// As the server reads it.
    pub(in crate::migrate) text: String,
}

/// What a clause does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) enum Action {
    /// Columns, with everything behind the name.
    AddColumns(Vec<(String, String)>),
    DropColumn(String),
    /// `MODIFY`, with everything behind the name.
    Modify {
        column: String,
        definition: String,
    },
    /// `CHANGE`.
    Change {
        from: String,
        to: String,
        definition: String,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    /// `ALTER COLUMN`: default, visibility.
    AlterColumn(String),
    /// An index: `unique`, `fulltext`, `spatial` or nothing.
    AddIndex {
        kind: Option<&'static str>,
        name: Option<String>,
    },
    AddPrimaryKey,
    DropPrimaryKey,
    DropIndex(String),
    RenameIndex {
        from: String,
        to: String,
    },
    /// `ALTER INDEX … INVISIBLE`.
    AlterIndex(String),
    AddForeignKey,
    DropForeignKey(String),
    AddCheck,
    DropConstraint(String),
    RenameTable(Name),
    /// `CONVERT TO CHARACTER SET`.
    Convert,
    /// `FORCE`, `ENGINE = …` and other options of the table.
    Option(String),
    Force,
    OrderBy,
    /// What is done to partitions: the first words.
    Partition(String),
    /// `ALGORITHM`, `LOCK`: what the user wants of the server.
    Wanted {
        what: &'static str,
        value: String,
    },
    /// Something else.
    Unknown,
}

/// Clauses of one statement.
pub(in crate::migrate) struct Clauses;

/// What stands alone: commas in it part nothing.
const PARTITIONS: [&[&str]; 13] = [
    &["add", "partition"],
    &["drop", "partition"],
    &["discard", "partition"],
    &["import", "partition"],
    &["truncate", "partition"],
    &["coalesce", "partition"],
    &["reorganize", "partition"],
    &["exchange", "partition"],
    &["analyze", "partition"],
    &["check", "partition"],
    &["optimize", "partition"],
    &["rebuild", "partition"],
    &["convert", "partition"],
];

impl Clauses {
    /// Reads what follows the table's name.
    pub(in crate::migrate) fn read(text: &str) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let mut rest = Cursor::new(text);
        // ALGORITHM and LOCK may stand before what stands alone.
        while rest.is_any(&["algorithm", "lock"]) {
            let mut ahead = rest.clone();
            let from = ahead.start();
            ahead.seek(&[","]);
            let part = ahead.slice(from..ahead.end().max(from));
            clauses.push(Clause::read(part));
            ahead.accept(&[","]);
            rest = ahead;
        }
        let left = rest.rest();
        if let Some(partition) = partition(left) {
            clauses.push(partition);
            return clauses;
        }
        let (list, tail) = behind(left);
        clauses.extend(split(list).into_iter().map(Clause::read));
        clauses.extend(tail);
        clauses
    }
}

/// First byte of each clause in its statement; 0 for one that is made of other words, as that of `CREATE INDEX` is.
pub(in crate::migrate) fn places(sql: &str, clauses: &[Clause]) -> Vec<usize> {
    let mut from = 0;
    let mut place = |clause: &Clause| {
        let found = sql.get(from..).and_then(|rest| rest.find(&clause.text)).map_or(0, |at| from + at);
        from = from.max(found + if found > 0 { clause.text.len() } else { 0 });
        found
    };
    clauses.iter().map(&mut place).collect()
}

fn partition(text: &str) -> Option<Clause> {
    let mut cursor = Cursor::new(text);
    let words = PARTITIONS.iter().find(|words| cursor.clone().accept(words))?;
    cursor.accept(words);
    Some(Clause { action: Action::Partition(words.join(" ").to_uppercase()), text: text.trim().to_owned() })
}

/// `PARTITION BY …` and `REMOVE PARTITIONING` follow the list without a comma.
fn behind(text: &str) -> (&str, Option<Clause>) {
    let mut cursor = Cursor::new(text);
    while cursor.seek(&["partition", "remove"]) {
        let at = cursor.start();
        let word = if cursor.clone().accept(&["partition", "by"]) {
            Some("PARTITION BY")
        } else if cursor.clone().accept(&["remove", "partitioning"]) {
            Some("REMOVE PARTITIONING")
        } else {
            None
        };
        if let Some(word) = word {
            let clause = Clause { action: Action::Partition(word.to_owned()), text: text[at..].trim().to_owned() };
            return (text[..at].trim().trim_end_matches(','), Some(clause));
        }
        cursor.skip();
    }
    (text, None)
}

impl Clause {
    /// Reads one clause.
    pub(in crate::migrate) fn read(text: &str) -> Self {
        let mut cursor = Cursor::new(text);
        Self { action: action(&mut cursor).unwrap_or(Action::Unknown), text: text.trim().to_owned() }
    }

    /// `DROP INDEX`.
    pub(in crate::migrate) fn drop_index(name: &str, if_exists: bool) -> Self {
        let only = if if_exists { "IF EXISTS " } else { "" };
        Self {
            action: Action::DropIndex(name.to_owned()),
            text: format!("DROP INDEX {only}{}", Dialect::Mysql.ident(name)),
        }
    }
}

/// `CREATE INDEX` behind the word `INDEX`, as a clause.
pub(super) fn index_clause(
    cursor: &mut Cursor<'_>,
    kind: Option<&'static str>,
    if_not_exists: bool,
) -> Option<(Name, Clause)> {
    let name = cursor.name()?;
    let using = if cursor.accept(&["using"]) || cursor.accept(&["type"]) { cursor.name() } else { None };
    if !cursor.accept(&["on"]) {
        return None;
    }
    let table = cursor.qualified()?;
    let from = cursor.start();
    cursor.parens()?;
    let columns = cursor.slice(from..cursor.end());
    let options = index_options(cursor.rest());
    let word = kind.map(|kind| format!("{} ", kind.to_uppercase())).unwrap_or_default();
    let only = if if_not_exists { "IF NOT EXISTS " } else { "" };
    let using = using.map(|using| format!(" USING {using}")).unwrap_or_default();
    let text = format!("ADD {word}INDEX {only}{}{using} {columns} {options}", Dialect::Mysql.ident(&name));
    let action = Action::AddIndex { kind, name: Some(name) };
    Some((table, Clause { action, text: text.trim().to_owned() }))
}

/// Options of an index without `ALGORITHM` and `LOCK`, which belong to the statement.
fn index_options(text: &str) -> String {
    let mut cursor = Cursor::new(text);
    let mut kept = Vec::new();
    while !cursor.done() {
        if cursor.any(&["algorithm", "lock"]).is_some() {
            cursor.accept(&["="]);
        } else {
            kept.push(cursor.peek());
        }
        cursor.skip();
    }
    kept.join(" ")
}

fn action(cursor: &mut Cursor<'_>) -> Option<Action> {
    for what in ["algorithm", "lock"] {
        if cursor.accept(&[what]) {
            cursor.accept(&["="]);
            let what = if what == "lock" { "LOCK" } else { "ALGORITHM" };
            return Some(Action::Wanted { what, value: cursor.name()?.to_uppercase() });
        }
    }
    if cursor.accept(&["add"]) {
        return add(cursor);
    }
    if cursor.accept(&["drop"]) {
        return dropped(cursor);
    }
    if cursor.accept(&["modify"]) {
        cursor.accept(&["column"]);
        cursor.accept(&["if", "exists"]);
        return Some(Action::Modify { column: cursor.name()?, definition: cursor.rest().to_owned() });
    }
    if cursor.accept(&["change"]) {
        cursor.accept(&["column"]);
        cursor.accept(&["if", "exists"]);
        return Some(Action::Change { from: cursor.name()?, to: cursor.name()?, definition: cursor.rest().to_owned() });
    }
    if cursor.accept(&["rename"]) {
        return renamed(cursor);
    }
    if cursor.accept(&["alter"]) {
        return altered(cursor);
    }
    if cursor.accept(&["convert", "to"]) {
        return Some(Action::Convert);
    }
    if cursor.accept(&["force"]) {
        return Some(Action::Force);
    }
    if cursor.accept(&["order", "by"]) {
        return Some(Action::OrderBy);
    }
    if cursor.is("partition") || cursor.accept(&["remove", "partitioning"]) {
        return Some(Action::Partition("PARTITION BY".to_owned()));
    }
    cursor.accept(&["default"]);
    let option = cursor.name()?.to_lowercase();
    Some(Action::Option(option))
}

fn add(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.accept(&["constraint"]) && !cursor.is_any(&["primary", "unique", "foreign", "check"]) {
        cursor.accept(&["if", "not", "exists"]);
        cursor.name()?;
    }
    if cursor.accept(&["primary", "key"]) {
        return Some(Action::AddPrimaryKey);
    }
    if cursor.accept(&["foreign", "key"]) {
        return Some(Action::AddForeignKey);
    }
    if cursor.accept(&["check"]) {
        return Some(Action::AddCheck);
    }
    if cursor.is("(") {
        let list = cursor.parens()?;
        let columns = split(cursor.slice(list)).into_iter().filter_map(column).collect();
        return Some(Action::AddColumns(columns));
    }
    if cursor.accept(&["column"]) {
        cursor.accept(&["if", "not", "exists"]);
        if cursor.is("(") {
            let list = cursor.parens()?;
            return Some(Action::AddColumns(split(cursor.slice(list)).into_iter().filter_map(column).collect()));
        }
        return Some(Action::AddColumns(vec![column(cursor.rest())?]));
    }
    let kind = cursor.any(&["unique", "fulltext", "spatial", "vector"]);
    let index = cursor.any(&["index", "key"]).is_some();
    if kind.is_some() || index {
        cursor.accept(&["if", "not", "exists"]);
        let name = if cursor.is_any(&["(", "using"]) { None } else { cursor.name() };
        return Some(Action::AddIndex { kind, name });
    }
    cursor.accept(&["if", "not", "exists"]);
    Some(Action::AddColumns(vec![column(cursor.rest())?]))
}

fn column(text: &str) -> Option<(String, String)> {
    let mut cursor = Cursor::new(text);
    Some((cursor.name()?, cursor.rest().to_owned()))
}

fn dropped(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.accept(&["primary", "key"]) {
        return Some(Action::DropPrimaryKey);
    }
    if cursor.accept(&["foreign", "key"]) {
        cursor.accept(&["if", "exists"]);
        return Some(Action::DropForeignKey(cursor.name()?));
    }
    if cursor.any(&["index", "key"]).is_some() {
        cursor.accept(&["if", "exists"]);
        return Some(Action::DropIndex(cursor.name()?));
    }
    if cursor.any(&["constraint", "check"]).is_some() {
        cursor.accept(&["if", "exists"]);
        return Some(Action::DropConstraint(cursor.name()?));
    }
    cursor.accept(&["column"]);
    cursor.accept(&["if", "exists"]);
    Some(Action::DropColumn(cursor.name()?))
}

fn renamed(cursor: &mut Cursor<'_>) -> Option<Action> {
    let pair = |cursor: &mut Cursor<'_>| {
        cursor.accept(&["if", "exists"]);
        let from = cursor.name()?;
        if cursor.accept(&["to"]) { Some((from, cursor.name()?)) } else { None }
    };
    if cursor.accept(&["column"]) {
        let (from, to) = pair(cursor)?;
        return Some(Action::RenameColumn { from, to });
    }
    if cursor.any(&["index", "key"]).is_some() {
        let (from, to) = pair(cursor)?;
        return Some(Action::RenameIndex { from, to });
    }
    let _ = cursor.any(&["to", "as", "="]);
    Some(Action::RenameTable(cursor.qualified()?))
}

fn altered(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.accept(&["index"]) || cursor.accept(&["key"]) {
        cursor.accept(&["if", "exists"]);
        return Some(Action::AlterIndex(cursor.name()?));
    }
    if cursor.is_any(&["check", "constraint"]) {
        return Some(Action::Unknown);
    }
    cursor.accept(&["column"]);
    cursor.accept(&["if", "exists"]);
    Some(Action::AlterColumn(cursor.name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Action {
        let mut clauses = Clauses::read(text);
        assert_eq!(clauses.len(), 1, "{clauses:?}");
        clauses.remove(0).action
    }

    #[test]
    fn clauses_and_their_commas() {
        let clauses = Clauses::read("ALGORITHM=INPLACE, ADD a decimal(3, 1) DEFAULT ('x,y'), DROP `b,c`, LOCK = NONE");
        assert_eq!(clauses.len(), 4, "{clauses:?}");
        assert_eq!(
            clauses[1].action,
            Action::AddColumns(vec![("a".to_owned(), "decimal(3, 1) DEFAULT ('x,y')".to_owned())])
        );
        assert_eq!(clauses[2].action, Action::DropColumn("b,c".to_owned()));
        assert!(matches!(one("DROP PARTITION p0, p1"), Action::Partition(words) if words == "DROP PARTITION"));
        let clauses = Clauses::read("ADD x int PARTITION BY HASH (a) PARTITIONS 4");
        assert!(matches!(&clauses[1].action, Action::Partition(words) if words == "PARTITION BY"), "{clauses:?}");
        assert_eq!(clauses[0].text, "ADD x int");
    }

    #[test]
    fn clauses_by_what_they_do() {
        assert!(matches!(one("ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES p (b)"), Action::AddForeignKey));
        assert!(matches!(one("ADD CONSTRAINT UNIQUE (a)"), Action::AddIndex { kind: Some("unique"), name: None }));
        assert!(matches!(one("ADD (a int, b int)"), Action::AddColumns(columns) if columns.len() == 2));
        assert!(
            matches!(one("CHANGE a b bigint NOT NULL FIRST"), Action::Change { definition, .. } if definition == "bigint NOT NULL FIRST")
        );
        assert!(matches!(one("RENAME TO shop.b"), Action::RenameTable(name) if name.schema.as_deref() == Some("shop")));
        assert!(matches!(one("RENAME INDEX a TO b"), Action::RenameIndex { .. }));
        assert!(matches!(one("DEFAULT CHARACTER SET utf8mb4"), Action::Option(option) if option == "character"));
        assert!(matches!(one("CONVERT TO CHARACTER SET utf8mb4"), Action::Convert));
        assert!(matches!(one("ALTER a SET DEFAULT 3"), Action::AlterColumn(column) if column == "a"));
    }
}

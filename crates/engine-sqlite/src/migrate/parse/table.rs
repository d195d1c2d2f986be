//! The text of a `CREATE TABLE`, in parts that can be edited; what is not edited stays as it was written.

use std::ops::Range;

use super::column::{self, Column};
use super::cursor::{Cursor, split};

/// A table's text in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableText {
    /// Columns and constraints, in order.
    pub(crate) items: Vec<Item>,
    /// Space and comments before the closing parenthesis.
    pub(crate) close: String,
    /// What follows the closing parenthesis: `STRICT`, `WITHOUT ROWID`.
    pub(crate) options: String,
}

/// A column or a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Space and comments before it.
    pub(crate) before: String,
    /// Its text.
    pub(crate) text: String,
}

/// A constraint of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// Its name, when it has one.
    pub(crate) name: Option<String>,
    /// What it demands.
    pub(crate) kind: ConstraintKind,
    /// Its columns; none for a check.
    pub(crate) columns: Vec<String>,
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// The bytes of a check's expression.
    pub(crate) expression: Range<usize>,
}

/// What a constraint of the table demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey { table: String },
}

impl TableText {
    /// Reads the text of a table as SQLite keeps it; none when it has no list of columns.
    pub(crate) fn read(sql: &str) -> Option<Self> {
        let mut cursor = Cursor::new(sql);
        while !cursor.done() && !cursor.is("(") {
            cursor.skip();
        }
        let body = cursor.parens()?;
        let mut items = Vec::new();
        for part in split(&sql[body.clone()]) {
            items.extend(Item::read(&sql[body.start + part.start..body.start + part.end]));
        }
        let close = trailing(&sql[body.clone()]).to_owned();
        // Space and comments behind the last item belong to the closing parenthesis.
        Some(Self { items, close, options: sql[cursor.end()..].trim().trim_end_matches(';').trim_end().to_owned() })
    }

    /// The statement that makes the table under another name, which has to be quoted.
    pub(crate) fn create(&self, name: &str) -> String {
        let items: Vec<_> = self.items.iter().map(|item| format!("{}{}", item.before, item.text)).collect();
        let options = if self.options.is_empty() { String::new() } else { format!(" {}", self.options) };
        // A line comment at the end would swallow the comma or the parenthesis that follows it.
        format!("CREATE TABLE {name} ({}{}){options}", items.join(","), self.close)
    }

    /// The columns, with their places among the items.
    pub(crate) fn columns(&self) -> Vec<(usize, Column)> {
        let read = |(at, item): (usize, &Item)| Some((at, item.column()?));
        self.items.iter().enumerate().filter_map(read).collect()
    }

    /// A column, with its place among the items.
    pub(crate) fn column(&self, name: &str) -> Option<(usize, Column)> {
        self.columns().into_iter().find(|(_, column)| column.name.eq_ignore_ascii_case(name))
    }

    /// The constraints of the table, with their places among the items.
    pub(crate) fn constraints(&self) -> Vec<(usize, Constraint)> {
        let read = |(at, item): (usize, &Item)| Some((at, Constraint::read(&item.text)?));
        self.items.iter().enumerate().filter_map(read).collect()
    }

    /// Whether an option is set.
    pub(crate) fn has_option(&self, word: &str) -> bool {
        self.options.split(|c: char| !c.is_ascii_alphanumeric()).any(|other| other.eq_ignore_ascii_case(word))
    }

    /// The columns of the primary key, in its order.
    pub(crate) fn primary_key(&self) -> Vec<String> {
        let of_table = self.constraints().into_iter().find(|(_, c)| c.kind == ConstraintKind::PrimaryKey);
        if let Some((_, constraint)) = of_table {
            return constraint.columns;
        }
        let is_key =
            |column: &Column| column.of(|kind| matches!(kind, column::PartKind::PrimaryKey { .. })).next().is_some();
        self.columns().into_iter().filter(|(_, column)| is_key(column)).map(|(_, column)| column.name).collect()
    }
}

impl Item {
    /// The items in the text between two commas: one, but for constraints that no comma separates.
    fn read(text: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut from = 0;
        loop {
            let rest = &text[from..];
            let start = Cursor::new(rest).start();
            if start >= rest.len() {
                return found;
            }
            let body = &rest[start..];
            let length = Constraint::read(body).map_or_else(|| significant(body), |constraint| constraint.range.end);
            found.push(Self { before: rest[..start].to_owned(), text: body[..length].to_owned() });
            from += start + length;
        }
    }

    /// A new item.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { before: " ".to_owned(), text: text.into() }
    }

    /// The column that it is, if it is one.
    pub(crate) fn column(&self) -> Option<Column> {
        if Constraint::begins(&Cursor::new(&self.text)) { None } else { Column::read(&self.text) }
    }
}

/// Length of a text without the space and comments at its end.
fn significant(text: &str) -> usize {
    let mut cursor = Cursor::new(text);
    while !cursor.done() {
        cursor.skip();
    }
    cursor.end()
}

/// Space and comments at the end of a text; a line comment is closed.
fn trailing(text: &str) -> &str {
    &text[significant(text)..]
}

impl Constraint {
    fn begins(cursor: &Cursor<'_>) -> bool {
        cursor.is_any(&["constraint", "primary", "unique", "check", "foreign"])
    }

    /// Reads one constraint at the start of a text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        Self::from(&mut cursor)
    }

    /// Reads one constraint where the cursor is.
    pub(crate) fn from(cursor: &mut Cursor<'_>) -> Option<Self> {
        if !Self::begins(cursor) {
            return None;
        }
        let from = cursor.start();
        let name = if cursor.accept(&["constraint"]) { cursor.name() } else { None };
        let mut expression = 0..0;
        let (kind, columns) = if cursor.accept(&["primary", "key"]) {
            (ConstraintKind::PrimaryKey, cursor.name_list()?)
        } else if cursor.accept(&["unique"]) {
            (ConstraintKind::Unique, cursor.name_list()?)
        } else if cursor.accept(&["check"]) {
            expression = cursor.parens()?;
            (ConstraintKind::Check, Vec::new())
        } else if cursor.accept(&["foreign", "key"]) {
            let columns = cursor.name_list()?;
            (ConstraintKind::ForeignKey { table: column::references(cursor)? }, columns)
        } else {
            return None;
        };
        column::on_conflict(cursor);
        Some(Self { name, kind, columns, range: from..cursor.end(), expression })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "CREATE TABLE \"a(b\" ( -- first\n  id INTEGER PRIMARY KEY, -- the key\n  n TEXT /* , */ DEFAULT ',)',\n  \
                        CONSTRAINT u UNIQUE (n, id) ON CONFLICT FAIL CHECK (n <> ')')\n  FOREIGN KEY (n) REFERENCES p (x) ON DELETE CASCADE -- end\n) STRICT, WITHOUT ROWID;";

    #[test]
    fn parts_are_told_apart_and_written_again() {
        let table = TableText::read(TEXT).expect("a table");
        let texts: Vec<_> = table.items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "id INTEGER PRIMARY KEY",
                "n TEXT /* , */ DEFAULT ',)'",
                "CONSTRAINT u UNIQUE (n, id) ON CONFLICT FAIL",
                "CHECK (n <> ')')",
                "FOREIGN KEY (n) REFERENCES p (x) ON DELETE CASCADE",
            ]
        );
        assert!(table.has_option("strict") && table.has_option("rowid"));
        assert_eq!(table.primary_key(), ["id"]);
        assert_eq!(table.constraints().len(), 3);
        let again = TableText::read(&table.create("x")).expect("a table");
        assert_eq!(again, table);
    }
}

//! One column of a table's text: its name, its type, and its constraints with their places.

use std::ops::Range;

use super::cursor::Cursor;

/// A column's definition; all places are bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Name, without quotes.
    pub(crate) name: String,
    /// Where the name ends.
    pub(crate) name_end: usize,
    /// The declared type.
    pub(crate) ty: Option<Range<usize>>,
    /// Constraints, in order.
    pub(crate) parts: Vec<Part>,
}

/// A constraint of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// What it demands.
    pub(crate) kind: PartKind,
    /// Its name, when it has one.
    pub(crate) name: Option<String>,
    /// Its bytes, `CONSTRAINT name` included.
    pub(crate) range: Range<usize>,
    /// The bytes of its expression: of a default, a check or a generated value.
    pub(crate) expression: Range<usize>,
}

/// What a constraint of a column demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    PrimaryKey { autoincrement: bool },
    NotNull,
    Null,
    Unique,
    Check,
    Default,
    Collate,
    References,
    Generated { stored: bool },
    Deferrable,
}

/// Words that end a type.
const CLAUSES: [&str; 14] = [
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
    "deferrable",
    "first",
    "after",
];

impl Column {
    /// Reads a definition; none when there is no name.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        let column = Self::from(&mut cursor)?;
        Some(column)
    }

    /// Reads a definition where the cursor is, up to what belongs to no column.
    pub(crate) fn from(cursor: &mut Cursor<'_>) -> Option<Self> {
        let name = cursor.name()?;
        let name_end = cursor.end();
        let from = cursor.start();
        cursor.until(|cursor| cursor.is_any(&CLAUSES));
        let ty = (cursor.end() > name_end).then(|| from..cursor.end());
        let mut parts = Vec::new();
        while let Some(part) = part(cursor) {
            parts.push(part);
        }
        Some(Self { name, name_end, ty, parts })
    }

    /// The constraints of one kind.
    pub(crate) fn of(&self, wanted: impl Fn(PartKind) -> bool) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| wanted(part.kind))
    }

    /// Whether it has a constraint of one kind.
    pub(crate) fn has(&self, kind: PartKind) -> bool {
        self.parts.iter().any(|part| part.kind == kind)
    }

    /// Whether SQLite computes its value.
    pub(crate) fn generated(&self) -> bool {
        self.of(|kind| matches!(kind, PartKind::Generated { .. })).next().is_some()
    }
}

fn part(cursor: &mut Cursor<'_>) -> Option<Part> {
    let from = cursor.start();
    let mut ahead = cursor.clone();
    let name = if ahead.accept(&["constraint"]) { ahead.name() } else { None };
    let (kind, expression) = kind(&mut ahead)?;
    *cursor = ahead;
    Some(Part { kind, name, range: from..cursor.end(), expression })
}

fn kind(cursor: &mut Cursor<'_>) -> Option<(PartKind, Range<usize>)> {
    let nothing = 0..0;
    let kind = if cursor.accept(&["primary", "key"]) {
        let _ = cursor.accept(&["asc"]) || cursor.accept(&["desc"]);
        on_conflict(cursor);
        PartKind::PrimaryKey { autoincrement: cursor.accept(&["autoincrement"]) }
    } else if cursor.accept(&["not", "null"]) {
        on_conflict(cursor);
        PartKind::NotNull
    } else if cursor.accept(&["null"]) {
        on_conflict(cursor);
        PartKind::Null
    } else if cursor.accept(&["unique"]) {
        on_conflict(cursor);
        PartKind::Unique
    } else if cursor.accept(&["check"]) {
        let expression = cursor.parens()?;
        on_conflict(cursor);
        return Some((PartKind::Check, expression));
    } else if cursor.accept(&["default"]) {
        return Some((PartKind::Default, default(cursor)));
    } else if cursor.accept(&["collate"]) {
        cursor.name();
        PartKind::Collate
    } else if cursor.is("references") {
        references(cursor)?;
        PartKind::References
    } else if cursor.accept(&["generated", "always", "as"]) || cursor.accept(&["as"]) {
        let expression = cursor.parens()?;
        let stored = cursor.accept(&["stored"]);
        let _ = stored || cursor.accept(&["virtual"]);
        return Some((PartKind::Generated { stored }, expression));
    } else if deferrable(cursor) {
        PartKind::Deferrable
    } else {
        return None;
    };
    Some((kind, nothing))
}

/// The value after `DEFAULT`: an expression in parentheses, or a literal with a sign.
fn default(cursor: &mut Cursor<'_>) -> Range<usize> {
    let from = cursor.start();
    if cursor.parens().is_none() {
        let _ = cursor.accept(&["+"]) || cursor.accept(&["-"]);
        cursor.skip();
    }
    from..cursor.end()
}

pub(super) fn on_conflict(cursor: &mut Cursor<'_>) {
    if cursor.accept(&["on", "conflict"]) {
        cursor.skip();
    }
}

/// `REFERENCES table [(columns)] [ON … | MATCH …] [[NOT] DEFERRABLE …]`; the table.
pub(super) fn references(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.accept(&["references"]) {
        return None;
    }
    let (_, table) = cursor.qualified()?;
    cursor.parens();
    loop {
        if cursor.accept(&["on", "delete"]) || cursor.accept(&["on", "update"]) {
            if !(cursor.accept(&["set", "null"])
                || cursor.accept(&["set", "default"])
                || cursor.accept(&["no", "action"]))
            {
                cursor.skip();
            }
        } else if cursor.accept(&["match"]) {
            cursor.skip();
        } else if !deferrable(cursor) {
            return Some(table);
        }
    }
}

fn deferrable(cursor: &mut Cursor<'_>) -> bool {
    if !(cursor.accept(&["not", "deferrable"]) || cursor.accept(&["deferrable"])) {
        return false;
    }
    if cursor.accept(&["initially"]) {
        cursor.skip();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_place() {
        let text = "\"n\" varchar (10, 2) CONSTRAINT a NOT NULL ON CONFLICT IGNORE DEFAULT -1 CHECK (n > (1)) \
                    COLLATE nocase REFERENCES p (x) ON DELETE SET NULL NOT DEFERRABLE INITIALLY IMMEDIATE UNIQUE";
        let column = Column::read(text).expect("a column");
        assert_eq!(column.name, "n");
        assert_eq!(&text[column.ty.clone().expect("a type")], "varchar (10, 2)");
        let parts: Vec<_> = column.parts.iter().map(|part| &text[part.range.clone()]).collect();
        assert_eq!(
            parts,
            [
                "CONSTRAINT a NOT NULL ON CONFLICT IGNORE",
                "DEFAULT -1",
                "CHECK (n > (1))",
                "COLLATE nocase",
                "REFERENCES p (x) ON DELETE SET NULL NOT DEFERRABLE INITIALLY IMMEDIATE",
                "UNIQUE"
            ]
        );
        assert_eq!(column.parts[0].name.as_deref(), Some("a"));
    }

    #[test]
    fn columns_without_type_and_generated_ones() {
        let column = Column::read("a").expect("a column");
        assert_eq!((column.ty, column.parts.len()), (None, 0));
        let column = Column::read("b INT GENERATED ALWAYS AS (a + 1) STORED").expect("a column");
        assert!(column.generated() && column.has(PartKind::Generated { stored: true }));
        let key = Column::read("id INTEGER PRIMARY KEY DESC AUTOINCREMENT").expect("a column");
        assert!(key.has(PartKind::PrimaryKey { autoincrement: true }));
    }
}

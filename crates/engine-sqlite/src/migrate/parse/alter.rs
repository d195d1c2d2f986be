//! The clauses of `ALTER TABLE`: those that SQLite has, and those that users of other engines write.

use super::column::Column;
use super::cursor::Cursor;
use super::table::Constraint;

/// One clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// What it does.
    pub(crate) action: Action,
    /// The clause as SQLite may understand it: as written, without `IF [NOT] EXISTS`.
    pub(crate) text: String,
}

/// Where a column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    After(String),
}

/// What a clause does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    AddColumn {
        column: Column,
        definition: String,
        if_not_exists: bool,
        place: Option<Place>,
    },
    DropColumn {
        name: String,
        if_exists: bool,
    },
    SetType {
        column: String,
        ty: String,
        collation: Option<String>,
        using: Option<String>,
    },
    SetDefault {
        column: String,
        expression: String,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    DropExpression {
        column: String,
    },
    Modify {
        column: Column,
        definition: String,
        place: Option<Place>,
    },
    Move {
        column: String,
        place: Place,
    },
    AddConstraint {
        constraint: Constraint,
        definition: String,
    },
    DropConstraint {
        name: String,
        if_exists: bool,
    },
    RenameConstraint {
        from: String,
        to: String,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    RenameTo {
        to: String,
    },
    /// `SET STRICT`, `SET WITHOUT ROWID`.
    SetOption {
        option: &'static str,
    },
}

impl Action {
    /// The column that it is about, as it is called before.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::AddColumn { column, .. } | Self::Modify { column, .. } => Some(&column.name),
            Self::DropColumn { name, .. } | Self::RenameColumn { from: name, .. } => Some(name),
            Self::SetType { column, .. }
            | Self::SetDefault { column, .. }
            | Self::DropDefault { column }
            | Self::SetNotNull { column }
            | Self::DropNotNull { column }
            | Self::DropExpression { column }
            | Self::Move { column, .. } => Some(column),
            _ => None,
        }
    }
}

impl Clause {
    /// Reads one clause from its text; none when nobody would know what it means.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        let action = action(&mut cursor, text)?;
        cursor.done().then(|| Self { text: native(&action, text), action })
    }
}

fn action(cursor: &mut Cursor<'_>, text: &str) -> Option<Action> {
    if cursor.accept(&["add"]) {
        return add(cursor, text);
    }
    if cursor.accept(&["drop"]) {
        return dropped(cursor);
    }
    if cursor.accept(&["rename"]) {
        return renamed(cursor);
    }
    if cursor.accept(&["modify"]) {
        cursor.accept(&["column"]);
        let from = cursor.start();
        let column = Column::from(cursor)?;
        let definition = text[from..cursor.end()].to_owned();
        return Some(Action::Modify { column, definition, place: place(cursor) });
    }
    if cursor.accept(&["set", "strict"]) {
        return Some(Action::SetOption { option: "STRICT" });
    }
    if cursor.accept(&["set", "without", "rowid"]) {
        return Some(Action::SetOption { option: "WITHOUT ROWID" });
    }
    if !cursor.accept(&["alter"]) {
        return None;
    }
    cursor.accept(&["column"]);
    let column = cursor.name()?;
    altered(cursor, text, column)
}

fn add(cursor: &mut Cursor<'_>, text: &str) -> Option<Action> {
    let from = cursor.start();
    let mut ahead = cursor.clone();
    if Constraint::from(&mut ahead).is_some() {
        *cursor = ahead;
        let definition = text[from..cursor.end()].to_owned();
        // It is checked at once in any case.
        cursor.accept(&["not", "valid"]);
        return Some(Action::AddConstraint { constraint: Constraint::read(&definition)?, definition });
    }
    cursor.accept(&["column"]);
    let if_not_exists = cursor.accept(&["if", "not", "exists"]);
    let from = cursor.start();
    Column::from(cursor)?;
    let definition = text[from..cursor.end()].to_owned();
    let column = Column::read(&definition)?;
    Some(Action::AddColumn { column, definition, if_not_exists, place: place(cursor) })
}

fn place(cursor: &mut Cursor<'_>) -> Option<Place> {
    if cursor.accept(&["first"]) {
        return Some(Place::First);
    }
    if cursor.accept(&["after"]) { cursor.name().map(Place::After) } else { None }
}

fn dropped(cursor: &mut Cursor<'_>) -> Option<Action> {
    let constraint = cursor.accept(&["constraint"]);
    if !constraint {
        cursor.accept(&["column"]);
    }
    let if_exists = cursor.accept(&["if", "exists"]);
    let name = cursor.name()?;
    let _ = cursor.accept(&["cascade"]) || cursor.accept(&["restrict"]);
    Some(if constraint { Action::DropConstraint { name, if_exists } } else { Action::DropColumn { name, if_exists } })
}

fn renamed(cursor: &mut Cursor<'_>) -> Option<Action> {
    if cursor.accept(&["to"]) || cursor.accept(&["as"]) {
        return Some(Action::RenameTo { to: cursor.name()? });
    }
    let constraint = cursor.accept(&["constraint"]);
    if !constraint {
        cursor.accept(&["column"]);
    }
    let from = cursor.name()?;
    let to = if cursor.accept(&["to"]) { cursor.name()? } else { return None };
    Some(if constraint { Action::RenameConstraint { from, to } } else { Action::RenameColumn { from, to } })
}

/// What follows `ALTER [COLUMN] name`.
fn altered(cursor: &mut Cursor<'_>, text: &str, column: String) -> Option<Action> {
    if cursor.accept(&["set", "data", "type"]) || cursor.accept(&["set", "type"]) || cursor.accept(&["type"]) {
        let ty = cursor.until(|cursor| cursor.is_any(&["collate", "using"]));
        let collation = if cursor.accept(&["collate"]) { Some(cursor.name()?) } else { None };
        let using = if cursor.accept(&["using"]) { Some(text[cursor.until(|_| false)].to_owned()) } else { None };
        return Some(Action::SetType { column, ty: text[ty].to_owned(), collation, using });
    }
    if cursor.accept(&["set", "default"]) {
        let expression = text[cursor.until(|_| false)].to_owned();
        return Some(Action::SetDefault { column, expression });
    }
    if cursor.accept(&["drop", "default"]) {
        return Some(Action::DropDefault { column });
    }
    if cursor.accept(&["set", "not", "null"]) {
        super::column::on_conflict(cursor);
        return Some(Action::SetNotNull { column });
    }
    if cursor.accept(&["drop", "not", "null"]) {
        return Some(Action::DropNotNull { column });
    }
    if cursor.accept(&["drop", "expression"]) {
        cursor.accept(&["if", "exists"]);
        return Some(Action::DropExpression { column });
    }
    Some(Action::Move { column, place: place(cursor)? })
}

/// A clause as SQLite's own grammar has it.
fn native(action: &Action, text: &str) -> String {
    let name = |name: &str| dbwright_sql::Dialect::Sqlite.ident(name);
    match action {
        Action::AddColumn { definition, .. } => format!("ADD COLUMN {definition}"),
        Action::DropColumn { name: column, .. } => format!("DROP COLUMN {}", name(column)),
        Action::AddConstraint { definition, .. } => format!("ADD {definition}"),
        Action::DropConstraint { name: constraint, .. } => format!("DROP CONSTRAINT {}", name(constraint)),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_of_several_engines() {
        let read = |text: &str| Clause::read(text).unwrap_or_else(|| panic!("{text}")).action;
        assert!(matches!(
            read("ALTER COLUMN a SET DATA TYPE numeric(10, 2) COLLATE nocase USING round(a, 2)"),
            Action::SetType { ty, using: Some(using), collation: Some(_), .. } if ty == "numeric(10, 2)" && using == "round(a, 2)"
        ));
        assert!(matches!(read("add column if not exists b int not null default 3 after a"),
            Action::AddColumn { definition, if_not_exists: true, place: Some(Place::After(_)), .. } if definition == "b int not null default 3"));
        assert!(matches!(read("ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE NOT VALID"),
            Action::AddConstraint { definition, .. } if definition.ends_with("CASCADE")));
        assert!(matches!(read("DROP a CASCADE"), Action::DropColumn { .. }));
        assert!(
            matches!(read("alter a set default (1 + 2)"), Action::SetDefault { expression, .. } if expression == "(1 + 2)")
        );
        assert!(matches!(read("RENAME a TO b"), Action::RenameColumn { .. }));
        assert!(matches!(read("MODIFY a TEXT NOT NULL FIRST"), Action::Modify { place: Some(Place::First), .. }));
        assert_eq!(Clause::read("ENABLE TRIGGER x"), None);
        assert_eq!(Clause::read("ADD COLUMN"), None);
    }
}

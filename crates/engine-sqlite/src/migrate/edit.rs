//! Carries clauses of `ALTER TABLE` out on the text of a table.

use dbwright_sql::Dialect;

use super::parse::{Action, Column, ConstraintKind, Cursor, Item, PartKind, Place, TableText, unquoted};

/// A table's text after some clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// The text.
    pub(super) table: TableText,
    /// What a column is filled with, when it is not the column of the same name.
    pub(super) using: Vec<(String, String)>,
    /// Columns that are gone.
    pub(super) dropped: Vec<String>,
    /// Columns whose values may be converted.
    pub(super) retyped: Vec<String>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// Carries clauses out; `name` is the table's.
///
/// # Errors
/// Why a clause can't be carried out.
pub(super) fn edit(name: &str, table: &TableText, actions: &[&Action]) -> Result<Edit, String> {
    let mut edit = Edit { table: table.clone(), using: vec![], dropped: vec![], retyped: vec![], notes: vec![] };
    for action in actions {
        edit.one(name, action)?;
    }
    Ok(edit)
}

impl Edit {
    fn one(&mut self, name: &str, action: &Action) -> Result<(), String> {
        match action {
            Action::AddColumn { column, definition, place, .. } => self.add_column(column, definition, place.as_ref()),
            Action::DropColumn { name: column, .. } => self.drop_column(column),
            Action::SetType { column, ty, collation, using } => {
                self.set_type(column, ty, collation.as_deref())?;
                self.using.extend(using.iter().map(|using| (column.clone(), using.clone())));
                Ok(())
            }
            Action::SetDefault { column, expression } => {
                self.replace(column, PartKind::Default, &format!("DEFAULT {}", in_parentheses(expression)))
            }
            Action::DropDefault { column } => self.remove(column, |kind| kind == PartKind::Default),
            Action::SetNotNull { column } => {
                self.remove(column, |kind| matches!(kind, PartKind::Null | PartKind::NotNull))?;
                self.replace(column, PartKind::NotNull, "NOT NULL")
            }
            Action::DropNotNull { column } => self.remove(column, |kind| kind == PartKind::NotNull),
            Action::DropExpression { column } => self.remove(column, |kind| matches!(kind, PartKind::Generated { .. })),
            Action::Modify { column, definition, place } => self.modify(column, definition, place.as_ref()),
            Action::Move { column, place } => self.shift(column, place),
            Action::AddConstraint { constraint, definition } => {
                if constraint.kind == ConstraintKind::PrimaryKey && !self.table.primary_key().is_empty() {
                    return Err("it has a primary key; drop that first, in the same statement".to_owned());
                }
                self.table.items.push(Item::new(definition.clone()));
                Ok(())
            }
            Action::DropConstraint { name: constraint, .. } => self.drop_constraint(name, constraint),
            Action::RenameConstraint { from, to } => self.rename_constraint(from, to),
            Action::SetOption { option } => {
                let comma = if self.table.options.is_empty() { "" } else { ", " };
                self.table.options = format!("{}{comma}{option}", self.table.options);
                Ok(())
            }
            Action::RenameColumn { .. } | Action::RenameTo { .. } => Err("a rename is SQLite's own work".to_owned()),
        }
    }

    fn column(&self, name: &str) -> Result<(usize, Column), String> {
        self.table.column(name).ok_or_else(|| format!("there is no column {}", Dialect::Sqlite.name(name)))
    }

    /// The place among the items where a column goes.
    fn index(&self, place: Option<&Place>) -> Result<usize, String> {
        Ok(match place {
            Some(Place::First) => 0,
            Some(Place::After(column)) => self.column(column)?.0 + 1,
            None => self.table.columns().last().map_or(0, |(at, _)| at + 1),
        })
    }

    fn add_column(&mut self, column: &Column, definition: &str, place: Option<&Place>) -> Result<(), String> {
        if self.table.column(&column.name).is_some() {
            return Err(format!("there is a column {} already", Dialect::Sqlite.name(&column.name)));
        }
        let at = self.index(place)?;
        self.table.items.insert(at, Item::new(definition));
        Ok(())
    }

    fn drop_column(&mut self, name: &str) -> Result<(), String> {
        let (at, column) = self.column(name)?;
        self.table.items.remove(at);
        let gone: Vec<_> = self
            .table
            .constraints()
            .into_iter()
            .filter(|(at, constraint)| {
                constraint.columns.iter().any(|other| other.eq_ignore_ascii_case(name))
                    || mentions(&self.table.items[*at].text[constraint.expression.clone()], name)
            })
            .collect();
        for (at, _) in gone.iter().rev() {
            let item = self.table.items.remove(*at);
            self.notes.push(format!("{} goes with the column", item.text.trim()));
        }
        self.dropped.push(column.name);
        Ok(())
    }

    fn set_type(&mut self, name: &str, ty: &str, collation: Option<&str>) -> Result<(), String> {
        let (at, column) = self.column(name)?;
        let text = &mut self.table.items[at].text;
        let place = column.ty.clone().unwrap_or(column.name_end..column.name_end);
        let space = if column.ty.is_some() { "" } else { " " };
        text.replace_range(place, &format!("{space}{ty}"));
        self.retyped.push(column.name);
        match collation {
            Some(collation) => {
                self.replace(name, PartKind::Collate, &format!("COLLATE {}", Dialect::Sqlite.name(collation)))
            }
            None => Ok(()),
        }
    }

    /// Puts a part in the place of the one of its kind, or behind the type.
    fn replace(&mut self, name: &str, kind: PartKind, part: &str) -> Result<(), String> {
        let (at, column) = self.column(name)?;
        let old = column.of(|other| other == kind).next().map(|part| part.range.clone());
        let text = &mut self.table.items[at].text;
        if let Some(range) = old {
            text.replace_range(range, part);
        } else {
            let behind = column.ty.as_ref().map_or(column.name_end, |ty| ty.end);
            text.insert_str(behind, &format!(" {part}"));
        }
        Ok(())
    }

    fn remove(&mut self, name: &str, wanted: impl Fn(PartKind) -> bool) -> Result<(), String> {
        let (at, column) = self.column(name)?;
        let ranges: Vec<_> = column.of(wanted).map(|part| part.range.clone()).collect();
        for range in ranges.into_iter().rev() {
            cut(&mut self.table.items[at].text, range);
        }
        Ok(())
    }

    fn modify(&mut self, column: &Column, definition: &str, place: Option<&Place>) -> Result<(), String> {
        let (at, _) = self.column(&column.name)?;
        definition.clone_into(&mut self.table.items[at].text);
        self.retyped.push(column.name.clone());
        place.map_or(Ok(()), |place| self.shift(&column.name, place))
    }

    fn shift(&mut self, name: &str, place: &Place) -> Result<(), String> {
        let (at, _) = self.column(name)?;
        let item = self.table.items.remove(at);
        let to = self.index(Some(place))?;
        self.table.items.insert(to, item);
        Ok(())
    }

    /// Finds a constraint by its name, or by the name that PostgreSQL would have given it.
    fn drop_constraint(&mut self, table: &str, name: &str) -> Result<(), String> {
        for (at, constraint) in self.table.constraints() {
            let word = match constraint.kind {
                ConstraintKind::PrimaryKey => "pkey",
                ConstraintKind::Unique => "key",
                ConstraintKind::Check => "check",
                ConstraintKind::ForeignKey { .. } => "fkey",
            };
            let columns = if word == "pkey" {
                String::new()
            } else {
                constraint.columns.iter().fold(String::new(), |all, one| all + "_" + one)
            };
            let given = format!("{table}{columns}_{word}");
            if constraint.name.unwrap_or(given).eq_ignore_ascii_case(name) {
                self.table.items.remove(at);
                return Ok(());
            }
        }
        for (at, column) in self.table.columns() {
            for part in &column.parts {
                let given = match part.kind {
                    PartKind::PrimaryKey { .. } => format!("{table}_pkey"),
                    PartKind::Unique => format!("{table}_{}_key", column.name),
                    PartKind::Check => format!("{table}_{}_check", column.name),
                    PartKind::References => format!("{table}_{}_fkey", column.name),
                    PartKind::NotNull => format!("{table}_{}_not_null", column.name),
                    _ => continue,
                };
                if part.name.as_deref().unwrap_or(&given).eq_ignore_ascii_case(name) {
                    cut(&mut self.table.items[at].text, part.range.clone());
                    return Ok(());
                }
            }
        }
        Err(format!("there is no constraint {}", Dialect::Sqlite.name(name)))
    }

    fn rename_constraint(&mut self, from: &str, to: &str) -> Result<(), String> {
        let named = |name: Option<&str>| name.is_some_and(|name| name.eq_ignore_ascii_case(from));
        let of_table = self.table.constraints().into_iter().find(|(_, constraint)| named(constraint.name.as_deref()));
        let of_column = self.table.columns().into_iter().find_map(|(at, column)| {
            column.parts.iter().find(|part| named(part.name.as_deref())).map(|part| (at, part.range.start))
        });
        let place = of_table.map(|(at, constraint)| (at, constraint.range.start)).or(of_column);
        let (at, start) = place.ok_or_else(|| format!("there is no constraint {}", Dialect::Sqlite.name(from)))?;
        let text = &mut self.table.items[at].text;
        let mut cursor = Cursor::new(&text[start..]);
        cursor.skip();
        let range = start + cursor.start()..start + {
            cursor.skip();
            cursor.end()
        };
        text.replace_range(range, &Dialect::Sqlite.name(to));
        Ok(())
    }
}

/// Cuts a range out, with the space before it.
pub(super) fn cut(text: &mut String, range: std::ops::Range<usize>) {
    let kept = text[..range.start].trim_end().len();
    text.replace_range(kept..range.end, "");
}

/// Whether an expression names a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    let mut cursor = Cursor::new(expression);
    while !cursor.done() {
        if unquoted(cursor.peek()).eq_ignore_ascii_case(column) && !cursor.peek().starts_with('\'') {
            return true;
        }
        cursor.skip();
    }
    false
}

/// A default as SQLite takes it: anything but a literal stands in parentheses.
fn in_parentheses(expression: &str) -> String {
    let mut cursor = Cursor::new(expression);
    let whole = cursor.parens().is_some() && cursor.done();
    let mut cursor = Cursor::new(expression);
    let _ = cursor.accept(&["+"]) || cursor.accept(&["-"]);
    let first = cursor.peek().chars().next().unwrap_or(' ');
    cursor.skip();
    let word = ["null", "true", "false", "current_time", "current_date", "current_timestamp"]
        .iter()
        .any(|word| expression.trim().eq_ignore_ascii_case(word));
    let literal = cursor.done() && (first.is_ascii_digit() || first == '\'' || first == '.' || word);
    let blob = cursor.done() && expression.trim_start().starts_with(['x', 'X']) && expression.contains('\'');
    if whole || literal || blob { expression.trim().to_owned() } else { format!("({})", expression.trim()) }
}

#[cfg(test)]
mod tests {
    use super::super::parse::{Act, act};
    use super::*;

    fn after(table: &str, alter: &str) -> Result<String, String> {
        let text = TableText::read(table).expect("a table");
        let Act::Alter { table, clauses, .. } = act(alter) else { panic!("{alter}") };
        assert!(!clauses.is_empty(), "{alter}");
        let actions: Vec<_> = clauses.iter().map(|clause| &clause.action).collect();
        edit(&table, &text, &actions).map(|edit| edit.table.create("t"))
    }

    #[test]
    fn clauses_change_what_they_name_and_nothing_else() {
        let t = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL, -- note\n c, CONSTRAINT k UNIQUE (b, c), CHECK (c > 0))";
        let cases = [
            (
                "ALTER TABLE t ALTER b TYPE varchar(10)",
                "(a INTEGER PRIMARY KEY, b varchar(10) DEFAULT 'x' NOT NULL, -- note\n c, CONSTRAINT k UNIQUE (b, c), CHECK (c > 0))",
            ),
            (
                "ALTER TABLE t ALTER c TYPE REAL, ALTER c SET DEFAULT 1 + 1, ALTER c SET NOT NULL",
                "(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL, -- note\n c REAL NOT NULL DEFAULT (1 + 1), CONSTRAINT k UNIQUE (b, c), CHECK (c > 0))",
            ),
            (
                "ALTER TABLE t ALTER b DROP NOT NULL, ALTER b DROP DEFAULT, DROP CONSTRAINT k",
                "(a INTEGER PRIMARY KEY, b TEXT, -- note\n c, CHECK (c > 0))",
            ),
            ("ALTER TABLE t DROP COLUMN c", "(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL)"),
            (
                "ALTER TABLE t ADD d int FIRST, ALTER c AFTER a",
                "( d int,a INTEGER PRIMARY KEY, -- note\n c, b TEXT DEFAULT 'x' NOT NULL, CONSTRAINT k UNIQUE (b, c), CHECK (c > 0))",
            ),
            (
                "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT p PRIMARY KEY (b)",
                "(a INTEGER, b TEXT DEFAULT 'x' NOT NULL, -- note\n c, CONSTRAINT k UNIQUE (b, c), CHECK (c > 0), CONSTRAINT p PRIMARY KEY (b))",
            ),
            (
                "ALTER TABLE t RENAME CONSTRAINT k TO \"k 2\", SET STRICT",
                "(a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL, -- note\n c, CONSTRAINT \"k 2\" UNIQUE (b, c), CHECK (c > 0)) STRICT",
            ),
        ];
        for (alter, expected) in cases {
            assert_eq!(after(t, alter).as_deref(), Ok(format!("CREATE TABLE t {expected}").as_str()), "{alter}");
        }
        assert!(after(t, "ALTER TABLE t DROP CONSTRAINT nothing").is_err());
        assert!(after(t, "ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (b)").is_err());
    }

    #[test]
    fn defaults_get_parentheses_only_where_sqlite_wants_them() {
        for plain in ["1", "-1.5", "'a''b'", "NULL", "current_timestamp", "(1 + 2)", "x'00'"] {
            assert_eq!(in_parentheses(plain), plain);
        }
        assert_eq!(in_parentheses("datetime('now')"), "(datetime('now'))");
        assert_eq!(in_parentheses("(1) + (2)"), "((1) + (2))");
    }
}

//! SQLite's way to change a table: make a new one, copy the rows, put it in the old one's place.
//!
//! Only for tables that nothing else refers to. Dropping a referenced table deletes its rows first, with
//! all that foreign keys do then, and renaming fails while a view or trigger names the missing table; both need
//! settings of the connection that a list of statements can't promise.

use dbwright_core::Change;

use super::names::{column_name, table_name};
use super::{Retype, Surroundings, size};
use crate::Dialect;
use crate::lex::{Token, TokenKind, tokens, unquoted};
use crate::model::{Catalog, Column, Generated, Table, TableKind};

/// Adds a generated key column as the first one.
pub(super) fn add_key(around: &Surroundings<'_>, table: &Table) -> Result<Change, String> {
    let catalog = around.catalog;
    let parts = Parts::read(catalog, table)?;
    let key = Dialect::Sqlite.name(&column_name(catalog, table, "id"));
    let body = format!("({key} INTEGER PRIMARY KEY, {}", parts.body[1..].trim_start());
    Ok(rebuild(around, table, &body, parts.body))
}

/// Gives columns of one table other types; values are converted as far as that loses nothing.
pub(super) fn retype(around: &Surroundings<'_>, columns: &[Retype<'_>]) -> Result<Change, String> {
    let catalog = around.catalog;
    let Some(table) = columns.first().map(|one| one.table) else {
        return Err("there is no column to change".to_owned());
    };
    if columns.iter().any(|one| one.table.id != table.id) {
        return Err("SQLite rebuilds one table at a time".to_owned());
    }
    let parts = Parts::read(catalog, table)?;
    let mut places = Vec::new();
    for one in columns {
        places.push((parts.column(one.column).ok_or("its definition could not be understood")?, one.to));
    }
    // From the back, so that the places before stay true.
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.name_end));
    let mut body = parts.body.to_owned();
    for (place, to) in places {
        let with = if to.is_empty() { String::new() } else { format!(" {to}") };
        body.replace_range(place.name_end..place.type_end, &with);
    }
    Ok(rebuild(around, table, &body, parts.body))
}

/// The statements there and back; `new` and `old` are what follows the name in `CREATE TABLE`.
fn rebuild(around: &Surroundings<'_>, table: &Table, new: &str, old: &str) -> Change {
    let name = Dialect::Sqlite.name(&table.name);
    let scratch = Dialect::Sqlite.name(&table_name(around, table));
    let copied = |column: &&Column| !matches!(column.generated, Some(Generated::Stored | Generated::Virtual));
    let columns = Dialect::Sqlite.names(table.columns.iter().filter(copied).map(|column| &column.name));
    let again = table.indexes.iter().filter_map(|index| index.definition.clone());
    let again: Vec<String> = again.chain(table.triggers.iter().map(|trigger| trigger.definition.clone())).collect();
    let steps = |body: &str| {
        let mut steps = vec![
            format!("CREATE TABLE {scratch} {body}"),
            format!("INSERT INTO {scratch} ({columns}) SELECT {columns} FROM {name}"),
            format!("DROP TABLE {name}"),
            format!("ALTER TABLE {scratch} RENAME TO {name}"),
        ];
        steps.extend(again.iter().cloned());
        steps
    };
    let lock = format!(
        "run it in one transaction (BEGIN IMMEDIATE): the database is locked for writers while the table ({}) is copied. It makes the table \
         as it was observed; after any other change of the table, check again first",
        size(around.catalog, table)
    );
    Change::new(steps(new), lock).back(steps(old))
}

/// The text of a table, in parts.
struct Parts<'a> {
    /// From the first parenthesis to the end, options included.
    body: &'a str,
}

/// Where a column stands in the body.
struct Place {
    name_end: usize,
    type_end: usize,
}

impl<'a> Parts<'a> {
    fn read(catalog: &Catalog, table: &'a Table) -> Result<Self, String> {
        if let Some(reason) = held(catalog, table) {
            return Err(reason);
        }
        let definition = table.definition.as_deref().ok_or("its definition is not known")?;
        let all = tokens(definition, Dialect::Sqlite);
        let open = all.iter().find(|token| token.kind == TokenKind::Symbol && token.text(definition) == "(");
        let open = open.ok_or("its definition could not be understood")?;
        Ok(Self { body: &definition[open.start..] })
    }

    /// Finds the name and the type of a column.
    fn column(&self, column: &Column) -> Option<Place> {
        let all: Vec<Token> = tokens(self.body, Dialect::Sqlite).into_iter().filter(Token::significant).collect();
        let mut depth = 0_u32;
        for (at, token) in all.iter().enumerate() {
            let text = token.text(self.body);
            let begins = (text == "(" && depth == 0) || (text == "," && depth == 1);
            match text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            let Some(name) = all.get(at + 1).filter(|_| begins) else { continue };
            if unquoted(name.text(self.body)).eq_ignore_ascii_case(&column.name) {
                let type_end = self.type_end(&all[at + 2..]).unwrap_or(name.end);
                return Some(Place { name_end: name.end, type_end });
            }
        }
        None
    }

    /// Where the type ends that begins with these tokens; none when there is none.
    fn type_end(&self, after: &[Token]) -> Option<usize> {
        const CLAUSES: [&str; 11] = [
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
        ];
        let mut end = None;
        let mut open = false;
        for token in after {
            let text = token.text(self.body);
            let clause = CLAUSES.iter().any(|clause| text.eq_ignore_ascii_case(clause));
            match text {
                "(" if end.is_some() => open = true,
                ")" if open => open = false,
                "," | ")" | "(" if !open => break,
                _ if clause && !open => break,
                _ => {}
            }
            end = Some(token.end);
        }
        end
    }
}

/// What keeps a table from being rebuilt by statements alone.
fn held(catalog: &Catalog, table: &Table) -> Option<String> {
    let rebuild = "SQLite changes it only by rebuilding the table";
    let mentions = |text: &Option<String>| {
        text.as_ref().is_some_and(|text| text.to_lowercase().contains(&table.name.to_lowercase()))
    };
    for other in &catalog.tables {
        if other.foreign_keys().any(|(_, references)| references.id == Some(table.id)) {
            let name = catalog.qualified(other);
            return Some(format!(
                "{rebuild}, and {name} refers to it: do it on a connection with PRAGMA foreign_keys = OFF, as SQLite's documentation of ALTER TABLE shows"
            ));
        }
        let view = matches!(other.kind, TableKind::View) && mentions(&other.definition);
        let trigger = other.id != table.id && other.triggers.iter().any(|t| mentions(&Some(t.definition.clone())));
        if view || trigger {
            let what = if view { "the view" } else { "a trigger of" };
            return Some(format!(
                "{rebuild}, and {what} {} names it and has to be dropped first",
                catalog.qualified(other)
            ));
        }
    }
    None
}

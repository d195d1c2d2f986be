//! Columns, with the definition that a change of them has to repeat.

use dbwright_sql::model::{Column, Generated};

use super::catalog::Parts;
use super::cells::Cells;
use super::session::Session;
use super::tables::GRANT;
use crate::body::{ColumnFacts, area};
use crate::flavour::{Flavour, Server};

/// A row of `information_schema.COLUMNS`.
#[derive(Debug, Default)]
struct Raw {
    schema: String,
    table: String,
    name: String,
    number: i32,
    default: Option<String>,
    nullable: bool,
    data_type: String,
    column_type: String,
    expression: String,
    facts: ColumnFacts,
}

/// Reads the columns of all tables.
pub(super) async fn fill(session: &mut Session, server: &Server, parts: &mut Parts) {
    let sql = format!(
        "SELECT /* dbwright */ TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE, \
         COLUMN_TYPE, GENERATION_EXPRESSION, CHARACTER_SET_NAME, COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH, EXTRA, COLUMN_COMMENT \
         FROM information_schema.COLUMNS WHERE {}",
        parts.filter.on("TABLE_SCHEMA")
    );
    let rows = session.read(area::CATALOG, GRANT, &sql, raw).await;
    for row in rows {
        let Some((table, facts)) = parts.find(&row.schema, &row.table) else { continue };
        let foreign = row.facts.collation.as_ref().filter(|own| **own != facts.collation).cloned();
        table.columns.push(Column {
            number: row.number,
            base_type: base_type(&row),
            not_null: !row.nullable,
            default: row.default.clone(),
            generated: generated(&row),
            definition: Some(definition(server.flavour, &row, foreign.is_some())),
            collation: foreign,
            highest: None,
            data_type: row.column_type,
            name: row.name.clone(),
        });
        facts.columns.insert(row.name, row.facts);
    }
    for table in &mut parts.catalog.tables {
        table.columns.sort_by_key(|column| column.number);
    }
}

fn raw(row: &mut Cells<'_>) -> Raw {
    Raw {
        schema: row.text(),
        table: row.text(),
        name: row.text(),
        number: row.number().unwrap_or(0),
        default: row.opt_text(),
        nullable: row.flag(),
        data_type: row.text(),
        column_type: row.text(),
        expression: row.text(),
        facts: ColumnFacts {
            charset: row.opt_text(),
            collation: row.opt_text(),
            characters: row.number(),
            extra: row.text(),
            comment: row.text(),
        },
    }
}

/// The type without lengths; `unsigned` belongs to it.
fn base_type(row: &Raw) -> String {
    let unsigned = row.column_type.split_ascii_whitespace().any(|word| word == "unsigned");
    format!("{}{}", row.data_type.to_ascii_lowercase(), if unsigned { " unsigned" } else { "" })
}

fn generated(row: &Raw) -> Option<Generated> {
    let extra = row.facts.extra.to_ascii_uppercase();
    if extra.contains("AUTO_INCREMENT") {
        Some(Generated::Autoincrement)
    } else if extra.contains("STORED GENERATED") || extra.contains("PERSISTENT") {
        Some(Generated::Stored)
    } else if extra.contains("VIRTUAL") {
        Some(Generated::Virtual)
    } else {
        None
    }
}

/// What stands behind the name in `ALTER TABLE … MODIFY COLUMN`.
fn definition(flavour: Flavour, row: &Raw, foreign: bool) -> String {
    let extra = row.facts.extra.to_ascii_uppercase();
    let mut text = row.column_type.clone();
    if let (Some(charset), Some(collation), true) = (&row.facts.charset, &row.facts.collation, foreign) {
        text = format!("{text} CHARACTER SET {charset} COLLATE {collation}");
    }
    match generated(row) {
        Some(Generated::Stored) => text = format!("{text} GENERATED ALWAYS AS ({}) STORED", plain(&row.expression)),
        Some(Generated::Virtual) => text = format!("{text} GENERATED ALWAYS AS ({}) VIRTUAL", plain(&row.expression)),
        _ => {
            text.push_str(if row.nullable { " NULL" } else { " NOT NULL" });
            if let Some(default) = default(flavour, row, &extra) {
                text = format!("{text} DEFAULT {default}");
            }
        }
    }
    if let Some(at) = extra.find("ON UPDATE ") {
        let what = row.facts.extra[at..].split(' ').nth(2).unwrap_or("CURRENT_TIMESTAMP");
        text = format!("{text} ON UPDATE {what}");
    }
    if extra.contains("AUTO_INCREMENT") {
        text.push_str(" AUTO_INCREMENT");
    }
    if extra.contains("INVISIBLE") {
        text.push_str(" INVISIBLE");
    }
    if !row.facts.comment.is_empty() {
        text = format!("{text} COMMENT {}", quoted(&row.facts.comment));
    }
    text
}

/// The default as an expression; none when there is none.
fn default(flavour: Flavour, row: &Raw, extra: &str) -> Option<String> {
    let value = row.default.as_ref()?;
    if flavour == Flavour::MariaDb {
        // MariaDB prints an expression already.
        return Some(value.clone());
    }
    let clock = value.starts_with("CURRENT_TIMESTAMP");
    if extra.contains("DEFAULT_GENERATED") && !clock {
        return Some(format!("({})", plain(value)));
    }
    let bare = matches!(
        row.data_type.as_str(),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" | "bit" | "year"
    );
    Some(if clock || bare { value.clone() } else { quoted(value) })
}

/// `information_schema` of MySQL escapes the quotes inside expressions.
fn plain(expression: &str) -> String {
    expression.replace("\\'", "'")
}

/// A text where SQL takes no expression, such as a comment; with the escapes of the usual `sql_mode`.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(data_type: &str, column_type: &str, extra: &str) -> Raw {
        Raw {
            data_type: data_type.to_owned(),
            column_type: column_type.to_owned(),
            facts: ColumnFacts { extra: extra.to_owned(), ..ColumnFacts::default() },
            ..Raw::default()
        }
    }

    #[test]
    fn a_definition_repeats_all_that_a_column_is() {
        let id = column("int", "int unsigned", "auto_increment");
        assert_eq!(definition(Flavour::MySql, &id, false), "int unsigned NOT NULL AUTO_INCREMENT");
        assert_eq!(base_type(&id), "int unsigned");
        let mut name = column("varchar", "varchar(20)", "");
        (name.default, name.nullable) = (Some("it's".to_owned()), true);
        name.facts.comment = "a\\b".to_owned();
        assert_eq!(definition(Flavour::MySql, &name, false), "varchar(20) NULL DEFAULT 'it''s' COMMENT 'a\\\\b'");
        let mut at = column("datetime", "datetime", "DEFAULT_GENERATED on update CURRENT_TIMESTAMP");
        at.default = Some("CURRENT_TIMESTAMP".to_owned());
        let text = "datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP";
        assert_eq!(definition(Flavour::MySql, &at, false), text);
    }
}

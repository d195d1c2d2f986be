//! Which columns are copied, and by which key.

use dbwright_core::Failure;
use dbwright_migrate::plan::KeyColumn;
use dbwright_sql::Dialect;

use super::super::plan::Planner;
use super::super::plan::alter::Change;
use super::super::plan::facts::cell;
use super::super::table::{ItemKind, Renames, TableText, same};

/// A column that both tables have.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    /// Its name in the old table, quoted.
    pub(super) old: String,
    /// Its name in the new one, quoted.
    pub(super) new: String,
    /// Whether values of both can be compared as they are.
    pub(super) compared: bool,
}

/// A column of the key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) old: String,
    pub(super) new: String,
    /// Its type in the old table, for notes.
    pub(super) old_type: String,
    /// Its type in the new table.
    pub(super) new_type: String,
    /// How its values are written: see `range`.
    old_class: String,
    new_class: String,
}

/// What is copied.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) key: Vec<Key>,
    /// Columns of the new table that are filled from the old one.
    pub(super) forward: Vec<Pair>,
    /// New columns that must be given a value: name, expression.
    pub(super) given: Vec<(String, String)>,
    /// Columns of the old table that are filled from the new one; none when it has columns that the new one lacks.
    pub(super) backward: Result<Vec<Pair>, String>,
    /// Whether the new table numbers its rows.
    pub(super) counts: bool,
    /// Whether moments change their meaning with the time zone on the way.
    pub(super) zoned: bool,
}

impl Columns {
    pub(super) fn walk_old(&self) -> Vec<KeyColumn> {
        self.key.iter().map(|key| KeyColumn { name: key.old.clone(), ty: key.old_class.clone() }).collect()
    }

    pub(super) fn walk_new(&self) -> Vec<KeyColumn> {
        self.key.iter().map(|key| KeyColumn { name: key.new.clone(), ty: key.new_class.clone() }).collect()
    }

    /// Reads what the tables share; or why they can't be kept in step.
    pub(super) async fn read(
        planner: &mut Planner<'_>,
        change: &Change<'_>,
        after: &TableText,
    ) -> Result<Result<Self, String>, Failure> {
        let before = &change.before;
        let renames = change.renames();
        let Some(names) = shared_key(before, after, &renames) else {
            return Ok(Err("it has no primary or unique key of NOT NULL columns that stays".to_owned()));
        };
        let mut key = Vec::new();
        for (old, new) in &names {
            let (was, is) = (
                planner.column_type(change.table, old, false).await?,
                planner.column_type(change.table, new, true).await?,
            );
            let (Some(was), Some(is)) = (was, is) else { return Ok(Err(format!("the type of {old} can't be read"))) };
            let (Some(old_class), Some(new_class)) = (class(&was), class(&is)) else {
                return Ok(Err(format!("rows can't be walked by {old}, which is {}", was.name)));
            };
            if (old_class != "number" || new_class != "number") && was.full() != is.full() {
                return Ok(Err(format!("values of its key {old} would compare otherwise")));
            }
            let quote = |name: &str| Dialect::Mysql.ident(name);
            key.push(Key {
                old: quote(old),
                new: quote(new),
                old_type: was.full(),
                new_type: is.full(),
                old_class,
                new_class,
            });
        }
        let given = match given(before, after, &renames) {
            Ok(given) => given,
            Err(why) => return Ok(Err(why)),
        };
        let (forward, backward) = (pairs(before, after, &renames), back(before, after, &renames));
        let counts = |table: &TableText| table.columns.iter().any(|(_, text)| text.contains("AUTO_INCREMENT"));
        let moment = |text: &str| text.starts_with("timestamp");
        let zoned = before.columns.iter().any(|(name, text)| {
            let now = after.column(&new_name(name, &renames));
            now.is_some_and(|now| moment(now) != moment(text))
        });
        Ok(Ok(Self { key, forward, given, backward, counts: counts(after) && counts(before), zoned }))
    }
}

/// The type of a column.
pub(in crate::migrate) struct ColumnType {
    /// `varchar`.
    pub(in crate::migrate) name: String,
    /// `varchar(20)`.
    pub(in crate::migrate) text: String,
    pub(in crate::migrate) charset: Option<String>,
    pub(in crate::migrate) collation: Option<String>,
}

impl ColumnType {
    fn full(&self) -> String {
        match (&self.charset, &self.collation) {
            (Some(charset), Some(collation)) => format!("{} CHARACTER SET {charset} COLLATE {collation}", self.text),
            _ => self.text.clone(),
        }
    }
}

/// How values are written as literals; none for types whose order is not that of their literals.
pub(in crate::migrate) fn class(ty: &ColumnType) -> Option<String> {
    match ty.name.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" => Some("number".to_owned()),
        "binary" | "varbinary" => Some("bytes".to_owned()),
        "uuid" | "inet4" | "inet6" => Some("moment".to_owned()),
        "char" | "varchar" => ty.charset.clone(),
        _ => None,
    }
}

fn new_name(old: &str, renames: &Renames) -> String {
    renames.columns.iter().find(|(from, _)| same(from, old)).map_or(old, |(_, to)| to).to_owned()
}

/// The primary key, or another unique key, that both have: old and new names of its columns.
pub(in crate::migrate) fn shared_key(
    before: &TableText,
    after: &TableText,
    renames: &Renames,
) -> Option<Vec<(String, String)>> {
    let usable = |columns: &[String]| {
        let filled = |name: &String| before.column(name).is_some_and(|text| text.contains("NOT NULL"));
        !columns.is_empty() && columns.iter().all(filled)
    };
    let keys = before.of(ItemKind::Primary).chain(before.of(ItemKind::Unique));
    for columns in keys.map(super::super::table::Item::columns).filter(|columns| usable(columns)) {
        let new: Vec<_> = columns.iter().map(|name| new_name(name, renames)).collect();
        let stays = after.of(ItemKind::Primary).chain(after.of(ItemKind::Unique)).any(|item| {
            let now = item.columns();
            now.len() == new.len() && now.iter().zip(&new).all(|(a, b)| same(a, b))
        });
        if stays && new.iter().all(|name| after.column(name).is_some_and(|text| text.contains("NOT NULL"))) {
            return Some(columns.into_iter().zip(new).collect());
        }
    }
    None
}

pub(in crate::migrate) fn generated(text: &str) -> bool {
    text.contains("GENERATED ALWAYS AS") || text.contains(") VIRTUAL") || text.contains(") STORED")
}

fn pairs(before: &TableText, after: &TableText, renames: &Renames) -> Vec<Pair> {
    let quote = |name: &str| Dialect::Mysql.ident(name);
    let recoded = before.options != after.options;
    let mut pairs = Vec::new();
    for (old, was) in &before.columns {
        let new = new_name(old, renames);
        let Some(is) = after.column(&new).filter(|is| !generated(is)) else { continue };
        pairs.push(Pair { old: quote(old), new: quote(&new), compared: comparable(was, is, recoded) });
    }
    pairs
}

fn comparable(was: &str, is: &str, recoded: bool) -> bool {
    let word = |text: &str| text.split([' ', '(']).next().unwrap_or_default().to_owned();
    let (was_word, is_word) = (word(was), word(is));
    let whole = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    let text = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];
    let known = [
        "decimal",
        "date",
        "datetime",
        "timestamp",
        "time",
        "year",
        "binary",
        "varbinary",
        "blob",
        "longblob",
        "double",
        "float",
    ];
    if whole.contains(&was_word.as_str()) && whole.contains(&is_word.as_str()) {
        return true;
    }
    was == is && (known.contains(&was_word.as_str()) || (text.contains(&was_word.as_str()) && !recoded))
}

/// The way back; or which column of the old table nobody fills any more.
fn back(before: &TableText, after: &TableText, renames: &Renames) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::new();
    for (old, was) in before.columns.iter().filter(|(_, text)| !generated(text)) {
        let new = new_name(old, renames);
        let Some(is) = after.column(&new) else {
            return Err(format!("rows that are written from then on have no value of column {old}"));
        };
        let quote = |name: &str| Dialect::Mysql.ident(name);
        pairs.push(Pair { old: quote(old), new: quote(&new), compared: was == is });
    }
    Ok(pairs)
}

/// New columns that are NOT NULL without a default: what the server itself would give them.
fn given(before: &TableText, after: &TableText, renames: &Renames) -> Result<Vec<(String, String)>, String> {
    let mut given = Vec::new();
    let came: Vec<_> = before.columns.iter().map(|(old, _)| new_name(old, renames)).collect();
    for (name, text) in after.columns.iter().filter(|(name, _)| !came.iter().any(|new| same(new, name))) {
        let needs = text.contains("NOT NULL") && !text.contains(" DEFAULT ") && !text.contains("AUTO_INCREMENT");
        if !needs || generated(text) {
            continue;
        }
        let word = text.split([' ', '(']).next().unwrap_or_default();
        let value = match word {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" | "bit" => "0",
            "char" | "varchar" | "binary" | "varbinary" | "tinytext" | "text" | "mediumtext" | "longtext"
            | "tinyblob" | "blob" | "mediumblob" | "longblob" => "''",
            _ => return Err(format!("the new column {name} is NOT NULL and has no default")),
        };
        given.push((Dialect::Mysql.ident(name), value.to_owned()));
    }
    Ok(given)
}

impl Planner<'_> {
    /// The type of a column, in the target or in the lab.
    pub(in crate::migrate) async fn column_type(
        &mut self,
        table: &super::super::text::cursor::Name,
        column: &str,
        lab: bool,
    ) -> Result<Option<ColumnType>, Failure> {
        let sql = "SELECT /* dbwright */ data_type, column_type, character_set_name, collation_name \
            FROM information_schema.columns WHERE table_schema = ? AND table_name = ? AND column_name = ?";
        let (schema, link) = match self.lab.as_mut().filter(|_| lab) {
            Some(lab) => lab.seen(self.link),
            None => (self.home.to_owned(), &mut *self.link),
        };
        let params = vec![schema.into(), table.name.as_str().into(), column.into()];
        let rows = link.rows_with(sql, params).await.map_err(|e| Self::unreadable(&e))?;
        Ok(rows.first().map(|row| ColumnType {
            name: cell(row, 0).to_lowercase(),
            text: cell(row, 1),
            charset: row.get(2).cloned().flatten(),
            collation: row.get(3).cloned().flatten(),
        }))
    }

    /// Whether the server logs statements and not rows.
    pub(super) async fn statement_log(&mut self) -> Result<bool, Failure> {
        let sql = "SELECT /* dbwright */ @@GLOBAL.log_bin = 1 AND @@GLOBAL.binlog_format = 'STATEMENT'";
        // A version that knows no other form any more has no such variable.
        let rows = self.link.rows(sql).await.unwrap_or_default();
        Ok(rows.first().is_some_and(|row| cell(row, 0) == "1"))
    }
}

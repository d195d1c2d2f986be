//! SQLite's documented way to change what `ALTER TABLE` can't: a new table, the rows copied, the old one dropped, the
//! new one renamed. (SQLite documentation, "ALTER TABLE", section 7.)
//!
//! With `foreign_keys` off, dropping deletes nothing elsewhere; with `legacy_alter_table` on, renaming touches no view,
//! trigger or foreign key of others, which all mean the table by its name. The first must be set before the transaction.

use std::fmt::Write as _;

use dbwright_sql::Dialect;

use super::parse::TableText;
use super::schema::{TableState, mark};
use crate::observe::quoted;

/// Set before a transaction that drops a table.
pub(super) const KEYS_OFF: &str = "PRAGMA foreign_keys = OFF";
const LEGACY_ON: &str = "PRAGMA legacy_alter_table = ON";
const LEGACY_OFF: &str = "PRAGMA legacy_alter_table = OFF";

/// A table that keeps what a change would lose, until `contract`.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Its name.
    pub(super) name: String,
    /// Columns whose values are kept.
    pub(super) columns: Vec<String>,
    /// Whether values of columns that stay are kept, where they were converted.
    pub(super) converted: bool,
    /// What rows are told apart by: the rowid, or the columns of the primary key.
    keys: Vec<String>,
}

impl Kept {
    /// A keeper for columns of a table; none when its rows can't be told apart.
    pub(super) fn new(state: &TableState, columns: &[String], converted: bool, salt: &str) -> Option<Self> {
        let keys = match state.rowid() {
            Some(rowid) => vec![rowid.to_owned()],
            None if state.has_rowid() => return None,
            None => state.text.primary_key(),
        };
        let changes_key = columns.iter().any(|column| keys.iter().any(|key| key.eq_ignore_ascii_case(column)));
        if keys.is_empty() || changes_key || columns.is_empty() {
            return None;
        }
        let name = format!("dbwright_kept_{}", mark(&format!("{} {columns:?} {salt}", state.name)));
        Some(Self { name, columns: columns.to_vec(), converted, keys })
    }

    fn key_columns(&self) -> Vec<String> {
        (0..self.keys.len()).map(|n| format!("dbwright_key{n}")).collect()
    }

    fn create(&self) -> String {
        let keys = self.key_columns();
        let now = self.columns.iter().enumerate().filter(|_| self.converted).map(|(n, _)| format!(", dbwright_now{n}"));
        let columns = format!("{}{}", names(&self.columns), now.collect::<String>());
        if keys.len() == 1 && ["rowid", "_rowid_", "oid"].contains(&self.keys[0].as_str()) {
            return format!("CREATE TABLE {} (dbwright_key0 INTEGER PRIMARY KEY, {columns})", self.name);
        }
        let keys = keys.join(", ");
        format!("CREATE TABLE {} ({keys}, {columns}, PRIMARY KEY ({keys})) WITHOUT ROWID", self.name)
    }

    /// Keeps the columns before they are dropped.
    pub(super) fn fill(&self, table: &str) -> Vec<String> {
        let from = format!("SELECT {}, {} FROM {}", names(&self.keys), names(&self.columns), quoted(table));
        vec![self.create(), format!("INSERT INTO {} {from}", self.name)]
    }

    /// Keeps the values that are not the same in the new table.
    fn fill_converted(&self, table: &str, new: &str) -> Vec<String> {
        let side = |side: &str, columns: &[String]| {
            columns.iter().map(|c| format!("{side}.{}", quoted(c))).collect::<Vec<_>>().join(", ")
        };
        let joined =
            self.keys.iter().map(|key| format!("o.{0} = n.{0}", quoted(key))).collect::<Vec<_>>().join(" AND ");
        let differs =
            self.columns.iter().map(|c| format!("typeof(o.{0}) <> typeof(n.{0}) OR o.{0} IS NOT n.{0}", quoted(c)));
        let differs = differs.collect::<Vec<_>>().join(" OR ");
        let fill = format!(
            "INSERT INTO {} SELECT {}, {}, {} FROM {} AS o JOIN {new} AS n ON {joined} WHERE {differs}",
            self.name,
            side("o", &self.keys),
            side("o", &self.columns),
            side("n", &self.columns),
            quoted(table),
        );
        vec![self.create(), fill]
    }

    /// Triggers that forget a row when it is another one now, so that `undo` gives nothing to the wrong row.
    pub(super) fn triggers(&self, table: &str) -> Vec<String> {
        let is = |side: &str, glue: &str| {
            let pairs = self.keys.iter().zip(self.key_columns());
            pairs.map(|(key, own)| format!("{own} = {side}.{}", quoted(key))).collect::<Vec<_>>().join(glue)
        };
        let moved =
            self.keys.iter().map(|key| format!("old.{0} IS NOT new.{0}", quoted(key))).collect::<Vec<_>>().join(" OR ");
        let (kept, table) = (&self.name, quoted(table));
        vec![
            format!(
                "CREATE TRIGGER {kept}_i AFTER INSERT ON {table} BEGIN DELETE FROM {kept} WHERE {}; END",
                is("new", " AND ")
            ),
            format!(
                "CREATE TRIGGER {kept}_u AFTER UPDATE ON {table} WHEN {moved} BEGIN UPDATE OR REPLACE {kept} SET {} WHERE {}; END",
                is("new", ", "),
                is("old", " AND ")
            ),
        ]
    }

    /// What `contract` does.
    pub(super) fn forget(&self) -> Vec<String> {
        let kept = &self.name;
        vec![
            format!("DROP TRIGGER IF EXISTS {kept}_i"),
            format!("DROP TRIGGER IF EXISTS {kept}_u"),
            format!("DROP TABLE IF EXISTS {kept}"),
        ]
    }

    /// What a column is filled with when the change is undone; `default` stands in for rows written since.
    fn expression(&self, column: &str, default: Option<&str>) -> Option<String> {
        let at = self.columns.iter().position(|own| own.eq_ignore_ascii_case(column))?;
        let (old, c) = (format!("k.{}", quoted(&self.columns[at])), quoted(column));
        Some(if self.converted {
            format!(
                "CASE WHEN k.dbwright_key0 IS NOT NULL AND t.{c} IS k.dbwright_now{at} AND typeof(t.{c}) = typeof(k.dbwright_now{at}) THEN {old} ELSE t.{c} END"
            )
        } else {
            format!("CASE WHEN k.dbwright_key0 IS NOT NULL THEN {old} ELSE {} END", default.unwrap_or("NULL"))
        })
    }

    fn join(&self) -> String {
        let on = self.keys.iter().zip(self.key_columns()).map(|(key, own)| format!("k.{own} = t.{}", quoted(key)));
        format!(" LEFT JOIN {} AS k ON {}", self.name, on.collect::<Vec<_>>().join(" AND "))
    }
}

/// One rebuild.
pub(super) struct Rebuild<'a> {
    /// The table as it is.
    pub(super) from: &'a TableState,
    /// Its text afterwards.
    pub(super) to: &'a TableText,
    /// Columns that are filled by expressions.
    pub(super) using: &'a [(String, String)],
    /// What is kept of the old values.
    pub(super) keep: Option<&'a Kept>,
    /// What was kept, when this undoes a change.
    pub(super) restore: Option<&'a Kept>,
    /// Indexes and triggers that the table has afterwards.
    pub(super) after: Vec<String>,
    /// Whether planner statistics are there to be kept.
    pub(super) statistics: &'a [&'static str],
}

impl Rebuild<'_> {
    /// Its statements.
    pub(super) fn statements(&self) -> Vec<String> {
        let table = quoted(&self.from.name);
        let new = format!("dbwright_new_{}", mark(&self.from.name));
        let mut all = vec![KEYS_OFF.to_owned(), LEGACY_ON.to_owned()];
        if let Some(kept) = self.keep.filter(|kept| !kept.converted) {
            all.extend(kept.fill(&self.from.name));
        }
        all.push(self.to.create(&new));
        all.push(self.copy(&new));
        if let Some(kept) = self.keep.filter(|kept| kept.converted) {
            all.extend(kept.fill_converted(&self.from.name, &new));
        }
        let (old_name, new_name) = (Dialect::Sqlite.literal(&self.from.name), Dialect::Sqlite.literal(&new));
        let to = TableState { text: self.to.clone(), ..self.from.clone() };
        if self.from.autoincrement() && to.autoincrement() {
            all.push(format!("DELETE FROM sqlite_sequence WHERE name = {new_name}"));
            all.push(format!("INSERT INTO sqlite_sequence (name, seq) SELECT {new_name}, seq FROM sqlite_sequence WHERE name = {old_name}"));
        }
        let statistics = |from: &str, to: &str| -> Vec<String> {
            self.statistics.iter().map(|stat| format!("UPDATE {stat} SET tbl = {to} WHERE tbl = {from}")).collect()
        };
        all.extend(statistics(&old_name, &new_name));
        all.push(format!("DROP TABLE {table}"));
        all.push(format!("ALTER TABLE {new} RENAME TO {table}"));
        all.extend(statistics(&new_name, &old_name));
        all.extend(self.after.iter().cloned());
        if let Some(kept) = self.keep {
            all.extend(kept.triggers(&self.from.name));
        }
        if let Some(kept) = self.restore {
            all.push(format!("DROP TABLE IF EXISTS {}", kept.name));
        }
        all.push(LEGACY_OFF.to_owned());
        all
    }

    /// The statement that copies the rows; computed columns compute themselves, new ones get their default.
    fn copy(&self, new: &str) -> String {
        let to = TableState { text: self.to.clone(), ..self.from.clone() };
        let (mut into, mut from) = (Vec::new(), Vec::new());
        for (at, column) in self.to.columns().into_iter().filter(|(_, column)| !column.generated()) {
            let name = &column.name;
            let default = column.of(|kind| kind == super::parse::PartKind::Default).next();
            let default = default.map(|part| self.to.items[at].text[part.expression.clone()].to_owned());
            let restored = self.restore.and_then(|kept| kept.expression(name, default.as_deref()));
            let given =
                self.using.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)).map(|(_, using)| using.clone());
            let same = self.from.text.column(name).map(|_| format!("t.{}", quoted(name)));
            let Some(expression) = restored.or(given).or(same) else { continue };
            into.push(quoted(name));
            from.push(expression);
        }
        let carried = to.alias().is_some_and(|alias| into.contains(&quoted(&alias)));
        if let (Some(old), Some(new), false) = (self.from.rowid(), to.rowid(), carried) {
            into.insert(0, new.to_owned());
            from.insert(0, format!("t.{old}"));
        }
        let mut sql = format!(
            "INSERT INTO {new} ({}) SELECT {} FROM {} AS t",
            into.join(", "),
            from.join(", "),
            quoted(&self.from.name)
        );
        if let Some(kept) = self.restore {
            let _ = write!(sql, "{}", kept.join());
        }
        if into.is_empty() { format!("INSERT INTO {new} DEFAULT VALUES") } else { sql }
    }
}

fn names(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

//! What the target says of its tables, beside their definitions.

use dbwright_core::Failure;
use mysql_async::Value;

use super::Planner;
use crate::migrate::lab;
use crate::migrate::session::link::Cells;
use crate::migrate::table::{ItemKind, TableText};
use crate::migrate::text::cursor::Name;

/// How large a table is, as far as its statistics say.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::migrate) struct Size {
    pub(in crate::migrate) rows: u64,
    pub(in crate::migrate) bytes: u64,
}

/// What a copy under a lock is assumed to write in a millisecond; nobody has measured it yet.
const COPY_BYTES_A_MS: f64 = 20_000.0;

impl Size {
    /// How long writing it anew takes, in ms.
    pub(in crate::migrate) fn copy_ms(self) -> f64 {
        (self.bytes as f64 / COPY_BYTES_A_MS).max(10.0)
    }
}

impl Planner<'_> {
    /// A table as it is in the target.
    pub(in crate::migrate) async fn real(&mut self, table: &Name) -> Result<Option<TableText>, Failure> {
        let quoted = self.quoted(table);
        lab::shown(self.link, &quoted).await.map_err(|e| Self::unreadable(&e))
    }

    /// A table as it is in the target; none when the run has put another one in its place.
    pub(super) async fn now(&mut self, table: &Name) -> Result<Option<TableText>, Failure> {
        let lower = table.name.to_lowercase();
        if self.is_home(table) && self.freed.contains(&lower) && self.made.contains(&lower) {
            return Ok(None);
        }
        self.real(table).await
    }

    /// How large it is; nothing when there is no such table.
    pub(in crate::migrate) async fn size(&mut self, table: &Name) -> Result<Size, Failure> {
        let sql = "SELECT /* dbwright */ table_rows, data_length + index_length FROM information_schema.tables \
            WHERE table_schema = ? AND table_name = ?";
        let rows = self.asked(sql, table).await?;
        let number = |at: usize| rows.first().and_then(|row| row.get(at)?.as_deref()?.parse().ok()).unwrap_or(0);
        let (schema, name) = table.within(self.home);
        let assumed = self.link.sizes.get(&(schema.to_owned(), name.to_owned())).copied().unwrap_or_default();
        Ok(Size { rows: number(0).max(assumed.0), bytes: number(1).max(assumed.1) })
    }

    /// Whether it has any row.
    pub(in crate::migrate) async fn has_rows(&mut self, table: &Name) -> Result<bool, Failure> {
        let sql = format!("SELECT /* dbwright */ 1 FROM {} LIMIT 1", self.quoted(table));
        let rows = self.link.rows(&sql).await.map_err(|e| Self::unreadable(&e))?;
        Ok(!rows.is_empty())
    }

    /// Tables around it that foreign keys bind it to, both ways, in its own database; true when others are bound to it.
    pub(in crate::migrate) async fn around(
        &mut self,
        table: &Name,
        text: &TableText,
    ) -> Result<Vec<(String, TableText)>, Failure> {
        let sql = "SELECT /* dbwright */ DISTINCT table_schema, table_name, referenced_table_schema, referenced_table_name \
            FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL \
            AND (? IN (table_schema) AND ? IN (table_name) OR ? IN (referenced_table_schema) AND ? IN (referenced_table_name))";
        let (schema, name) = table.within(self.home);
        let params: Vec<Value> = vec![schema.into(), name.into(), schema.into(), name.into()];
        let rows = self.link.rows_with(sql, params).await.map_err(|e| Self::unreadable(&e))?;
        let mut found: Vec<String> = Vec::new();
        for row in &rows {
            for at in [0, 2] {
                let (of, other) = (cell(row, at), cell(row, at + 1));
                if of == schema && other != name && !found.contains(&other) {
                    found.push(other);
                }
            }
        }
        let _ = text.of(ItemKind::Foreign);
        let mut around = Vec::new();
        for other in found {
            let other_name = Name { schema: table.schema.clone(), name: other.clone() };
            if let Some(text) = self.real(&other_name).await? {
                around.push((other, text));
            }
        }
        Ok(around)
    }

    /// How many foreign keys of other tables refer to it.
    pub(in crate::migrate) async fn children(&mut self, table: &Name) -> Result<Vec<String>, Failure> {
        let sql = "SELECT /* dbwright */ DISTINCT CONCAT(table_schema, '.', table_name) FROM information_schema.key_column_usage \
            WHERE referenced_table_schema = ? AND referenced_table_name = ? \
            AND NOT (table_schema = referenced_table_schema AND table_name = referenced_table_name)";
        Ok(self.asked(sql, table).await?.iter().map(|row| cell(row, 0)).collect())
    }

    /// Its triggers.
    pub(in crate::migrate) async fn triggers(&mut self, table: &Name) -> Result<Vec<String>, Failure> {
        let sql = "SELECT /* dbwright */ trigger_name FROM information_schema.triggers \
            WHERE event_object_schema = ? AND event_object_table = ?";
        Ok(self.asked(sql, table).await?.iter().map(|row| cell(row, 0)).collect())
    }

    /// What its triggers do before a row is updated, in lower case.
    pub(in crate::migrate) async fn before_update(&mut self, table: &Name) -> Result<Vec<String>, Failure> {
        let sql = "SELECT /* dbwright */ LOWER(action_statement) FROM information_schema.triggers \
            WHERE event_object_schema = ? AND event_object_table = ? AND action_timing = 'BEFORE' \
            AND event_manipulation = 'UPDATE'";
        Ok(self.asked(sql, table).await?.iter().map(|row| cell(row, 0)).collect())
    }

    /// Whether InnoDB will refuse the next instant change, because the table has gone through too many.
    pub(in crate::migrate) async fn versions_used_up(&mut self, table: &Name) -> bool {
        let Some(sql) = self.link.flavour.row_versions() else { return false };
        let (schema, name) = table.within(self.home);
        let path = format!("{schema}/{name}");
        let params: Vec<Value> = vec![path.as_str().into(), path.as_str().into()];
        let rows = self.link.rows_with(sql, params).await.unwrap_or_default();
        rows.first().and_then(|row| row.first()?.as_deref()?.parse::<u32>().ok()).is_some_and(|versions| versions >= 64)
    }

    pub(in crate::migrate) async fn asked(&mut self, sql: &str, table: &Name) -> Result<Vec<Cells>, Failure> {
        let (schema, name) = table.within(self.home);
        self.link.rows_with(sql, vec![schema.into(), name.into()]).await.map_err(|e| Self::unreadable(&e))
    }
}

/// The text of a cell.
pub(in crate::migrate) fn cell(row: &Cells, at: usize) -> String {
    row.get(at).cloned().flatten().unwrap_or_default()
}

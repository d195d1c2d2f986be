//! What should not stay in the target: tables, triggers and schemas of a change.

use dbwright_core::Failure;
use dbwright_migrate::port::Remark;
use mysql_async::Value;

use super::MySession;
use super::trouble::failure;
use crate::migrate::lab;

const REMARKS: &str = "SELECT /* dbwright */ CONCAT(table_schema, '.', table_name), 'is a table of an online change' \
    FROM information_schema.tables WHERE (table_schema = ? AND (table_name LIKE 'dbwright\\_%' OR table_name LIKE '~dbwright\\_%')) \
    OR (table_schema = 'dbwright' AND table_name LIKE CONCAT('note\\_', ?, '\\_%')) \
    UNION ALL \
    SELECT CONCAT(trigger_schema, '.', trigger_name), CONCAT('is a trigger of an online change on ', event_object_table) \
    FROM information_schema.triggers WHERE trigger_schema = ? AND trigger_name LIKE 'dbwright\\_%' \
    UNION ALL \
    SELECT schema_name, 'is a schema in which dbwright asked what the server would do' \
    FROM information_schema.schemata WHERE schema_name = ? ORDER BY 1";

impl MySession {
    pub(super) async fn remarks(&mut self) -> Result<Vec<Remark>, Failure> {
        let home = self.home.as_str();
        let params: Vec<Value> =
            vec![home.into(), crate::migrate::table::mark(home).into(), home.into(), lab::schema(home).into()];
        let rows = self.main.rows_with(REMARKS, params).await.map_err(|e| failure(&e, "the schema can't be read"))?;
        let text = |row: &Vec<Option<String>>, at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        Ok(rows.iter().map(|row| Remark { object: text(row, 0), what: text(row, 1), helper: true }).collect())
    }
}

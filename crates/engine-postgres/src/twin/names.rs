//! Which relation of the twin stands for which of the target: they have the same names.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Client;

use super::ByName;
use super::load::lost;
use crate::body::PgBody;

/// A relation of the twin.
#[derive(Debug, Clone, Default)]
pub(super) struct Relation {
    /// Its oid in the twin.
    pub(super) oid: u32,
    /// Its file below the data folder; none without storage.
    pub(super) path: Option<String>,
    /// Its columns.
    pub(super) columns: HashMap<String, Column>,
}

/// A column of the twin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Number.
    pub(super) number: i16,
    /// Type.
    pub(super) type_oid: u32,
    /// Collation; 0 for none.
    pub(super) collation: u32,
}

/// The twin's relations by the target's oids.
pub(super) struct Names(HashMap<ObjectId, Relation>);

const RELATIONS: &str = "\
SELECT c.oid, n.nspname::text, c.relname::text, pg_relation_filepath(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

const COLUMNS: &str = "\
SELECT a.attrelid, a.attname::text, a.attnum, a.atttypid, a.attcollation
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'";

impl Names {
    /// Reads the twin's catalog.
    pub(super) async fn read(client: &Client, body: &PgBody) -> Result<Self, Failure> {
        let mut columns: HashMap<u32, HashMap<String, Column>> = HashMap::new();
        for row in client.query(COLUMNS, &[]).await.map_err(|e| lost(&e))? {
            let column = Column { number: row.get(2), type_oid: row.get(3), collation: row.get(4) };
            columns.entry(row.get(0)).or_default().insert(row.get(1), column);
        }
        let mut by_name: ByName<Relation> = HashMap::new();
        for row in client.query(RELATIONS, &[]).await.map_err(|e| lost(&e))? {
            let oid: u32 = row.get(0);
            let columns = columns.remove(&oid).unwrap_or_default();
            by_name.insert((row.get(1), row.get(2)), Relation { oid, path: row.get(3), columns });
        }
        let mut found = HashMap::new();
        for table in &body.catalog.tables {
            let indexes = table.indexes.iter().map(|index| (index.id, &index.name));
            for (id, name) in std::iter::once((table.id, &table.name)).chain(indexes) {
                if let Some(relation) = by_name.remove(&(table.schema.clone(), name.clone())) {
                    found.insert(id, relation);
                }
            }
        }
        Ok(Self(found))
    }

    /// The relation that stands for one of the target.
    pub(super) fn get(&self, id: ObjectId) -> Option<&Relation> {
        self.0.get(&id)
    }
}

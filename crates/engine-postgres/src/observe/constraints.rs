//! Constraints of all tables, constraint triggers left out. Of NOT NULL, which has names since version 18, the names.
//!
//! Definitions of keys are printed from the catalog alone and come here; those of CHECK and EXCLUDE make
//! the server open the table, and come with the other definitions.
//!
//! A foreign key to a partitioned table has one more row for each partition; those are not the user's.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::Failure;
use dbwright_sql::model::ObjectId;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;

const SQL: &str = "\
SELECT /* dbwright */ o.oid::int8, o.conrelid::int8, o.conname, o.contype::text, o.conkey,
       o.convalidated, o.condeferrable,
       CASE WHEN o.contype IN ('p', 'u', 'x', 'f') THEN o.conindid::int8 END,
       NOT o.conislocal OR o.conparentid <> 0,
       o.confrelid::int8, o.confkey, o.confdeltype::text, o.confupdtype::text,
       CASE WHEN o.contype IN ('p', 'u', 'f') AND pg_table_is_visible(o.conrelid) IS NOT NULL
             AND pg_table_is_visible(o.conindid) IS NOT NULL
             AND (o.confrelid = 0 OR pg_table_is_visible(o.confrelid) IS NOT NULL)
            THEN pg_get_constraintdef(o.oid) END
FROM pg_constraint o
LEFT JOIN pg_constraint up ON up.oid = o.conparentid
JOIN pg_class c ON c.oid = o.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE o.contype IN ('p', 'u', 'f', 'c', 'x', 'n') AND up.conrelid IS DISTINCT FROM o.conrelid AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY o.conrelid, o.conname";

/// A constraint whose columns are still numbers.
pub(super) struct Raw {
    /// Its oid.
    pub(super) id: ObjectId,
    /// Its table.
    pub(super) table: ObjectId,
    /// Name.
    pub(super) name: String,
    /// `p`, `u`, `f`, `c` or `x`.
    pub(super) kind: String,
    /// Columns.
    pub(super) columns: Vec<i16>,
    /// Whether existing rows were checked.
    pub(super) validated: bool,
    /// Whether it is deferrable.
    pub(super) deferrable: bool,
    /// The index behind it; that of the referenced table for a foreign key.
    pub(super) index: Option<u64>,
    /// Whether it came from a parent.
    pub(super) inherited: bool,
    /// The referenced table.
    pub(super) references: ObjectId,
    /// The referenced columns.
    pub(super) referenced: Vec<i16>,
    /// `confdeltype`.
    pub(super) on_delete: String,
    /// `confupdtype`.
    pub(super) on_update: String,
    /// Definition, of keys only.
    pub(super) definition: Option<String>,
}

/// Names of NOT NULL constraints by table.
pub(super) type NotNulls = BTreeMap<ObjectId, BTreeSet<String>>;

/// Reads all constraints, and the names of NOT NULL where the server has them.
pub(super) async fn read(session: &mut Session, major: i32) -> Result<(Vec<Raw>, Option<NotNulls>), Failure> {
    let all = session.read("catalog", SQL, &[], decode).await?;
    let (named, all): (Vec<Raw>, Vec<Raw>) = all.into_iter().partition(|one: &Raw| one.kind == "n");
    let mut names = NotNulls::new();
    for one in named {
        names.entry(one.table).or_default().insert(one.name);
    }
    Ok((all, (major >= 18).then_some(names)))
}

fn decode(row: &mut Cells<'_>) -> Result<Raw, PgError> {
    Ok(Raw {
        id: row.count()?,
        table: row.count()?,
        name: row.text()?,
        kind: row.text()?,
        columns: row.list()?,
        validated: row.get()?,
        deferrable: row.get()?,
        index: row.opt_count()?,
        inherited: row.get()?,
        references: row.count()?,
        referenced: row.list()?,
        on_delete: action(&row.text()?).to_owned(),
        on_update: action(&row.text()?).to_owned(),
        definition: row.opt_text()?,
    })
}

fn action(letter: &str) -> &'static str {
    match letter {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}

//! A table with its columns and size.

use serde::Deserialize;

use super::super::name::qualified;

/// A table, partitioned table, view or matview.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Table {
    /// Its object identifier.
    pub oid: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `r`, `p`, `v`, `m`, `f`, as in `pg_class.relkind`.
    pub kind: String,
    /// `p`, `u` or `t`, as in `pg_class.relpersistence`.
    pub persistence: String,
    /// Whether it is a partition.
    pub is_partition: bool,
    /// Whether tables inherit from it that are no partitions.
    pub has_children: bool,
    /// Its owner.
    pub owner: String,
    /// Rows as estimated, partitions included; 0 when never analyzed.
    pub rows: f64,
    /// Bytes of the heap and its TOAST table, partitions included.
    pub bytes: i64,
    /// Bytes with indexes.
    pub total_bytes: i64,
    /// Columns of the partition key.
    pub partition_key: Vec<String>,
    /// Columns that are there.
    pub columns: Vec<Column>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Column {
    /// Its number.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// Its type as the server writes it.
    pub ty: String,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its default or generation expression.
    pub default: Option<String>,
    /// `a`, `d`, or empty.
    pub identity: String,
    /// `s`, `v`, or empty.
    pub generated: String,
    /// Its collation when not that of its type.
    pub collation: Option<String>,
}

impl Table {
    /// Its name for statements.
    #[must_use]
    pub fn sql(&self) -> String {
        qualified(&self.schema, &self.name)
    }

    /// Its name for people.
    #[must_use]
    pub fn subject(&self) -> String {
        self.sql()
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether it holds nothing at all, so that what reads or writes all rows takes a moment.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Whether it is partitioned.
    #[must_use]
    pub fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }

    /// Whether it is a table with rows of its own or of its partitions.
    #[must_use]
    pub fn is_table(&self) -> bool {
        self.kind == "r" || self.kind == "p"
    }
}

/// One query that yields the whole of [`Table`].
pub(super) fn query(oid: &str) -> String {
    format!(
        "WITH RECURSIVE t AS (SELECT c.*, c.oid AS relid FROM pg_catalog.pg_class c WHERE c.oid = ({oid})::oid), \
         tree AS (SELECT relid FROM t UNION ALL SELECT inhrelid FROM tree JOIN pg_catalog.pg_inherits ON inhparent = relid) \
         SELECT t.relid::int8 AS oid, n.nspname AS schema, t.relname AS name, t.relkind::text AS kind, \
         t.relpersistence::text AS persistence, t.relispartition AS is_partition, \
         t.relkind <> 'p' AND EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = t.relid) AS has_children, \
         pg_catalog.pg_get_userbyid(t.relowner) AS owner, {SIZES}, {PARTITION_KEY}, {COLUMNS} \
         FROM t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
    )
}

const SIZES: &str = "\
    (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0) FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.relid \
     WHERE c.relkind IN ('r', 'm')) AS rows, \
    (SELECT coalesce(sum(pg_catalog.pg_relation_size(c.oid) \
     + CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_catalog.pg_relation_size(c.reltoastrelid) END), 0)::int8 \
     FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.relid WHERE c.relkind IN ('r', 'm')) AS bytes, \
    (SELECT coalesce(sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::int8 \
     FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.relid WHERE c.relkind IN ('r', 'm')) AS total_bytes";

const PARTITION_KEY: &str = "\
    (SELECT coalesce(jsonb_agg(DISTINCT a.attname), '[]') FROM pg_catalog.pg_partitioned_table p \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND (a.attnum = ANY (p.partattrs) \
     OR EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = p.partrelid \
     AND d.refclassid = 'pg_class'::regclass AND d.refobjid = p.partrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i')) \
     WHERE p.partrelid = t.relid AND a.attnum > 0) AS partition_key";

const COLUMNS: &str = "\
    (SELECT coalesce(jsonb_agg(jsonb_build_object('number', a.attnum, 'name', a.attname, \
     'ty', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull, \
     'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity::text, 'generated', a.attgenerated::text, \
     'collation', (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_catalog.pg_collation co \
     JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid \
     WHERE co.oid = a.attcollation AND a.attcollation <> ty.typcollation)) ORDER BY a.attnum), '[]') \
     FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE a.attrelid = t.relid AND a.attnum > 0 AND NOT a.attisdropped) AS columns";

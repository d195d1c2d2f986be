//! Questions that several methods ask.

use dbwright_core::Failure;
use serde::Deserialize;

use super::super::name::{literal, qualified};
use super::super::tokens;
use super::{Catalog, Table};

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Index {
    /// Its object identifier.
    pub oid: u32,
    /// Its schema, that of the table.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `CREATE INDEX …`, names qualified.
    pub definition: String,
    /// Access method.
    pub method: String,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it is whole.
    pub valid: bool,
    /// Whether `CLUSTER ON` names it.
    pub clustered: bool,
    /// Whether it is the replica identity.
    pub replica_identity: bool,
    /// Plain columns, key and included.
    pub columns: Vec<String>,
    /// Whether it has expressions or a condition.
    pub expressions: bool,
    /// The index of the parent table that it is attached to.
    pub parent: Option<u32>,
    /// The constraint that it carries.
    pub constraint: Option<String>,
    /// `p`, `u`, `x`.
    pub constraint_kind: Option<String>,
    /// The definition of that constraint.
    pub constraint_definition: Option<String>,
    /// Foreign keys that refer to it.
    pub referenced: bool,
    /// Tablespace, when not the database's.
    pub tablespace: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// The comment of its constraint.
    pub constraint_comment: Option<String>,
}

impl Index {
    /// Its name for statements.
    #[must_use]
    pub fn sql(&self) -> String {
        qualified(&self.schema, &self.name)
    }

    /// What stands behind the table's name: `USING btree (a) …`, with its tablespace.
    #[must_use]
    pub fn tail(&self) -> String {
        let at = tokens::find_word(&self.definition, &["USING"]).unwrap_or(self.definition.len());
        let tail = &self.definition[at..];
        let Some(space) = &self.tablespace else { return tail.to_owned() };
        let space = super::super::name::ident(space);
        match tokens::find_word(tail, &["WHERE"]) {
            Some(filter) => format!("{}TABLESPACE {space} {}", &tail[..filter], &tail[filter..]),
            None => format!("{tail} TABLESPACE {space}"),
        }
    }
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Constraint {
    /// Its object identifier.
    pub oid: u32,
    /// Its name.
    pub name: String,
    /// `c`, `f`, `n`, `p`, `u`, `x`, `t`.
    pub kind: String,
    /// Its definition, names qualified, `NOT VALID` included.
    pub definition: String,
    /// Whether it was validated.
    pub validated: bool,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that a foreign key refers to.
    pub references: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// A member of a partition tree.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Partition {
    /// Its object identifier.
    pub oid: u32,
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// `r`, `p`, `f`.
    pub kind: String,
    /// How deep below the root, which is 0.
    pub level: i32,
    /// The table that it is a partition of.
    pub parent: Option<u32>,
    /// Bytes of its rows.
    pub bytes: i64,
}

impl Partition {
    /// Its name for statements.
    #[must_use]
    pub fn sql(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

impl Catalog<'_> {
    /// Whether a relation or constraint of this schema is called so.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn is_used(&self, schema: &str, name: &str) -> Result<bool, Failure> {
        let (schema, name) = (literal(schema), literal(name));
        self.holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace \
             WHERE relname = {name} AND nspname = {schema}) OR EXISTS (SELECT FROM pg_catalog.pg_constraint \
             JOIN pg_catalog.pg_namespace n ON n.oid = connamespace WHERE conname = {name} AND nspname = {schema})"
        ))
        .await
    }

    /// The indexes of a table.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn indexes(&self, table: u32) -> Result<Vec<Index>, Failure> {
        self.values(&format!("{INDEXES} WHERE x.indrelid = {table} ORDER BY c.oid")).await
    }

    /// The constraints of a table.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn constraints(&self, table: u32) -> Result<Vec<Constraint>, Failure> {
        self.values(&format!("{CONSTRAINTS} WHERE co.conrelid = {table} ORDER BY co.oid")).await
    }

    /// The table with its partitions, parents first; only itself when it has none.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn partitions(&self, table: &Table) -> Result<Vec<Partition>, Failure> {
        self.values(&format!(
            "SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, t.level, \
             t.parentrelid::oid::int8 AS parent, pg_catalog.pg_relation_size(c.oid) AS bytes \
             FROM pg_catalog.pg_partition_tree({}) t JOIN pg_catalog.pg_class c ON c.oid = t.relid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY t.level, c.oid",
            table.oid
        ))
        .await
    }
}

const INDEXES: &str = "\
    SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, pg_catalog.pg_get_indexdef(c.oid) AS definition, \
    am.amname AS method, x.indisunique AS unique, x.indisvalid AS valid, x.indisclustered AS clustered, \
    x.indisreplident AS replica_identity, \
    (SELECT coalesce(jsonb_agg(a.attname), '[]') FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.indrelid \
     AND a.attnum > 0 AND a.attnum = ANY (x.indkey)) AS columns, \
    x.indexprs IS NOT NULL OR x.indpred IS NOT NULL AS expressions, \
    (SELECT inhparent::int8 FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid) AS parent, \
    co.conname AS constraint, co.contype::text AS constraint_kind, pg_catalog.pg_get_constraintdef(co.oid) AS constraint_definition, \
    EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.oid) AS referenced, \
    (SELECT spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace) AS tablespace, \
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment, \
    pg_catalog.obj_description(co.oid, 'pg_constraint') AS constraint_comment \
    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am am ON am.oid = c.relam \
    LEFT JOIN pg_catalog.pg_constraint co ON co.conindid = c.oid AND co.contype IN ('p', 'u', 'x') AND co.conrelid = x.indrelid";

const CONSTRAINTS: &str = "\
    SELECT co.oid::int8 AS oid, co.conname AS name, co.contype::text AS kind, pg_catalog.pg_get_constraintdef(co.oid) AS definition, \
    co.convalidated AS validated, \
    (SELECT coalesce(jsonb_agg(a.attname), '[]') FROM pg_catalog.pg_attribute a WHERE a.attrelid = co.conrelid \
     AND a.attnum > 0 AND a.attnum = ANY (co.conkey)) AS columns, \
    (SELECT quote_ident(rn.nspname) || '.' || quote_ident(r.relname) FROM pg_catalog.pg_class r \
     JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = co.confrelid) AS references, \
    pg_catalog.obj_description(co.oid, 'pg_constraint') AS comment FROM pg_catalog.pg_constraint co";

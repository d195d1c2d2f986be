//! The table itself: columns, keys, constraints, indexes, sequences.

use dbwright_core::Failure;
use serde::Deserialize;

use super::Reader;

/// The table as it is.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Source {
    pub(in super::super) oid: u32,
    pub(in super::super) schema: String,
    pub(in super::super) name: String,
    pub(in super::super) kind: String,
    pub(in super::super) persistence: String,
    pub(in super::super) owner: String,
    /// Whether the session's role is the owner itself.
    pub(in super::super) own: bool,
    /// The role that plans, and runs.
    pub(in super::super) role: String,
    pub(in super::super) rows: f64,
    pub(in super::super) bytes: i64,
    pub(in super::super) method: Option<String>,
    pub(in super::super) tablespace: Option<String>,
    pub(in super::super) row_security: bool,
    pub(in super::super) force_row_security: bool,
    /// Whether policies hide rows from the session's role.
    pub(in super::super) hidden: bool,
    pub(in super::super) replica: String,
    pub(in super::super) options: Vec<String>,
    pub(in super::super) comment: Option<String>,
    pub(in super::super) typed: bool,
    pub(in super::super) partition: bool,
    /// `RANGE (day)`, where it is partitioned.
    pub(in super::super) strategy: Option<String>,
    pub(in super::super) extension: Option<String>,
    /// Parents and children by inheritance.
    pub(in super::super) relatives: Vec<String>,
    /// Whether a subscription writes to it.
    pub(in super::super) subscribed: bool,
    /// Publications of all tables.
    pub(in super::super) published_with_all: Vec<String>,
    /// Roles that get rights on any table that the session's role makes.
    pub(in super::super) default_grantees: Vec<String>,
    pub(in super::super) grants: Vec<Grant>,
    /// Whether rights were ever granted or revoked.
    pub(in super::super) has_grants: bool,
}

/// A right on a table, view, column or sequence.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Grant {
    pub(in super::super) privilege: String,
    /// Quoted; `PUBLIC` for everybody.
    pub(in super::super) grantee: String,
    /// Quoted; none when it is the owner.
    pub(in super::super) grantor: Option<String>,
    pub(in super::super) grantable: bool,
    pub(in super::super) column: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Column {
    pub(in super::super) name: String,
    pub(in super::super) ty: String,
    pub(in super::super) not_null: bool,
    pub(in super::super) generated: String,
    pub(in super::super) target: Option<i32>,
    pub(in super::super) options: Vec<String>,
    pub(in super::super) comment: Option<String>,
}

/// A sequence that belongs to a column.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Sequence {
    pub(in super::super) schema: String,
    pub(in super::super) name: String,
    pub(in super::super) column: String,
    pub(in super::super) identity: bool,
    pub(in super::super) ty: String,
    pub(in super::super) comment: Option<String>,
    pub(in super::super) grants: Vec<Grant>,
    pub(in super::super) has_grants: bool,
}

/// A constraint that is no foreign key and no `NOT NULL`.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Constraint {
    /// The table.
    pub(in super::super) on: u32,
    pub(in super::super) name: String,
    /// `c`, `p`, `u`, `x`, as in `pg_constraint.contype`.
    pub(in super::super) kind: String,
    pub(in super::super) definition: String,
    pub(in super::super) valid: bool,
    pub(in super::super) columns: Vec<String>,
    pub(in super::super) comment: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Index {
    pub(in super::super) oid: u32,
    /// The table.
    pub(in super::super) on: u32,
    /// The index of the partitioned table that it is a part of.
    pub(in super::super) parent: Option<u32>,
    pub(in super::super) name: String,
    pub(in super::super) unique: bool,
    pub(in super::super) valid: bool,
    /// From `USING` on, without it.
    pub(in super::super) rest: String,
    /// The constraint that it serves.
    pub(in super::super) constraint: Option<String>,
    /// Its key columns; empty texts stand for expressions.
    pub(in super::super) columns: Vec<String>,
    pub(in super::super) partial: bool,
    pub(in super::super) btree: bool,
    pub(in super::super) tablespace: Option<String>,
    pub(in super::super) clustered: bool,
    pub(in super::super) replica: bool,
    pub(in super::super) bytes: i64,
    pub(in super::super) comment: Option<String>,
    /// Statistics targets of its expressions: number and target.
    pub(in super::super) targets: Vec<(i32, i32)>,
}

/// A unique key that can't be NULL: what identifies a row.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Key {
    pub(in super::super) parts: Vec<KeyPart>,
}

#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct KeyPart {
    pub(in super::super) column: String,
    pub(in super::super) ty: String,
    /// How two values are compared: `OPERATOR(pg_catalog.=)`.
    pub(in super::super) equal: String,
}

impl Source {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Option<Self>, Failure> {
        Ok(reader.values(&format!("{SOURCE} WHERE c.oid = {oid}", SOURCE = source())).await?.into_iter().next())
    }
}

/// The rights in an access list, as a JSON array.
pub(super) fn grants(acl: &str, owner: &str, column: &str) -> String {
    format!(
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('privilege', x.privilege_type, \
         'grantee', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, \
         'grantor', CASE WHEN x.grantor <> {owner} THEN quote_ident(pg_get_userbyid(x.grantor)) END, \
         'grantable', x.is_grantable, 'column', {column}) ORDER BY x.grantor <> {owner}, x.grantee), '[]') FROM aclexplode({acl}) x)"
    )
}

/// Rows and bytes of a table, or of all its partitions.
const TREE: &str = "(SELECT coalesce(sum(greatest(x.reltuples, 0)), 0)::float8 FROM pg_class x \
     WHERE x.oid = c.oid AND x.relkind <> 'p' OR x.oid IN (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf)) AS rows, \
     (SELECT coalesce(sum(pg_total_relation_size(x.oid)), 0)::int8 FROM pg_class x \
     WHERE x.oid = c.oid OR x.oid IN (SELECT relid FROM pg_partition_tree(c.oid))) AS bytes";

fn source() -> String {
    format!(
        "SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence, \
         pg_get_userbyid(c.relowner) AS owner, c.relowner = current_user::regrole::oid AS own, current_user AS role, \
         {TREE}, (SELECT amname FROM pg_am WHERE oid = c.relam) AS method, \
         (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace, \
         c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security, row_security_active(c.oid) AS hidden, \
         c.relreplident::text AS replica, \
         to_jsonb(coalesce(c.reloptions, '{{}}') || ARRAY(SELECT 'toast.' || o FROM pg_class x, unnest(x.reloptions) o WHERE x.oid = c.reltoastrelid)) AS options, \
         obj_description(c.oid, 'pg_class') AS comment, c.reloftype <> 0 AS typed, c.relispartition AS partition, \
         pg_get_partkeydef(c.oid) AS strategy, \
         (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_class'::regclass \
          AND d.objid = c.oid AND d.objsubid = 0 AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e') AS extension, \
         ARRAY(SELECT CASE WHEN i.inhrelid = c.oid THEN i.inhparent ELSE i.inhrelid END::regclass::text FROM pg_inherits i \
          WHERE c.oid IN (i.inhrelid, i.inhparent) ORDER BY 1) AS relatives, \
         EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = c.oid) AS subscribed, \
         ARRAY(SELECT pubname FROM pg_publication WHERE puballtables ORDER BY 1) AS published_with_all, \
         ARRAY(SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END FROM pg_default_acl d, aclexplode(d.defaclacl) x \
          WHERE d.defaclrole = current_user::regrole AND d.defaclobjtype = 'r' AND d.defaclnamespace = 0) AS default_grantees, \
         {table_grants} || (SELECT coalesce(jsonb_agg(g.one), '[]') FROM pg_attribute a, \
          jsonb_array_elements({column_grants}) g(one) WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS grants, \
         c.relacl IS NOT NULL AS has_grants \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
        table_grants = grants("c.relacl", "c.relowner", "NULL"),
        column_grants = grants("a.attacl", "c.relowner", "a.attname"),
    )
}

impl Column {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Self>, Failure> {
        reader
            .values(&format!(
                "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS ty, a.attnotnull AS not_null, \
                 a.attgenerated::text AS generated, nullif(a.attstattarget, -1)::int AS target, \
                 to_jsonb(coalesce(a.attoptions, '{{}}')) AS options, col_description(a.attrelid, a.attnum) AS comment \
                 FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
            ))
            .await
    }
}

impl Sequence {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Self>, Failure> {
        reader
            .values(&format!(
                "SELECT n.nspname AS schema, s.relname AS name, a.attname AS column, d.deptype = 'i' AS identity, \
                 (SELECT format_type(q.seqtypid, NULL) FROM pg_sequence q WHERE q.seqrelid = s.oid) AS ty, \
                 obj_description(s.oid, 'pg_class') AS comment, {grants} AS grants, s.relacl IS NOT NULL AS has_grants \
                 FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
                 JOIN pg_namespace n ON n.oid = s.relnamespace JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
                 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} \
                 AND d.deptype IN ('a', 'i') ORDER BY a.attnum, 2",
                grants = grants("s.relacl", "s.relowner", "NULL"),
            ))
            .await
    }
}

impl Constraint {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Self>, Failure> {
        Self::of(reader, &format!("= {oid}")).await
    }

    /// Those of the tables for which a condition holds.
    pub(super) async fn of(reader: &Reader<'_, '_>, table: &str) -> Result<Vec<Self>, Failure> {
        reader
            .values(&format!(
                "SELECT k.conrelid::int8 AS on, k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition, k.convalidated AS valid, \
                 ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY u(n, at) JOIN pg_attribute a ON a.attrelid = k.conrelid \
                 AND a.attnum = u.n ORDER BY u.at) AS columns, obj_description(k.oid, 'pg_constraint') AS comment \
                 FROM pg_constraint k WHERE k.conrelid {table} AND k.contype IN ('c', 'p', 'u', 'x') ORDER BY k.contype, k.conname"
            ))
            .await
    }
}

impl Index {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Self>, Failure> {
        Self::of(reader, &format!("= {oid}")).await
    }

    /// Those of the tables for which a condition holds.
    pub(super) async fn of(reader: &Reader<'_, '_>, table: &str) -> Result<Vec<Self>, Failure> {
        reader
            .values(&format!(
                "SELECT c.oid::int8 AS oid, i.indrelid::int8 AS on, \
                 (SELECT h.inhparent::int8 FROM pg_inherits h WHERE h.inhrelid = c.oid) AS parent, c.relname AS name, i.indisunique AS unique, i.indisvalid AND i.indisready AS valid, \
                 substr(pg_get_indexdef(c.oid), length(format('CREATE %sINDEX %I ON %s%I.%I USING ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, \
                 c.relname, CASE c.relkind WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, t.relname)) + 1) AS rest, \
                 (SELECT k.conname FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AS constraint, \
                 ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(n, at) \
                 LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.n AND u.n > 0 WHERE u.at <= i.indnkeyatts ORDER BY u.at) AS columns, \
                 i.indpred IS NOT NULL AS partial, m.amname = 'btree' AS btree, \
                 (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace, i.indisclustered AS clustered, \
                 i.indisreplident AS replica, \
                 (SELECT coalesce(sum(pg_relation_size(x.oid)), 0)::int8 FROM pg_class x WHERE x.oid = c.oid \
                 OR c.relkind = 'I' AND x.oid IN (SELECT relid FROM pg_partition_tree(c.oid))) AS bytes, obj_description(c.oid, 'pg_class') AS comment, \
                 (SELECT coalesce(jsonb_agg(jsonb_build_array(a.attnum, a.attstattarget)), '[]') FROM pg_attribute a WHERE a.attrelid = c.oid \
                 AND a.attstattarget >= 0) AS targets \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam \
                 JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
                 WHERE i.indrelid {table} ORDER BY i.indisprimary DESC, c.relname"
            ))
            .await
    }
}

impl Key {
    /// The keys that identify rows, the primary key first, then those of the fewest columns.
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Vec<Self>, Failure> {
        reader
            .values(&format!(
                "SELECT (SELECT jsonb_agg(jsonb_build_object('column', a.attname, 'ty', format_type(a.atttypid, a.atttypmod), \
                 'equal', (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_opclass x JOIN pg_amop m ON m.amopfamily = x.opcfamily \
                 AND m.amoplefttype = x.opcintype AND m.amoprighttype = x.opcintype AND m.amopstrategy = 3 \
                 JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE x.oid = i.indclass[u.at - 1])) \
                 ORDER BY u.at) FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(n, at) JOIN pg_attribute a ON a.attrelid = i.indrelid \
                 AND a.attnum = u.n WHERE u.at <= i.indnkeyatts) AS parts \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree' \
                 WHERE i.indrelid = {oid} AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL \
                 AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(n, at) JOIN pg_attribute a ON a.attrelid = i.indrelid \
                 AND a.attnum = u.n WHERE u.at <= i.indnkeyatts AND (NOT a.attnotnull OR a.attgenerated <> '')) \
                 ORDER BY i.indisprimary DESC, i.indnkeyatts, c.relname"
            ))
            .await
    }
}

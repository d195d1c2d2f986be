//! The partitions of a table, level by level, with what each of them has of its own.

use dbwright_core::Failure;
use serde::Deserialize;

use super::super::super::name::qualified;
use super::source::grants;
use super::{Constraint, Grant, Index, Reader, dependents};

/// A partition, which may be partitioned itself.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Part {
    pub(in super::super) oid: u32,
    pub(in super::super) schema: String,
    pub(in super::super) name: String,
    /// Schema and name of what it is a partition of.
    pub(in super::super) parent: (String, String),
    /// `FOR VALUES …` or `DEFAULT`.
    pub(in super::super) bound: String,
    /// `RANGE (day)`, where it is partitioned itself.
    pub(in super::super) strategy: Option<String>,
    pub(in super::super) persistence: String,
    pub(in super::super) owner: String,
    pub(in super::super) rows: f64,
    pub(in super::super) bytes: i64,
    pub(in super::super) method: Option<String>,
    pub(in super::super) tablespace: Option<String>,
    pub(in super::super) replica: String,
    pub(in super::super) options: Vec<String>,
    pub(in super::super) comment: Option<String>,
    pub(in super::super) grants: Vec<Grant>,
    pub(in super::super) has_grants: bool,
    /// Clauses of an `ALTER TABLE` that give its columns what they have of their own.
    pub(in super::super) clauses: Vec<String>,
    /// Columns with their comments.
    pub(in super::super) comments: Vec<(String, String)>,
    /// Its checks that its parent does not have, and the constraints of its indexes.
    #[serde(default)]
    pub(in super::super) constraints: Vec<Constraint>,
    #[serde(default)]
    pub(in super::super) indexes: Vec<Index>,
}

impl Part {
    /// The parts of a table, each after what it is a part of.
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, root: u32) -> Result<Vec<Self>, Failure> {
        let mut parts: Vec<Self> = reader.values(&parts(root, reader.major())).await?;
        let among = format!("IN (SELECT relid FROM pg_partition_tree({root}) WHERE level > 0)");
        let mut constraints =
            Constraint::of(reader, &format!("{among} AND NOT (k.contype = 'c' AND k.coninhcount > 0)")).await?;
        let mut indexes = Index::of(reader, &among).await?;
        for part in &mut parts {
            part.constraints = constraints.extract_if(.., |one| one.on == part.oid).collect();
            part.indexes = indexes.extract_if(.., |one| one.on == part.oid).collect();
        }
        Ok(parts)
    }

    /// Whether it holds rows.
    pub(in super::super) const fn is_leaf(&self) -> bool {
        self.strategy.is_none()
    }

    /// The name that users see.
    pub(in super::super) fn seen(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

fn parts(root: u32, major: u32) -> String {
    format!(
        "SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, jsonb_build_array(pn.nspname, p.relname) AS parent, \
         pg_get_expr(c.relpartbound, c.oid) AS bound, pg_get_partkeydef(c.oid) AS strategy, c.relpersistence::text AS persistence, \
         pg_get_userbyid(c.relowner) AS owner, greatest(c.reltuples, 0)::float8 AS rows, pg_total_relation_size(c.oid) AS bytes, \
         (SELECT amname FROM pg_am WHERE oid = c.relam) AS method, \
         (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace, c.relreplident::text AS replica, \
         to_jsonb(coalesce(c.reloptions, '{{}}') || ARRAY(SELECT 'toast.' || o FROM pg_class x, unnest(x.reloptions) o WHERE x.oid = c.reltoastrelid)) AS options, \
         obj_description(c.oid, 'pg_class') AS comment, c.relacl IS NOT NULL AS has_grants, \
         {table_grants} || (SELECT coalesce(jsonb_agg(g.one), '[]') FROM pg_attribute a, \
          jsonb_array_elements({column_grants}) g(one) WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS grants, \
         (SELECT coalesce(jsonb_agg(jsonb_build_array(a.attname, col_description(c.oid, a.attnum))), '[]') FROM pg_attribute a \
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NOT NULL) AS comments, \
         ARRAY(SELECT x.clause {clauses}) AS clauses \
         FROM pg_partition_tree({root}) t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_class p ON p.oid = t.parentrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE t.level > 0 ORDER BY t.level, 2, 3",
        table_grants = grants("c.relacl", "c.relowner", "NULL"),
        column_grants = grants("a.attacl", "c.relowner", "a.attname"),
        clauses = clauses(major),
    )
}

/// What differs from the parent's column, which a new partition has from it; and what no partition has from it.
fn clauses(major: u32) -> String {
    let compression = if major >= 14 {
        "('SET COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE 'DEFAULT' END, a.attcompression <> b.attcompression)"
    } else {
        "('', false)"
    };
    format!(
        "FROM pg_attribute a JOIN pg_attribute b ON b.attrelid = p.oid AND b.attname = a.attname AND NOT b.attisdropped \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         LEFT JOIN pg_attrdef e ON e.adrelid = b.attrelid AND e.adnum = b.attnum, \
         LATERAL (SELECT format('ALTER COLUMN %I %s', a.attname, v.what) AS clause FROM (VALUES \
         ('SET STATISTICS ' || a.attstattarget, coalesce(a.attstattarget, -1) >= 0), \
         ('SET (' || array_to_string(a.attoptions, ', ') || ')', a.attoptions IS NOT NULL), \
         ('SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END, a.attstorage <> b.attstorage), \
         {compression}, ('SET NOT NULL', a.attnotnull AND NOT b.attnotnull), \
         ('SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), a.attgenerated = '' AND d.oid IS NOT NULL \
          AND pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_get_expr(e.adbin, e.adrelid)), \
         ('DROP DEFAULT', a.attgenerated = '' AND d.oid IS NULL AND e.oid IS NOT NULL)) v(what, own) WHERE v.own) x \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    )
}

/// What partitions have of their own that can't be taken along, described by the server.
pub(in super::super) async fn own(reader: &Reader<'_, '_>, root: u32) -> Result<Vec<String>, Failure> {
    let tree = format!("(SELECT relid FROM pg_partition_tree({root}) WHERE level > 0)");
    let described = format!(
        "SELECT pg_describe_object('pg_trigger'::regclass, g.oid, 0) FROM pg_trigger g LEFT JOIN pg_trigger h ON h.oid = g.tgparentid \
          WHERE g.tgrelid IN {tree} AND NOT g.tgisinternal AND g.tgname !~ '^dbwright_' AND h.tgenabled IS DISTINCT FROM g.tgenabled \
         UNION ALL SELECT pg_describe_object('pg_constraint'::regclass, k.oid, 0) FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 \
          AND (k.conrelid IN {tree} OR k.confrelid IN {tree}) \
         UNION ALL SELECT pg_describe_object('pg_policy'::regclass, p.oid, 0) FROM pg_policy p WHERE p.polrelid IN {tree} \
         UNION ALL SELECT 'row-level security of ' || c.oid::regclass FROM pg_class c WHERE c.oid IN {tree} AND c.relrowsecurity \
         UNION ALL SELECT pg_describe_object('pg_statistic_ext'::regclass, s.oid, 0) FROM pg_statistic_ext s WHERE s.stxrelid IN {tree} \
         UNION ALL SELECT pg_describe_object('pg_publication_rel'::regclass, r.oid, 0) FROM pg_publication_rel r WHERE r.prrelid IN {tree} \
         UNION ALL SELECT 'subscription to ' || r.srrelid::regclass FROM pg_subscription_rel r WHERE r.srrelid IN {tree} \
         UNION ALL SELECT DISTINCT pg_describe_object('pg_class'::regclass, w.ev_class, 0) FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid \
          WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN {tree} \
         UNION ALL SELECT pg_describe_object('pg_class'::regclass, d.objid, 0) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' \
          WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN {tree} AND d.deptype IN ('a', 'i') \
         UNION ALL SELECT 'foreign table ' || c.oid::regclass FROM pg_class c WHERE c.oid IN {tree} AND c.relkind NOT IN ('r', 'p') \
         UNION ALL SELECT 'pending detachment of ' || i.inhrelid::regclass FROM pg_inherits i WHERE i.inhrelid IN {tree} AND {pending} \
         UNION ALL SELECT 'incomplete index ' || i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'I' \
          WHERE (i.indrelid IN {tree} OR i.indrelid = {root}) AND NOT i.indisvalid",
        pending = if reader.major() >= 14 { "i.inhdetachpending" } else { "false" },
    );
    let mut found = reader.texts(&described).await?;
    found.extend(dependents::bound(reader, &tree).await?);
    found.sort();
    found.dedup();
    Ok(found)
}

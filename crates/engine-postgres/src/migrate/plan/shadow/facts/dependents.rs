//! What others built on the table: views, materialized views, functions, policies and rules elsewhere. Whatever depends on
//! the table and is none of the known kinds is named, so that nothing is left behind on the old table unseen.

use dbwright_core::Failure;
use serde::Deserialize;

use super::super::super::name::ident;
use super::source::{Grant, grants};
use super::{Index, Reader, Rule, Trigger, objects};

/// All of it.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Dependents {
    /// Views and materialized views, each after those that it reads.
    pub(in super::super) views: Vec<View>,
    /// Functions whose body the server has parsed (`BEGIN ATOMIC`).
    pub(in super::super) functions: Vec<Function>,
    pub(in super::super) policies: Vec<OtherPolicy>,
    pub(in super::super) rules: Vec<OtherRule>,
    /// What can't be taken along, described by the server.
    pub(in super::super) unknown: Vec<String>,
    /// The schemas whose objects are named unqualified in the definitions of views, for `SET search_path`.
    pub(in super::super) path: Vec<String>,
    /// What can't be named without a schema, because a thing of the same name comes first.
    pub(in super::super) hidden: Vec<String>,
}

/// A view or materialized view.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct View {
    pub(in super::super) oid: u32,
    pub(in super::super) schema: String,
    pub(in super::super) name: String,
    /// `v` or `m`.
    pub(in super::super) kind: String,
    pub(in super::super) owner: String,
    pub(in super::super) options: Vec<String>,
    pub(in super::super) columns: Vec<ViewColumn>,
    #[serde(default)]
    pub(in super::super) definition: String,
    pub(in super::super) populated: bool,
    pub(in super::super) method: Option<String>,
    pub(in super::super) tablespace: Option<String>,
    pub(in super::super) comment: Option<String>,
    pub(in super::super) grants: Vec<Grant>,
    pub(in super::super) has_grants: bool,
    #[serde(default)]
    pub(in super::super) triggers: Vec<Trigger>,
    #[serde(default)]
    pub(in super::super) rules: Vec<Rule>,
    #[serde(default)]
    pub(in super::super) indexes: Vec<Index>,
}

#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct ViewColumn {
    pub(in super::super) name: String,
    pub(in super::super) default: Option<String>,
    pub(in super::super) comment: Option<String>,
    pub(in super::super) target: Option<i32>,
}

/// A function that is bound to the table.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Function {
    pub(in super::super) definition: String,
}

/// A policy of another table that reads this one.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct OtherPolicy {
    pub(in super::super) name: String,
    pub(in super::super) table: String,
    pub(in super::super) using: Option<String>,
    pub(in super::super) check: Option<String>,
}

/// A rule of another table that uses this one.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct OtherRule {
    pub(in super::super) definition: String,
}

/// The relations that are built on the table, with the table: by the rules that make views.
fn closure(oid: u32) -> String {
    format!(
        "WITH RECURSIVE r AS (SELECT {oid}::oid AS oid, 0 AS depth UNION SELECT w.ev_class, r.depth + 1 FROM r \
         JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.classid = 'pg_rewrite'::regclass \
         JOIN pg_rewrite w ON w.oid = d.objid AND w.rulename = '_RETURN' WHERE w.ev_class <> r.oid), \
         m AS (SELECT oid, max(depth) AS depth FROM r GROUP BY oid)"
    )
}

impl Dependents {
    pub(in super::super) async fn read(reader: &Reader<'_, '_>, oid: u32) -> Result<Self, Failure> {
        let with = closure(oid);
        let mut views: Vec<View> = reader.values(&views(&with)).await?;
        let (schemas, hidden) = order(reader, &with).await?;
        let path = schemas.iter().map(|schema| ident(schema)).collect::<Vec<_>>().join(", ");
        for view in &mut views {
            let definition = format!("SELECT rtrim(pg_get_viewdef({}), ';') AS definition", view.oid);
            view.definition = reader.texts_with(&path, &definition).await?.concat();
            view.triggers = objects::triggers(reader, view.oid).await?;
            view.rules = objects::rules(reader, view.oid).await?;
            view.indexes = Index::read(reader, view.oid).await?;
        }
        let major = reader.major();
        let functions = if major >= 14 { reader.values(&format!("{with} {FUNCTIONS}")).await? } else { Vec::new() };
        Ok(Self {
            views,
            functions,
            policies: reader.values(&format!("{with} {POLICIES}")).await?,
            rules: reader.values(&format!("{with} {RULES}")).await?,
            unknown: reader.texts(&unknown(&with, major)).await?,
            path: schemas,
            hidden,
        })
    }
}

/// What is bound to tables of a list, each described by the server, and is none of the known kinds.
pub(super) async fn bound(reader: &Reader<'_, '_>, tables: &str) -> Result<Vec<String>, Failure> {
    let with = format!("WITH m AS (SELECT relid AS oid, 1 AS depth FROM {tables} q)");
    reader.texts(&unknown(&with, reader.major())).await
}

/// An order of the schemas in which all views, and the table, are seen without a schema; else what is not.
async fn order(reader: &Reader<'_, '_>, with: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut schemas = reader.texts(&format!("{with} {SCHEMAS}")).await?;
    let mut best: Option<(Vec<String>, Vec<String>)> = None;
    for _ in 0..schemas.len() {
        let path = schemas.iter().map(|schema| ident(schema)).collect::<Vec<_>>().join(", ");
        let hidden = reader.texts_with(&path, &format!("{with} {HIDDEN}")).await?;
        if best.as_ref().is_none_or(|(_, before)| hidden.len() < before.len()) {
            best = Some((schemas.clone(), hidden));
        }
        schemas.rotate_left(1);
    }
    Ok(best.unwrap_or_default())
}

fn views(with: &str) -> String {
    format!(
        "{with} SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, pg_get_userbyid(c.relowner) AS owner, \
         to_jsonb(coalesce(c.reloptions, '{{}}')) AS options, c.relispopulated AS populated, (SELECT amname FROM pg_am WHERE oid = c.relam) AS method, \
         (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace, obj_description(c.oid, 'pg_class') AS comment, \
         (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'default', pg_get_expr(d.adbin, d.adrelid), \
          'comment', col_description(a.attrelid, a.attnum), 'target', nullif(a.attstattarget, -1)) ORDER BY a.attnum) FROM pg_attribute a \
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns, \
         {table_grants} || (SELECT coalesce(jsonb_agg(g.one), '[]') FROM pg_attribute a, \
          jsonb_array_elements({column_grants}) g(one) WHERE a.attrelid = c.oid AND a.attnum > 0) AS grants, c.relacl IS NOT NULL AS has_grants \
         FROM m JOIN pg_class c ON c.oid = m.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE m.depth > 0 ORDER BY m.depth, 2, 3",
        table_grants = grants("c.relacl", "c.relowner", "NULL"),
        column_grants = grants("a.attacl", "c.relowner", "a.attname"),
    )
}

const SCHEMAS: &str = "SELECT n.nspname FROM m JOIN pg_class c ON c.oid = m.oid JOIN pg_namespace n ON n.oid = c.relnamespace \
     GROUP BY 1 ORDER BY min(m.depth), 1";

const HIDDEN: &str =
    "SELECT pg_describe_object('pg_class'::regclass, m.oid, 0) FROM m WHERE NOT pg_table_is_visible(m.oid) ORDER BY 1";

const FUNCTIONS: &str = "SELECT DISTINCT pg_get_functiondef(p.oid) AS definition FROM m JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass \
     AND d.refobjid = m.oid AND d.classid = 'pg_proc'::regclass JOIN pg_proc p ON p.oid = d.objid WHERE p.prosqlbody IS NOT NULL ORDER BY 1";

const POLICIES: &str = "SELECT DISTINCT p.polname AS name, p.polrelid::regclass::text AS table, pg_get_expr(p.polqual, p.polrelid) AS using, \
     pg_get_expr(p.polwithcheck, p.polrelid) AS check FROM m JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = m.oid \
     AND d.classid = 'pg_policy'::regclass JOIN pg_policy p ON p.oid = d.objid WHERE p.polrelid NOT IN (SELECT oid FROM m) ORDER BY 2, 1";

const RULES: &str = "SELECT DISTINCT regexp_replace(rtrim(pg_get_ruledef(r.oid), ';'), '^CREATE RULE', 'CREATE OR REPLACE RULE') AS definition \
     FROM m JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = m.oid AND d.classid = 'pg_rewrite'::regclass \
     JOIN pg_rewrite r ON r.oid = d.objid WHERE r.ev_class NOT IN (SELECT oid FROM m) ORDER BY 1";

fn unknown(with: &str, major: u32) -> String {
    let parsed = if major >= 14 {
        "NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = d.objid AND p.prosqlbody IS NOT NULL)"
    } else {
        "true"
    };
    format!(
        "{with}, types AS (SELECT t.oid, t.typarray FROM m JOIN pg_class c ON c.oid = m.oid JOIN pg_type t ON t.oid = c.reltype) \
         SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d WHERE d.deptype <> 'e' AND ( \
         (d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM m) AND NOT CASE d.classid \
          WHEN 'pg_constraint'::regclass THEN EXISTS (SELECT FROM pg_constraint k WHERE k.oid = d.objid \
            AND (k.conrelid IN (SELECT oid FROM m) OR k.contype = 'f')) \
          WHEN 'pg_rewrite'::regclass THEN true WHEN 'pg_policy'::regclass THEN true WHEN 'pg_statistic_ext'::regclass THEN true \
          WHEN 'pg_publication_rel'::regclass THEN true WHEN 'pg_type'::regclass THEN true \
          WHEN 'pg_trigger'::regclass THEN EXISTS (SELECT FROM pg_trigger g WHERE g.oid = d.objid AND (g.tgisinternal OR g.tgrelid IN (SELECT oid FROM m))) \
          WHEN 'pg_attrdef'::regclass THEN EXISTS (SELECT FROM pg_attrdef a WHERE a.oid = d.objid AND a.adrelid IN (SELECT oid FROM m)) \
          WHEN 'pg_class'::regclass THEN EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid \
            AND (c.relkind IN ('i', 'I', 't', 'S') OR c.oid IN (SELECT oid FROM m) OR c.relispartition)) \
          WHEN 'pg_proc'::regclass THEN NOT ({parsed}) ELSE false END) \
         OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT oid FROM types UNION ALL SELECT typarray FROM types) \
          AND NOT (d.classid = 'pg_type'::regclass AND d.objid IN (SELECT typarray FROM types)) \
          AND NOT (d.classid = 'pg_class'::regclass AND d.objid IN (SELECT oid FROM m)) \
          AND NOT (d.classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_rewrite r WHERE r.oid = d.objid)))) ORDER BY 1"
    )
}

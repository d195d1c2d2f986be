//! Objects that name a column and are bound to it: views, policies, triggers, statistics, publications, sequences.
//! Each is a list of statements that drop it and make it again, with all that belongs to it.

use dbwright_core::Failure;
use serde::Deserialize;

use super::super::catalog::Table;
use super::super::draft::Cx;
use super::super::name::{ident, literal};

/// A view that depends on the column, directly or through other views; those that others need come first.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct View {
    pub(super) name: String,
    pub(super) create: Vec<String>,
}

impl View {
    pub(super) fn drop(&self) -> String {
        format!("DROP VIEW {}", self.name)
    }
}

/// `COMMENT ON what IS …`, when there is a comment.
pub(super) fn comment(what: &str, comment: Option<&str>) -> Option<String> {
    comment.map(|text| format!("COMMENT ON {what} IS {}", literal(text)))
}

/// The names of columns as a list of literals.
pub(super) fn listed(columns: &[&str]) -> String {
    columns.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", ")
}

/// Views that use one of the columns, in the order in which they can be made.
pub(super) async fn views(cx: &Cx<'_, '_>, table: &Table, columns: &[&str]) -> Result<Vec<View>, Failure> {
    let uses = VIEWS.replace("{oid}", &table.oid.to_string()).replace("{columns}", &listed(columns));
    cx.catalog.values(&format!("{uses}{VIEW}")).await
}

/// All statements that make one view, whatever it reads.
pub(in super::super) async fn view_again(cx: &Cx<'_, '_>, oid: u32) -> Result<Vec<String>, Failure> {
    let query = format!("WITH v AS (SELECT {oid}::oid AS id, 0 AS depth) {VIEW}");
    let views: Vec<View> = cx.catalog.values(&query).await?;
    Ok(views.into_iter().flat_map(|view| view.create).collect())
}

/// The views that use a column, and those that use these.
const VIEWS: &str = "\
WITH RECURSIVE uses AS ( \
  SELECT r.ev_class AS id, 1 AS depth FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass \
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} AND a.attname IN ({columns}) AND r.ev_class <> {oid} \
  UNION SELECT r.ev_class, u.depth + 1 FROM uses u JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = u.id \
  JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass WHERE r.ev_class <> u.id AND u.depth < 50), \
v AS (SELECT id, max(depth) AS depth FROM uses GROUP BY id) ";

/// Every statement that makes a view what it is, each as one row of `create`.
const VIEW: &str = "\
SELECT format('%I.%I', n.nspname, c.relname) AS name, ARRAY[format('CREATE VIEW %I.%I%s AS %s', \
  n.nspname, c.relname, coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', ''), rtrim(pg_get_viewdef(c.oid), ';'))] \
  || CASE WHEN pg_get_userbyid(c.relowner) <> current_user THEN ARRAY[format('ALTER VIEW %I.%I OWNER TO %I', n.nspname, c.relname, \
     pg_get_userbyid(c.relowner))] ELSE '{}' END \
  || ARRAY(SELECT format('ALTER VIEW %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid)) \
     FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = c.oid) \
  || ARRAY(SELECT format('COMMENT ON %s IS %L', CASE WHEN o.objsubid = 0 THEN format('VIEW %I.%I', n.nspname, c.relname) \
     ELSE format('COLUMN %I.%I.%I', n.nspname, c.relname, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = o.objsubid)) END, \
     o.description) FROM pg_description o WHERE o.classoid = 'pg_class'::regclass AND o.objoid = c.oid) \
  || ARRAY(SELECT format('GRANT %s ON %I.%I TO %s%s', x.privilege_type, n.nspname, c.relname, \
     CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
     FROM aclexplode(c.relacl) x WHERE x.grantee <> c.relowner) \
  || ARRAY(SELECT format('GRANT %s (%I) ON %I.%I TO %s', x.privilege_type, a.attname, n.nspname, c.relname, \
     CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) \
     FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid) \
  || ARRAY(SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) \
  || ARRAY(SELECT rtrim(pg_get_ruledef(r.oid), ';') FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN') AS create \
FROM v JOIN pg_class c ON c.oid = v.id JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY v.depth, c.oid";

/// A thing with a statement that drops it and statements that make it again.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Bound {
    pub(super) drop: Option<String>,
    pub(super) create: Vec<String>,
}

/// Triggers that fire on a column or ask for it in their condition.
pub(super) async fn triggers(cx: &Cx<'_, '_>, table: &Table, columns: &[&str]) -> Result<Vec<Bound>, Failure> {
    let query = format!(
        "SELECT format('DROP TRIGGER %I ON %s', t.tgname, {sql}) AS drop, ARRAY[pg_get_triggerdef(t.oid)] \
         || CASE t.tgenabled WHEN 'O' THEN '{{}}' ELSE ARRAY[format('ALTER TABLE %s %s TRIGGER %I', {sql}, \
         CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)] END \
         || CASE WHEN obj_description(t.oid, 'pg_trigger') IS NULL THEN '{{}}' ELSE ARRAY[format('COMMENT ON TRIGGER %I ON %s IS %L', \
         t.tgname, {sql}, obj_description(t.oid, 'pg_trigger'))] END AS create \
         FROM pg_trigger t WHERE t.tgrelid = {oid} AND NOT t.tgisinternal AND EXISTS (SELECT FROM pg_depend d \
         JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_trigger'::regclass \
         AND d.objid = t.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} AND a.attname IN ({columns}))",
        sql = literal(&table.sql()),
        oid = table.oid,
        columns = listed(columns)
    );
    cx.catalog.values(&query).await
}

/// How policies get over a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policies {
    /// The column has another number: they are told their text again.
    Told,
    /// The column stays: the server wants them gone meanwhile.
    MadeAgain,
}

/// Policies that use a column, those of other tables too.
pub(super) async fn policies(
    cx: &Cx<'_, '_>,
    table: &Table,
    columns: &[&str],
    how: Policies,
) -> Result<Vec<Bound>, Failure> {
    let (drop, begin, comment) = match how {
        Policies::Told => ("NULL", "format('ALTER POLICY %I ON %s', p.polname, t.sql)", "'{}'"),
        Policies::MadeAgain => (
            "format('DROP POLICY %I ON %s', p.polname, t.sql)",
            "format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, t.sql, \
             CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, \
             CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, \
             (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') FROM unnest(p.polroles) o))",
            "CASE WHEN obj_description(p.oid, 'pg_policy') IS NULL THEN '{}' ELSE \
             ARRAY[format('COMMENT ON POLICY %I ON %s IS %L', p.polname, t.sql, obj_description(p.oid, 'pg_policy'))] END",
        ),
    };
    let query = format!(
        "SELECT {drop} AS drop, ARRAY[{begin} || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') \
         || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')] || {comment} AS create \
         FROM pg_policy p JOIN (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS sql FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace) t ON t.oid = p.polrelid WHERE EXISTS (SELECT FROM pg_depend d \
         JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_policy'::regclass \
         AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid} AND a.attname IN ({columns}))",
        oid = table.oid,
        columns = listed(columns)
    );
    cx.catalog.values(&query).await
}

/// Publications that list a column, or filter rows by it.
pub(super) async fn publications(cx: &Cx<'_, '_>, table: &Table, columns: &[&str]) -> Result<Vec<Bound>, Failure> {
    if cx.catalog.major() < 15 {
        return Ok(Vec::new());
    }
    let query = format!(
        "SELECT format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname, {sql}) AS drop, \
         ARRAY[format('ALTER PUBLICATION %I ADD TABLE %s%s%s', p.pubname, {sql}, \
         (SELECT ' (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ')' FROM pg_attribute \
         WHERE attrelid = {oid} AND attnum > 0 AND attnum = ANY (r.prattrs)), \
         ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')')] AS create \
         FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = {oid} AND EXISTS (SELECT \
         FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attname IN ({columns}) AND (a.attnum = ANY (r.prattrs) \
         OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_publication_rel'::regclass AND d.objid = r.oid \
         AND d.refobjid = {oid} AND d.refobjsubid = a.attnum)))",
        sql = literal(&table.sql()),
        oid = table.oid,
        columns = listed(columns)
    );
    cx.catalog.values(&query).await
}

/// Extended statistics over a column.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Statistics {
    pub(super) schema: String,
    pub(super) name: String,
    /// `CREATE STATISTICS schema.name …`
    pub(super) definition: String,
    pub(super) target: i32,
    pub(super) owner: String,
    pub(super) comment: Option<String>,
}

/// The extended statistics that use one of the columns.
pub(super) async fn statistics(cx: &Cx<'_, '_>, table: &Table, columns: &[&str]) -> Result<Vec<Statistics>, Failure> {
    let query = format!(
        "SELECT n.nspname AS schema, s.stxname AS name, pg_get_statisticsobjdef(s.oid) AS definition, \
         coalesce((to_jsonb(s) ->> 'stxstattarget')::int, -1) AS target, pg_get_userbyid(s.stxowner) AS owner, \
         obj_description(s.oid, 'pg_statistic_ext') AS comment FROM pg_statistic_ext s \
         JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = {oid} AND EXISTS (SELECT FROM pg_depend d \
         JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
         WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid AND d.refobjid = {oid} AND a.attname IN ({columns}))",
        oid = table.oid,
        columns = listed(columns)
    );
    cx.catalog.values(&query).await
}

/// What belongs to the column itself, as statements with `{column}` in place of its name.
pub(super) async fn attributes(cx: &Cx<'_, '_>, table: &Table, column: &str) -> Result<Vec<String>, Failure> {
    let query = format!(
        "SELECT unnest(\
         CASE WHEN coalesce(a.attstattarget, -1) >= 0 THEN ARRAY[format('ALTER TABLE %s ALTER COLUMN {{column}} SET STATISTICS %s', {sql}, a.attstattarget)] ELSE '{{}}' END \
         || CASE WHEN a.attoptions IS NULL THEN '{{}}' ELSE ARRAY[format('ALTER TABLE %s ALTER COLUMN {{column}} SET (%s)', {sql}, array_to_string(a.attoptions, ', '))] END \
         || CASE WHEN col_description(a.attrelid, a.attnum) IS NULL THEN '{{}}' ELSE ARRAY[format('COMMENT ON COLUMN %s.{{column}} IS %L', {sql}, col_description(a.attrelid, a.attnum))] END \
         || ARRAY(SELECT format('GRANT %s ({{column}}) ON %s TO %s%s', x.privilege_type, {sql}, \
         CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, \
         CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM aclexplode(a.attacl) x)) \
         FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attname = {column}",
        sql = literal(&table.sql()),
        oid = table.oid,
        column = literal(column)
    );
    cx.catalog.pinned(&query).await
}

/// A sequence that belongs to the column.
#[derive(Debug, Clone, Deserialize)]
pub(in super::super) struct Sequence {
    pub(in super::super) name: String,
    /// Whether it is an identity's.
    pub(in super::super) identity: bool,
    /// Options for `ADD GENERATED … AS IDENTITY`, without limits that only follow from the type.
    pub(in super::super) options: String,
    /// Grants and comment, as statements.
    pub(in super::super) extras: Vec<String>,
}

/// The sequences that a column owns.
pub(in super::super) async fn sequences(
    cx: &Cx<'_, '_>,
    table: &Table,
    column: &str,
) -> Result<Vec<Sequence>, Failure> {
    let query = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) AS name, d.deptype = 'i' AS identity, \
         format('SEQUENCE NAME %I.%I START %s INCREMENT %s%s%s CACHE %s%s', n.nspname, c.relname, s.seqstart, s.seqincrement, \
         CASE WHEN s.seqmax IN (32767, 2147483647, 9223372036854775807) OR (s.seqincrement < 0 AND s.seqmax = -1) THEN '' ELSE ' MAXVALUE ' || s.seqmax END, \
         CASE WHEN s.seqmin IN (-32768, -2147483648, -9223372036854775808) OR (s.seqincrement > 0 AND s.seqmin = 1) THEN '' ELSE ' MINVALUE ' || s.seqmin END, \
         s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END) AS options, \
         ARRAY(SELECT format('GRANT %s ON SEQUENCE %I.%I TO %s', x.privilege_type, n.nspname, c.relname, \
         CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) FROM aclexplode(c.relacl) x \
         WHERE x.grantee <> c.relowner) \
         || CASE WHEN obj_description(c.oid, 'pg_class') IS NULL THEN '{{}}' ELSE ARRAY[format('COMMENT ON SEQUENCE %I.%I IS %L', \
         n.nspname, c.relname, obj_description(c.oid, 'pg_class'))] END AS extras \
         FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = c.oid \
         JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {} \
         AND d.deptype IN ('a', 'i') AND a.attname = {}",
        table.oid,
        literal(column)
    );
    cx.catalog.values(&query).await
}

/// The name of a column for statements in which it stands for `{column}`.
pub(super) fn with_column(statement: &str, column: &str) -> String {
    statement.replace("{column}", &ident(column))
}

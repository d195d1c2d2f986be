//! What is dropped and held no rows: made again as it was. And what was there before a `CREATE … IF NOT EXISTS`.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::{Name, Object};

use super::super::draft::Cx;
use super::super::name::{literal, written};
use super::super::step;

/// Whether an object without rows is there already.
pub(in super::super) async fn made_before(cx: &Cx<'_, '_>, object: Object, name: &Name) -> Result<bool, Failure> {
    let place = match object {
        Object::Schema | Object::Statistics => place(object, name, None),
        Object::Extension => Some(format!("pg_catalog.pg_extension x WHERE x.extname = {}", literal(&name.name))),
        Object::ForeignTable => {
            Some(format!("pg_catalog.pg_class x WHERE x.oid = to_regclass({})", literal(&written(name))))
        }
        _ => None,
    };
    match place {
        Some(place) => cx.catalog.holds(&there(&place)).await,
        None => Ok(false),
    }
}

/// The statements that make one object again, each asked of the catalog as it is; none when dbwright does not know them.
pub(in super::super) async fn dropped(
    cx: &Cx<'_, '_>,
    object: Object,
    name: &Name,
    on: Option<&Name>,
) -> Result<Option<Back>, Failure> {
    let query = match object {
        Object::Policy => POLICY,
        Object::Rule => RULE,
        Object::Type => ENUM,
        Object::Domain => DOMAIN,
        Object::Schema => SCHEMA,
        Object::Statistics => STATISTICS,
        _ => return Ok(None),
    };
    let Some(place) = place(object, name, on) else { return Ok(None) };
    // Names are looked up before the path is pinned, under which definitions are printed with all schemas.
    let oid = cx.catalog.text(&format!("SELECT x.oid FROM {place}")).await?;
    let Some(oid) = oid else { return Ok(Some(Back::nothing())) };
    let statements: Vec<String> = cx.catalog.pinned(&query.replace("{oid}", &oid)).await?;
    let guard = format!("NOT {}", there(&place));
    Ok((!statements.is_empty()).then(|| Back::by([step::guarded(&guard, &statements)])))
}

/// Where an object is found by its name: its catalog as `x`, and the condition.
fn place(object: Object, name: &Name, on: Option<&Name>) -> Option<String> {
    let (own, full) = (literal(&name.name), literal(&written(name)));
    let table = || on.map(|on| format!("to_regclass({})", literal(&written(on))));
    Some(match object {
        Object::Policy => format!("pg_catalog.pg_policy x WHERE x.polrelid = {} AND x.polname = {own}", table()?),
        Object::Rule => format!("pg_catalog.pg_rewrite x WHERE x.ev_class = {} AND x.rulename = {own}", table()?),
        Object::Type | Object::Domain => format!("pg_catalog.pg_type x WHERE x.oid = to_regtype({full})"),
        Object::Schema => format!("pg_catalog.pg_namespace x WHERE x.nspname = {own}"),
        Object::Statistics => {
            let schema = name.schema.as_ref().map_or_else(|| "current_schema()".to_owned(), |schema| literal(schema));
            format!(
                "pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace \
                 WHERE x.stxname = {own} AND n.nspname = {schema}"
            )
        }
        _ => return None,
    })
}

fn there(place: &str) -> String {
    format!("EXISTS (SELECT FROM {place})")
}

/// What routines of a name have beyond their definition: owner, comment, rights.
pub(in super::super) async fn of_routines(cx: &Cx<'_, '_>, name: &Name) -> Result<Vec<String>, Failure> {
    let schema = name.schema.as_ref().map_or_else(|| "current_schema()".to_owned(), |schema| literal(schema));
    let schema = cx.catalog.text(&format!("SELECT {schema}")).await?.unwrap_or_default();
    let query = ROUTINES.replace("{schema}", &literal(&schema)).replace("{name}", &literal(&name.name));
    cx.catalog.pinned(&query).await
}

const ROUTINES: &str = "\
    WITH p AS (SELECT p.*, format('ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS what \
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = {schema} AND p.proname = {name} AND p.prokind <> 'a') \
    SELECT sql FROM (SELECT p.oid, 1 AS at, format('ALTER %s OWNER TO %I', p.what, pg_get_userbyid(p.proowner)) AS sql FROM p \
     WHERE pg_get_userbyid(p.proowner) <> current_user \
    UNION ALL SELECT p.oid, 2, format('COMMENT ON %s IS %L', p.what, obj_description(p.oid, 'pg_proc')) FROM p \
     WHERE obj_description(p.oid, 'pg_proc') IS NOT NULL \
    UNION ALL SELECT p.oid, 3, format('REVOKE ALL ON %s FROM PUBLIC', p.what) FROM p WHERE p.proacl IS NOT NULL \
    UNION ALL SELECT p.oid, 4, format('GRANT %s ON %s TO %s%s', a.privilege_type, p.what, CASE WHEN a.grantee = 0 THEN 'PUBLIC' \
     ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable AND a.grantee <> p.proowner THEN ' WITH GRANT OPTION' ELSE '' END) \
     FROM p, aclexplode(p.proacl) a) x(oid, at, sql) ORDER BY oid, at, sql";

const POLICY: &str = "\
    SELECT x.sql FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (VALUES \
    (1, format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, n.nspname, c.relname, \
     CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, \
     CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END, \
     (SELECT string_agg(CASE WHEN o = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ') FROM unnest(p.polroles) o)) \
     || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') \
     || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')), \
    (2, format('COMMENT ON POLICY %I ON %I.%I IS %L', p.polname, n.nspname, c.relname, obj_description(p.oid, 'pg_policy')))) x(at, sql) \
    WHERE p.oid = {oid} AND (x.at = 1 OR obj_description(p.oid, 'pg_policy') IS NOT NULL) ORDER BY x.at";

const RULE: &str = "\
    SELECT x.sql FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (VALUES \
    (1, rtrim(pg_get_ruledef(r.oid), ';')), \
    (2, format('COMMENT ON RULE %I ON %I.%I IS %L', r.rulename, n.nspname, c.relname, obj_description(r.oid, 'pg_rewrite')))) x(at, sql) \
    WHERE r.oid = {oid} AND (x.at = 1 OR obj_description(r.oid, 'pg_rewrite') IS NOT NULL) ORDER BY x.at";

const ENUM: &str = "\
    SELECT x.sql FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace, LATERAL (VALUES \
    (1, format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname, (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) \
     FROM pg_enum WHERE enumtypid = t.oid))), \
    (2, CASE WHEN pg_get_userbyid(t.typowner) <> current_user THEN format('ALTER TYPE %I.%I OWNER TO %I', n.nspname, t.typname, pg_get_userbyid(t.typowner)) END), \
    (3, 'COMMENT ON TYPE ' || format('%I.%I', n.nspname, t.typname) || ' IS ' || quote_literal(obj_description(t.oid, 'pg_type')))) x(at, sql) \
    WHERE t.oid = {oid} AND t.typtype = 'e' AND (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) a) \
     = (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(acldefault('T', t.typowner)) a) AND x.sql IS NOT NULL ORDER BY x.at";

const DOMAIN: &str = "\
    SELECT x.sql FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace, LATERAL (VALUES \
    (1, format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod)) \
     || coalesce((SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace \
      JOIN pg_type b ON b.oid = t.typbasetype WHERE co.oid = t.typcollation AND t.typcollation <> b.typcollation), '') \
     || coalesce(' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)), '') \
     || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END \
     || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '') FROM pg_constraint k \
      WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated), '')), \
    (2, CASE WHEN pg_get_userbyid(t.typowner) <> current_user THEN format('ALTER DOMAIN %I.%I OWNER TO %I', n.nspname, t.typname, pg_get_userbyid(t.typowner)) END), \
    (3, 'COMMENT ON DOMAIN ' || format('%I.%I', n.nspname, t.typname) || ' IS ' || quote_literal(obj_description(t.oid, 'pg_type'))), \
    (4, (SELECT string_agg(format('COMMENT ON CONSTRAINT %I ON DOMAIN %I.%I IS %L', k.conname, n.nspname, t.typname, \
     obj_description(k.oid, 'pg_constraint')), '; ') FROM pg_constraint k WHERE k.contypid = t.oid AND obj_description(k.oid, 'pg_constraint') IS NOT NULL))) x(at, sql) \
    WHERE t.oid = {oid} AND t.typtype = 'd' AND (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) a) \
     = (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(acldefault('T', t.typowner)) a) AND x.sql IS NOT NULL \
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND NOT k.convalidated) ORDER BY x.at";

const SCHEMA: &str = "\
    SELECT x.sql FROM pg_namespace n, LATERAL (VALUES \
    (1, format('CREATE SCHEMA %I AUTHORIZATION %I', n.nspname, pg_get_userbyid(n.nspowner))), \
    (2, 'COMMENT ON SCHEMA ' || quote_ident(n.nspname) || ' IS ' || quote_literal(obj_description(n.oid, 'pg_namespace')))) x(at, sql) \
    WHERE n.oid = {oid} AND x.sql IS NOT NULL UNION ALL \
    SELECT format('GRANT %s ON SCHEMA %I TO %s%s', a.privilege_type, n.nspname, \
     CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) \
    FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.oid = {oid} AND a.grantee <> n.nspowner";

const STATISTICS: &str = "\
    SELECT x.sql FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace, LATERAL (VALUES \
    (1, pg_get_statisticsobjdef(s.oid)), \
    (2, CASE WHEN coalesce((to_jsonb(s) ->> 'stxstattarget')::int, -1) >= 0 \
     THEN format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, to_jsonb(s) ->> 'stxstattarget') END), \
    (3, CASE WHEN pg_get_userbyid(s.stxowner) <> current_user THEN format('ALTER STATISTICS %I.%I OWNER TO %I', n.nspname, s.stxname, pg_get_userbyid(s.stxowner)) END), \
    (4, 'COMMENT ON STATISTICS ' || format('%I.%I', n.nspname, s.stxname) || ' IS ' || quote_literal(obj_description(s.oid, 'pg_statistic_ext')))) x(at, sql) \
    WHERE s.oid = {oid} AND x.sql IS NOT NULL ORDER BY x.at";

//! What a schema holds beside tables: schemas, triggers, functions, types, extensions.

use dbwright_core::Failure;
use dbwright_sql::model::{Extension, Function, ObjectId, Trigger, UserType};

use super::session::Session;
use crate::body::SchemaInfo;

const SCHEMAS: &str = "\
SELECT /* dbwright */ n.nspname, pg_get_userbyid(n.nspowner)::text,
       EXISTS (SELECT FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
               WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'),
       EXISTS (SELECT FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
               WHERE a.grantee = 0 AND a.privilege_type = 'USAGE')
FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY n.nspname";

/// Schemas with what PUBLIC may do there.
pub(super) async fn schemas(session: &mut Session) -> Result<Vec<SchemaInfo>, Failure> {
    let decode = |row: &mut super::cells::Cells<'_>| {
        Ok(SchemaInfo { name: row.text()?, owner: row.text()?, public_create: row.get()?, public_usage: row.get()? })
    };
    session.read("catalog", SCHEMAS, &[], decode).await
}

/// Before 15 the triggers that partitions have from their parent are internal.
const TRIGGERS: &str = "\
SELECT /* dbwright */ t.oid::int8, t.tgrelid::int8, t.tgname,
       CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'disabled' END,
       CASE WHEN t.tgisinternal AND o.contype = 'f' THEN o.conname END
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint o ON o.oid = t.tgconstraint
WHERE (NOT t.tgisinternal OR (t.tgparentid <> 0 AND coalesce(o.contype, 't') = 't')
       OR (t.tgenabled = 'D' AND o.contype = 'f'))
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY t.tgrelid, t.tgname";

/// Triggers, each with its oid and its table's, still without their definitions.
pub(super) async fn triggers(session: &mut Session) -> Result<Vec<(u64, ObjectId, Trigger)>, Failure> {
    session
        .read("catalog", TRIGGERS, &[], |row| {
            let (id, table) = (row.count()?, row.count()?);
            let (name, enabled, constraint) = (row.text()?, row.text()?, row.opt_text()?);
            Ok((id, table, Trigger { name, enabled, definition: String::new(), constraint, definer: None }))
        })
        .await
}

/// The body's hash is made from the catalog's own text: `pg_get_functiondef` may open tables.
const FUNCTIONS: &str = "\
SELECT /* dbwright */ n.nspname, p.proname, pg_get_function_identity_arguments(p.oid),
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' ELSE 'function' END,
       l.lanname, pg_get_userbyid(p.proowner)::text, p.prosecdef,
       ARRAY(SELECT CASE WHEN split_part(s, '=', 1) LIKE '%.%' THEN split_part(s, '=', 1) || '=***' ELSE s END
             FROM unnest(p.proconfig) s),
       p.oid IN (SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'),
       md5(concat_ws(' ', p.prosrc, p.probin, p.provolatile, p.proisstrict, p.proretset, p.prorettype, p.proparallel, %body%))
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, 3";

/// Functions and procedures.
pub(super) async fn functions(session: &mut Session, major: i32) -> Result<Vec<Function>, Failure> {
    let sql = FUNCTIONS.replace("%body%", if major >= 14 { "p.prosqlbody::text" } else { "NULL" });
    session
        .read("catalog", &sql, &[], |row| {
            Ok(Function {
                schema: row.text()?,
                name: row.text()?,
                arguments: row.text()?,
                kind: row.text()?,
                language: row.text()?,
                owner: row.text()?,
                security_definer: row.get()?,
                settings: row.texts()?,
                from_extension: row.get()?,
                body_hash: row.text()?,
            })
        })
        .await
}

const TYPES: &str = "\
SELECT /* dbwright */ n.nspname, t.typname,
       CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' ELSE 'domain' END,
       CASE t.typtype
         WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                        FROM pg_enum e WHERE e.enumtypid = t.oid)
         WHEN 'c' THEN (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                               ORDER BY a.attnum)
                        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
         WHEN 'r' THEN (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid)
         ELSE concat_ws(' ', format_type(t.typbasetype, t.typtypmod), 'DEFAULT ' || t.typdefault,
                CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                (SELECT string_agg(pg_get_constraintdef(o.oid), ' ' ORDER BY o.conname)
                 FROM pg_constraint o WHERE o.contypid = t.oid AND o.contype = 'c'))
       END,
       ARRAY(SELECT o.conname FROM pg_constraint o WHERE o.contypid = t.oid AND NOT o.convalidated ORDER BY 1)
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'r', 'd') OR t.typtype = 'c' AND c.relkind = 'c')
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2";

/// Enum, composite, range and domain types.
pub(super) async fn types(session: &mut Session) -> Result<Vec<UserType>, Failure> {
    session
        .read("catalog", TYPES, &[], |row| {
            Ok(UserType {
                schema: row.text()?,
                name: row.text()?,
                kind: row.text()?,
                definition: row.text()?,
                unvalidated: row.texts()?,
            })
        })
        .await
}

const EXTENSIONS: &str = "\
SELECT /* dbwright */ e.extname, e.extversion, a.default_version, n.nspname
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_available_extensions() a ON a.name = e.extname
ORDER BY e.extname";

/// Installed extensions.
pub(super) async fn extensions(session: &mut Session) -> Result<Vec<Extension>, Failure> {
    session
        .read("catalog", EXTENSIONS, &[], |row| {
            Ok(Extension {
                name: row.text()?,
                version: row.text()?,
                default_version: row.opt_text()?,
                schema: row.text()?,
            })
        })
        .await
}

/// Names of the extensions that the server could install; none when it does not say.
pub(super) async fn available(session: &mut Session) -> Result<Option<Vec<String>>, Failure> {
    let sql = "SELECT /* dbwright */ a.name FROM pg_available_extensions() a ORDER BY a.name";
    let name = |row: &mut super::cells::Cells<'_>| {
        let name = row.text()?;
        Ok(name)
    };
    Ok(session.attempt(sql, &[], name).await?.ok())
}

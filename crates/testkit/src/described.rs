//! A schema as lines of text: two databases with the same lines have the same schema, whatever the order of columns.

use std::collections::BTreeSet;

/// Columns, indexes, constraints, triggers, functions and more of `public`, and whatever a change left in `dbwright`.
const LINES: &str = "
    SELECT c.oid::regclass || '.' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
        || a.attnotnull || ' ' || a.attidentity::text || a.attgenerated::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
        || ' ' || coalesce(a.attacl::text, '') || ' ' || coalesce(col_description(c.oid, a.attnum), '')
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT c.relkind::text || ' ' || c.oid::regclass || ' ' || c.relpersistence::text || ' ' || c.relrowsecurity || ' '
        || coalesce(c.relacl::text, '') || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '')
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT conrelid::regclass || ' ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT (contype = 'f' AND conparentid <> 0)
    UNION ALL SELECT inhrelid::regclass || ' is of ' || inhparent::regclass FROM pg_inherits
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname ~ '^dbwright_'
    UNION ALL SELECT pg_get_triggerdef(oid) || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'dbwright'))
    UNION ALL SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = 'dbwright')
        AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname NOT IN ('migrations', 'steps', 'migrations_ordinal_seq')";

/// The lines of a database.
///
/// # Errors
/// When it can't be read.
pub fn described(url: &str) -> Result<BTreeSet<String>, String> {
    Ok(crate::sql::query(url, LINES)?.into_iter().filter_map(|mut row| row.pop()).collect())
}

/// What one has and the other has not, for a message; none when they are the same.
#[must_use]
pub fn difference(is: &BTreeSet<String>, should: &BTreeSet<String>) -> Option<String> {
    let lines = |sign: &str, a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b).map(|line| format!("{sign} {line}")).collect::<Vec<_>>()
    };
    let all = [lines("+", is, should), lines("-", should, is)].concat();
    (!all.is_empty()).then(|| all.join("\n"))
}

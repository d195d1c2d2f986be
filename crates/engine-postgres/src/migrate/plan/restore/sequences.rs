//! `ALTER SEQUENCE`: what it was.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::Name;

use super::super::draft::Cx;
use super::super::name::{literal, written};
use super::super::plain::unknown;

/// All settings as they are. Its value goes back only where that gives nothing out twice.
pub(in super::super) async fn sequence(cx: &Cx<'_, '_>, name: &Name) -> Result<Back, Failure> {
    let name = written(name);
    let query = format!(
        "SELECT format('ALTER SEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s', {0}, \
         format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END), \
         CASE WHEN i.refobjid IS NULL THEN NULL ELSE format('ALTER SEQUENCE %s OWNED BY %s', {0}, coalesce((SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a \
         ON a.attrelid = c.oid AND a.attnum = i.refobjsubid WHERE c.oid = i.refobjid AND i.refobjid <> 0), 'NONE')) END, \
         (SELECT last_value || ', ' || is_called FROM {name}), s.seqincrement > 0 \
         FROM pg_catalog.pg_sequence s CROSS JOIN LATERAL (SELECT max(d.refobjid::int8)::oid AS own, \
         CASE WHEN bool_or(d.deptype = 'i') THEN NULL ELSE coalesce(max(d.refobjid::int8), 0)::oid END AS refobjid, max(d.refobjsubid) AS refobjsubid \
         FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass \
         AND d.deptype IN ('a', 'i')) i WHERE s.seqrelid = to_regclass({0})",
        literal(&name)
    );
    let Some(row) = cx.catalog.rows(&query).await?.into_iter().next() else { return Ok(unknown()) };
    let [Some(settings), owned, Some(at), Some(up)] = <[Option<String>; 4]>::try_from(row).unwrap_or_default() else {
        return Ok(unknown());
    };
    let (less, text) = (if up == "t" { "<" } else { ">" }, literal(&name));
    let was = at.split(',').next().unwrap_or_default();
    let value = format!(
        "SELECT CASE WHEN (SELECT last_value FROM {name}) {less} {was} THEN pg_catalog.setval({text}, {at}) END"
    );
    Ok(Back::by([settings].into_iter().chain(owned).chain([value])))
}

//! `ALTER SEQUENCE`: what it was.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Phase};

use crate::ddl::Name;

use super::super::catalog::Table;
use super::super::draft::{Cx, Draft};
use super::super::name::{helper, ident, literal, qualified, written};
use super::super::plain::unknown;
use super::super::step::{self, Drafted as _, transaction};

/// All settings as they are. Its value goes back only where that gives nothing out twice.
pub(in super::super) async fn sequence(cx: &Cx<'_, '_>, name: &Name) -> Result<Back, Failure> {
    let name = written(name);
    if !cx.catalog.holds(&format!("to_regclass({}) IS NOT NULL", literal(&name))).await? {
        return Ok(unknown());
    }
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

/// A sequence that is made again goes on where it was, or behind the values that the column has by then.
pub(in super::super) async fn behind(
    cx: &Cx<'_, '_>,
    name: &str,
    table: &Table,
    column: &str,
) -> Result<Option<String>, Failure> {
    let query = format!(
        "SELECT last_value::text, is_called::text, (SELECT seqincrement > 0 FROM pg_catalog.pg_sequence WHERE seqrelid = to_regclass({}))::text FROM {name}",
        literal(name)
    );
    let row = cx.catalog.rows(&query).await?.into_iter().next().unwrap_or_default();
    let [Some(at), Some(called), Some(up)] = <[Option<String>; 3]>::try_from(row).unwrap_or_default() else {
        return Ok(None);
    };
    let (last, less) = if up == "true" { ("max", ">=") } else { ("min", "<=") };
    let column = ident(column);
    Ok(Some(format!(
        "SELECT pg_catalog.setval({}, CASE WHEN x.last {less} {at} THEN x.last ELSE {at} END, {called} OR coalesce(x.last {less} {at}, false)) \
         FROM (SELECT {last}({column})::bigint AS last FROM {}) x",
        literal(name),
        table.sql()
    )))
}

/// A dropped sequence that belongs to a column; none when nobody knows which values it gave out.
pub(in super::super) async fn dropped(cx: &Cx<'_, '_>, name: &Name) -> Result<Option<Back>, Failure> {
    let text = literal(&written(name));
    let query = format!(
        "SELECT c.relname, n.nspname, d.refobjid::text, (SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = d.refobjid AND attnum = d.refobjsubid), \
         format_type(s.seqtypid, NULL), pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid \
         AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'a' AND d.refobjsubid > 0 WHERE c.oid = to_regclass({text})"
    );
    let row = cx.catalog.rows(&query).await?.into_iter().next().unwrap_or_default();
    let all = <[Option<String>; 6]>::try_from(row).unwrap_or_default();
    let [Some(own), Some(schema), Some(oid), Some(column), Some(ty), Some(owner)] = all else { return Ok(None) };
    let Some(table) = cx.catalog.relation(&oid).await? else { return Ok(None) };
    let full = qualified(&schema, &own);
    let sequences = super::super::retype::sequences(cx, &table, &column).await?;
    let Some(found) = sequences.into_iter().find(|one| one.name == full && !one.identity) else { return Ok(None) };
    let options = found.options.strip_prefix(&format!("SEQUENCE NAME {full} ")).unwrap_or_default();
    let made = [
        format!("CREATE SEQUENCE {full} AS {ty} {options}"),
        format!("ALTER SEQUENCE {full} OWNER TO {}", ident(&owner)),
        format!("ALTER SEQUENCE {full} OWNED BY {}.{}", table.sql(), ident(&column)),
    ];
    let value = behind(cx, &full, &table, &column).await?;
    let statements: Vec<String> = made.into_iter().chain(found.extras).chain(value).collect();
    Ok(Some(Back::by([step::guarded(&format!("to_regclass({}) IS NULL", literal(&full)), &statements)])))
}

/// A sequence that belongs to no column is not dropped but put aside until `contract`: which values it gave out by then is
/// known to nobody else. None when something needs it, so that the server refuses, or when a name is not free.
pub(in super::super) async fn aside(cx: &Cx<'_, '_>, names: &[Name]) -> Result<Option<Draft>, Failure> {
    let [name] = names else { return Ok(None) };
    let query = format!(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = to_regclass({}) AND c.relkind = 'S' AND c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
         WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid) AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))",
        literal(&written(name))
    );
    let row = cx.catalog.rows(&query).await?.into_iter().next().unwrap_or_default();
    let [Some(schema), Some(own)] = <[Option<String>; 2]>::try_from(row).unwrap_or_default() else { return Ok(None) };
    let kept = helper(&[&schema, &own], "gone");
    if cx.catalog.is_used(&schema, &kept).await? {
        return Ok(None);
    }
    let (full, aside) = (qualified(&schema, &own), qualified(&schema, &kept));
    let there = format!("to_regclass({}) IS NOT NULL", literal(&aside));
    let back = format!("ALTER SEQUENCE {aside} RENAME TO {}", ident(&own));
    let rename = transaction(
        format!("put the sequence {} aside", ident(&own)),
        Phase::Switch,
        [format!("ALTER SEQUENCE {full} RENAME TO {}", ident(&kept))],
    );
    let drop = transaction(
        format!("drop the sequence {}", ident(&own)),
        Phase::Contract,
        [format!("DROP SEQUENCE IF EXISTS {aside}")],
    );
    let mut draft = Draft::one("kept-aside", rename.back(Back::by([step::guarded(&there, &[back])])));
    draft.steps.push(drop.back(Back::impossible("the sequence is gone")));
    Ok(Some(draft.note(format!("until `contract` it stays as {aside}"))))
}

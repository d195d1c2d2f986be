//! One text that changes with everything that a shadow is made from: what is altered while rows are copied would be lost
//! in the switch, and is found there instead.

use dbwright_core::Failure;

use super::Reader;

/// A query for the digest of a table. Names are qualified: it is asked again in the switch, whatever the `search_path` is.
pub(in super::super) fn query(oid: u32) -> String {
    let parts = [
        "SELECT concat_ws(' ', 'r', oid, relname, relnamespace, relowner, relacl, reloptions, relrowsecurity, relforcerowsecurity, relreplident, relpersistence, relpartbound) AS x FROM pg_catalog.pg_class WHERE oid = ANY (m)",
        "SELECT concat_ws(' ', 'a', attrelid, attnum, attname, atttypid, atttypmod, attnotnull, attacl, attoptions) FROM pg_catalog.pg_attribute WHERE attrelid = ANY (m) AND attnum > 0",
        "SELECT concat('d ', oid) FROM pg_catalog.pg_attrdef WHERE adrelid = ANY (m)",
        "SELECT concat_ws(' ', 'k', oid, conname, convalidated) FROM pg_catalog.pg_constraint WHERE conrelid = ANY (m) OR confrelid = ANY (m)",
        "SELECT concat_ws(' ', 'i', indexrelid, indisvalid, indisclustered, indisreplident) FROM pg_catalog.pg_index WHERE indrelid = ANY (m)",
        "SELECT concat_ws(' ', 't', oid, tgname, tgenabled) FROM pg_catalog.pg_trigger WHERE tgrelid = ANY (m) AND NOT tgisinternal AND tgname !~ '^dbwright_'",
        "SELECT concat_ws(' ', 'u', oid, ev_enabled) FROM pg_catalog.pg_rewrite WHERE ev_class = ANY (m)",
        "SELECT concat_ws(' ', 'p', oid, polname, polroles, polqual, polwithcheck) FROM pg_catalog.pg_policy WHERE polrelid = ANY (m)",
        "SELECT concat('s ', oid) FROM pg_catalog.pg_statistic_ext WHERE stxrelid = ANY (m)",
        "SELECT concat('b ', oid) FROM pg_catalog.pg_publication_rel WHERE prrelid = ANY (m)",
        "SELECT concat_ws(' ', 'h', inhrelid, inhparent) FROM pg_catalog.pg_inherits WHERE inhrelid = ANY (m) OR inhparent = ANY (m)",
        "SELECT DISTINCT concat('v ', objid) FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND refobjid = ANY (m)",
    ];
    // Without partitions the function has no row.
    let tables = format!(
        "SELECT {oid}::pg_catalog.oid || ARRAY(SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree({oid}) WHERE level > 0) AS m"
    );
    format!(
        "SELECT pg_catalog.md5(pg_catalog.string_agg(q.x, ',' ORDER BY q.x COLLATE \"C\")) FROM ({tables}) t, LATERAL ({}) q",
        parts.join(" UNION ALL ")
    )
}

/// The digest as it is now.
pub(in super::super) async fn now(reader: &Reader<'_, '_>, oid: u32) -> Result<String, Failure> {
    Ok(reader.texts(&query(oid)).await?.concat())
}

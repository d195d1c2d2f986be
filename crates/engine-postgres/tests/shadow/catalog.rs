//! Everything that the catalog says of the objects of a database, as lines that can be compared.

use dbwright_testkit::Database;
use tokio_postgres::SimpleQueryMessage;

/// Each query yields lines; identifiers and sizes are left out, sequences' values too. So is whether the parts of a foreign key
/// to a partitioned table are valid: before PostgreSQL 18 a VALIDATE marks the key itself and not its parts, for everybody.
const QUERIES: &[&str] = &[
    "SELECT 'relation ' || c.oid::regclass || ' ' || concat_ws(' ', c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), \
     (SELECT array_agg(x ORDER BY x) FROM unnest(c.relacl::text[]) x), c.reloptions, c.relreplident, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, \
     (SELECT amname FROM pg_am WHERE oid = c.relam), c.reltablespace, c.relispopulated, \
     pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid), \
     (SELECT x.reloptions FROM pg_class x WHERE x.oid = c.reltoastrelid), obj_description(c.oid, 'pg_class')) FROM pg_class c WHERE OWN(c.relnamespace) AND c.relkind <> 't'",
    "SELECT 'column ' || c.oid::regclass || ' ' || concat_ws(' ', row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), quote_ident(a.attname), \
     format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression, nullif(a.attstattarget, -1), a.attoptions, \
     (SELECT array_agg(x ORDER BY x) FROM unnest(a.attacl::text[]) x), a.attcollation::regcollation, col_description(c.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid), a.attislocal, a.attinhcount) \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     WHERE OWN(c.relnamespace) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('t', 'S')",
    "SELECT 'constraint ' || k.conrelid::regclass || ' ' || concat_ws(' ', quote_ident(k.conname), k.contype, \
     CASE WHEN k.contype = 'f' AND k.conparentid <> 0 THEN regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') ELSE concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated) END, \
     k.condeferrable, k.condeferred, k.conindid::regclass, k.conislocal, k.coninhcount, k.connoinherit AND k.contype NOT IN ('f', 'p', 'u', 'x'), k.confrelid::regclass, k.conkey, k.confkey, \
     (SELECT array_agg(o::regoperator) FROM unnest(k.conpfeqop) o), (SELECT array_agg(o::regoperator) FROM unnest(k.conffeqop) o), obj_description(k.oid, 'pg_constraint')) \
     FROM pg_constraint k WHERE OWN(k.connamespace) AND k.conrelid <> 0",
    "SELECT 'index ' || concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisunique, i.indisprimary, i.indisclustered, i.indisvalid, i.indisreplident, i.indimmediate, \
     obj_description(i.indexrelid, 'pg_class'), (SELECT array_agg(nullif(attstattarget, -1) ORDER BY attnum) FROM pg_attribute WHERE attrelid = i.indexrelid)) \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE OWN(c.relnamespace)",
    "SELECT 'trigger ' || concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled, obj_description(g.oid, 'pg_trigger')) FROM pg_trigger g \
     JOIN pg_class c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal AND OWN(c.relnamespace)",
    "SELECT 'check trigger ' || concat_ws(' ', g.tgrelid::regclass, g.tgfoid::regproc, g.tgtype, g.tgenabled, g.tgconstrrelid::regclass, k.conname, count(*)) FROM pg_trigger g \
     JOIN pg_constraint k ON k.oid = g.tgconstraint JOIN pg_class c ON c.oid = g.tgrelid WHERE g.tgisinternal AND OWN(c.relnamespace) GROUP BY g.tgrelid, g.tgfoid, g.tgtype, g.tgenabled, g.tgconstrrelid, k.conname",
    "SELECT 'rule ' || concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE OWN(c.relnamespace)",
    "SELECT 'policy ' || concat_ws(' ', p.polrelid::regclass, quote_ident(p.polname), p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid), \
     pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')) FROM pg_policy p",
    "SELECT 'statistics ' || concat_ws(' ', pg_get_statisticsobjdef(s.oid), nullif(s.stxstattarget, -1), pg_get_userbyid(s.stxowner), obj_description(s.oid, 'pg_statistic_ext')) FROM pg_statistic_ext s",
    "SELECT 'sequence ' || concat_ws(' ', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, d.deptype, \
     d.refobjid::regclass, d.refobjsubid) FROM pg_sequence s LEFT JOIN pg_depend d ON d.objid = s.seqrelid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') JOIN pg_class c ON c.oid = s.seqrelid WHERE OWN(c.relnamespace)",
    "SELECT 'published ' || to_jsonb(p)::text FROM pg_publication_tables p",
    "SELECT 'function ' || pg_get_functiondef(p.oid) || pg_get_userbyid(p.proowner) || coalesce(p.proacl::text, '') FROM pg_proc p WHERE OWN(p.pronamespace) AND p.prokind IN ('f', 'p')",
    "SELECT 'schema ' || concat_ws(' ', n.nspname, n.nspacl) FROM pg_namespace n WHERE OWN(n.oid)",
    "SELECT 'type ' || concat_ws(' ', t.oid::regtype, t.typtype, t.typacl) FROM pg_type t WHERE OWN(t.typnamespace)",
    "SELECT 'inherits ' || i.inhrelid::regclass || ' ' || i.inhparent::regclass FROM pg_inherits i",
];

/// Own schemas: neither the server's nor the journal's. Helpers of a change are in schemas of their own, and are seen.
const OWN: &str =
    "(SELECT nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'dbwright') FROM pg_namespace WHERE oid = ";

/// The lines, sorted.
pub(super) async fn lines(database: &Database) -> Vec<String> {
    let client = super::connect(&database.url).await;
    client.batch_execute("SET search_path = ''").await.expect("set");
    let mut lines = Vec::new();
    for query in QUERIES {
        let mut sql = String::new();
        let mut rest = *query;
        while let Some((before, after)) = rest.split_once("OWN(") {
            let (argument, tail) = after.split_once(')').expect("an argument");
            sql.extend([before, OWN, argument, ")"]);
            rest = tail;
        }
        sql.push_str(rest);
        let rows = client.simple_query(&sql).await.unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
        lines.extend(rows.iter().filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        }));
    }
    lines.sort();
    lines
}

/// What is in one and not in the other.
pub(super) fn difference(before: &[String], after: &[String]) -> Vec<String> {
    let missing = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
    let added = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    let mut all: Vec<_> = missing.chain(added).collect();
    if all.is_empty() && before.len() != after.len() {
        all.push(format!("{} lines before, {} after", before.len(), after.len()));
    }
    all
}

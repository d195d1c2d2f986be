//! The way back of rules, materialized views and what publications publish.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::Name;

use super::super::draft::Cx;
use super::super::name::{literal, written};
use super::super::plain::unknown;
use super::super::{step, tokens};
use super::unquoted;

/// `CREATE [OR REPLACE] RULE name AS ON event TO table …`: it goes, or is again what it was.
pub(in super::super) async fn rule(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let sql = cx.statement.sql.as_str();
    let all = tokens::significant(sql);
    let word = |word: &str| all.iter().position(|token| tokens::is_word(sql, token, word));
    let (Some(rule), Some(to)) = (word("RULE"), word("TO")) else { return Ok(unknown()) };
    let (Some(name), Some(first)) = (all.get(rule + 1), all.get(to + 1)) else { return Ok(unknown()) };
    let last = match all.get(to + 2) {
        Some(dot) if dot.text(sql) == "." => all.get(to + 3).unwrap_or(first),
        _ => first,
    };
    let (name, table) = (name.text(sql), &sql[first.start..last.end]);
    let old = format!(
        "SELECT rtrim(pg_get_ruledef(oid), ';') FROM pg_catalog.pg_rewrite WHERE ev_class = to_regclass({}) AND rulename = {}",
        literal(table),
        literal(&unquoted(name))
    );
    let old = cx.catalog.texts(&old).await?;
    let gone = format!("to_regclass({}) IS NOT NULL", literal(table));
    let drop = step::guarded(&gone, &[format!("DROP RULE IF EXISTS {name} ON {table}")]);
    Ok(Back::by(std::iter::once(drop).chain(old)))
}

/// A materialized view that is dropped: its rows are its query's, and come with it; none when it is not there.
pub(in super::super) async fn matview(cx: &Cx<'_, '_>, name: &Name) -> Result<Option<Back>, Failure> {
    let oid = format!(
        "SELECT oid::text FROM pg_catalog.pg_class WHERE oid = to_regclass({}) AND relkind = 'm'",
        literal(&written(name))
    );
    let Some(oid) = cx.catalog.text(&oid).await? else { return Ok(None) };
    let statements = cx.catalog.pinned(&MATVIEW.replace("{oid}", &oid)).await?;
    let full = format!(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}"
    );
    let full = cx.catalog.text(&full).await?.unwrap_or_default();
    let gone = format!("to_regclass({}) IS NULL", literal(&full));
    Ok((!statements.is_empty()).then(|| Back::by([step::guarded(&gone, &statements)])))
}

/// Every statement that makes a materialized view what it is, in order.
const MATVIEW: &str = "\
WITH m AS (SELECT c.oid, c.relacl, c.relowner, format('%I.%I', n.nspname, c.relname) AS name, c.reloptions, c.reltablespace, c.relam, c.relispopulated \
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid}) \
SELECT what FROM ( \
  SELECT 1 AS at, format('CREATE MATERIALIZED VIEW %s%s%s%s AS %s WITH %sDATA', name, (SELECT format(' USING %I', amname) FROM pg_am WHERE oid = relam), \
    ' WITH (' || array_to_string(reloptions, ', ') || ')', (SELECT format(' TABLESPACE %I', spcname) FROM pg_tablespace WHERE oid = reltablespace), \
    rtrim(pg_get_viewdef(oid), ';'), CASE WHEN relispopulated THEN '' ELSE 'NO ' END) AS what FROM m \
  UNION ALL SELECT 2, format('ALTER MATERIALIZED VIEW %s OWNER TO %I', name, pg_get_userbyid(relowner)) FROM m WHERE pg_get_userbyid(relowner) <> current_user \
  UNION ALL SELECT 3, pg_get_indexdef(i.indexrelid) FROM m JOIN pg_index i ON i.indrelid = m.oid \
  UNION ALL SELECT 4, format('ALTER MATERIALIZED VIEW %s CLUSTER ON %I', name, x.relname) FROM m JOIN pg_index i ON i.indrelid = m.oid AND i.indisclustered \
    JOIN pg_class x ON x.oid = i.indexrelid \
  UNION ALL SELECT 5, format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET STATISTICS %s', name, a.attname, a.attstattarget) FROM m \
    JOIN pg_attribute a ON a.attrelid = m.oid AND a.attnum > 0 AND a.attstattarget >= 0 \
  UNION ALL SELECT 6, format('GRANT %s ON %s TO %s%s', x.privilege_type, name, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, \
    CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM m, aclexplode(relacl) x WHERE x.grantee <> relowner \
  UNION ALL SELECT 6, format('GRANT %s (%I) ON %s TO %s', x.privilege_type, a.attname, name, \
    CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) FROM m JOIN pg_attribute a ON a.attrelid = m.oid, aclexplode(a.attacl) x \
  UNION ALL SELECT 7, format('COMMENT ON %s IS %L', CASE o.objsubid WHEN 0 THEN 'MATERIALIZED VIEW ' || name ELSE format('COLUMN %s.%I', name, \
    (SELECT attname FROM pg_attribute WHERE attrelid = m.oid AND attnum = o.objsubid)) END, o.description) FROM m \
    JOIN pg_description o ON o.classoid = 'pg_class'::regclass AND o.objoid = m.oid \
  UNION ALL SELECT 7, format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class')) FROM m \
    JOIN pg_index i ON i.indrelid = m.oid WHERE obj_description(i.indexrelid, 'pg_class') IS NOT NULL) s WHERE what IS NOT NULL ORDER BY at, what";

/// `ALTER PUBLICATION name ADD TABLE a, b`: those that were not in it go again.
pub(in super::super) async fn publication(cx: &Cx<'_, '_>, name: &str, rest: &str) -> Result<Back, Failure> {
    let plain = rest.split_whitespace().map(str::to_ascii_uppercase).take(2).collect::<Vec<_>>() == ["ADD", "TABLE"];
    let all = tokens::significant(rest);
    if !plain || all.iter().any(|token| token.text(rest) == "(" || token.text(rest) == "*") {
        return Ok(unknown());
    }
    let Some(list) = all.get(1).map(|table| &rest[table.end..]) else { return Ok(unknown()) };
    let mut statements = Vec::new();
    for table in tokens::split(list) {
        let there = |relation: &str| {
            format!(
                "EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid \
                 WHERE r.prrelid = to_regclass({}) AND p.pubname = {})",
                literal(relation),
                literal(&unquoted(name))
            )
        };
        if !cx.catalog.holds(&there(&table)).await? {
            statements.push(step::guarded(&there(&table), &[format!("ALTER PUBLICATION {name} DROP TABLE {table}")]));
        }
    }
    Ok(Back::by(statements))
}

//! `COMMENT ON`: what was there, or nothing.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use super::super::draft::Cx;
use super::super::name::literal;
use super::super::plain::unknown;
use super::super::tokens;
use super::{find, unquoted};

/// Kinds of several words come before those that begin alike.
const KINDS: [&str; 22] = [
    "MATERIALIZED VIEW",
    "FOREIGN TABLE",
    "EVENT TRIGGER",
    "COLUMN",
    "CONSTRAINT",
    "TRIGGER",
    "POLICY",
    "RULE",
    "TABLE",
    "VIEW",
    "INDEX",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
    "SCHEMA",
    "FUNCTION",
    "PROCEDURE",
    "ROUTINE",
    "EXTENSION",
    "PUBLICATION",
    "ROLE",
    "DATABASE",
];

/// The comment as it is before the statement.
pub(in super::super) async fn comment(cx: &Cx<'_, '_>) -> Result<Back, Failure> {
    let sql = cx.statement.sql.as_str();
    let parts = tokens::find_word(sql, &["ON"]).zip(last_is(sql));
    let Some((on, is)) = parts.filter(|(on, is)| on + 2 < *is) else { return Ok(unknown()) };
    let subject = sql[on + 2..is].trim();
    let Some((kind, rest)) = split(subject) else { return Ok(unknown()) };
    let Some(query) = question(cx, kind, rest).await? else { return Ok(unknown()) };
    let old = cx.catalog.rows(&query).await?.into_iter().next().and_then(|row| row.into_iter().next());
    Ok(match old {
        None => unknown(),
        Some(old) => {
            let old = old.map_or_else(|| "NULL".to_owned(), |text| literal(&text));
            Back::by([format!("COMMENT ON {subject} IS {old}")])
        }
    })
}

/// The `IS` before the comment itself.
fn last_is(sql: &str) -> Option<usize> {
    let all = tokens::significant(sql);
    all.iter().rev().find(|token| tokens::is_word(sql, token, "IS")).map(|token| token.start)
}

/// The kind of a subject, and what is behind it.
pub(super) fn split(subject: &str) -> Option<(&'static str, &str)> {
    let words: Vec<_> = tokens::significant(subject);
    KINDS.into_iter().find_map(|kind| {
        let of: Vec<&str> = kind.split(' ').collect();
        let same =
            words.len() > of.len() && of.iter().zip(&words).all(|(word, token)| tokens::is_word(subject, token, word));
        same.then(|| (kind, subject[words[of.len()].start..].trim()))
    })
}

/// The query that yields one row with the comment, or NULL.
async fn question(cx: &Cx<'_, '_>, kind: &str, rest: &str) -> Result<Option<String>, Failure> {
    if kind == "COLUMN" {
        let Some((table, column)) = rest.rsplit_once('.') else { return Ok(None) };
        return Ok(Some(format!(
            "SELECT col_description(attrelid, attnum) FROM pg_catalog.pg_attribute \
             WHERE attrelid = to_regclass({}) AND attname = {} AND NOT attisdropped",
            literal(table),
            literal(&unquoted(column))
        )));
    }
    let part = match kind {
        "CONSTRAINT" => Some(("pg_constraint", "conrelid", "conname")),
        "TRIGGER" => Some(("pg_trigger", "tgrelid", "tgname")),
        "POLICY" => Some(("pg_policy", "polrelid", "polname")),
        "RULE" => Some(("pg_rewrite", "ev_class", "rulename")),
        _ => None,
    };
    if let Some((catalog, table, column)) = part {
        let Some(on) = tokens::find_word(rest, &["ON"]) else { return Ok(None) };
        let (name, of) = (rest[..on].trim(), rest[on + 2..].trim());
        let (of, table) = match tokens::find_word(of, &["DOMAIN"]) {
            Some(0) => (format!("to_regtype({})", literal(of["DOMAIN".len()..].trim())), "contypid"),
            _ => (format!("to_regclass({})", literal(of)), table),
        };
        return Ok(Some(format!(
            "SELECT obj_description(oid, '{catalog}') FROM pg_catalog.{catalog} WHERE {table} = {of} AND {column} = {}",
            literal(&unquoted(name))
        )));
    }
    let Some(found) = find(cx, kind, rest).await? else { return Ok(None) };
    let shared = matches!(found.class, "pg_authid" | "pg_database");
    let function = if shared { "shobj_description" } else { "obj_description" };
    Ok(Some(format!("SELECT {function}({}, '{}')", found.oid, found.class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_told_from_the_name() {
        assert_eq!(split("materialized  view \"IS\".v"), Some(("MATERIALIZED VIEW", "\"IS\".v")));
        assert_eq!(split("COLUMN a.b"), Some(("COLUMN", "a.b")));
        assert_eq!(split("CAST (a AS b)"), None);
        assert_eq!(last_is("COMMENT ON TABLE \"is\" IS 'it is'"), Some(22));
    }
}

//! Whether a type change makes the server write the table, or an index, anew.

use dbwright_core::Failure;
use serde::Deserialize;

use super::super::catalog::Table;
use super::super::draft::Cx;
use super::super::name::literal;
use super::super::tokens;
use super::Wanted;

/// A type with its modifiers, domains resolved.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Type {
    /// The type below all domains, without modifiers, as the server writes it.
    base: String,
    oid: u32,
    /// Whether one of the domains above it has constraints.
    constrained: bool,
    /// Whether it is a domain.
    domain: bool,
}

/// Whether the change writes the table anew, or builds one of its indexes anew.
pub(super) async fn rewrites(cx: &Cx<'_, '_>, table: &Table, wanted: &Wanted<'_>) -> Result<bool, Failure> {
    let Some(column) = table.column(wanted.column) else { return Ok(true) };
    if !trivial(wanted) {
        return Ok(true);
    }
    let (Some(old), Some(new)) = (resolve(cx, &column.ty).await?, resolve(cx, wanted.ty).await?) else {
        return Ok(true);
    };
    // Another collation leaves the rows as they are, but orders every index anew.
    let indexes = cx.catalog.indexes(table.oid).await?;
    let indexed = indexes.iter().any(|index| index.columns.iter().any(|name| name == wanted.column));
    let in_expression = indexes.iter().any(|index| index.expressions && tokens::mentions(&index.tail(), wanted.column));
    if in_expression || (indexed && column.collation.as_deref() != wanted.collation) {
        return Ok(true);
    }
    if new.constrained {
        return Ok(true);
    }
    let (from, to) = (modifiers(&column.ty), modifiers(wanted.ty));
    if old.base == new.base {
        return Ok(new.domain && !to.is_empty() || !widens(&old.base, &from, &to));
    }
    if indexed && !keeps_order(&old.base, &new.base) {
        return Ok(true);
    }
    if is_timestamp(&old.base) && is_timestamp(&new.base) {
        return Ok(!to.is_empty() || !is_utc(cx).await?);
    }
    Ok(!to.is_empty() || !binary(cx, old.oid, new.oid).await?)
}

/// Whether the values stay what they are but for the cast.
fn trivial(wanted: &Wanted<'_>) -> bool {
    let Some(using) = wanted.using else { return true };
    let text = tokens::squeezed(tokens::bare(using));
    let column = tokens::squeezed(&super::super::name::ident(wanted.column));
    let ty = tokens::squeezed(wanted.ty);
    text == column || text == format!("{column} : : {ty}") || text == format!("cast ( {column} as {ty} )")
}

async fn resolve(cx: &Cx<'_, '_>, ty: &str) -> Result<Option<Type>, Failure> {
    let oid = cx.catalog.text(&format!("SELECT to_regtype({})::oid", literal(ty))).await?;
    let Some(oid) = oid else { return Ok(None) };
    let query = format!(
        "WITH RECURSIVE d AS (SELECT t.*, 0 AS depth, t.oid AS id FROM pg_catalog.pg_type t WHERE t.oid = {oid} UNION ALL \
         SELECT t.*, d.depth + 1, t.oid FROM d JOIN pg_catalog.pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd') \
         SELECT (SELECT pg_catalog.format_type(id, NULL) FROM d ORDER BY depth DESC LIMIT 1) AS base, \
         (SELECT id::int8 FROM d ORDER BY depth DESC LIMIT 1) AS oid, \
         EXISTS (SELECT FROM d WHERE typtype = 'd' AND (typnotnull OR typtypmod <> -1 \
         OR EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid = d.id))) AS constrained, \
         EXISTS (SELECT FROM d WHERE typtype = 'd') AS domain"
    );
    Ok(cx.catalog.values(&query).await?.into_iter().next())
}

/// `(10, 2)` of a type.
fn modifiers(ty: &str) -> Vec<i64> {
    let Some(range) = tokens::group(ty) else { return Vec::new() };
    tokens::split(&ty[range.start + 1..range.end - 1]).iter().filter_map(|part| part.parse().ok()).collect()
}

/// Whether every value of the old modifiers is one of the new ones, as the server sees it.
fn widens(base: &str, old: &[i64], new: &[i64]) -> bool {
    if old == new {
        return true;
    }
    match (base, old, new) {
        ("character varying" | "bit varying" | "numeric" | "interval", _, []) => true,
        ("character varying" | "bit varying", [old], [new]) => new >= old,
        ("numeric", [old, rest @ ..], [new, more @ ..]) => {
            let scale = |of: &[i64]| of.first().copied().unwrap_or(0);
            new >= old && scale(rest) == scale(more)
        }
        (base, old, new) if base.starts_with("time") => {
            let precision = |of: &[i64]| of.first().copied().unwrap_or(6);
            precision(new) >= precision(old)
        }
        _ => false,
    }
}

/// Whether an index of one type serves the other as it is.
fn keeps_order(old: &str, new: &str) -> bool {
    let text = |ty: &str| matches!(ty, "text" | "character varying");
    let network = |ty: &str| matches!(ty, "cidr" | "inet");
    text(old) && text(new) || network(old) && network(new)
}

fn is_timestamp(base: &str) -> bool {
    matches!(base, "timestamp without time zone" | "timestamp with time zone")
}

/// Whether local time is universal time: then both kinds of timestamp are the same number.
async fn is_utc(cx: &Cx<'_, '_>) -> Result<bool, Failure> {
    cx.catalog
        .holds(
            "upper(current_setting('TimeZone')) IN ('UTC', 'GMT', 'UCT', 'ZULU', 'UNIVERSAL', 'GREENWICH', 'ETC/UTC', 'ETC/GMT', \
             'ETC/UCT', 'ETC/ZULU', 'ETC/UNIVERSAL', 'ETC/GREENWICH', 'ETC/GMT+0', 'ETC/GMT-0', 'ETC/GMT0', 'GMT+0', 'GMT-0', 'GMT0')",
        )
        .await
}

async fn binary(cx: &Cx<'_, '_>, old: u32, new: u32) -> Result<bool, Failure> {
    cx.catalog
        .holds(&format!(
            "EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castsource = {old} AND casttarget = {new} AND castmethod = 'b')"
        ))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_widens_keeps_the_rows() {
        assert!(widens("character varying", &[10], &[20]));
        assert!(!widens("character varying", &[20], &[10]));
        assert!(!widens("character varying", &[], &[10]));
        assert!(widens("character varying", &[10], &[]));
        assert!(widens("numeric", &[10, 2], &[12, 2]));
        assert!(!widens("numeric", &[10, 2], &[12, 3]));
        assert!(widens("numeric", &[10], &[12, 0]));
        assert!(!widens("character", &[5], &[10]));
        assert!(widens("timestamp without time zone", &[3], &[]));
        assert!(!widens("timestamp without time zone", &[], &[3]));
    }

    #[test]
    fn a_cast_of_the_column_is_no_conversion() {
        let using = |using| trivial(&Wanted { column: "a", ty: "bigint", collation: None, using: Some(using) });
        assert!(using("a::bigint") && using("CAST(a AS bigint)") && using("(a)"));
        assert!(!using("a + 1"));
    }
}

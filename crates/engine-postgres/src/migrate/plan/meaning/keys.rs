//! Foreign keys: the columns that they point at must be a key, as many, and comparable.

use dbwright_core::Failure;

use super::shapes::{Shape, Shapes};
use super::told::Refusal;
use crate::ddl::Name;
use crate::migrate::plan::Catalog;
use crate::migrate::plan::name::{ident, literal, written};

/// A foreign key as it is written.
pub(super) struct Foreign<'a> {
    pub(super) table: &'a Name,
    pub(super) columns: &'a [String],
    pub(super) other: &'a Name,
    pub(super) referenced: &'a [String],
    pub(super) at: usize,
}

/// What the server will say against a foreign key.
pub(super) async fn check(
    catalog: &Catalog<'_>,
    shapes: &Shapes,
    key: &Foreign<'_>,
) -> Result<Option<Refusal>, Failure> {
    let Some(other) = shapes.before(catalog, key.other).await? else { return Ok(None) };
    let Some(keys) = &other.keys else { return Ok(None) };
    let target = written(key.other);
    let referenced = if key.referenced.is_empty() { &other.primary } else { key.referenced };
    if referenced.is_empty() {
        return Ok(Some(no_key(key, format!("{target} has no primary key for a foreign key to point at"), &other)));
    }
    if referenced.len() != key.columns.len() {
        let (own, theirs) = (list(key.columns), list(referenced));
        let message = format!(
            "the foreign key ({own}) of {} points at {target} ({theirs}): as many columns must stand on both sides",
            written(key.table)
        );
        return Ok(Some(Refusal::new("migrate.foreign-key", key.at, message, "write as many columns on both sides")));
    }
    if referenced.iter().any(|column| other.ty(column).is_none()) {
        // What is not there is told elsewhere.
        return Ok(None);
    }
    if !keys.contains(&referenced.iter().cloned().collect()) {
        let message = format!("no primary key or unique constraint of {target} is on ({})", list(referenced));
        return Ok(Some(no_key(key, message, &other)));
    }
    let Some(own) = shapes.before(catalog, key.table).await? else { return Ok(None) };
    for (column, to) in key.columns.iter().zip(referenced) {
        let (Some(from), Some(into)) = (own.ty(column), other.ty(to)) else { continue };
        if !comparable(catalog, from, into).await? {
            let (column, to) = (ident(column), ident(to));
            let message = format!(
                "{column} of {} is {from}, and {to} of {target} is {into}: a foreign key can't compare them",
                written(key.table)
            );
            let way = format!("give {column} the type {into}");
            return Ok(Some(Refusal::new("migrate.foreign-key", key.at, message, way)));
        }
    }
    Ok(None)
}

fn no_key(key: &Foreign<'_>, message: String, other: &Shape) -> Refusal {
    let keys = other.keys.iter().flatten().map(|key| format!("({})", list(key.iter()))).collect::<Vec<_>>().join(", ");
    let way = if keys.is_empty() {
        format!(
            "give {} a primary key or a UNIQUE constraint on these columns in a statement before",
            written(key.other)
        )
    } else {
        format!("its keys are {keys}; point at one of them, or add a UNIQUE constraint in a statement before")
    };
    Refusal::new("migrate.foreign-key", key.at, message, way)
}

/// Whether the server's own types have an operator in common; yes for all others.
async fn comparable(catalog: &Catalog<'_>, from: &str, to: &str) -> Result<bool, Failure> {
    // Words that are no type would be an error of the question.
    let plain = |ty: &str| ty.chars().all(|c| c.is_alphanumeric() || " _(),".contains(c));
    if !plain(from) || !plain(to) {
        return Ok(true);
    }
    let of = |ty: &str| format!("pg_catalog.to_regtype({})::oid", literal(ty.split('(').next().unwrap_or(ty).trim()));
    let query = format!(
        "WITH t AS (SELECT {} AS a, {} AS b) SELECT NOT EXISTS (SELECT FROM t JOIN pg_catalog.pg_type x ON x.oid = t.a \
         JOIN pg_catalog.pg_type y ON y.oid = t.b WHERE x.oid < 16384 AND y.oid < 16384 AND x.oid <> y.oid \
         AND x.typtype = 'b' AND y.typtype = 'b' AND x.typcategory NOT IN ('A', 'P', 'X') AND y.typcategory NOT IN ('A', 'P', 'X') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oprname = '=' AND o.oprleft IN (x.oid, y.oid) \
          AND o.oprright IN (x.oid, y.oid) AND o.oprleft <> o.oprright) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castsource = x.oid AND c.castcontext = 'i' \
          AND (c.casttarget = y.oid OR c.casttarget = 'pg_catalog.text'::regtype AND y.typcategory = 'S')))",
        of(from),
        of(to)
    );
    Ok(catalog.text(&query).await?.as_deref() != Some("f"))
}

fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    names.into_iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

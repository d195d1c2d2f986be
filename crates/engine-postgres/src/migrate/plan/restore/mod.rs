//! The way back of what is not a table's own shape: rights, comments, owners, sequences, rows of seeds. What is there
//! before is read, and the way back says it again.

mod comments;
mod drops;
mod made;
mod others;
mod rights;
mod routines;
mod rows;
mod sequences;

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use super::draft::Cx;
use super::name::{ident, literal};
use super::plain::unknown;
use super::tokens;

pub(super) use comments::comment;
pub(super) use drops::{dropped, made_before, of_routines};
pub(super) use made::made;
pub(super) use others::{matview, publication, rule};
pub(super) use rights::{changed as rights, defaults as default_rights};
pub(super) use routines::{domain, other};
pub(super) use rows::insert;
pub(super) use sequences::{aside, behind, dropped as sequence_again, sequence};

/// An object as a statement names it: where it is in the catalog.
pub(super) struct Found {
    pub(super) class: &'static str,
    pub(super) oid: String,
}

/// Finds an object by the words that say its kind (`MATERIALIZED VIEW`) and its name as written.
pub(super) async fn find(cx: &Cx<'_, '_>, kind: &str, name: &str) -> Result<Option<Found>, Failure> {
    let name = name.trim();
    let text = literal(name);
    let (class, expression) = match kind {
        "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "INDEX" | "SEQUENCE" | "FOREIGN TABLE" => {
            ("pg_class", format!("to_regclass({text})::oid"))
        }
        "TYPE" | "DOMAIN" => ("pg_type", format!("to_regtype({text})::oid")),
        "SCHEMA" => ("pg_namespace", format!("to_regnamespace({text})::oid")),
        "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" => ("pg_proc", routine(name)),
        "ROLE" => ("pg_authid", format!("to_regrole({text})::oid")),
        "EXTENSION" => ("pg_extension", plain("pg_extension", "extname", name)),
        "PUBLICATION" => ("pg_publication", plain("pg_publication", "pubname", name)),
        "DATABASE" => ("pg_database", plain("pg_database", "datname", name)),
        "EVENT TRIGGER" => ("pg_event_trigger", plain("pg_event_trigger", "evtname", name)),
        _ => return Ok(None),
    };
    // A name that is none, or a signature with names of arguments, is an error of these functions, not an answer.
    let oid = cx.catalog.text(&format!("SELECT ({expression})::text")).await.unwrap_or_default();
    Ok(oid.filter(|oid| !oid.is_empty()).map(|oid| Found { class, oid }))
}

fn plain(catalog: &str, column: &str, name: &str) -> String {
    format!("SELECT oid FROM pg_catalog.{catalog} WHERE {column} = {}", literal(&unquoted(name)))
}

/// A routine by its signature; without one when only one has the name.
fn routine(name: &str) -> String {
    match name.find('(') {
        None => format!("to_regproc({})::oid", literal(name)),
        Some(at) => {
            let inside = name[at..].trim_start_matches('(').trim_end().trim_end_matches(')');
            let types: Vec<String> =
                tokens::split(inside).iter().map(|one| argument(one)).filter(|one| !one.is_empty()).collect();
            format!("to_regprocedure({})::oid", literal(&format!("{}({})", &name[..at], types.join(", "))))
        }
    }
}

/// The type of an argument, when its mode is written; a name before it can't be told from a type of two words.
fn argument(text: &str) -> String {
    let text = tokens::find_word(text, &["DEFAULT"]).map_or(text, |at| &text[..at]).trim();
    let mut words = text.splitn(2, char::is_whitespace);
    match (words.next().map(str::to_ascii_uppercase).as_deref(), words.next()) {
        (Some("IN" | "INOUT" | "VARIADIC"), Some(rest)) => rest.trim().to_owned(),
        (Some("OUT"), _) => String::new(),
        _ => text.to_owned(),
    }
}

/// A single name without its quotes, folded when it has none.
fn unquoted(name: &str) -> String {
    let all = tokens::significant(name);
    all.first().and_then(|token| tokens::name_of(name, token)).unwrap_or_else(|| name.to_owned())
}

/// The owner that an object has now, as a statement with the same beginning.
pub(super) async fn owner(cx: &Cx<'_, '_>, kind: &str, name: &str) -> Result<Back, Failure> {
    let Some(found) = find(cx, kind, name).await? else { return Ok(unknown()) };
    let column = match found.class {
        "pg_class" => "relowner",
        "pg_type" => "typowner",
        "pg_namespace" => "nspowner",
        "pg_proc" => "proowner",
        "pg_publication" => "pubowner",
        _ => return Ok(unknown()),
    };
    let query = format!("SELECT pg_get_userbyid({column}) FROM pg_catalog.{} WHERE oid = {}", found.class, found.oid);
    let old = cx.catalog.text(&query).await?;
    Ok(old.map_or_else(unknown, |old| Back::by([format!("ALTER {kind} {} OWNER TO {}", name.trim(), ident(&old))])))
}

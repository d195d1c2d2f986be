//! `IF EXISTS` of what is not there: the server leaves the statement out, so that there is nothing to undo.
//!
//! Where that is not plain to see (another function has the name, an earlier statement may make it), the statement is
//! taken as one that does something.

use dbwright_core::Failure;

use crate::ddl::{Act, Action, Name, Object};

use super::Catalog;
use super::name::{literal, written};
use super::tokens;

/// What a statement is about and is not there, so that nothing is done; none when anything may be done.
pub(super) async fn absent(catalog: &Catalog<'_>, sql: &str, acts: &[Act]) -> Result<Option<String>, Failure> {
    let [act] = acts else { return Ok(None) };
    let (object, names, on) = match act {
        Act::Alter { object, name, if_exists: true, .. } => (*object, std::slice::from_ref(name), None),
        Act::Drop { object, names, if_exists: true, on, .. } => (*object, names.as_slice(), on.as_ref()),
        _ => return Ok(None),
    };
    for name in names {
        if may_be_made(catalog, name, on) || is_there(catalog, sql, object, name, on).await? {
            return Ok(None);
        }
    }
    let all: Vec<String> = names.iter().map(|name| said(name, on)).collect();
    Ok((!all.is_empty()).then(|| all.join(", ")))
}

/// Whether the server refuses the statement in a transaction, even where it leaves it out.
pub(super) fn needs_no_transaction(acts: &[Act]) -> bool {
    acts.iter().any(|act| match act {
        Act::Drop { object, concurrently, .. } => {
            // Tablespaces are among the others, and those others can do without a transaction too.
            *concurrently || matches!(object, Object::Database | Object::Subscription | Object::Other)
        }
        Act::Alter { clauses, .. } => {
            clauses.iter().any(|clause| matches!(clause.action, Action::DetachPartition { concurrently: true, .. }))
        }
        _ => false,
    })
}

/// Whether one name of several is not there.
pub(super) async fn lacks(catalog: &Catalog<'_>, name: &Name) -> Result<bool, Failure> {
    Ok(!catalog.holds(&relation(name)).await?)
}

fn said(name: &Name, on: Option<&Name>) -> String {
    match on {
        Some(on) => format!("{} on {}", written(name), written(on)),
        None => written(name),
    }
}

/// Whether an earlier statement of the run may make it.
fn may_be_made(catalog: &Catalog<'_>, name: &Name, on: Option<&Name>) -> bool {
    let made = &catalog.made;
    let touched = |name: &Name| made.touched(name).is_some() || made.creates(&name.name);
    touched(name) || on.is_some_and(touched) || made.parent_of(name).is_some()
}

fn relation(name: &Name) -> String {
    format!("to_regclass({}) IS NOT NULL", literal(&written(name)))
}

/// Whether anything has this name.
async fn is_there(
    catalog: &Catalog<'_>,
    sql: &str,
    object: Object,
    name: &Name,
    on: Option<&Name>,
) -> Result<bool, Failure> {
    let own = literal(&name.name);
    let named = |table: &str, column: &str| format!("EXISTS (SELECT FROM pg_catalog.{table} WHERE {column} = {own})");
    let part = |table: &str, of: &str, column: &str| {
        let on = on.map_or_else(|| "NULL".to_owned(), |on| format!("to_regclass({})", literal(&written(on))));
        format!("EXISTS (SELECT FROM pg_catalog.{table} WHERE {of} = {on} AND {column} = {own})")
    };
    let condition = match object {
        Object::Table
        | Object::Index
        | Object::View
        | Object::MaterializedView
        | Object::Sequence
        | Object::ForeignTable => relation(name),
        Object::Type | Object::Domain => format!("to_regtype({}) IS NOT NULL", literal(&written(name))),
        Object::Function => named("pg_proc", "proname"),
        Object::Trigger => part("pg_trigger", "tgrelid", "tgname"),
        Object::Policy => part("pg_policy", "polrelid", "polname"),
        Object::Rule => part("pg_rewrite", "ev_class", "rulename"),
        Object::Schema => named("pg_namespace", "nspname"),
        Object::Extension => named("pg_extension", "extname"),
        Object::Publication => named("pg_publication", "pubname"),
        Object::Subscription => named("pg_subscription", "subname"),
        Object::Statistics => named("pg_statistic_ext", "stxname"),
        Object::Role => named("pg_roles", "rolname"),
        Object::Database => named("pg_database", "datname"),
        Object::Other => match OTHERS.iter().find(|(words, ..)| begins(sql, words)) {
            Some((_, table, column)) => named(table, column),
            None => return Ok(true),
        },
    };
    catalog.holds(&condition).await
}

/// Objects of other kinds: the words after `DROP`, and where their names are.
const OTHERS: [(&str, &str, &str); 14] = [
    ("COLLATION", "pg_collation", "collname"),
    ("CONVERSION", "pg_conversion", "conname"),
    ("EVENT TRIGGER", "pg_event_trigger", "evtname"),
    ("FOREIGN DATA WRAPPER", "pg_foreign_data_wrapper", "fdwname"),
    ("SERVER", "pg_foreign_server", "srvname"),
    ("LANGUAGE", "pg_language", "lanname"),
    ("PROCEDURAL LANGUAGE", "pg_language", "lanname"),
    ("ACCESS METHOD", "pg_am", "amname"),
    ("TABLESPACE", "pg_tablespace", "spcname"),
    ("OPERATOR FAMILY", "pg_opfamily", "opfname"),
    ("TEXT SEARCH CONFIGURATION", "pg_ts_config", "cfgname"),
    ("TEXT SEARCH DICTIONARY", "pg_ts_dict", "dictname"),
    ("TEXT SEARCH PARSER", "pg_ts_parser", "prsname"),
    ("TEXT SEARCH TEMPLATE", "pg_ts_template", "tmplname"),
];

/// Whether a statement's words after the first are these.
fn begins(sql: &str, words: &str) -> bool {
    let all = tokens::significant(sql);
    let of: Vec<&str> = words.split(' ').collect();
    all.len() > of.len() && of.iter().zip(&all[1..]).all(|(word, token)| tokens::is_word(sql, token, word))
}

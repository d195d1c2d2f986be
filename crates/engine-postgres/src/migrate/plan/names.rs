//! Refuses, before anything is done, what names something that is not there or that is there already.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::Statement;
use serde::Deserialize;

use crate::ddl::Act;
use crate::migrate::names::{Kind, Names, Problem, Relation, TEMPORARY, What, words_of};

use super::Catalog;
use super::name::literal;

/// The most names that are looked at for the nearest one.
const MANY: usize = 20_000;

#[derive(Deserialize)]
struct There {
    schema: String,
    name: String,
    kind: String,
    columns: BTreeSet<String>,
    constraints: BTreeSet<String>,
    on_schema: Option<String>,
    on_name: Option<String>,
    child: bool,
    parent: bool,
    valid: bool,
}

#[derive(Deserialize)]
struct Place {
    path: String,
    current: Vec<String>,
    user: String,
    schemas: BTreeSet<String>,
}

/// Looks at the names of all statements of a run, each with what those before it do.
///
/// # Errors
/// When the server would refuse one of them for its name; or when the catalog can't be read.
pub async fn check(catalog: &Catalog<'_>, run: &[(&Statement, &[Act])]) -> Result<(), Failure> {
    let mut names = read(catalog, run).await?;
    let mut found = Vec::new();
    let mut file = None;
    for (statement, acts) in run {
        if file.replace(&statement.file).is_some_and(|before| *before != statement.file) {
            names.next_file();
        }
        let problems = names.pass(acts, &statement.sql, statement.line);
        found.extend(problems.into_iter().map(|problem| (*statement, problem)));
    }
    let mut found = found.into_iter();
    let Some((statement, mut first)) = found.next() else { return Ok(()) };
    nearest(catalog, &names, &mut first).await?;
    let mut failure = Failure::usage(first.code(), told(statement, &first));
    failure.hints = first.hints();
    let more: Vec<String> = found.map(|(statement, problem)| told(statement, &problem)).collect();
    Err(if more.is_empty() { failure } else { failure.excerpt(format!("and:\n{}", more.join("\n"))) })
}

fn told(statement: &Statement, problem: &Problem) -> String {
    let at = problem.clause.as_ref().map_or(0, |range| range.start);
    format!("{}: {}", statement.place(at), problem.message())
}

/// The names near a relation that is not there, of the schemas that are meant.
async fn nearest(catalog: &Catalog<'_>, names: &Names, problem: &mut Problem) -> Result<(), Failure> {
    let What::Relation(kind) = problem.what else { return Ok(()) };
    if problem.taken || problem.since.is_some() || !problem.near.is_empty() {
        return Ok(());
    }
    let schemas = match &problem.schema {
        Some(schema) => literal(schema),
        None => names.path.iter().map(|schema| literal(schema)).collect::<Vec<_>>().join(", "),
    };
    let kinds = if kind == Kind::Index { "'i', 'I'" } else { "'r', 'p', 'v', 'm', 'f', 'S'" };
    let query = format!(
        "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN ({schemas}) AND c.relkind IN ({kinds}) LIMIT {MANY}"
    );
    if schemas.is_empty() {
        return Ok(());
    }
    let all = catalog.texts(&query).await?;
    problem.look_near(all.iter().map(String::as_str));
    Ok(())
}

/// What is there of all that the statements name.
async fn read(catalog: &Catalog<'_>, run: &[(&Statement, &[Act])]) -> Result<Names, Failure> {
    let words: BTreeSet<String> = run.iter().flat_map(|(statement, _)| words_of(&statement.sql)).collect();
    let list = words.iter().map(|word| literal(word)).collect::<Vec<_>>().join(", ");
    // The session's own path is asked for, so that nothing may pin it.
    let place = catalog.text(&format!("SELECT pg_catalog.to_jsonb(q)::text FROM ({PLACE}) q")).await?;
    let Some(place) = place.and_then(|text| serde_json::from_str::<Place>(&text).ok()) else {
        return Err(Failure::internal("migrate.catalog", "the server did not say where it looks for names"));
    };
    let path: Vec<String> = place
        .path
        .split(',')
        .map(|part| part.trim().trim_matches('"').replace("\"\"", "\""))
        .map(|part| if part == "$user" { place.user.clone() } else { part })
        .filter(|part| !part.is_empty())
        .collect();
    // A schema of the path that may not be used is passed over, as the server does; one that the run makes is not yet there.
    let home = place.current.first().cloned().filter(|home| {
        let first = path.iter().find(|one| place.schemas.contains(*one));
        first == Some(home)
    });
    let mut names = Names::on(path, home);
    (names.known, names.own_path, names.schemas) = (true, true, Some(place.schemas));
    if list.is_empty() {
        return Ok(names);
    }
    for one in catalog.values::<There>(&relations(&list)).await? {
        let relation = Relation {
            columns: Some(one.columns).filter(|_| !matches!(one.kind.as_str(), "i" | "I" | "S" | "c")),
            constraints: Some(one.constraints),
            on: one.on_schema.zip(one.on_name),
            child: one.child,
            parent: one.parent,
            certain: one.valid,
            ..Relation::new(Kind::of(&one.kind))
        };
        names.relations.insert((one.schema, one.name), relation);
    }
    Ok(names)
}

const PLACE: &str = "\
    SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.current_schemas(false)::text[] AS current, \
    current_user::text AS user, (SELECT pg_catalog.jsonb_agg(nspname) FROM pg_catalog.pg_namespace) AS schemas";

fn relations(list: &str) -> String {
    format!(
        "SELECT CASE WHEN n.oid = pg_catalog.pg_my_temp_schema() THEN '{TEMPORARY}' ELSE n.nspname::text END AS schema, c.relname AS name, c.relkind::text AS kind, \
         coalesce((SELECT pg_catalog.jsonb_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 \
          AND NOT a.attisdropped), '[]') AS columns, \
         coalesce((SELECT pg_catalog.jsonb_agg(k.conname) FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid), '[]') AS constraints, \
         o.nspname AS on_schema, o.relname AS on_name, \
         c.relispartition OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AS child, \
         c.relhassubclass OR c.relkind = 'p' AS parent, coalesce(x.indisvalid, true) AS valid \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid \
         LEFT JOIN LATERAL (SELECT own.nspname, t.relname FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace own ON own.oid = t.relnamespace \
          WHERE t.oid = coalesce(x.indrelid, (SELECT d.refobjid FROM pg_catalog.pg_depend d WHERE c.relkind = 'S' \
           AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass \
           AND d.deptype IN ('a', 'i') LIMIT 1))) o ON true \
         WHERE c.relname IN ({list}) AND c.relkind NOT IN ('t') \
         AND (n.oid = pg_catalog.pg_my_temp_schema() OR n.nspname NOT LIKE 'pg\\_temp\\_%')"
    )
}

//! The schema of the twin as statements, in an order in which most of them can be run.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_core::snapshot::Gap;
use dbwright_sql::Dialect;
use dbwright_sql::model::{Extension, Generated, Sequence, Table, TableKind};

use super::load::{AREA, Statement};
use super::tables::Maker;
use crate::body::{Locale, Object, PgBody};
use crate::lab::Lab;

const SQL: Dialect = Dialect::Postgres;

/// Creates the database with the target's name, encoding and collation, and returns its name.
pub(crate) async fn database(lab: &Lab, body: &PgBody, gaps: &mut Vec<Gap>) -> Result<String, Failure> {
    let name = match body.server.database.as_str() {
        // These are there already, with the lab's own collation.
        "postgres" | "template0" | "template1" => "twin",
        name => name,
    };
    let locale = body.blueprint.as_ref().map(|blueprint| &blueprint.locale);
    let create = |options: &str| format!("CREATE DATABASE {} TEMPLATE template0{options}", SQL.ident(name));
    let options = locale.map(locale_options).unwrap_or_default();
    let Err(failure) = lab.execute("postgres", &create(&options)).await else { return Ok(name.to_owned()) };
    let encoding = locale.map(|locale| format!(" ENCODING {}", SQL.literal(&locale.encoding))).unwrap_or_default();
    if options.is_empty() || lab.execute("postgres", &create(&encoding)).await.is_err() {
        return Err(failure);
    }
    gaps.push(Gap {
        area: AREA.to_owned(),
        reason: format!("the twin has the collation C instead of the target's: {}", failure.message),
        remedy: Some("install the system locale that the target uses, then run it again".to_owned()),
    });
    Ok(name.to_owned())
}

fn locale_options(locale: &Locale) -> String {
    let text = |value: &str| SQL.literal(value);
    let own = text(locale.locale.as_deref().unwrap_or_default());
    let provider = match locale.provider.as_str() {
        "i" => format!(" LOCALE_PROVIDER icu ICU_LOCALE {own}"),
        "b" => format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {own}"),
        _ => String::new(),
    };
    let rules = locale.rules.as_ref().map(|rules| format!(" ICU_RULES {}", text(rules))).unwrap_or_default();
    let (encoding, collate, ctype) = (text(&locale.encoding), text(&locale.collate), text(&locale.ctype));
    format!(" ENCODING {encoding} LC_COLLATE {collate} LC_CTYPE {ctype}{provider}{rules}")
}

/// Everything that must be there before rows are.
pub(crate) fn tables(body: &PgBody) -> Vec<Statement> {
    let maker = Maker::new(body);
    let by_id = body.catalog.by_id();
    let tables: Vec<&Table> = body.catalog.tables.iter().filter(|table| !table.internal).collect();
    let stored = || tables.iter().copied().filter(|t| has_columns_of_its_own(t.kind));
    let mut all = vec![Statement::new(
        "session settings",
        "SET search_path = pg_catalog; SET check_function_bodies = off; SET client_min_messages = error; \
         SET default_transaction_read_only = off; SET row_security = off",
    )];
    all.extend(body.schemas.iter().map(schema));
    all.extend(body.catalog.extensions.iter().map(extension));
    all.extend(before(body));
    all.extend(body.catalog.sequences.iter().filter(|s| !is_identity(body, s)).map(sequence));
    all.extend(stored().flat_map(|table| maker.table(table)));
    all.extend(stored().flat_map(Maker::checks));
    all.extend(stored().flat_map(|table| maker.attach(table, &by_id)));
    all
}

/// What is better made when rows are there: keys, views, indexes, statistics objects.
pub(crate) fn indexes(body: &PgBody) -> Vec<Statement> {
    let maker = Maker::new(body);
    let tables: Vec<&Table> = body.catalog.tables.iter().filter(|table| !table.internal).collect();
    let mut all: Vec<Statement> = tables.iter().flat_map(|table| Maker::keys(table)).collect();
    let views = tables.iter().filter(|table| !has_columns_of_its_own(table.kind));
    all.extend(views.filter_map(|table| maker.view(table)));
    all.extend(tables.iter().flat_map(|table| Maker::indexes(table)));
    all.extend(attached_indexes(&tables));
    all.extend(
        body.extended
            .iter()
            .filter(|e| !e.definition.is_empty())
            .map(|e| Statement::new(format!("statistics {}", SQL.qualified(&e.schema, &e.name)), e.definition.clone())),
    );
    all
}

/// What must come after the files have their shape: it makes the server plan, and read the first pages of indexes.
pub(crate) fn last(body: &PgBody) -> Vec<Statement> {
    let tables = body.catalog.tables.iter().filter(|table| !table.internal);
    let mut all: Vec<Statement> = tables.flat_map(Maker::foreign_keys).collect();
    all.extend(body.blueprint.iter().flat_map(|blueprint| &blueprint.after).map(object));
    all
}

fn has_columns_of_its_own(kind: TableKind) -> bool {
    matches!(kind, TableKind::Table | TableKind::Partitioned | TableKind::Foreign)
}

fn schema(schema: &crate::body::SchemaInfo) -> Statement {
    let sql = format!("CREATE SCHEMA IF NOT EXISTS {}", SQL.ident(&schema.name));
    Statement::new(format!("schema {}", SQL.name(&schema.name)), sql)
}

fn extension(extension: &Extension) -> Statement {
    let (name, schema) = (SQL.ident(&extension.name), SQL.ident(&extension.schema));
    let sql = format!("CREATE EXTENSION IF NOT EXISTS {name} SCHEMA {schema}");
    Statement::new(format!("extension {}", extension.name), sql)
}

fn object(object: &Object) -> Statement {
    Statement::new(format!("{} {}", object.kind, object.name), object.sql.trim_end().trim_end_matches(';'))
}

fn before(body: &PgBody) -> Vec<Statement> {
    if let Some(blueprint) = &body.blueprint {
        return blueprint.before.iter().map(object).collect();
    }
    let types = body.catalog.types.iter().filter_map(|user_type| {
        let name = SQL.qualified(&user_type.schema, &user_type.name);
        let made = match user_type.kind.as_str() {
            "enum" => format!("CREATE TYPE {name} AS ENUM ({})", user_type.definition),
            "composite" => format!("CREATE TYPE {name} AS ({})", user_type.definition),
            "range" => format!("CREATE TYPE {name} AS RANGE (SUBTYPE = {})", user_type.definition),
            "domain" => format!("CREATE DOMAIN {name} AS {}", user_type.definition),
            _ => return None,
        };
        Some(Statement::new(format!("type {name}"), made))
    });
    types.collect()
}

fn sequence(sequence: &Sequence) -> Statement {
    let name = SQL.qualified(&sequence.schema, &sequence.name);
    let (data_type, step) = (&sequence.data_type, sequence.increment);
    let sql = format!("CREATE SEQUENCE {name} AS {data_type} INCREMENT {step}");
    Statement::new(format!("sequence {name}"), sql)
}

/// The sequence of an identity column comes with its table.
fn is_identity(body: &PgBody, sequence: &Sequence) -> bool {
    let Some((table, column)) = sequence.column.as_ref().filter(|_| sequence.owned) else { return false };
    let column = body.catalog.tables.iter().find(|t| t.id == *table).and_then(|t| t.column(column));
    let identity = [Some(Generated::IdentityAlways), Some(Generated::IdentityByDefault)];
    column.is_some_and(|column| identity.contains(&column.generated))
}

fn attached_indexes(tables: &[&Table]) -> Vec<Statement> {
    let named = tables
        .iter()
        .flat_map(|table| table.indexes.iter().map(|index| (index.id, SQL.qualified(&table.schema, &index.name))));
    let parents: HashMap<u64, String> = named.collect();
    let parents = &parents;
    let attach = |table: &Table| {
        table.indexes.iter().filter_map(|index| Maker::attach_index(table, index, parents)).collect::<Vec<_>>()
    };
    tables.iter().flat_map(|table| attach(table)).collect()
}

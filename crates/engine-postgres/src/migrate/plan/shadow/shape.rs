//! The statements that make the shadow: the table's likeness, with the user's own clauses carried out on it while it is
//! empty, so that the server itself decides what the plain statement would have given.

use std::fmt::Write as _;

use super::super::name::{ident, literal};
use super::super::step::{dollar_tag, guarded};
use super::tree::Which;
use super::{Change, rights, tree};

/// All statements up to the empty shadow, without indexes.
pub(super) fn make(change: &Change) -> Vec<String> {
    let names = &change.names;
    let schemas = change.helper_schemas();
    let mut made: Vec<_> = schemas.iter().map(|schema| format!("CREATE SCHEMA {}", ident(schema))).collect();
    for (schema, owner) in schemas.iter().flat_map(|schema| change.owners().into_iter().map(move |o| (schema, o))) {
        made.push(format!("GRANT USAGE, CREATE ON SCHEMA {} TO {}", ident(schema), ident(owner)));
    }
    made.push(create(change));
    let table = names.shadow();
    let alter = |clause: String| format!("ALTER TABLE {table} {clause}");
    made.extend(sequences(change));
    made.extend(change.checks(true).map(|c| alter(format!("ADD CONSTRAINT {} {}", ident(&c.name), c.definition))));
    made.extend(change.reshape.columns.iter().map(|column| {
        let collation = column.collation.as_ref().map(|c| format!(" COLLATE {c}")).unwrap_or_default();
        let using = column.using.as_ref().map(|u| format!(" USING {u}")).unwrap_or_default();
        alter(format!("ALTER COLUMN {} TYPE {}{collation}{using}", ident(&column.column), column.ty))
    }));
    made.extend(change.reshape.clauses.iter().map(|clause| alter(clause.clone())));
    made.extend(
        primary_key_columns(change).map(|column| alter(format!("ALTER COLUMN {} SET NOT NULL", ident(column)))),
    );
    made.extend(settings(change).into_iter().map(alter));
    made.extend(tree::make(change));
    made.extend(ownership(change));
    made.extend(tree::ownership(change));
    made
}

fn create(change: &Change) -> String {
    let (names, source, storage) = (&change.names, &change.source, &change.reshape.storage);
    let unlogged = match storage.logged {
        Some(logged) => !logged,
        None => source.persistence == "u",
    };
    let compression = if change.major >= 14 { " INCLUDING COMPRESSION" } else { "" };
    let mut text = format!(
        "CREATE {}TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED INCLUDING STORAGE{compression})",
        if unlogged { "UNLOGGED " } else { "" },
        names.shadow(),
        names.seen(),
    );
    let strategy = change.partitioning.as_ref().map(|p| &p.strategy).or(source.strategy.as_ref());
    if let Some(strategy) = strategy {
        let _ = write!(text, " PARTITION BY {strategy}");
    }
    let kept = change.partitioning.is_none();
    if let Some(method) = storage.method.as_ref().or(source.method.as_ref()).filter(|_| kept) {
        let _ = write!(text, " USING {}", ident(method));
    }
    if let Some(space) = storage.tablespace.as_ref().or(source.tablespace.as_ref()) {
        let _ = write!(text, " TABLESPACE {}", ident(space));
    }
    text
}

/// A row without a value for the new key is found while it is copied, not at the end.
fn primary_key_columns(change: &Change) -> impl Iterator<Item = &String> {
    let key = change.reshape.primary_key.iter().flat_map(|key| &key.columns);
    key.filter(|name| change.columns.iter().any(|c| c.name == **name && !c.not_null))
}

/// The sequence of an identity column gets the name and the type that the present one has, and its rights.
fn sequences(change: &Change) -> Vec<String> {
    let mut made = Vec::new();
    for sequence in change.sequences.iter().filter(|s| s.identity) {
        let (table, column) = (change.names.shadow(), &sequence.column);
        let name = format!("pg_catalog.pg_get_serial_sequence({}, {})", literal(&table), literal(column));
        let target = change.names.inside(&sequence.name);
        let body = format!(
            "BEGIN IF {name}::pg_catalog.regclass IS DISTINCT FROM pg_catalog.to_regclass({}) THEN \
             EXECUTE pg_catalog.format('ALTER SEQUENCE %s RENAME TO %I', {name}, {}); END IF; END",
            literal(&target),
            literal(&sequence.name)
        );
        let tag = dollar_tag(&body);
        made.push(format!("DO {tag}{body}{tag}"));
        // LIKE makes every identity a bigint; only one of the column's type follows it when that changes.
        made.push(format!("ALTER SEQUENCE {target} AS {}", sequence.ty));
        if let Some(comment) = &sequence.comment {
            made.push(format!("COMMENT ON SEQUENCE {target} IS {}", literal(comment)));
        }
        made.extend(rights::given("SEQUENCE", &target, &change.source.owner, sequence.has_grants, &sequence.grants));
    }
    made
}

fn settings(change: &Change) -> Vec<String> {
    let mut clauses = Vec::new();
    if !change.source.options.is_empty() && !change.is_partitioned(Which::New) {
        clauses.push(format!("SET ({})", assignments(&change.source.options)));
    }
    for column in change.columns.iter().filter(|c| !change.reshape.not_copied.contains(&c.name)) {
        let name = ident(&column.name);
        if let Some(target) = column.target {
            clauses.push(format!("ALTER COLUMN {name} SET STATISTICS {target}"));
        }
        if !column.options.is_empty() {
            clauses.push(format!("ALTER COLUMN {name} SET ({})", assignments(&column.options)));
        }
    }
    match change.source.replica.as_str() {
        "f" => clauses.push("REPLICA IDENTITY FULL".to_owned()),
        "n" => clauses.push("REPLICA IDENTITY NOTHING".to_owned()),
        _ => {}
    }
    clauses
}

/// `name=value` as the catalog keeps it, as `SET (…)` takes it.
pub(super) fn assignments(options: &[String]) -> String {
    let one = |option: &String| {
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        let name = name.split('.').map(ident).collect::<Vec<_>>().join(".");
        format!("{name} = {}", literal(value))
    };
    options.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn ownership(change: &Change) -> Vec<String> {
    let (source, table) = (&change.source, change.names.shadow());
    let mut made = Vec::new();
    if !source.own {
        made.push(format!("ALTER TABLE {table} OWNER TO {}", ident(&source.owner)));
    }
    made.extend(source.default_grantees.iter().map(|who| format!("REVOKE ALL ON TABLE {table} FROM {who}")));
    made.extend(rights::given("TABLE", &table, &source.owner, source.has_grants, &source.grants));
    if let Some(comment) = &source.comment {
        made.push(format!("COMMENT ON TABLE {table} IS {}", literal(comment)));
    }
    for column in &change.columns {
        if let Some(comment) = column.comment.as_ref().filter(|_| !change.reshape.not_copied.contains(&column.name)) {
            made.push(format!("COMMENT ON COLUMN {table}.{} IS {}", ident(&column.name), literal(comment)));
        }
    }
    made.extend(constraint_comments(change));
    made
}

fn constraint_comments(change: &Change) -> Vec<String> {
    let commented = change.checks(true).filter_map(|c| c.comment.as_ref().map(|text| (c, text)));
    commented
        .map(|(c, text)| {
            format!("COMMENT ON CONSTRAINT {} ON {} IS {}", ident(&c.name), change.names.shadow(), literal(text))
        })
        .collect()
}

/// Removes the shadow and all that belongs to it. Before the switch nothing else can be in these schemas.
pub(super) fn remove(change: &Change) -> Vec<String> {
    // The table that users see is never in a helper schema when this is run, but what is dropped with CASCADE deserves a look.
    let safe = format!("pg_catalog.to_regclass({}) IS NOT NULL", literal(&change.names.seen()));
    let schemas = change.helper_schemas();
    let drops: Vec<_> =
        schemas.iter().map(|schema| format!("DROP SCHEMA IF EXISTS {} CASCADE", ident(schema))).collect();
    vec![guarded(&safe, &drops)]
}

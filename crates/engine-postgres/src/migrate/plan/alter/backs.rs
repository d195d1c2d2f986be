//! The way back of clauses that run as they are, from what the catalog says now.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::{Action, Clause};

use super::super::catalog::{Column, Constraint, Index, Table};
use super::super::draft::Cx;
use super::super::name::{helper, ident, literal, written};
use super::super::step;
use super::super::tokens;
use super::constraint::{self, dropped};
use super::{Alter, not_null};

/// No way back is known.
pub(super) fn unknown() -> Back {
    Back::impossible("dbwright knows no statement that undoes it")
}

/// The way back of several clauses: the last one first.
pub(super) async fn of(cx: &Cx<'_, '_>, to: &Alter<'_>, clauses: &[Clause]) -> Result<Back, Failure> {
    let mut backs = Vec::new();
    for clause in clauses.iter().rev() {
        backs.push(one(cx, to, clause).await?);
    }
    Ok(joined(backs))
}

/// Several ways back as one; outside a transaction when one of them needs that.
fn joined(backs: Vec<Back>) -> Back {
    let lost: Vec<String> = backs.iter().filter_map(|back| back.irreversible.clone()).collect();
    if !lost.is_empty() {
        return Back::impossible(lost.join("; "));
    }
    let mut all = Back { alone: backs.iter().any(|back| back.alone), ..Back::nothing() };
    for back in backs {
        all.statements.extend(back.statements);
        all.clear.extend(back.clear);
    }
    all
}

/// A new key that took an old one's place: the old one's index is built before the new key goes.
pub(super) fn exchanged(new: Back, old: Back) -> Back {
    if !old.alone || old.irreversible.is_some() {
        return joined(vec![new, old]);
    }
    let mut back = old;
    back.statements.splice(1..1, new.statements);
    back
}

async fn one(cx: &Cx<'_, '_>, to: &Alter<'_>, clause: &Clause) -> Result<Back, Failure> {
    let table = to.table;
    Ok(match &clause.action {
        Action::AddConstraint(constraint) if constraint.name.is_some() || table.is_table() => {
            dropped(table, &constraint::name(cx, table, constraint).await?)
        }
        Action::DropConstraint { name, if_exists, cascade } => {
            if *cascade && takes_more(cx, table, name).await? {
                return Ok(Back::impossible("what CASCADE took with it is not known"));
            }
            return again(cx, table, name, *if_exists).await;
        }
        Action::DropNotNull { column } if table.column(column).is_some_and(|c| c.not_null) => {
            Back::alone(not_null::not_null_back(table, column))
        }
        Action::DropIdentity { column } => return identity_again(cx, to, column).await,
        Action::DropColumn { name, if_exists: true, .. } if table.column(name).is_none() => Back::nothing(),
        Action::AddColumn { column, if_not_exists: true } if table.column(&column.name).is_some() => Back::nothing(),
        action => settings(cx, to, action).await?.unwrap_or_else(|| simple(to, action)),
    })
}

/// Whether something outside of the table needs a constraint: foreign keys, and views that group by the key.
async fn takes_more(cx: &Cx<'_, '_>, table: &Table, name: &str) -> Result<bool, Failure> {
    let needs = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_depend d ON d.deptype = 'n' \
         AND (d.refclassid = 'pg_catalog.pg_constraint'::regclass AND d.refobjid = k.oid \
         OR d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = k.conindid AND k.conindid <> 0) \
         WHERE k.conrelid = {} AND k.conname = {})",
        table.oid,
        literal(name)
    );
    cx.catalog.holds(&needs).await
}

/// A constraint that is dropped: how it is made again.
async fn again(cx: &Cx<'_, '_>, table: &Table, name: &str, if_exists: bool) -> Result<Back, Failure> {
    let constraint = cx.catalog.constraints(table.oid).await?.into_iter().find(|one| one.name == name);
    let Some(constraint) = constraint else {
        return Ok(if if_exists { Back::nothing() } else { unknown() });
    };
    let index =
        cx.catalog.indexes(table.oid).await?.into_iter().find(|index| index.constraint.as_deref() == Some(name));
    Ok(constraint_again(table, &constraint, index.as_ref()))
}

/// How a constraint that is gone comes back without a long lock.
pub(in super::super) fn constraint_again(table: &Table, constraint: &Constraint, index: Option<&Index>) -> Back {
    let (head, name) = (format!("ALTER TABLE {}", table.sql()), ident(&constraint.name));
    let there = step::constraint_exists(table, &constraint.name);
    let missing = format!("NOT {there}");
    let mut back = match (constraint.kind.as_str(), index) {
        ("p" | "u", Some(index)) if !table.is_partitioned() => key_again(table, constraint, index),
        ("c" | "f" | "n", _) if constraint.validated && !table.is_partitioned() => Back::alone([
            step::guarded(&missing, &[format!("{head} ADD CONSTRAINT {name} {} NOT VALID", constraint.definition)]),
            step::guarded(&there, &[format!("{head} VALIDATE CONSTRAINT {name}")]),
        ]),
        _ => Back::by([step::guarded(&missing, &[format!("{head} ADD CONSTRAINT {name} {}", constraint.definition)])]),
    };
    if let Some(comment) = &constraint.comment {
        back.statements.push(format!("COMMENT ON CONSTRAINT {name} ON {} IS {}", table.sql(), literal(comment)));
    }
    back
}

fn key_again(table: &Table, constraint: &Constraint, index: &Index) -> Back {
    let interim = helper(&[&table.schema, &table.name, &constraint.name], "again");
    let full = super::super::name::qualified(&table.schema, &interim);
    let words = if constraint.kind == "p" { "PRIMARY KEY" } else { "UNIQUE" };
    let at = tokens::find_word(&constraint.definition, &["DEFERRABLE", "INITIALLY"]);
    let deferrable = at.map_or("", |at| &constraint.definition[at..]);
    let add = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} {words} USING INDEX {} {deferrable}",
        table.sql(),
        ident(&constraint.name),
        ident(&interim)
    );
    let build = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {} ON {} {}",
        ident(&interim),
        table.sql(),
        index.tail()
    );
    let mut back = Back::alone([
        build,
        step::guarded(&format!("NOT {}", step::constraint_exists(table, &constraint.name)), &[add.trim()]),
        format!("DROP INDEX CONCURRENTLY IF EXISTS {full}"),
    ]);
    back.clear = vec![step::clear_index(&table.schema, &interim)];
    back
}

/// Settings whose old value the catalog has.
async fn settings(cx: &Cx<'_, '_>, to: &Alter<'_>, action: &Action) -> Result<Option<Back>, Failure> {
    let (oid, head) = (to.table.oid, to.head());
    let ask = |query: String| async move { cx.catalog.pinned(&query).await.map(|rows| rows.into_iter().next()) };
    let statement = match action {
        Action::ReplicaIdentity { .. } => ask(format!(
            "SELECT CASE relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'd' THEN 'DEFAULT' ELSE (SELECT \
             'USING INDEX ' || quote_ident(c.relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid \
             WHERE indrelid = {oid} AND indisreplident) END FROM pg_class WHERE oid = {oid}"
        ))
        .await?
        .map(|old| format!("{head} REPLICA IDENTITY {old}")),
        Action::RowSecurity { .. } => ask(format!(
            "SELECT CASE WHEN relrowsecurity THEN 'ENABLE' ELSE 'DISABLE' END FROM pg_class WHERE oid = {oid}"
        ))
        .await?
        .map(|old| format!("{head} {old} ROW LEVEL SECURITY")),
        Action::ForceRowSecurity { .. } => ask(format!(
            "SELECT CASE WHEN relforcerowsecurity THEN 'FORCE' ELSE 'NO FORCE' END FROM pg_class WHERE oid = {oid}"
        ))
        .await?
        .map(|old| format!("{head} {old} ROW LEVEL SECURITY")),
        Action::Trigger { name, .. } if !name.eq_ignore_ascii_case("all") && !name.eq_ignore_ascii_case("user") => {
            let word = "CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END";
            ask(format!("SELECT {word} FROM pg_trigger WHERE tgrelid = {oid} AND tgname = {}", literal(name)))
                .await?
                .map(|old| format!("{head} {old} TRIGGER {}", ident(name)))
        }
        Action::Parameters => return parameters(cx, oid, &to.head()).await.map(Some),
        Action::ColumnSetting { column } => return column_setting(cx, to, column).await.map(Some),
        Action::AlterConstraint { name } => ask(format!(
            "SELECT CASE WHEN condeferrable THEN 'DEFERRABLE INITIALLY ' || CASE WHEN condeferred THEN 'DEFERRED' ELSE 'IMMEDIATE' END \
             ELSE 'NOT DEFERRABLE' END FROM pg_constraint WHERE conrelid = {oid} AND conname = {}",
            literal(name)
        ))
        .await?
        .map(|old| format!("{head} ALTER CONSTRAINT {} {old}", ident(name))),
        Action::ClusterOn => ask(format!(
            "SELECT coalesce((SELECT 'CLUSTER ON ' || quote_ident(c.relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid \
             WHERE indrelid = {oid} AND indisclustered), 'SET WITHOUT CLUSTER')"
        ))
        .await?
        .map(|old| format!("{head} {old}")),
        _ => None,
    };
    Ok(statement.map(|statement| Back::by([statement])))
}

/// Storage parameters: those of now are set again, all others of the clause reset.
pub(in super::super) async fn parameters(cx: &Cx<'_, '_>, oid: u32, head: &str) -> Result<Back, Failure> {
    let old = cx.catalog.pinned(&format!("SELECT unnest(reloptions) FROM pg_class WHERE oid = {oid}")).await?;
    // What is set when it is undone is not known now, so that the block looks for itself.
    let reset = format!(
        "DO $dbwright$\nDECLARE names text;\nBEGIN\nSELECT string_agg(split_part(o, '=', 1), ', ') INTO names FROM pg_catalog.pg_class, \
         unnest(reloptions) o WHERE oid = {oid};\nIF names IS NOT NULL THEN\nEXECUTE {} || names || ')';\nEND IF;\nEND $dbwright$",
        literal(&format!("{head} RESET ("))
    );
    let mut statements = vec![reset];
    if !old.is_empty() {
        let set: Vec<String> = old
            .iter()
            .filter_map(|one| one.split_once('='))
            .map(|(key, value)| format!("{key} = {}", literal(value)))
            .collect();
        statements.push(format!("{head} SET ({})", set.join(", ")));
    }
    Ok(Back::by(statements))
}

/// What is set of a column alone: its target of statistics, options, storage and compression as they are now.
async fn column_setting(cx: &Cx<'_, '_>, to: &Alter<'_>, column: &str) -> Result<Back, Failure> {
    let compression = if cx.catalog.major() >= 14 {
        "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE 'default' END"
    } else {
        "NULL"
    };
    let query = format!(
        "SELECT x.what FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid, LATERAL (VALUES \
         ('SET STATISTICS ' || coalesce(a.attstattarget, -1)), ('SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' \
         WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END), (CASE WHEN t.typstorage <> 'p' THEN 'SET COMPRESSION ' || {compression} END), \
         (CASE a.attidentity WHEN 'a' THEN 'SET GENERATED ALWAYS' WHEN 'd' THEN 'SET GENERATED BY DEFAULT' END), \
         ('RESET (n_distinct, n_distinct_inherited)'), ('SET (' || nullif(array_to_string(a.attoptions, ', '), '') || ')')) x(what) \
         WHERE a.attrelid = {} AND a.attname = {} AND x.what IS NOT NULL",
        to.table.oid,
        literal(column)
    );
    let old = cx.catalog.pinned(&query).await?;
    if old.is_empty() {
        return Ok(unknown());
    }
    let own = old.into_iter().map(|what| format!("{} ALTER COLUMN {} {what}", to.head(), ident(column)));
    let mut back = Back::by(own);
    if to.table.column(column).is_some_and(|found| !found.identity.is_empty()) {
        back.statements.extend(identity(cx, to, column).await?);
    }
    Ok(back)
}

/// The settings of an identity's sequence, which are changed through the column.
async fn identity(cx: &Cx<'_, '_>, to: &Alter<'_>, column: &str) -> Result<Vec<String>, Failure> {
    let query = format!(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = pg_get_serial_sequence({}, {})::regclass",
        literal(&to.table.sql()),
        literal(column)
    );
    let row = cx.catalog.rows(&query).await?.into_iter().next().unwrap_or_default();
    let [schema, Some(name)] = <[Option<String>; 2]>::try_from(row).unwrap_or_default() else { return Ok(Vec::new()) };
    Ok(super::super::restore::sequence(cx, &crate::ddl::Name { schema, name }).await?.statements)
}

/// An identity that ends: it comes again with its sequence, behind all values that are there then.
async fn identity_again(cx: &Cx<'_, '_>, to: &Alter<'_>, column: &str) -> Result<Back, Failure> {
    let table = to.table;
    let Some(found) = table.column(column).filter(|found| !found.identity.is_empty()) else {
        return Ok(Back::nothing());
    };
    let all = super::super::retype::sequences(cx, table, column).await?;
    let Some(sequence) = all.into_iter().find(|sequence| sequence.identity) else { return Ok(unknown()) };
    let word = if found.identity == "a" { "ALWAYS" } else { "BY DEFAULT" };
    let quoted = ident(column);
    let begin = format!("{} ALTER COLUMN {quoted} ADD GENERATED {word} AS IDENTITY ({})", to.head(), sequence.options);
    let value = super::super::restore::behind(cx, &sequence.name, table, column).await?;
    let open = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass({}) AND attname = {} AND attidentity = '')",
        literal(&table.sql()),
        literal(column)
    );
    let statements: Vec<String> = std::iter::once(begin).chain(sequence.extras).chain(value).collect();
    Ok(Back::by([step::guarded(&open, &statements)]))
}

/// What needs no question.
pub(super) fn simple(to: &Alter<'_>, action: &Action) -> Back {
    let (table, head) = (to.table, to.head());
    let alter = |column: &str, what: String| Back::by([format!("{head} ALTER COLUMN {} {what}", ident(column))]);
    match action {
        Action::AddColumn { column, .. } => {
            Back::by([format!("ALTER TABLE IF EXISTS {} DROP COLUMN IF EXISTS {}", table.sql(), ident(&column.name))])
        }
        Action::SetDefault { column, .. } | Action::DropDefault { column } => match table.column(column) {
            Some(found) => match &found.default {
                Some(old) => alter(column, format!("SET DEFAULT {old}")),
                None => alter(column, "DROP DEFAULT".to_owned()),
            },
            None => unknown(),
        },
        Action::SetNotNull { column } if table.column(column).is_some_and(|c| c.not_null) => Back::nothing(),
        Action::SetNotNull { column } => alter(column, "DROP NOT NULL".to_owned()),
        Action::DropNotNull { .. } => Back::nothing(),
        Action::AddIdentity { column, .. } => alter(column, "DROP IDENTITY IF EXISTS".to_owned()),
        Action::RenameColumn { from, to: new } => Back::by([step::guarded(
            &step::column_exists(table, new),
            &[format!("{head} RENAME COLUMN {} TO {}", ident(new), ident(from))],
        )]),
        Action::RenameConstraint { from, to: new } => Back::by([step::guarded(
            &step::constraint_exists(table, new),
            &[format!("{head} RENAME CONSTRAINT {} TO {}", ident(new), ident(from))],
        )]),
        Action::Rename { to: new } => {
            let moved = super::super::name::qualified(&table.schema, new);
            Back::by([format!("ALTER TABLE IF EXISTS {moved} RENAME TO {}", ident(&table.name))])
        }
        Action::SetSchema { to: new } => {
            let moved = super::super::name::qualified(new, &table.name);
            Back::by([format!("ALTER TABLE IF EXISTS {moved} SET SCHEMA {}", ident(&table.schema))])
        }
        Action::Owner { .. } => Back::by([format!("{head} OWNER TO {}", ident(&table.owner))]),
        Action::Inherit { parent, on } => {
            let word = if *on { "NO INHERIT" } else { "INHERIT" };
            Back::by([format!("{head} {word} {}", written(parent))])
        }
        Action::DropColumn { .. } => Back::impossible("the column's values are gone"),
        Action::SetExpression { column } => match table.column(column) {
            Some(Column { default: Some(old), generated, .. }) if !generated.is_empty() => {
                alter(column, format!("SET EXPRESSION AS ({old})"))
            }
            _ => unknown(),
        },
        Action::DropExpression { column } => match table.column(column) {
            Some(found) if found.generated.is_empty() => Back::nothing(),
            _ => Back::impossible(
                "the server can't make a plain column a generated one: it would have to be added anew, behind all others",
            ),
        },
        Action::SetType { column, .. } if table.is_empty() => match table.column(column) {
            Some(old) => alter(column, format!("TYPE {ty} USING {}::{ty}", ident(column), ty = old.ty)),
            None => unknown(),
        },
        _ => unknown(),
    }
}

/// What the user should know of a clause that runs as it is.
pub(super) fn warning(action: &Action) -> Option<String> {
    match action {
        Action::DropColumn { name, .. } => Some(format!(
            "code that still names the column {} fails from then on; its values can't be had back",
            ident(name)
        )),
        Action::RenameColumn { from, .. } => {
            Some(format!("code that still names the column {} fails from then on", ident(from)))
        }
        Action::Rename { .. } | Action::SetSchema { .. } => {
            Some("code that still uses the table's old name fails from then on".to_owned())
        }
        _ => None,
    }
}

//! The way back of statements that run as they are, from what the catalog says before.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::{Act, Action, Clause, Name, Object};

use super::draft::Cx;
use super::name::{ident, literal, written};
use super::plain::unknown;
use super::{restore, step, tokens};

/// How an act is undone.
pub(super) async fn of(cx: &Cx<'_, '_>, act: &Act) -> Result<Back, Failure> {
    match act {
        Act::CreateTable(table) => {
            let back = created(cx, "TABLE", &table.name).await?;
            Ok(match &table.partition_of {
                Some(parent) if !back.statements.is_empty() => detached(parent, &table.name, back),
                _ => back,
            })
        }
        Act::CreateTableAs { object: Object::MaterializedView, name, .. } => {
            created(cx, "MATERIALIZED VIEW", name).await
        }
        Act::CreateTableAs { name, .. } => created(cx, "TABLE", name).await,
        Act::CreateSequence { name, .. } => created(cx, "SEQUENCE", name).await,
        Act::CreateView { name, .. } => view(cx, name).await,
        Act::Alter { object, name, clauses, .. } => altered(cx, *object, name, clauses).await,
        Act::AlterOther { object: Object::Type, name, text } => match new_name(text) {
            Some(to) if !has_word(text, "ATTRIBUTE") => Ok(renamed("TYPE", "to_regtype", name, &to)),
            _ => restore::other(cx).await,
        },
        Act::AlterOther { .. } => restore::other(cx).await,
        Act::CreateType { name, .. } => Ok(gone("TYPE", name)),
        Act::CreateDomain { name, .. } => Ok(gone("DOMAIN", name)),
        Act::CreateTrigger { name, table, .. } => trigger(cx, name, table).await,
        Act::Create { object: Object::Rule, .. } => restore::rule(cx).await,
        Act::CreatePolicy { name, table } => {
            Ok(Back::by([format!("DROP POLICY IF EXISTS {} ON {}", ident(name), written(table))]))
        }
        Act::CreateFunction { name, .. } | Act::Create { object: Object::Function, name, replace: false, .. } => {
            function(cx, name).await
        }
        Act::Create { object, name, if_not_exists: true, .. } if restore::made_before(cx, *object, name).await? => {
            Ok(Back::nothing())
        }
        Act::Create { object: Object::Other, .. } => Ok(restore::made(&cx.statement.sql).unwrap_or_else(unknown)),
        Act::Create { object, name, .. } => Ok(keyword(*object).map_or_else(unknown, |word| gone(word, name))),
        Act::Drop { object, names, on, cascade, .. } if !*cascade || alone(cx, *object, names).await? => {
            dropped(cx, *object, names, on.as_ref()).await
        }
        Act::Drop { .. } => Ok(Back::impossible("what CASCADE took with it is not known")),
        Act::Grant { .. } | Act::Revoke { .. } => restore::rights(cx).await,
        Act::Comment { .. } => restore::comment(cx).await,
        _ => Ok(unknown()),
    }
}

/// Views, indexes and sequences that get another name, and what else is known of them.
async fn altered(cx: &Cx<'_, '_>, object: Object, name: &Name, clauses: &[Clause]) -> Result<Back, Failure> {
    let [Clause { action, .. }] = clauses else {
        return if object == Object::Sequence { restore::sequence(cx, name).await } else { Ok(unknown()) };
    };
    let word = match object {
        Object::View => "VIEW",
        Object::MaterializedView => "MATERIALIZED VIEW",
        Object::Index => "INDEX",
        Object::Sequence => "SEQUENCE",
        _ => return Ok(unknown()),
    };
    match action {
        Action::Rename { to } => Ok(renamed(word, "to_regclass", name, to)),
        Action::RenameColumn { .. } if object == Object::View => view(cx, name).await,
        Action::Owner { .. } => restore::owner(cx, word, &written(name)).await,
        Action::SetSchema { to } => match cx.catalog.table(name).await? {
            Some(found) => Ok(home(word, &found.schema, &found.name, to)),
            None => Ok(unknown()),
        },
        Action::Parameters => match cx.catalog.table(name).await? {
            Some(found) => super::alter::parameters(cx, found.oid, &format!("ALTER {word} {}", found.sql())).await,
            None => Ok(unknown()),
        },
        Action::SetDefault { column, .. } | Action::DropDefault { column } if object == Object::View => {
            let found = cx.catalog.table(name).await?;
            let default = found.as_ref().and_then(|view| Some((view.sql(), view.column(column)?.default.clone())));
            Ok(default.map_or_else(unknown, |(view, default)| {
                let what = default.map_or_else(|| "DROP DEFAULT".to_owned(), |old| format!("SET DEFAULT {old}"));
                Back::by([format!("ALTER VIEW {view} ALTER COLUMN {} {what}", ident(column))])
            }))
        }
        _ if object == Object::Sequence => restore::sequence(cx, name).await,
        _ => Ok(unknown()),
    }
}

fn home(word: &str, schema: &str, name: &str, to: &str) -> Back {
    let there = super::name::qualified(to, name);
    let is = format!("to_regclass({}) IS NOT NULL", literal(&there));
    Back::by([step::guarded(&is, &[format!("ALTER {word} {there} SET SCHEMA {}", ident(schema))])])
}

fn has_word(text: &str, word: &str) -> bool {
    tokens::find_word(text, &[word]).is_some()
}

/// The old name again, as long as nothing else has it.
fn renamed(word: &str, look: &str, name: &Name, to: &str) -> Back {
    let new = written(&Name { schema: name.schema.clone(), name: to.to_owned() });
    let there = format!("{look}({}) IS NOT NULL AND {look}({}) IS NULL", literal(&new), literal(&written(name)));
    Back::by([step::guarded(&there, &[format!("ALTER {word} {new} RENAME TO {}", ident(&name.name))])])
}

/// The name at the end of `… RENAME TO name`.
fn new_name(text: &str) -> Option<String> {
    let all = tokens::significant(text);
    let [.., rename, to, name] = all.as_slice() else { return None };
    let is = tokens::is_word(text, rename, "RENAME") && tokens::is_word(text, to, "TO");
    tokens::name_of(text, name).filter(|_| is)
}

fn gone(word: &str, name: &Name) -> Back {
    Back::by([format!("DROP {word} IF EXISTS {}", written(name))])
}

fn keyword(object: Object) -> Option<&'static str> {
    Some(match object {
        Object::Schema => "SCHEMA",
        Object::Extension => "EXTENSION",
        Object::Publication => "PUBLICATION",
        Object::Statistics => "STATISTICS",
        Object::ForeignTable => "FOREIGN TABLE",
        Object::Role => "ROLE",
        _ => return None,
    })
}

/// A relation that is made: it goes, unless it was there before.
async fn created(cx: &Cx<'_, '_>, word: &str, name: &Name) -> Result<Back, Failure> {
    let there = cx.catalog.holds(&format!("to_regclass({}) IS NOT NULL", literal(&written(name)))).await?;
    Ok(if there { Back::nothing() } else { gone(word, name) })
}

/// A partition goes on its own only while no foreign key refers to its table: the key's constraint on it depends on it.
fn detached(parent: &Name, name: &Name, gone: Back) -> Back {
    let own = literal(&written(name));
    let needed = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_constraint k ON k.confrelid = i.inhrelid AND k.contype = 'f' \
         WHERE i.inhrelid = to_regclass({own}) AND i.inhparent = to_regclass({}))",
        literal(&written(parent))
    );
    let detach = format!("ALTER TABLE {} DETACH PARTITION {}", written(parent), written(name));
    Back::by(std::iter::once(step::guarded(&needed, &[detach])).chain(gone.statements))
}

/// A view as it is now; its grants and comment stay with `OR REPLACE`.
async fn view(cx: &Cx<'_, '_>, name: &Name) -> Result<Back, Failure> {
    let Some(view) = cx.catalog.table(name).await? else { return Ok(gone("VIEW", name)) };
    let query = format!(
        "SELECT rtrim(pg_get_viewdef({oid}), ';') FROM pg_class WHERE oid = {oid} AND relkind = 'v'",
        oid = view.oid
    );
    let Some(text) = cx.catalog.pinned(&query).await?.into_iter().next() else { return Ok(unknown()) };
    let create = |words: &str| format!("CREATE {words} {} AS {text}", view.sql());
    // A view that got more columns can't be replaced by one with fewer, and comes again with all that it had.
    let again = super::retype::view_again(cx, view.oid).await?;
    let again: String = again.iter().map(|one| format!("EXECUTE {};\n", literal(one))).collect::<Vec<_>>().concat();
    let body = format!(
        "BEGIN\nBEGIN\nEXECUTE {};\nEXCEPTION WHEN invalid_table_definition THEN\nEXECUTE {};\n{again}END;\nEND",
        literal(&create("OR REPLACE VIEW")),
        literal(&format!("DROP VIEW {}", view.sql())),
    );
    let tag = step::dollar_tag(&body);
    Ok(Back::by([format!("DO {tag}\n{body} {tag}")]))
}

async fn trigger(cx: &Cx<'_, '_>, name: &str, table: &Name) -> Result<Back, Failure> {
    let drop = format!("DROP TRIGGER IF EXISTS {} ON {}", ident(name), written(table));
    let Some(found) = cx.catalog.table(table).await? else { return Ok(Back::by([drop])) };
    let query = format!(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = {} AND tgname = {}",
        found.oid,
        literal(name)
    );
    let old = cx.catalog.pinned(&query).await?;
    Ok(Back::by(std::iter::once(drop).chain(old)))
}

/// Functions of this name as they are now; others of the name are new and go.
async fn function(cx: &Cx<'_, '_>, name: &Name) -> Result<Back, Failure> {
    let schema = match &name.schema {
        Some(schema) => literal(schema),
        None => "current_schema()".to_owned(),
    };
    let schema = cx.catalog.text(&format!("SELECT {schema}")).await?.unwrap_or_default();
    let same = format!(
        "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = {} AND p.proname = {}",
        literal(&schema),
        literal(&name.name)
    );
    let oids = cx.catalog.texts(&format!("SELECT p.oid::text {same}")).await?;
    let old =
        cx.catalog.pinned(&format!("SELECT pg_get_functiondef(p.oid) {same} AND p.prokind IN ('f', 'p', 'w')")).await?;
    let known = if oids.is_empty() { "0".to_owned() } else { oids.join(", ") };
    let block = format!(
        "DO $dbwright$\nDECLARE one text;\nBEGIN\nFOR one IN SELECT p.oid::regprocedure::text {same} AND p.oid NOT IN ({known}) LOOP\n\
         EXECUTE 'DROP ROUTINE ' || one;\nEND LOOP;\nEND $dbwright$"
    );
    Ok(Back::by(std::iter::once(block).chain(old)))
}

/// Whether nothing depends on relations, so that `CASCADE` takes nothing with them.
async fn alone(cx: &Cx<'_, '_>, object: Object, names: &[Name]) -> Result<bool, Failure> {
    if !matches!(object, Object::View | Object::MaterializedView | Object::Sequence) {
        return Ok(false);
    }
    let names: Vec<String> = names.iter().map(|name| format!("to_regclass({})", literal(&written(name)))).collect();
    let depends = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass \
         AND d.refobjid = c.oid OR d.refclassid = 'pg_catalog.pg_type'::regclass AND c.reltype <> 0 AND d.refobjid IN (c.reltype, \
         (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype)) WHERE c.oid IN ({}) AND d.deptype = 'n' \
         AND NOT (d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid IN (SELECT oid FROM pg_catalog.pg_rewrite WHERE ev_class = c.oid)))",
        names.join(", ")
    );
    Ok(!cx.catalog.holds(&depends).await?)
}

/// Several objects of one kind come again in the other order.
async fn dropped(cx: &Cx<'_, '_>, object: Object, names: &[Name], on: Option<&Name>) -> Result<Back, Failure> {
    let mut all = Back::nothing();
    for name in names.iter().rev() {
        let one = gone_one(cx, object, name, on).await?;
        if one.irreversible.is_some() {
            return Ok(one);
        }
        all.statements.extend(one.statements);
    }
    Ok(if names.is_empty() { unknown() } else { all })
}

async fn gone_one(cx: &Cx<'_, '_>, object: Object, name: &Name, on: Option<&Name>) -> Result<Back, Failure> {
    match (object, on) {
        (Object::View, _) => match cx.catalog.table(name).await? {
            Some(found) => seen_again(cx, &found).await,
            None => Ok(Back::nothing()),
        },
        (Object::Trigger, Some(table)) => {
            let back = trigger(cx, &name.name, table).await?;
            Ok(if back.statements.len() > 1 { back } else { Back::nothing() })
        }
        (Object::Function, _) => {
            let back = function(cx, name).await?;
            let more = restore::of_routines(cx, name).await?;
            Ok(Back::by(back.statements.into_iter().skip(1).chain(more)))
        }
        (Object::Table | Object::Sequence | Object::MaterializedView, _) => {
            if cx.catalog.table(name).await?.is_none() && !has_relation(cx, name).await? {
                return Ok(Back::nothing());
            }
            let again = match object {
                Object::Sequence => restore::sequence_again(cx, name).await?,
                Object::MaterializedView => restore::matview(cx, name).await?,
                _ => None,
            };
            if let Some(back) = again {
                return Ok(back);
            }
            Ok(Back::impossible("what it held is gone"))
        }
        _ => Ok(restore::dropped(cx, object, name, on).await?.unwrap_or_else(unknown)),
    }
}

async fn has_relation(cx: &Cx<'_, '_>, name: &Name) -> Result<bool, Failure> {
    cx.catalog.holds(&format!("to_regclass({}) IS NOT NULL", literal(&written(name)))).await
}

/// A view that was dropped, with what a view has beyond its query.
async fn seen_again(cx: &Cx<'_, '_>, view: &super::catalog::Table) -> Result<Back, Failure> {
    let statements = super::retype::view_again(cx, view.oid).await?;
    let gone = format!("to_regclass({}) IS NULL", literal(&view.sql()));
    Ok(if statements.is_empty() { unknown() } else { Back::by([step::guarded(&gone, &statements)]) })
}

/// What the user should know of a statement that runs as it is.
pub(super) fn warning(act: &Act) -> Option<String> {
    match act {
        Act::Drop { object: Object::Table | Object::View | Object::MaterializedView, names, .. } => {
            let names: Vec<String> = names.iter().map(written).collect();
            Some(format!("code that still uses {} fails from then on", names.join(", ")))
        }
        _ => None,
    }
}

//! The way back of statements that run as they are, from what the catalog says before.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;

use crate::ddl::{Act, Action, Clause, Name, Object};

use super::draft::Cx;
use super::name::{ident, literal, written};
use super::plain::unknown;
use super::{step, tokens};

/// How an act is undone.
pub(super) async fn of(cx: &Cx<'_, '_>, act: &Act) -> Result<Back, Failure> {
    match act {
        Act::CreateTable(table) => created(cx, "TABLE", &table.name).await,
        Act::CreateTableAs { object: Object::MaterializedView, name, .. } => {
            created(cx, "MATERIALIZED VIEW", name).await
        }
        Act::CreateTableAs { name, .. } => created(cx, "TABLE", name).await,
        Act::CreateSequence { name, .. } => created(cx, "SEQUENCE", name).await,
        Act::CreateView { name, .. } => view(cx, name).await,
        Act::Alter { object, name, clauses, .. } => altered(cx, *object, name, clauses).await,
        Act::AlterOther { object: Object::Type, name, text } => {
            Ok(new_name(text).map_or_else(unknown, |to| renamed("TYPE", "to_regtype", name, &to)))
        }
        Act::CreateType { name, .. } => Ok(gone("TYPE", name)),
        Act::CreateDomain { name, .. } => Ok(gone("DOMAIN", name)),
        Act::CreateTrigger { name, table, .. } => trigger(cx, name, table).await,
        Act::CreatePolicy { name, table } => {
            Ok(Back::by([format!("DROP POLICY IF EXISTS {} ON {}", ident(name), written(table))]))
        }
        Act::CreateFunction { name, .. } => function(cx, name).await,
        Act::Create { object, name, .. } => Ok(keyword(*object).map_or_else(unknown, |word| gone(word, name))),
        Act::Drop { object, names, on, cascade: false, .. } => dropped(cx, *object, names, on.as_ref()).await,
        Act::Drop { .. } => Ok(Back::impossible("what CASCADE took with it is not known")),
        Act::Grant { privileges, object: Object::Table, on, roles, .. } => grant(cx, privileges, on, roles).await,
        _ => Ok(unknown()),
    }
}

/// Views, indexes and sequences that get another name, and what else is known of them.
async fn altered(cx: &Cx<'_, '_>, object: Object, name: &Name, clauses: &[Clause]) -> Result<Back, Failure> {
    let [Clause { action, .. }] = clauses else { return Ok(unknown()) };
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
        _ => Ok(unknown()),
    }
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

/// A view as it is now; its grants and comment stay with `OR REPLACE`.
async fn view(cx: &Cx<'_, '_>, name: &Name) -> Result<Back, Failure> {
    let Some(view) = cx.catalog.table(name).await? else { return Ok(gone("VIEW", name)) };
    let query = format!(
        "SELECT rtrim(pg_get_viewdef({oid}), ';') FROM pg_class WHERE oid = {oid} AND relkind = 'v'",
        oid = view.oid
    );
    let Some(text) = cx.catalog.pinned(&query).await?.into_iter().next() else { return Ok(unknown()) };
    let create = |words: &str| format!("CREATE {words} {} AS {text}", view.sql());
    // A view that got more columns can't be replaced by one with fewer.
    let body = format!(
        "BEGIN\nBEGIN\nEXECUTE {};\nEXCEPTION WHEN invalid_table_definition THEN\nEXECUTE {};\nEXECUTE {};\nEND;\nEND",
        literal(&create("OR REPLACE VIEW")),
        literal(&format!("DROP VIEW {}", view.sql())),
        literal(&create("VIEW")),
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

async fn dropped(cx: &Cx<'_, '_>, object: Object, names: &[Name], on: Option<&Name>) -> Result<Back, Failure> {
    let (Some(name), 1) = (names.first(), names.len()) else { return Ok(unknown()) };
    match (object, on) {
        (Object::View, _) => match cx.catalog.table(name).await? {
            Some(_) => view(cx, name).await,
            None => Ok(Back::nothing()),
        },
        (Object::Trigger, Some(table)) => {
            let back = trigger(cx, &name.name, table).await?;
            Ok(if back.statements.len() > 1 { back } else { Back::nothing() })
        }
        (Object::Function, _) => {
            let back = function(cx, name).await?;
            Ok(Back::by(back.statements.into_iter().skip(1)))
        }
        (Object::Table | Object::Sequence | Object::MaterializedView | Object::Schema, _) => {
            Ok(Back::impossible("what it held is gone"))
        }
        _ => Ok(unknown()),
    }
}

/// Privileges on tables that the roles do not have yet are taken away again.
async fn grant(cx: &Cx<'_, '_>, privileges: &[String], on: &[Name], roles: &[String]) -> Result<Back, Failure> {
    let mut statements = Vec::new();
    // Which tables of the schema the roles could use before is not kept.
    if tokens::find_word(&cx.statement.sql, &["SCHEMA"]).is_some() {
        return Ok(unknown());
    }
    for name in on {
        for role in roles {
            let grantee = if role.eq_ignore_ascii_case("public") {
                "0".to_owned()
            } else {
                format!("to_regrole({})::oid", literal(&ident(role)))
            };
            let held = cx
                .catalog
                .texts(&format!(
                    "SELECT x.privilege_type FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) x \
                     WHERE c.oid = to_regclass({}) AND x.grantee = {grantee}",
                    literal(&written(name))
                ))
                .await?;
            if privileges.iter().any(|one| one.contains('('))
                || (privileges.iter().any(|one| one.starts_with("ALL")) && !held.is_empty())
            {
                return Ok(unknown());
            }
            let new: Vec<&str> =
                privileges.iter().map(String::as_str).filter(|one| !held.iter().any(|old| old == one)).collect();
            if !new.is_empty() {
                let role = if role.eq_ignore_ascii_case("public") { "PUBLIC".to_owned() } else { ident(role) };
                statements.push(format!("REVOKE {} ON {} FROM {role}", new.join(", "), written(name)));
            }
        }
    }
    Ok(Back::by(statements))
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

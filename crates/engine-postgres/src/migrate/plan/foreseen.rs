//! What is foreseen of a statement before anything is done: that the server will refuse it, or that nobody knows what it does.

use dbwright_core::Failure;

use crate::ddl::{Act, Action, Clause, Name, Object};

use super::Catalog;
use super::dispatch;
use super::name::{ident, literal, written};

/// Refuses what the server would refuse only after long work: the drop of a key that foreign keys of other tables need,
/// together with its successor, whose index would be built for nothing.
pub(super) async fn refused(catalog: &Catalog<'_>, acts: &[Act]) -> Result<(), Failure> {
    for act in acts {
        let Act::Alter { object: Object::Table, name: table, clauses, .. } = act else { continue };
        columns(catalog, table, clauses).await?;
        if !clauses.iter().any(|clause| matches!(clause.action, Action::AddConstraint(_))) {
            continue;
        }
        for clause in clauses {
            let Action::DropConstraint { name, cascade: false, .. } = &clause.action else { continue };
            let needed: Vec<_> = needs(catalog, table, name)
                .await?
                .into_iter()
                .filter(|key| catalog.made.touched(&key.child).is_none() && !goes_too(key, table, clauses))
                .collect();
            if let Some(first) = needed.first() {
                return Err(refusal(table, name, first, needed.len()));
            }
        }
    }
    Ok(())
}

/// Refuses another type for a column that is not there, or whose values the server does not convert by itself: it would say
/// so in the middle of the migration, of a helper's name.
async fn columns(catalog: &Catalog<'_>, name: &Name, clauses: &[Clause]) -> Result<(), Failure> {
    if catalog.made.is_opaque() || catalog.made.touched(name).is_some() {
        return Ok(());
    }
    for clause in clauses {
        let Action::SetType { column, ty, using, .. } = &clause.action else { continue };
        let Some(table) = catalog.table(name).await? else { return Ok(()) };
        let own = format!("{} of {}", ident(column), table.sql());
        let Some(found) = table.column(column) else {
            let added =
                |other: &Clause| matches!(&other.action, Action::AddColumn { column: one, .. } if one.name == *column);
            if clauses.iter().any(added) {
                continue;
            }
            let names = table.columns.iter().map(|one| ident(&one.name)).collect::<Vec<_>>().join(", ");
            return Err(Failure::usage("migrate.no-column", format!("there is no column {own}"))
                .hint(format!("its columns are {names}")));
        };
        if using.is_none() && !assignable(catalog, &found.ty, ty).await? {
            let message = format!("{own} is {}, which the server does not turn into {ty} by itself", found.ty);
            let way = format!("say how: ALTER COLUMN {0} TYPE {ty} USING {0}::{ty}", ident(column));
            return Err(Failure::usage("migrate.no-cast", message).hint(way));
        }
    }
    Ok(())
}

/// Whether values of one type may be assigned to another; yes where that is not plain to see.
async fn assignable(catalog: &Catalog<'_>, from: &str, to: &str) -> Result<bool, Failure> {
    let query = format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_type o, pg_catalog.pg_type n WHERE o.oid = to_regtype({}) AND n.oid = to_regtype({}) \
         AND o.oid <> n.oid AND o.typtype IN ('b', 'e') AND n.typtype IN ('b', 'e') AND n.typcategory NOT IN ('S', 'A') AND o.typcategory <> 'A' \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castsource = o.oid AND c.casttarget = n.oid AND c.castcontext IN ('a', 'i')))",
        literal(from),
        literal(to)
    );
    catalog.holds(&query).await
}

/// A foreign key, and the table that has it.
struct Needing {
    child: Name,
    name: String,
}

async fn needs(catalog: &Catalog<'_>, table: &Name, constraint: &str) -> Result<Vec<Needing>, Failure> {
    let query = format!(
        "SELECT n.nspname, c.relname, f.conname FROM pg_catalog.pg_constraint k \
         JOIN pg_catalog.pg_constraint f ON f.conindid = k.conindid AND f.contype = 'f' AND f.confrelid = k.conrelid AND f.conparentid = 0 \
         JOIN pg_catalog.pg_class c ON c.oid = f.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.conrelid = pg_catalog.to_regclass({}) AND k.contype IN ('p', 'u') AND k.conname = {} ORDER BY 1, 2, 3",
        literal(&written(table)),
        literal(constraint)
    );
    let rows = catalog.rows(&query).await?;
    let key = |row: Vec<Option<String>>| {
        let [schema, child, name] = <[Option<String>; 3]>::try_from(row).ok()?;
        Some(Needing { child: Name { schema, name: child? }, name: name? })
    };
    Ok(rows.into_iter().filter_map(key).collect())
}

/// Whether the same statement drops it.
fn goes_too(key: &Needing, table: &Name, clauses: &[Clause]) -> bool {
    let own = key.child.name == table.name && (table.schema.is_none() || table.schema == key.child.schema);
    own && clauses.iter().any(|c| matches!(&c.action, Action::DropConstraint { name, .. } if *name == key.name))
}

fn refusal(table: &Name, constraint: &str, first: &Needing, count: usize) -> Failure {
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let (child, key) = (written(&first.child), ident(&first.name));
    let message = format!(
        "{} can't lose the key {}: the foreign key {key} of {child}{more} needs it",
        written(table),
        ident(constraint)
    );
    Failure::usage("migrate.key-needed", message).hint(format!(
        "first make a UNIQUE constraint on the same columns and bind the foreign keys to that: ALTER TABLE {child} DROP CONSTRAINT {key}, ADD …"
    ))
}

/// Refuses what would take the session away from under the journal and the lock.
pub(super) fn session(statement: &str, acts: &[Act]) -> Result<(), Failure> {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    let words = [words.next(), words.next(), words.next()].map(Option::unwrap_or_default);
    let role = match acts {
        [Act::Set { name, .. }] => matches!(name.as_str(), "role" | "session_authorization"),
        [Act::Other { .. }] => match [&*words[0], &*words[1], &*words[2]] {
            ["set", "role", _] | ["set", "session", "authorization"] => true,
            ["set", "local", role] => role == "role",
            _ => false,
        },
        _ => false,
    };
    if role {
        let message = format!("a migration can't become another role: {}", super::plain::title(statement));
        return Err(Failure::usage("migrate.role", message).hint(
            "connect as that role, or as one that is a member of it, and give what is made to it: ALTER … OWNER TO",
        ));
    }
    if words[0] == "discard" && words[1].starts_with("all") {
        let message = "DISCARD ALL would give up the lock that keeps other migrations away";
        return Err(Failure::usage("migrate.discard", message)
            .hint("leave it out, or say what is meant: RESET ALL, DISCARD TEMP, DEALLOCATE ALL"));
    }
    Ok(())
}

/// What can't be known beforehand.
pub(super) async fn doubts(catalog: &Catalog<'_>, acts: &[Act]) -> Result<Vec<String>, Failure> {
    let mut doubts = Vec::new();
    for act in acts {
        if let Act::Other { unread: Some(message), .. } = act {
            doubts.push(format!(
                "dbwright can't read this statement ({message}): the server gets it as it is, and what it locks is not known"
            ));
        }
        // These name other things than relations too.
        let relation = !matches!(act, Act::Drop { .. } | Act::Reindex { .. } | Act::Alter { if_exists: true, .. });
        let Some(name) = dispatch::concerns(act).filter(|_| relation) else { continue };
        if catalog.made.touched(name).is_none() && !is_there(catalog, name).await? {
            doubts
                .push(format!("there is no {} in this database: the server will refuse the statement", written(name)));
        }
    }
    Ok(doubts)
}

async fn is_there(catalog: &Catalog<'_>, name: &Name) -> Result<bool, Failure> {
    let name = literal(&written(name));
    Ok(catalog.text(&format!("SELECT pg_catalog.to_regclass({name})::oid::text")).await?.is_some())
}

//! What a shadow can't be made of, said before anything is done.

use dbwright_core::Failure;
use dbwright_migrate::plan::Blocking;

use crate::ddl::Name;

use super::super::Catalog;
use super::super::name::{ident, literal};
use super::facts::Source;
use super::names::Names;
use super::partitions::Partitioning;
use super::{Change, Reshape, Storage};

/// Why this table needs the plain statement with its lock; none when a shadow will do.
pub(super) fn blocking(source: &Source, reshape: &Reshape) -> Option<Blocking> {
    let table = source.name.as_str();
    let partitioned = source.kind == "p";
    let reason = if source.kind != "r" && !partitioned {
        format!("{table} is no ordinary table")
    } else if source.partition {
        format!(
            "{table} is a partition, which can't be exchanged alone: change the table that it is a partition of, or DETACH it \
             CONCURRENTLY, change it, and ATTACH it again"
        )
    } else if !partitioned && !source.relatives.is_empty() {
        inherited(source)
    } else if partitioned && reshape.storage != Storage::default() {
        format!("{table} is partitioned, and its rows are kept by its partitions: change them one by one")
    } else if source.persistence == "t" {
        format!("{table} is temporary")
    } else {
        return None;
    };
    Some(Blocking { reason, expected_ms: Some(super::super::size::rewrite_ms(source.bytes)) })
}

/// Tables that inherit share columns, not rows: each has triggers, keys and foreign keys of its own.
fn inherited(source: &Source) -> String {
    format!(
        "{} is in an inheritance tree with {}: a column of all of them changes in all of them at once, and no trigger or key of one table \
         sees the rows of the others; take the children out first (ALTER TABLE child NO INHERIT {0}), change each table by itself, \
         and let them INHERIT again, or make the children partitions",
        source.name,
        source.relatives.join(", ")
    )
}

/// What partitions have of their own that their likenesses would not have.
pub(super) fn parts(source: &Source, own: &[String]) -> Option<Blocking> {
    let first = own.first()?;
    let more = if own.len() > 1 { format!(" and {} more", own.len() - 1) } else { String::new() };
    Some(Blocking {
        reason: format!(
            "{first}{more} is bound to a partition of {}, or not to all of them, and can't be taken along; drop it before the change \
             and make it again afterwards, or let the whole table have it",
            source.name
        ),
        expected_ms: Some(super::super::size::rewrite_ms(source.bytes)),
    })
}

/// A table whose last change is not finished: its old table waits for the way back, and a second one would stand in its place.
pub(super) async fn twice(catalog: &Catalog<'_>, table: &Name, names: &Names) -> Result<(), Failure> {
    let seen = names.seen();
    let refuse = |why: String, hint: &str| Err(Failure::usage("migrate.shadow-twice", why).hint(hint));
    if let Some(line) = catalog.made.shadowed(table) {
        let message = format!("the statement on line {line} already puts another table in the place of {seen}");
        return refuse(message, "write both changes as the clauses of one ALTER TABLE: the rows are then copied once");
    }
    let is = |schema: &str| format!("to_regnamespace({}) IS NOT NULL", literal(&ident(schema)));
    if catalog.holds(&format!("{} OR {}", is(&names.new), is(&names.old))).await? {
        let message = format!("the table that {seen} was before its last change is still kept for the way back");
        return refuse(message, "finish that change first: `dbwright migrate contract TARGET`");
    }
    Ok(())
}

/// What would be lost or broken.
pub(super) fn source(source: &Source) -> Result<(), Failure> {
    let refuse = |code, message: String, hint: &str| Err(Failure::usage(code, message).hint(hint));
    let table = source.name.as_str();
    if let Some(extension) = &source.extension {
        let message = format!("{table} belongs to the extension {extension}, which would lose it");
        return refuse("migrate.shadow-extension", message, "change it with ALTER EXTENSION … UPDATE");
    }
    if source.typed {
        let message = format!("{table} is a table OF a composite type");
        return refuse("migrate.shadow-typed", message, "ALTER TABLE … NOT OF makes it an ordinary table");
    }
    if source.subscribed {
        let message = format!("a subscription writes to {table}, and would not find the new table");
        return refuse(
            "migrate.shadow-subscribed",
            message,
            "change the table at the publisher's side first, or drop it from the subscription meanwhile",
        );
    }
    if source.hidden {
        let message =
            format!("row-level security hides rows of {table} from role {}, and they would be lost", source.role);
        return refuse(
            "migrate.shadow-row-security",
            message,
            "run it as the owner, a superuser, or a role with BYPASSRLS; where the owner is FORCEd too, ALTER TABLE … NO FORCE ROW LEVEL SECURITY",
        );
    }
    Ok(())
}

/// The table, or others, that subscribers would miss.
pub(super) fn published(source: &Source) -> Option<Blocking> {
    let publication = source.published_with_all.first()?;
    Some(Blocking {
        reason: format!(
            "the publication {publication} is FOR ALL TABLES: a subscriber that does not have the interim tables stops until it has"
        ),
        expected_ms: None,
    })
}

/// What can't be taken along.
pub(super) fn change(change: &Change) -> Result<(), Failure> {
    if let Some(first) = change.dependents.unknown.first() {
        let more = change.dependents.unknown.len() - 1;
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message =
            format!("{first}{more} is bound to {} itself and can't be taken along to a new table", change.source.name);
        let mut failure = Failure::usage("migrate.shadow-bound", message)
            .hint("drop it before the change and make it again afterwards, or change it so that it does not name the table's row type");
        if more.len() > 1 {
            failure = failure.excerpt(change.dependents.unknown.join("\n"));
        }
        return Err(failure);
    }
    one_name_each(change)?;
    key(change)?;
    unlogged(change)?;
    partitions(change)
}

/// Views are read again by names without a schema: each must be the first of its name.
fn one_name_each(change: &Change) -> Result<(), Failure> {
    let Some(hidden) = change.dependents.hidden.first() else { return Ok(()) };
    let message = format!("{hidden} can't be read again on a new table: something in another schema has its name");
    Err(Failure::usage("migrate.shadow-names", message).hint("rename one of them for the time of the change"))
}

fn key(change: &Change) -> Result<(), Failure> {
    let converted = |column: &str| change.reshape.columns.iter().any(|r| r.column == column && r.using.is_some());
    if let Some(part) = change.key.parts.iter().find(|part| converted(&part.column)) {
        let message = format!(
            "rows of {} are identified by {}, which is converted by an expression: rows that are deleted meanwhile could not be found",
            change.source.name,
            ident(&part.column)
        );
        return Err(Failure::usage("migrate.shadow-key", message).hint(
            "leave out USING where the conversion is a plain cast, or add another unique key that can't be NULL first",
        ));
    }
    let kept = change.reshape.primary_key.as_ref();
    let incoming = change.objects.foreign.iter().find(|key| {
        kept.is_some_and(|kept| {
            let columns: Vec<_> = key.columns.iter().map(|(_, _, referenced)| referenced).collect();
            let unique = change.constraints.iter().filter(|c| c.kind == "u").map(|c| &c.columns);
            let served = |list: &Vec<String>| list.len() == columns.len() && columns.iter().all(|c| list.contains(c));
            key.incoming && !served(&kept.columns) && !unique.into_iter().any(served)
        })
    });
    incoming.map_or(Ok(()), |key| {
        let message =
            format!("the foreign key {} of {} refers to the primary key that goes", ident(&key.name), key.child);
        Err(Failure::usage("migrate.shadow-referenced", message).hint(
            "add a UNIQUE constraint on the columns that it refers to, or drop it, before the primary key changes",
        ))
    })
}

fn unlogged(change: &Change) -> Result<(), Failure> {
    if change.reshape.storage.logged != Some(false) {
        return Ok(());
    }
    let key = change.objects.foreign.iter().find(|key| key.incoming && !key.outgoing);
    key.map_or(Ok(()), |key| {
        let message = format!(
            "{} refers to {}, and a logged table can't refer to an unlogged one",
            key.child, change.source.name
        );
        Err(Failure::usage("migrate.shadow-unlogged", message).hint("make the referring tables unlogged first"))
    })
}

/// Every unique key of a partitioned table must contain the partition's columns.
fn partitions(change: &Change) -> Result<(), Failure> {
    if let Some(partitioning) = &change.partitioning {
        return keys_contain(change, partitioning);
    }
    let levels = change.parts.iter().map(|part| &part.strategy).chain([&change.source.strategy]);
    for strategy in levels.flatten() {
        let partitioning = Partitioning::key(strategy)?;
        keys_contain(change, &partitioning)?;
        let moved =
            change.reshape.columns.iter().find(|r| partitioning.columns().is_none_or(|all| all.contains(&r.column)));
        if let Some(retype) = moved {
            let message =
                format!("{} is of the partition key {strategy} of {}", ident(&retype.column), change.source.name);
            return Err(Failure::usage("migrate.shadow-partition-key", message)
                .hint("the server can't give it another type; make a new table, and exchange the two"));
        }
    }
    Ok(())
}

fn keys_contain(change: &Change, partitioning: &Partitioning) -> Result<(), Failure> {
    let table = ident(&change.source.name);
    let columns = partitioning.columns();
    for (name, key, primary) in unique_keys(change) {
        let missing = columns.as_ref().map(|all| all.iter().filter(|c| !key.contains(c)).cloned().collect::<Vec<_>>());
        if missing.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let missing = missing.unwrap_or_else(|| partitioning.keys.clone());
        let (all, missing) = (join(key.iter().chain(&missing)), join(missing.iter()));
        let kind = if primary { "primary key" } else { "unique index" };
        let message = format!(
            "the {kind} {} ({}) of {table} must contain the partition key ({missing})",
            ident(name),
            join(key.iter())
        );
        let with = if change.partitioning.is_some() { ", PARTITION BY …" } else { "" };
        let hint = if primary {
            format!(
                "change the key with it: ALTER TABLE {table} DROP CONSTRAINT {0}, ADD CONSTRAINT {0} PRIMARY KEY ({all}){with}",
                ident(name)
            )
        } else {
            "add the column to it, or drop it, first: uniqueness is kept within a partition only".to_owned()
        };
        return Err(Failure::usage("migrate.partition-key", message).hint(hint));
    }
    Ok(())
}

fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|n| ident(n)).collect::<Vec<_>>().join(", ")
}

/// Name, columns, and whether it is the primary key.
fn unique_keys(change: &Change) -> Vec<(&str, Vec<String>, bool)> {
    let goes = |name: &String| {
        change.reshape.primary_key.is_some() && change.constraints.iter().any(|c| c.kind == "p" && c.name == *name)
    };
    let kept = change.indexes.iter().filter(|i| i.unique && !i.constraint.as_ref().is_some_and(goes));
    let primary = |i: &super::facts::Index| {
        change.constraints.iter().any(|c| c.kind == "p" && Some(&c.name) == i.constraint.as_ref())
    };
    let mut keys: Vec<_> = kept.map(|i| (i.name.as_str(), i.columns.clone(), primary(i))).collect();
    if let Some(key) = &change.reshape.primary_key {
        keys.push((key.name.as_deref().unwrap_or("of the new table"), key.columns.clone(), true));
    }
    keys
}

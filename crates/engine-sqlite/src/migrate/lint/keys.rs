//! Foreign keys that a statement makes and that no index serves once the file is through. SQLite itself is asked, in the
//! database in memory.

use rusqlite::Connection;

use super::scene::Scene;
use super::trial;
use crate::migrate::parse::{Act, Action};
use crate::observe::quoted;

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its columns.
    pub(crate) columns: Vec<String>,
    /// The table that it refers to.
    pub(crate) parent: String,
}

impl Scene {
    /// The foreign keys of the statement's table that it makes, and that no index leads with when the file is through, with the table's name by then.
    pub(crate) fn keys_without_index(&self) -> Option<(String, Vec<Key>)> {
        let name = self.line().table()?;
        let db = &self.world.scratch.db;
        let before = keys(db, name);
        db.execute_batch("SAVEPOINT keys").ok()?;
        let found = through(self, db, name, &before);
        let _ = db.execute_batch("ROLLBACK TO keys; RELEASE keys");
        self.world.restore();
        found
    }
}

fn through(scene: &Scene, db: &Connection, name: &str, before: &[Key]) -> Option<(String, Vec<Key>)> {
    done(db, scene.act(), scene.sql());
    let new: Vec<Key> = keys(db, name).into_iter().filter(|key| !before.contains(key)).collect();
    if new.is_empty() {
        return None;
    }
    let mut name = name.to_owned();
    for line in scene.after() {
        done(db, &line.act, &line.sql);
        if let Act::Alter { table, clauses, .. } = &line.act
            && table.eq_ignore_ascii_case(&name)
        {
            let to = clauses.iter().find_map(|clause| match &clause.action {
                Action::RenameTo { to } => Some(to.clone()),
                _ => None,
            });
            name = to.unwrap_or(name);
        }
    }
    // A key that the file takes back, with its table or without, needs none.
    let left = keys(db, &name);
    let bare =
        new.into_iter().filter(|key| left.iter().any(|one| one.columns == key.columns) && !served(db, &name, key));
    Some((name.clone(), bare.collect())).filter(|(_, keys): &(String, Vec<Key>)| !keys.is_empty())
}

/// Carries a statement out, as far as it can be.
fn done(db: &Connection, act: &Act, sql: &str) {
    match act {
        Act::Alter { table, clauses, .. } => {
            let mut name = table.clone();
            for clause in clauses {
                let native = db.execute_batch(&format!("ALTER TABLE {} {}", quoted(&name), clause.text)).is_ok();
                if !native {
                    let _ = trial::rebuilt(db, &name, &clause.action);
                } else if let Action::RenameTo { to } = &clause.action {
                    name.clone_from(to);
                }
            }
        }
        Act::Create { kind, .. } => {
            let _ = db.execute_batch(&trial::as_made(*kind, sql));
        }
        Act::Drop { .. } => {
            let _ = db.execute_batch(sql);
        }
        _ => {}
    }
}

fn keys(db: &Connection, table: &str) -> Vec<Key> {
    let sql = "SELECT id, \"table\", \"from\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";
    let rows = db.prepare(sql).and_then(|mut statement| {
        let row =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
        statement.query_map([table], row)?.collect::<Result<Vec<_>, _>>()
    });
    let mut found: Vec<(i64, Key)> = Vec::new();
    for (id, parent, column) in rows.unwrap_or_default() {
        match found.last_mut().filter(|(last, _)| *last == id) {
            Some((_, key)) => key.columns.push(column),
            None => found.push((id, Key { columns: vec![column], parent })),
        }
    }
    found.into_iter().map(|(_, key)| key).collect()
}

/// Whether the primary key or a whole index leads with the columns, in any order.
fn served(db: &Connection, table: &str, key: &Key) -> bool {
    let list = |sql: &str, name: &str| {
        let rows = db.prepare(sql).and_then(|mut statement| {
            statement.query_map([name], |row| row.get::<_, Option<String>>(0))?.collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect::<Vec<String>>()
    };
    let leads = |columns: &[String]| {
        let head = columns.get(..key.columns.len()).unwrap_or_default();
        !head.is_empty() && key.columns.iter().all(|column| head.iter().any(|one| one.eq_ignore_ascii_case(column)))
    };
    leads(&list("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", table))
        || list("SELECT name FROM pragma_index_list(?1) WHERE partial = 0", table)
            .iter()
            .any(|index| leads(&list("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", index)))
}

//! Takes what a statement does into the state that the next one finds.

use super::scene::{Keys, Scene, Transaction};
use super::trial::{self, Outcome};
use crate::migrate::parse::{Act, Action, Cursor, Kind};
use crate::migrate::schema::TableState;
use crate::observe::quoted;

/// Carries the statement out in the database in memory, and remembers what it does beside the schema.
pub(super) fn pass(scene: &mut Scene) {
    let line = scene.line().clone();
    within_transaction(scene);
    match &line.act {
        Act::Create { kind, name, temporary, .. } => {
            let there = scene.world.scratch.has(&kind.word().to_lowercase(), name);
            let made = scene.world.scratch.db.execute_batch(&trial::as_made(*kind, &line.sql)).is_ok();
            if made && !there && matches!(kind, Kind::Table | Kind::Virtual) {
                scene.world.made(name, *temporary);
            }
        }
        Act::Drop { kind, name, .. } => {
            let _ = scene.world.scratch.db.execute_batch(&line.sql);
            if *kind == Kind::Table {
                scene.world.gone(name);
            }
        }
        Act::Alter { table, .. } => altered(scene, table),
        Act::Insert { table } => scene.world.filled(table),
        Act::Upkeep if line.sql.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("analyze")) => {
            scene.world.analyzed = true;
        }
        Act::Pragma { name, value: Some(value) } => pragma(scene, name, value),
        _ => {}
    }
}

fn altered(scene: &mut Scene, table: &str) {
    let Act::Alter { clauses, .. } = scene.act().clone() else { return };
    let mut name = table.to_owned();
    let outcomes = scene.trial.clauses.clone();
    for (clause, outcome) in clauses.iter().zip(outcomes) {
        let db = &scene.world.scratch.db;
        let native = db.execute_batch(&format!("ALTER TABLE {} {}", quoted(&name), clause.text)).is_ok();
        if let Action::RenameTo { to } = &clause.action {
            let unknown = matches!(TableState::read(db, &name), Ok(None));
            if native || (unknown && outcome == Outcome::Native) {
                scene.world.renamed(&name, to);
                name.clone_from(to);
            }
        } else if !native && matches!(outcome, Outcome::Rebuild(_)) {
            let _ = trial::rebuilt(db, &name, &clause.action);
            scene.world.restore();
        }
    }
}

fn pragma(scene: &mut Scene, name: &str, value: &str) {
    let off = matches!(value, "off" | "0" | "false" | "no");
    match name {
        // It does nothing inside a transaction.
        "foreign_keys" if scene.transaction.is_none() => scene.keys = if off { Keys::Off } else { Keys::On },
        "legacy_alter_table" => {
            scene.world.set_legacy(!off);
        }
        _ => {}
    }
}

/// What becomes of the transaction. dbwright gives each statement one of its own.
fn within_transaction(scene: &mut Scene) {
    if !scene.as_is {
        return;
    }
    let (at, act) = (scene.at, scene.act().clone());
    let (reads, writes) = (scene.line().reads(), scene.line().writes());
    match &act {
        Act::Transaction { word } if word == "begin" => {
            let words = scene.sql().to_ascii_lowercase();
            let immediate = words.contains("immediate") || words.contains("exclusive");
            scene.transaction = Some(Transaction { explicit: true, immediate, ..Transaction::default() });
        }
        Act::Transaction { word } if matches!(word.as_str(), "commit" | "end" | "rollback") => {
            // `ROLLBACK TO` goes back inside of it.
            let inside =
                word == "rollback" && scene.sql().to_ascii_lowercase().split_whitespace().any(|word| word == "to");
            if !inside {
                scene.transaction = None;
            }
        }
        _ => {
            let Some(open) = &mut scene.transaction else { return };
            if reads && !open.wrote && open.read.is_none() {
                open.read = Some(at);
            }
            open.wrote |= writes;
        }
    }
}

/// Where the query of `CREATE TABLE … AS` begins.
pub(super) fn query_of(sql: &str) -> Option<usize> {
    let mut cursor = Cursor::new(sql);
    while !cursor.done() && !cursor.is("(") {
        if cursor.accept(&["as"]) {
            return Some(cursor.start());
        }
        cursor.skip();
    }
    None
}

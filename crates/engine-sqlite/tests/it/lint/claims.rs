//! Carries an example's migration out and looks whether SQLite does what is claimed.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;

use dbwright_engine_sqlite::migrate::lint::{Claim, Example};
use rusqlite::Connection;
use rusqlite::types::Value;

/// Opens a file as an application would, with the functions that SQLite's shell has.
pub(crate) fn connect(path: &Path) -> Result<Connection, String> {
    let db = Connection::open(path).map_err(|e| e.to_string())?;
    rusqlite::vtab::series::load_module(&db).map_err(|e| e.to_string())?;
    Ok(db)
}

/// Runs the migration, statement by statement, and returns what is not as claimed.
pub(crate) fn replay(path: &Path, example: &Example) -> Result<Vec<String>, String> {
    let (db, other) = (connect(path)?, connect(path)?);
    let mut wrong = Vec::new();
    for (at, statement) in example.migration.statements.iter().enumerate() {
        let claims: Vec<&Claim> = example.claims.iter().filter(|claim| claim.statement() == at).collect();
        for claim in &claims {
            if let Claim::Meanwhile(_, sql) = claim {
                other.execute_batch(sql).map_err(|e| format!("meanwhile: {sql}: {e}"))?;
            }
        }
        // Looking at pages reads, which in a transaction would change what the statement meets.
        let looks = claims.iter().any(|claim| matches!(claim, Claim::Rewrite(..)));
        let look = || if looks { pages(&db, path, &statement.sql) } else { Ok(BTreeMap::new()) };
        let before = look()?;
        let failed = db.execute_batch(&statement.sql).err().map(|e| e.to_string());
        let rewritten = rewritten(&before, &look()?);
        let expected = claims.iter().find_map(|claim| match claim {
            Claim::Fails(_, message) => Some(message),
            _ => None,
        });
        let as_claimed = match (&failed, expected) {
            (Some(failed), Some(expected)) => failed.contains(expected),
            (None, None) => true,
            _ => false,
        };
        if !as_claimed {
            wrong.push(format!("line {}: fails with {failed:?}, expected {expected:?}", statement.line));
        }
        for claim in claims {
            wrong.extend(unlike(&db, claim, rewritten).map(|what| format!("line {}: {what}", statement.line)));
        }
    }
    Ok(wrong)
}

/// What is not as claimed after a statement.
fn unlike(db: &Connection, claim: &Claim, rewritten: bool) -> Option<String> {
    match claim {
        Claim::Rewrite(_, claimed) if *claimed != rewritten => Some(format!("rewrite is {rewritten}")),
        Claim::After(_, query, expected) => {
            let value = db.query_row(query, [], |row| row.get::<_, Value>(0));
            let shown = match value {
                Ok(Value::Null) => "NULL".to_owned(),
                Ok(Value::Integer(number)) => number.to_string(),
                Ok(Value::Real(number)) => number.to_string(),
                Ok(Value::Text(text)) => text,
                Ok(Value::Blob(_)) => "a blob".to_owned(),
                Err(error) => error.to_string(),
            };
            let same =
                shown == *expected || (expected.starts_with("error: ") && shown.contains(&expected["error: ".len()..]));
            (!same).then(|| format!("{query} gives {shown}, claimed {expected}"))
        }
        _ => None,
    }
}

/// The pages of the tables that a statement names, with what they hold; they are in the file when no transaction is open.
fn pages(db: &Connection, path: &Path, sql: &str) -> Result<BTreeMap<u32, u64>, String> {
    let failed = |e: rusqlite::Error| e.to_string();
    let size: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND instr(lower(?1), lower(name)) > 0";
    let mut statement = db.prepare(names).map_err(failed)?;
    let tables = statement.query_map([sql], |row| row.get(0)).map_err(failed)?;
    let mut found = BTreeMap::new();
    for table in tables.collect::<Result<Vec<String>, _>>().map_err(failed)? {
        let mut statement = db.prepare("SELECT pageno FROM dbstat WHERE name = ?1").map_err(failed)?;
        let numbers = statement.query_map([table], |row| row.get(0)).map_err(failed)?;
        for number in numbers.collect::<Result<Vec<u32>, _>>().map_err(failed)? {
            let from = (number as usize - 1) * size as usize;
            let mut hasher = DefaultHasher::new();
            bytes.get(from..from + size as usize).hash(&mut hasher);
            found.insert(number, hasher.finish());
        }
    }
    Ok(found)
}

/// Whether more than half of the pages hold something else now.
fn rewritten(before: &BTreeMap<u32, u64>, after: &BTreeMap<u32, u64>) -> bool {
    let changed = before.iter().filter(|(number, hash)| after.get(number) != Some(hash)).count();
    changed * 2 > before.len()
}

//! Runs every rule folder of `pg/` and `sql/` on real servers: the fault is found, the fix mends it, the sound example is silent.
//!
//! There is no list of rules here: a new folder is tested because it is there. `DBWRIGHT_RULES=name,name`
//! limits a run by hand; `DBWRIGHT_BLESS=1` writes the expected findings.

mod expected;
mod folders;
mod life;
mod placed;
mod registry;
mod script;
mod server;
mod sound;
mod stage;

use std::sync::Arc;

use dbwright_testkit::{Database, postgres_url};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use folders::Folder;
use script::Script;
use server::Private;

/// Rules that run at the same time on one server.
const AT_ONCE: usize = 4;

#[test]
fn every_rule_holds_on_postgresql_15() {
    every_rule(15);
}

#[test]
fn every_rule_holds_on_postgresql_17() {
    every_rule(17);
}

#[test]
fn every_rule_holds_on_postgresql_18() {
    every_rule(18);
}

fn every_rule(major: u32) {
    let runtime = Runtime::new().expect("threads can be started");
    let failures = runtime.block_on(run(major));
    assert!(failures.is_empty(), "{} on PostgreSQL {major}:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// Runs all folders, and returns what failed.
async fn run(major: u32) -> Vec<String> {
    let server = postgres_url(major);
    let (mut folders, mut failures) = (Vec::new(), Vec::new());
    for folder in folders::all() {
        folder.map_or_else(|reason| failures.push(reason), |folder| folders.push(folder));
    }
    let (alone, together): (Vec<_>, Vec<_>) = folders.into_iter().partition(Folder::alone);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let tasks: Vec<_> = together
        .into_iter()
        .map(|folder| {
            let (room, server, name) = (Arc::clone(&room), server.clone(), folder.id.clone());
            let task = tokio::spawn(async move {
                let _place = room.acquire().await.expect("never closed");
                both(&folder, &server, None).await
            });
            (name, task)
        })
        .collect();
    for (name, task) in tasks {
        let outcome = task.await.unwrap_or_else(|panic| Err(panic.to_string()));
        failures.extend(outcome.err().map(|reason| format!("{name}: {reason}")));
    }
    if !alone.is_empty() {
        failures.extend(one_by_one(&alone, major).await);
    }
    failures
}

/// Runs the rules on what a whole server shares, on a private server.
async fn one_by_one(folders: &[Folder], major: u32) -> Vec<String> {
    let mut failures = Vec::new();
    match Private::start(major).await {
        Err(reason) => failures.push(reason),
        Ok(mut server) => {
            for folder in folders {
                let url = server.url();
                let outcome = both(folder, &url, Some(&mut server)).await;
                failures.extend(outcome.err().map(|reason| format!("{}: {reason}", folder.id)));
            }
        }
    }
    failures
}

/// The bad and the good script, each in a fresh database.
async fn both(folder: &Folder, server: &str, mut private: Option<&mut Private>) -> Result<(), String> {
    for (kind, script) in [("bad.sql", &folder.bad), ("good.sql", &folder.good)] {
        if let Some(private) = &mut private {
            private.restart(&script.server).await?;
        }
        let database = Database::on(server);
        let outcome = match kind {
            "bad.sql" => life::bad(folder, &database, private.as_deref_mut()).await,
            _ => life::good(folder, &database).await,
        };
        clean(script, &database);
        outcome.map_err(|reason| format!("{kind}: {reason}"))?;
    }
    Ok(())
}

/// Removes what would outlive the database.
fn clean(script: &Script, database: &Database) {
    for sql in &script.cleanup {
        database.execute(sql);
    }
}

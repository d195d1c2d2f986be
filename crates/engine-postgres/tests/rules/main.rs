//! Runs every rule folder of `pg/` and `sql/` on real servers: the fault is found, the fix mends it, the sound example is silent.
//!
//! There is no list of rules here: a new folder is tested because it is there. `DBWRIGHT_RULES=name,name`
//! limits a run by hand, `DBWRIGHT_TEST_MAJORS=13` chooses versions; `DBWRIGHT_BLESS=1` writes the expected findings.

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

use dbwright_testkit::{Database, majors, postgres_url};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use folders::Folder;
use script::Script;
use server::Private;

/// Rules that run at the same time on one server.
const AT_ONCE: usize = 4;

/// One test for all versions, since most of its time is spent waiting for servers, and those can wait side by side.
#[test]
fn every_rule_holds_on_every_version() {
    let failures = runtime().block_on(async {
        let mut versions = JoinSet::new();
        majors().expect("versions").into_iter().for_each(|major| drop(versions.spawn(run(major))));
        versions.join_all().await.concat()
    });
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// A runtime with more threads than the machine has: making and dropping a database blocks one.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(16).enable_all().build().expect("threads can be started")
}

/// Runs all folders on one version, and returns what failed.
async fn run(major: u32) -> Vec<String> {
    let server = postgres_url(major);
    let (mut folders, mut failures) = (Vec::new(), Vec::new());
    for folder in folders::all() {
        folder.map_or_else(|reason| failures.push(reason), |folder| folders.push(folder));
    }
    let (alone, together): (Vec<_>, Vec<_>) = folders.into_iter().partition(Folder::alone);
    let alone = tokio::spawn(one_by_one(alone, major));
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
    failures.extend(alone.await.unwrap_or_else(|panic| vec![panic.to_string()]));
    failures.into_iter().map(|reason| format!("PostgreSQL {major}: {reason}")).collect()
}

/// Runs the rules on what a whole server shares, on a private server.
async fn one_by_one(folders: Vec<Folder>, major: u32) -> Vec<String> {
    let mut failures = Vec::new();
    if folders.is_empty() {
        return failures;
    }
    match Private::start(major).await {
        Err(reason) => failures.push(reason),
        Ok(mut server) => {
            for folder in &folders {
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

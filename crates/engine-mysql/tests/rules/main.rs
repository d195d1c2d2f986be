//! Runs every rule folder of `mysql/` on a real MySQL, 10.11 and 11.8 of MariaDB: the fault is found, the fix mends it, the sound
//! example is silent.
//!
//! There is no list of rules here: a new folder is tested because it is there. `DBWRIGHT_RULES=name,name` limits a run by
//! hand; `DBWRIGHT_BLESS=1` writes the expected findings; `DBWRIGHT_TEST_SKIP=mysql` leaves a flavour out.

mod folders;
mod life;
mod registry;
mod script;
mod server;
mod sound;
mod stage;

/// How findings are compared with `expected.json` is the same for every engine.
#[path = "../../../engine-postgres/tests/rules/expected.rs"]
mod expected;

use std::time::{Duration, Instant};

use dbwright_testkit::my::sql::Session;
use dbwright_testkit::{MyDatabase, is_skipped};

use folders::Folder;
use script::Script;
use server::Servers;

#[test]
fn every_rule_holds_on_mysql() {
    every_rule_holds("mysql");
}

#[test]
fn every_rule_holds_on_mariadb() {
    every_rule_holds("mariadb");
}

#[test]
fn every_rule_holds_on_mariadb11() {
    every_rule_holds("mariadb11");
}

/// Runs all folders on one server, one after the other on a server of their own.
fn every_rule_holds(flavour: &'static str) {
    if is_skipped(flavour) {
        return;
    }
    let mut servers = Servers::start(flavour);
    let mut failures = Vec::new();
    for folder in folders::all(flavour) {
        let outcome = folder.and_then(|folder| {
            eprintln!("{flavour}: {}", folder.id);
            both(&folder, flavour, &mut servers)
        });
        failures.extend(outcome.err().map(|reason| format!("{flavour}: {reason}")));
    }
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// The bad and the good script, each in a fresh database.
fn both(folder: &Folder, flavour: &str, servers: &mut Servers) -> Result<(), String> {
    let here = |script: &Script| script.only.as_ref().is_none_or(|only| only == folders::common(flavour));
    if here(&folder.bad) {
        scene(&folder.bad, servers, |database, servers| life::bad(folder, database, servers))
            .map_err(|reason| format!("{}: bad.sql: {reason}", folder.id))?;
    }
    // A second MariaDB is not started anew for what the sound servers of `sound.rs` show as well: it would take minutes.
    let again = flavour == "mariadb11" && (folder.good.fresh || !folder.good.server.is_empty());
    if !here(&folder.good) || again {
        return Ok(());
    }
    scene(&folder.good, servers, |database, servers| life::good(folder, database, servers))
        .map_err(|reason| format!("{}: good.sql: {reason}", folder.id))
}

/// Sets the stage for a script, and clears it.
fn scene(
    script: &Script,
    servers: &mut Servers,
    act: impl FnOnce(&MyDatabase, &mut Servers) -> Result<(), String>,
) -> Result<(), String> {
    let url = servers.ready(script);
    settle(&url)?;
    let database = MyDatabase::on(&url);
    let outcome = act(&database, servers);
    for sql in &script.cleanup {
        database.execute(sql);
    }
    outcome
}

/// Waits until the transactions of the scene before are rolled back: ending a session takes the server a moment.
fn settle(url: &str) -> Result<(), String> {
    let session = Session::open(url)?;
    let end = Instant::now() + Duration::from_mins(2);
    while session.query("SELECT COUNT(*) FROM information_schema.INNODB_TRX")? != [["0"]] {
        if Instant::now() > end {
            return Err("transactions of the scene before are still open".to_owned());
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    std::thread::sleep(stage::CACHED);
    Ok(())
}

//! Runs every rule folder on real servers, Redis and Valkey: the fault is found, the fix mends it, the sound state is silent.
//!
//! There is no list of rules here: a new folder is tested because it is there. `DBWRIGHT_RULES=name,name` limits a run
//! by hand, `DBWRIGHT_TEST_ENGINES=redis` chooses an engine; `DBWRIGHT_BLESS=1` writes the expected findings.

mod folders;
mod life;
mod measured;
mod registry;
mod script;
mod servers;
mod sound;
mod stage;
mod unseen;

/// How findings are compared with `expected.json` is the same for every engine.
#[path = "../../../engine-postgres/tests/rules/expected.rs"]
mod expected;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use folders::Folder;

/// Rules that are tried at the same time, each on servers of its own.
const AT_ONCE: usize = 4;

/// The engines to test on: all, or those of `DBWRIGHT_TEST_ENGINES`, without those that `DBWRIGHT_TEST_SKIP` leaves out.
pub(crate) fn engines() -> Vec<&'static str> {
    let chosen = std::env::var("DBWRIGHT_TEST_ENGINES").unwrap_or_default();
    let all = dbwright_testkit::engines(&["redis", "redis8", "valkey"]).into_iter();
    all.filter(|engine| chosen.is_empty() || chosen.split(',').any(|one| one == *engine)).collect()
}

#[test]
fn every_rule_holds_on_every_engine() {
    let mut failures = Vec::new();
    let mut jobs = VecDeque::new();
    for folder in folders::all() {
        match folder {
            Ok(folder) => jobs.extend(engines().into_iter().map(|engine| (engine, folder.clone()))),
            Err(reason) => failures.push(reason),
        }
    }
    assert!(!jobs.is_empty() || !failures.is_empty(), "no rule to test");
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().expect("not poisoned").pop_front();
    thread::scope(|scope| {
        let work = || {
            let mut failures = Vec::new();
            while let Some((engine, folder)) = next() {
                failures.extend(both(engine, &folder).err().map(|reason| format!("{engine}: {}: {reason}", folder.id)));
            }
            failures
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let ended =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| vec!["a worker panicked".to_owned()]));
        failures.extend(ended.flatten());
    });
    assert!(failures.is_empty(), "{} failures:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// The bad and the good state, each on fresh servers.
fn both(engine: &str, folder: &Folder) -> Result<(), String> {
    life::bad(engine, folder).map_err(|reason| format!("bad.redis: {reason}"))?;
    life::good(engine, folder).map_err(|reason| format!("good.redis: {reason}"))
}

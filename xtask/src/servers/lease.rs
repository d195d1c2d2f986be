//! Servers that a test run borrows: the last run that uses one stops it.
//!
//! A run holds a shared lock while its tests run. A server that was started for a run carries a mark; `servers up`
//! takes the mark away, because what a person has started stays. So two runs at once never stop each other's
//! server, and what an interrupted run left is stopped by the next.

use std::fs;
use std::path::PathBuf;

use dbwright_testkit::{Record, cache};

use super::catalog::Server;
use super::lock::{self, Lock};
use super::{Outcome, each_of, in_parallel, up_one};
use crate::Done;

/// A server in use by a run, or the reason why there is none.
pub(crate) struct Lease {
    server: &'static Server,
    /// What came of it.
    pub(crate) outcome: Outcome,
    in_use: Option<Lock>,
}

/// Brings servers up and holds them; `keep` leaves them running afterwards.
pub(crate) fn borrow(servers: &[&'static Server], keep: bool) -> Vec<Lease> {
    in_parallel(servers, |server| {
        let was_there = Record::running(server.name).is_some();
        let (outcome, lock) = up_one(server);
        let failed = outcome.record.is_err();
        let in_use = lock.and_then(|_lock| {
            if keep || failed {
                stays(server.name);
            } else if !was_there {
                fs::write(mark(server.name), "").map_err(|e| e.to_string())?;
            }
            lock::share(&name_of_use(server.name))
        });
        Lease { server, outcome, in_use: in_use.ok() }
    })
}

/// Ends the run's use of them.
pub(crate) fn give_back(leases: Vec<Lease>) -> Done {
    let servers: Vec<_> = leases.iter().filter(|lease| lease.in_use.is_some()).map(|lease| lease.server).collect();
    drop(leases);
    each_of(&servers, |server| {
        let unused = lock::take_if_free(&name_of_use(server.name))?.is_some();
        if unused && mark(server.name).exists() { super::start::stop(server.name) } else { Ok(()) }
    })
}

/// From now on the server stays until it is stopped by hand.
pub(super) fn stays(name: &str) {
    let _ = fs::remove_file(mark(name)); // absent is what was wanted
}

fn mark(name: &str) -> PathBuf {
    cache::run(name).join("started-for-a-test-run")
}

fn name_of_use(name: &str) -> String {
    format!("{name}.in-use")
}

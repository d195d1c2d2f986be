//! `cargo xtask servers`: real database servers, fetched once and started on loopback.
//!
//! Each server is handled on a thread of its own under a lock of its own, so that two runs at once neither
//! disturb each other nor start a server twice.

mod catalog;
mod fetch;
mod host;
mod kept;
mod lease;
mod lock;
mod start;

use std::env;
use std::fs;
use std::thread;

use clap::Subcommand;
use dbwright_testkit::{Record, cache, is_skipped, meant, memory, variable};

use crate::Done;
use catalog::Server;
pub(crate) use kept::{Kept, kept};
pub(crate) use lease::{Lease, give_back};

/// What can be done with the servers. No names mean all of them.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Fetch what is missing, start what does not run, and print the variables that tests read.
    Up {
        /// Servers: postgres15, postgres17, postgres18, mysql, mariadb, redis, valkey, redis-cluster, and percona-toolkit,
        /// which is only fetched; postgres13 only when it is named.
        names: Vec<String>,
    },
    /// Stop servers, and throw their data away. The fetched programs stay.
    Down {
        /// Servers, as `status` names them.
        names: Vec<String>,
    },
    /// Say what is fetched and what runs.
    Status {
        /// Servers, as `status` names them.
        names: Vec<String>,
    },
    /// Stop servers and remove their programs too.
    Prune {
        /// Servers, as `status` names them.
        names: Vec<String>,
    },
}

/// One server after `up`: its record, or the reason why there is none.
pub(crate) struct Outcome {
    /// Which server.
    pub(crate) name: &'static str,
    /// The variable that tests read.
    pub(crate) variable: String,
    /// The record of the running server.
    pub(crate) record: Done<Record>,
}

/// Runs the verb.
pub(crate) fn run(verb: Verb) -> Done {
    match verb {
        Verb::Up { names } => {
            let (tools, servers) = catalog::tools(&names);
            let fetched = fetch_tools(&tools);
            if names.is_empty() || !servers.is_empty() {
                print_up(&up(&servers)?)?;
            }
            fetched
        }
        Verb::Down { names } => each(&names, |server| start::stop(server.name)),
        Verb::Status { names } => {
            let (tools, servers) = catalog::tools(&names);
            if names.is_empty() || !servers.is_empty() {
                catalog::named_or_all(&servers)?.into_iter().for_each(print_status);
            }
            tools.into_iter().for_each(print_status);
            Ok(())
        }
        Verb::Prune { names } => {
            let (tools, servers) = catalog::tools(&names);
            if names.is_empty() || !servers.is_empty() {
                each(&servers, prune)?;
            }
            each_of(&tools, prune)
        }
    }
}

/// Fetches programs that tests start besides servers; what can't be had is kept as the reason that the tests say.
fn fetch_tools(tools: &[&'static Server]) -> Done {
    let mut reasons = Vec::new();
    for tool in tools {
        match fetch::programs(tool) {
            Ok(_) => drop(fs::remove_file(cache::failure(tool.name))),
            Err(reason) => {
                remember(tool.name, &reason);
                reasons.push(format!("{}: {reason}", tool.name));
            }
        }
    }
    if reasons.is_empty() { Ok(()) } else { Err(reasons.join("\n")) }
}

/// Brings servers up in parallel, to stay.
fn up(names: &[String]) -> Done<Vec<Outcome>> {
    let servers = catalog::named(names)?;
    Ok(in_parallel(&servers, |server| {
        let (outcome, _lock) = up_one(server);
        lease::stays(server.name);
        outcome
    }))
}

/// A server of one's own, stopped with this value.
pub(crate) struct Private {
    name: &'static str,
    /// How to reach it as superuser.
    pub(crate) url: String,
    _lock: lock::Lock,
}

/// Starts a PostgreSQL that nobody else uses, under this name, with its data on the disk: it is there to be measured.
pub(crate) fn private(name: &'static str, major: u32) -> Done<Private> {
    let known = catalog::named(&[format!("postgres{major}")])?;
    let bin = fetch::programs(known[0])?;
    let lock = lock::take(name)?;
    start::stop(name)?; // what a crash may have left
    let record = start::start(&Server { name, ..*known[0] }, &bin, None)?;
    Ok(Private { name, url: record.url, _lock: lock })
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Err(reason) = start::stop(self.name) {
            eprintln!("{}: {reason}", self.name);
        }
    }
}

/// Borrows the servers that tests use unasked, and those of `DBWRIGHT_TEST_MAJORS`, but none that is to be skipped or for
/// which a variable says that the tests have another one.
pub(crate) fn borrow_unset(keep: bool) -> Vec<Lease> {
    let is_set = |variable: &str| env::var_os(variable).is_some_and(|url| !url.is_empty());
    let every_postgres = is_set("DBWRIGHT_TEST_POSTGRES_URL");
    let asked_for = dbwright_testkit::majors().unwrap_or_default();
    let is_used = |server: &Server| match server.major() {
        Some(major) => !every_postgres && (!server.on_request || asked_for.contains(&major)),
        None if server.name == meant("mysql") => !is_skipped("mysql"),
        None => !server.on_request && !is_skipped(server.name) && server.name != "mysql",
    };
    let tools: Vec<_> = catalog::TOOLS.iter().filter(|tool| !is_skipped(tool.name)).collect();
    if let Err(reason) = fetch_tools(&tools) {
        eprintln!("{reason}");
    }
    let used = catalog::SERVERS.iter().filter(|server| is_used(server));
    lease::borrow(&used.filter(|server| !is_set(&variable(server.name))).collect::<Vec<_>>(), keep)
}

/// Brings one server up, and gives its lock too, still held.
fn up_one(server: &Server) -> (Outcome, Done<lock::Lock>) {
    let lock = lock::take(server.name);
    let record = lock.as_ref().map_err(Clone::clone).and_then(|_| running(server));
    match &record {
        Ok(_) => drop(fs::remove_file(cache::failure(server.name))), // the last attempt's reason, if any
        Err(reason) => remember(server.name, reason),
    }
    (Outcome { name: server.name, variable: variable(server.name), record }, lock)
}

/// The server that runs and answers, started when there is none.
fn running(server: &Server) -> Done<Record> {
    let bin = fetch::programs(server)?;
    if let Some(record) = Record::running(server.name) {
        if start::is_ready(server, &record, &bin) {
            return Ok(record);
        }
        start::stop(server.name)?;
    }
    start::start(server, &bin, memory::folder().as_deref())
}

/// Keeps the reason of a failure, so that the tests which need the server can say it.
fn remember(name: &str, reason: &str) {
    let written = fs::create_dir_all(cache::run(name)).and_then(|()| fs::write(cache::failure(name), reason));
    if let Err(e) = written {
        eprintln!("{name}: the reason could not be kept for the tests: {e}");
    }
}

fn prune(server: &Server) -> Done {
    start::stop(server.name)?;
    fetch::remove(&cache::run(server.name))?;
    fetch::remove(&cache::template(server.name))?;
    fetch::remove(&cache::software(server.software))
}

fn print_up(outcomes: &[Outcome]) -> Done {
    for outcome in outcomes {
        match &outcome.record {
            Ok(record) => println!("export {}={}", outcome.variable, record.url),
            Err(reason) => eprintln!("{}: {reason}", outcome.name),
        }
    }
    let failed: Vec<_> = outcomes.iter().filter(|o| o.record.is_err()).map(|o| o.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("could not be had: {}", failed.join(", "))) }
}

fn print_status(server: &Server) {
    let state = match (Record::running(server.name), cache::software(server.software).exists()) {
        (Some(record), _) => format!("runs, {}, pid {}, {}", record.url, record.process.pid, record.version),
        (None, true) => "fetched, not running".to_owned(),
        (None, false) => "not fetched".to_owned(),
    };
    println!("{:<13} {state}", server.name);
    let log = start::log(server.name);
    if log.exists() {
        println!("{:<13} log {}", "", log.display());
    }
}

/// Does something with each server, under its lock.
fn each(names: &[String], action: impl Fn(&Server) -> Done + Sync) -> Done {
    each_of(&catalog::named_or_all(names)?, action)
}

fn each_of(servers: &[&'static Server], action: impl Fn(&Server) -> Done + Sync) -> Done {
    let outcomes = in_parallel(servers, |server| {
        let outcome = lock::take(server.name).and_then(|_lock| action(server));
        outcome.map_err(|reason| format!("{}: {reason}", server.name))
    });
    let reasons: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    if reasons.is_empty() { Ok(()) } else { Err(reasons.join("\n")) }
}

/// One thread a server; the results in the servers' order.
fn in_parallel<T: Send>(servers: &[&'static Server], action: impl Fn(&'static Server) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let action = &action;
        let threads: Vec<_> = servers.iter().map(|&server| scope.spawn(move || action(server))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

//! Starts and stops one server.
//!
//! Every start makes fresh data: roles, settings and statistics of the last run must not decide what a test sees,
//! and making them takes a second. The settings are those of a healthy server, since dbwright checks itself on it; what
//! they cost is saved by keeping a test server's data in memory, where a written file need not wait for a disk.

mod postgres;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Child;

use dbwright_testkit::launch::{self, on_a_free_port};
use dbwright_testkit::process::{Process, give_away};
use dbwright_testkit::{Record, cache, my, redis};

use super::catalog::{Kind, Server};
use super::{fetch, lease};
use crate::Done;

/// A server that was started: where it is, and its processes, the main one first.
struct Started {
    url: String,
    children: Vec<Child>,
}

impl Started {
    fn one((url, child): (String, Child)) -> Self {
        Self { url, children: vec![child] }
    }
}

/// Starts the server on a free port; `bin` holds its programs, `memory` is the folder for its data when that need not
/// be on the disk.
pub(crate) fn start(server: &Server, bin: &Path, memory: Option<&Path>) -> Done<Record> {
    let run = cache::run(server.name);
    fs::create_dir_all(&run).map_err(|e| format!("{}: {e}", run.display()))?;
    let home = home(server.name);
    stop_leftover(&home)?;
    remove_home(&home)?;
    let log = log(server.name);
    fetch::remove_file(&log)?;
    let elsewhere = memory.map(|folder| folder.join(format!("dbwright-{}-{}", server.name, std::process::id())));
    make_folder(&home, elsewhere.as_deref())?;
    let home = fs::canonicalize(&home).map_err(|e| format!("{}: {e}", home.display()))?;
    let started = match server.kind {
        Kind::Postgres(_) => postgres::start(bin, &home, &log).map(Started::one)?,
        Kind::My(flavour) => my(server, flavour, bin, &home)?,
        Kind::Redis => one_redis(server, bin, &home)?,
        Kind::RedisCluster => cluster(bin, &home)?,
        Kind::Tool => return Err(format!("{} is no server", server.name)),
    };
    record(server, bin, &started)
}

fn record(server: &Server, bin: &Path, started: &Started) -> Done<Record> {
    let processes: Option<Vec<_>> = started.children.iter().map(|child| Process::with_pid(child.id())).collect();
    let processes = processes.ok_or("the server ended right after it answered")?;
    let (process, others) = processes.split_first().ok_or("a server without a process")?;
    let record = Record {
        name: server.name.to_owned(),
        version: fetch::version(server, bin)?,
        url: started.url.clone(),
        process: *process,
        others: others.to_vec(),
    };
    record.save().map_err(|e| format!("the record of {}: {e}", server.name))?;
    Ok(record)
}

fn my(server: &Server, flavour: my::Flavour, programs: &Path, home: &Path) -> Done<Started> {
    let instance = my::Instance { name: server.name, flavour, programs, home };
    instance.make_data(&[])?;
    on_a_free_port(|port| Ok((my::Instance::url(port), instance.start(port, &[])?))).map(Started::one)
}

fn one_redis(server: &Server, programs: &Path, home: &Path) -> Done<Started> {
    let instance = redis::Instance { engine: server.software, programs, home };
    on_a_free_port(|port| Ok((redis::Instance::url(port), instance.start(port, &[])?))).map(Started::one)
}

fn cluster(programs: &Path, home: &Path) -> Done<Started> {
    let cluster = redis::Cluster::start("redis", programs, home, &[])?;
    Ok(Started { url: redis::Instance::url(cluster.ports[0]), children: cluster.children })
}

/// Stops the server, whether its record is there or not.
pub(crate) fn stop(name: &str) -> Done {
    if let Some(record) = Record::left(name) {
        let signals = signals(&home(name));
        record.processes().try_for_each(|process| launch::end(process, signals))?;
    }
    Record::remove(name);
    lease::stays(name);
    stop_leftover(&home(name))?;
    remove_home(&home(name))
}

/// Where all that belongs to the server is; in memory, this is a link.
fn home(name: &str) -> PathBuf {
    cache::run(name).join("data")
}

/// Removes the folder, and where it is a link, what it leads to.
fn remove_home(home: &Path) -> Done {
    let Ok(target) = fs::read_link(home) else { return fetch::remove(home) };
    fetch::remove(&target)?;
    fs::remove_file(home).map_err(|e| format!("{}: {e}", home.display()))
}

/// Stops a server that a crashed run has left without a record: the pid is in its folder, and its current directory is
/// there, so no other process can be meant.
fn stop_leftover(home: &Path) -> Done {
    for process in fetch::recorded_pids(home).into_iter().filter_map(Process::with_pid) {
        let place = fs::canonicalize(home).map_err(|e| format!("{}: {e}", home.display()))?;
        let at_home = fs::read_link(format!("/proc/{}/cwd", process.pid)).is_ok_and(|cwd| cwd.starts_with(&place));
        if at_home {
            launch::end(process, signals(home))?;
        }
    }
    Ok(())
}

/// Orderly, then at once, then by force. `INT` is PostgreSQL's fast shutdown; its `TERM` waits for who is connected.
fn signals(home: &Path) -> &'static [&'static str] {
    if home.join("postmaster.pid").exists() { &["INT", "QUIT", "KILL"] } else { &["TERM", "KILL"] }
}

/// Makes the empty folder `home`, or the folder `elsewhere` and a link that leads to it.
fn make_folder(home: &Path, elsewhere: Option<&Path>) -> Done {
    let folder = elsewhere.unwrap_or(home);
    let shown = |e: std::io::Error| format!("{}: {e}", folder.display());
    DirBuilder::new().mode(0o700).create(folder).map_err(shown)?;
    give_away(folder).map_err(shown)?;
    if folder == home { Ok(()) } else { symlink(folder, home).map_err(shown) }
}

/// Whether a running server that is on record takes connections.
pub(crate) fn is_ready(server: &Server, record: &Record, bin: &Path) -> bool {
    let port = record.url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok());
    port.is_some_and(|port| match server.kind {
        Kind::Postgres(_) => postgres::answers(bin, port),
        Kind::My(_) => my::answers(port),
        Kind::Redis | Kind::RedisCluster => redis::answers(port),
        Kind::Tool => false,
    })
}

/// Where the server's log is, or would be.
pub(crate) fn log(name: &str) -> PathBuf {
    let inside = [home(name).join("server.log"), home(name).join("0/server.log")];
    inside.into_iter().find(|file| file.exists()).unwrap_or_else(|| cache::run(name).join("server.log"))
}

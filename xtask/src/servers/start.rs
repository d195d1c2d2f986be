//! Starts and stops one server.
//!
//! Every start makes fresh data: roles, settings and statistics of the last run must not decide what a test sees,
//! and `initdb` takes a second. The settings are those of a healthy server, since dbwright checks itself on it; what
//! they cost is saved by keeping a test server's data in memory, where a written file need not wait for a disk.

use std::fs::{self, DirBuilder, File};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use dbwright_testkit::process::{Process, drop_privileges, unprivileged};
use dbwright_testkit::{Record, cache};

use super::catalog::Server;
use super::{fetch, lease};
use crate::Done;
use crate::command::{quietly, read, tail};

/// How long a server may take to answer, on a slow machine.
const READY: Duration = Duration::from_mins(1);
/// How long it may take to end; each signal gets this long.
const STOP: Duration = Duration::from_secs(20);

/// Starts the server on a free port; `bin` holds its programs, `memory` is the folder for its data when that need not
/// be on the disk.
pub(crate) fn start(server: &Server, bin: &Path, memory: Option<&Path>) -> Done<Record> {
    let run = cache::run(server.name);
    fs::create_dir_all(&run).map_err(|e| format!("{}: {e}", run.display()))?;
    let data = run.join("data");
    stop_leftover(&data)?;
    remove_data(&data)?;
    let elsewhere = memory.map(|folder| folder.join(format!("dbwright-{}-{}", server.name, std::process::id())));
    make_folder(&data, elsewhere.as_deref())?;
    make_data(bin, &data)?;
    // Another program can take the port between our look and the server's start.
    let mut outcome = attempt(server, bin, &run);
    for _ in 0..2 {
        if !outcome.as_ref().is_err_and(|reason| reason.contains("Address already in use")) {
            break;
        }
        outcome = attempt(server, bin, &run);
    }
    outcome
}

/// Stops the server, whether its record is there or not.
pub(crate) fn stop(name: &str) -> Done {
    if let Some(record) = Record::running(name) {
        end(record.process)?;
    }
    Record::remove(name);
    lease::stays(name);
    stop_leftover(&cache::run(name).join("data"))?;
    remove_data(&cache::run(name).join("data"))
}

/// Removes a server's data, also when `data` only leads to it.
fn remove_data(data: &Path) -> Done {
    let Ok(target) = fs::read_link(data) else { return fetch::remove(data) };
    fetch::remove(&target)?;
    fs::remove_file(data).map_err(|e| format!("{}: {e}", data.display()))
}

/// Stops a server that a crashed run has left without a record: the pid is in its data folder, and the data folder
/// is its current directory, so no other process can be meant.
fn stop_leftover(data: &Path) -> Done {
    let process = fetch::recorded_pid(data).and_then(Process::with_pid);
    let Some(process) = process else { return Ok(()) };
    let home = fs::canonicalize(data).map_err(|e| format!("{}: {e}", data.display()))?;
    let at_home = fs::read_link(format!("/proc/{}/cwd", process.pid)).is_ok_and(|cwd| cwd == home);
    if at_home { end(process) } else { Ok(()) }
}

/// Fast shutdown, then immediate, then by force.
fn end(process: Process) -> Done {
    for signal in ["INT", "QUIT", "KILL"] {
        process.signal(signal).map_err(|e| e.to_string())?;
        if process.wait(STOP) {
            return Ok(());
        }
    }
    Err(format!("the server (pid {}) did not end", process.pid))
}

/// Makes the empty folder `data`, or the folder `elsewhere` and a link that leads to it.
fn make_folder(data: &Path, elsewhere: Option<&Path>) -> Done {
    let folder = elsewhere.unwrap_or(data);
    let shown = |e: std::io::Error| format!("{}: {e}", folder.display());
    DirBuilder::new().mode(0o700).create(folder).map_err(shown)?;
    if let Some((uid, gid)) = unprivileged() {
        chown(folder, Some(uid), Some(gid)).map_err(shown)?;
    }
    if folder == data { Ok(()) } else { symlink(folder, data).map_err(shown) }
}

fn make_data(bin: &Path, data: &Path) -> Done {
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
    quietly(drop_privileges(initdb.arg(data).current_dir("/")))
        .map_err(|reason| format!("{reason}\n(the user that runs servers must be able to reach {})", data.display()))?;
    // A role in this group needs its password, so that tests can be refused one.
    let rules = "host all +dbwright_test_password 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n\
                 host replication all 127.0.0.1/32 trust\n";
    fs::write(data.join("pg_hba.conf"), rules).map_err(|e| format!("{}: {e}", data.display()))
}

/// The settings, of a healthy server except that a commit need not wait for the disk.
fn settings(port: u16) -> Vec<String> {
    let pairs = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        "shared_preload_libraries=pg_stat_statements,auto_explain",
        "wal_level=logical",
        "track_io_timing=on",
        "max_prepared_transactions=10",
        "synchronous_commit=off",
        "max_locks_per_transaction=256",
    ];
    let port = format!("port={port}");
    pairs.into_iter().chain([port.as_str()]).flat_map(|pair| ["-c".to_owned(), pair.to_owned()]).collect()
}

fn attempt(server: &Server, bin: &Path, run: &Path) -> Done<Record> {
    let port = free_port()?;
    let log = run.join("server.log");
    let out = File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let err = out.try_clone().map_err(|e| e.to_string())?;
    let mut command = Command::new(bin.join("postgres"));
    command.arg("-D").arg(run.join("data")).args(settings(port));
    command.stdin(Stdio::null()).stdout(out).stderr(err).current_dir("/");
    command.process_group(0); // Ctrl-C at the terminal is for the tests, not for the server
    let mut child = drop_privileges(&mut command).spawn().map_err(|e| format!("{}: {e}", bin.display()))?;
    let answer = wait_until_ready(&mut child, bin, port);
    if let Err(reason) = answer {
        let _ = child.kill(); // it may have ended by itself
        let _ = child.wait();
        return Err(format!("{reason}; the end of {}:\n{}", log.display(), tail(&read(&log)?)));
    }
    let record = Record {
        name: server.name.to_owned(),
        version: fetch::version(bin)?,
        url: format!("postgresql://postgres@127.0.0.1:{port}/postgres"),
        process: Process::with_pid(child.id()).ok_or("the server ended right after it answered")?,
    };
    record.save().map_err(|e| format!("the record of {}: {e}", server.name))?;
    Ok(record)
}

fn wait_until_ready(child: &mut Child, bin: &Path, port: u16) -> Done {
    let end = Instant::now() + READY;
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Err(format!("the server ended during its start ({status})"));
        }
        if answers(bin, port) {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("the server did not answer within {} s", READY.as_secs()));
        }
        sleep(Duration::from_millis(50));
    }
}

/// Whether a running server that is on record takes connections.
pub(crate) fn is_ready(record: &Record, bin: &Path) -> bool {
    let port = record.url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok());
    port.is_some_and(|port| answers(bin, port))
}

fn answers(bin: &Path, port: u16) -> bool {
    let mut command = Command::new(bin.join("pg_isready"));
    command.args(["-q", "-h", "127.0.0.1", "-U", "postgres", "-t", "3", "-p", &port.to_string()]);
    quietly(&mut command).is_ok()
}

pub(super) fn free_port() -> Done<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| format!("no free port: {e}"))?;
    Ok(listener.local_addr().map_err(|e| e.to_string())?.port())
}

/// Where the server's log is.
pub(crate) fn log(name: &str) -> PathBuf {
    cache::run(name).join("server.log")
}

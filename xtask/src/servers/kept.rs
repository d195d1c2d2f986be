//! A server whose data stays: loading a benchmark's rows takes minutes, so they are loaded once.

use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_testkit::cache;
use dbwright_testkit::launch::free_port;
use dbwright_testkit::process::{drop_privileges, unprivileged};

use super::{catalog, fetch, lock};
use crate::Done;
use crate::command::quietly;

/// A running server with data that stays; it is stopped with this value.
pub(crate) struct Kept {
    /// How to reach its first database as superuser.
    pub(crate) url: String,
    /// The folder that holds the data and whatever else should stay with it.
    pub(crate) folder: PathBuf,
    bin: PathBuf,
    _lock: lock::Lock,
}

/// Starts it, with fresh data when there are none yet.
pub(crate) fn kept(name: &str, major: u32, settings: &[&str]) -> Done<Kept> {
    let known = catalog::named(&[format!("postgres{major}")])?;
    let bin = fetch::programs(known[0])?;
    let lock = lock::take(name)?;
    let folder = cache::folder().join("bench").join(name);
    let data = folder.join("data");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    if !data.join("PG_VERSION").exists() {
        make(&bin, &data)?;
    }
    let port = free_port()?;
    let kept = Kept { url: format!("postgresql://postgres@127.0.0.1:{port}/postgres"), folder, bin, _lock: lock };
    kept.control(&["-m", "fast", "stop"]).ok(); // what a crash may have left; usually there is nothing to stop
    kept.start(port, settings)?;
    Ok(kept)
}

fn make(bin: &Path, data: &Path) -> Done {
    fetch::remove(data)?;
    let shown = |e: std::io::Error| format!("{}: {e}", data.display());
    DirBuilder::new().mode(0o700).create(data).map_err(shown)?;
    if let Some((uid, gid)) = unprivileged() {
        chown(data, Some(uid), Some(gid)).map_err(shown)?;
    }
    let mut initdb = Command::new(bin.join("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
    quietly(drop_privileges(initdb.arg(data).current_dir("/"))).map(drop)
}

impl Kept {
    /// How to reach another of its databases.
    pub(crate) fn database(&self, name: &str) -> String {
        self.url.rsplit_once('/').map_or(String::new(), |(server, _)| format!("{server}/{name}"))
    }

    /// One of the server's own programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    fn start(&self, port: u16, settings: &[&str]) -> Done {
        let log = self.folder.join("server.log");
        let file = OpenOptions::new().create(true).append(true).open(&log);
        let file = file.map_err(|e| format!("{}: {e}", log.display()))?;
        if let Some((uid, gid)) = unprivileged() {
            chown(&log, Some(uid), Some(gid)).map_err(|e| format!("{}: {e}", log.display()))?;
        }
        drop(file);
        let fixed = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "autovacuum=off"];
        let mut options = format!("-c port={port}");
        for setting in fixed.iter().chain(settings) {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let log = log.display().to_string();
        self.control(&["-w", "-t", "120", "-l", &log, "-o", &options, "start"])
    }

    fn control(&self, arguments: &[&str]) -> Done {
        let mut command = Command::new(self.bin.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data")).args(arguments).current_dir("/");
        quietly(drop_privileges(&mut command)).map(drop)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(reason) = self.control(&["-w", "-m", "fast", "stop"]) {
            eprintln!("the benchmark's server: {reason}");
        }
    }
}

//! Redis and Valkey: how a server and a cluster are made, started and seen to be ready.

mod cluster;
mod server;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::engines::main_program;
use crate::launch::{self, shown};

pub use cluster::{Cluster, NODES};
pub use server::{RedisCluster, RedisServer, redis_cluster, redis_sentinel, redis_server};
pub use wire::{Reply, Wire};

/// One server in a folder of its own. Nothing is kept on disk, and anyone on this machine may do anything.
#[derive(Debug)]
pub struct Instance<'a> {
    /// `redis` or `valkey`.
    pub engine: &'a str,
    /// The folder of its programs.
    pub programs: &'a Path,
    /// The folder that holds all that is its own; it belongs to the unprivileged user.
    pub home: &'a Path,
}

impl Instance<'_> {
    /// Starts it on this port and waits until it answers. `lines` are added to its configuration and win.
    ///
    /// # Errors
    /// When it doesn't, with the end of its log.
    pub fn start(&self, port: u16, lines: &[String]) -> Result<Child, String> {
        let file = self.home.join("server.conf");
        fs::write(&file, self.configuration(port, lines)).map_err(|e| shown(&file, &e))?;
        crate::process::give_away(&file).map_err(|e| shown(&file, &e))?; // CONFIG REWRITE writes it
        let program = self.programs.join(main_program(self.engine));
        let mut command = match lines.iter().find_map(|line| line.strip_prefix(FILES)) {
            Some(files) => launch::with_files(&program, files),
            None => Command::new(program),
        };
        command.arg(&file).args(is_sentinel(lines).then_some("--sentinel"));
        launch::launch(&mut command, &self.home.join("server.log"), || answers(port))
    }

    fn configuration(&self, port: u16, lines: &[String]) -> String {
        let home = self.home.display();
        let mut all = format!(
            "bind 127.0.0.1\nport {port}\ndir {home}\nunixsocket {home}/server.sock\npidfile {home}/server.pid\n\
             daemonize no\n"
        );
        if !is_sentinel(lines) {
            all += "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n";
        }
        for line in lines.iter().filter(|line| *line != SENTINEL && !line.starts_with(FILES)) {
            all += line;
            all.push('\n');
        }
        all
    }

    /// How to reach it.
    #[must_use]
    pub fn url(port: u16) -> String {
        format!("redis://127.0.0.1:{port}")
    }

    /// Its Unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home.join("server.sock")
    }
}

/// The line that makes a sentinel of a server.
const SENTINEL: &str = "sentinel";

/// The line that limits how many files a server may open: the system's to say, and no line of its configuration.
const FILES: &str = "files ";

fn is_sentinel(lines: &[String]) -> bool {
    lines.iter().any(|line| line == SENTINEL)
}

/// Whether a server on this port answers at all: one that asks for a password or loads its data does, too.
#[must_use]
pub fn answers(port: u16) -> bool {
    Wire::open(port).is_ok_and(|mut wire| wire.send(&["PING"]).is_ok())
}

/// Waits until something is so.
fn wait(otherwise: &str, limit: Duration, mut is_so: impl FnMut() -> bool) -> Result<(), String> {
    let end = Instant::now() + limit;
    while !is_so() {
        if Instant::now() > end {
            return Err(format!("{otherwise} after {} s", limit.as_secs()));
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

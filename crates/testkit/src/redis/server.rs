//! A Redis or Valkey that one test has to itself.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::{Instance, Reply, Wire};
use crate::Scratch;
use crate::daemon::Daemon;
use crate::engines::programs;
use crate::launch::on_a_free_port;
use crate::process::Process;

/// How long a replica may take to have its first copy.
const COPY: Duration = Duration::from_mins(2);

/// A private server: gone, with its data, when this value is dropped or the test is killed.
#[derive(Debug)]
pub struct RedisServer {
    /// How to reach it over TCP; stays the same when it is started again.
    pub url: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its Unix socket.
    pub socket: PathBuf,
    engine: String,
    programs: PathBuf,
    lines: Vec<String>,
    daemon: Option<Daemon>, // ends before its folder does
    home: Scratch,
}

/// Starts a private server (`redis`, `valkey`) with these lines of configuration besides the usual ones.
///
/// # Panics
/// When it can't be had, with the reason.
#[must_use]
pub fn redis_server(engine: &str, lines: &[&str]) -> RedisServer {
    let (programs, home) = (programs(engine), Scratch::in_memory());
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    let instance = Instance { engine, programs: &programs, home: home.path() };
    let started = on_a_free_port(|port| Ok((port, instance.start(port, &lines)?)));
    let (port, child) = started.unwrap_or_else(|reason| panic!("no private {engine}: {reason}"));
    let (url, socket) = (Instance::url(port), instance.socket());
    let daemon = Some(Daemon::new(child, home.path()));
    RedisServer { url, port, socket, engine: engine.to_owned(), programs, lines, daemon, home }
}

/// Starts a sentinel that watches this server under the name `primary`, with a quorum of one.
///
/// # Panics
/// When it can't be had, with the reason.
#[must_use]
pub fn redis_sentinel(primary: &RedisServer, lines: &[&str]) -> RedisServer {
    let watched = format!("sentinel monitor primary 127.0.0.1 {} 1", primary.port);
    let all: Vec<_> = [super::SENTINEL, watched.as_str()].into_iter().chain(lines.iter().copied()).collect();
    redis_server(&primary.engine, &all)
}

impl RedisServer {
    /// Starts a replica of it and waits until that has its data.
    ///
    /// # Panics
    /// When it can't be had, or does not get the data.
    #[must_use]
    pub fn replica(&self, lines: &[&str]) -> Self {
        let follow = format!("replicaof 127.0.0.1 {}", self.port);
        let all: Vec<_> = std::iter::once(follow.as_str()).chain(lines.iter().copied()).collect();
        let replica = redis_server(&self.engine, &all);
        let is_linked = || replica.command("INFO replication").text().contains("master_link_status:up");
        super::wait("the replica has no data", COPY, is_linked).unwrap_or_else(|reason| panic!("{reason}"));
        replica
    }

    /// A connection.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::open(self.port).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Runs a command whose words have no spaces, on a connection of its own.
    ///
    /// # Panics
    /// When it is refused.
    #[expect(clippy::must_use_candidate, reason = "most commands are sent for what they do")]
    pub fn command(&self, words: &str) -> Reply {
        let words: Vec<_> = words.split_whitespace().collect();
        self.wire().command(&words).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Its process, while it runs.
    #[must_use]
    pub fn process(&self) -> Option<Process> {
        self.daemon.as_ref().and_then(Daemon::process)
    }

    /// What it has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.home.path().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The folder that is its own.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Holds it (SIGSTOP): connections stay and nothing answers, until [`Self::resume`].
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        if let Some(daemon) = &self.daemon {
            daemon.signal(name);
        }
    }

    /// Ends it without a warning, as a crash would.
    pub fn kill(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
        }
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop();
        }
    }

    /// Starts it again on its port, with the configuration of its first start.
    ///
    /// # Panics
    /// When it doesn't start, with the end of its log.
    pub fn start(&mut self) {
        assert!(self.daemon.is_none(), "it runs already");
        let instance = Instance { engine: &self.engine, programs: &self.programs, home: self.home.path() };
        let child = instance.start(self.port, &self.lines).unwrap_or_else(|reason| panic!("not again: {reason}"));
        self.daemon = Some(Daemon::new(child, self.home.path()));
    }
}

/// A private cluster of three masters with a replica each.
#[derive(Debug)]
pub struct RedisCluster {
    /// How to reach its first node.
    pub url: String,
    /// The ports of its nodes, masters first: node 3 is the replica of node 0, and so on.
    pub ports: Vec<u16>,
    nodes: Vec<Option<Daemon>>, // end before their folder does
    _home: Scratch,
}

/// Starts a private cluster with these lines of configuration on every node.
///
/// # Panics
/// When it can't be had, with the reason.
#[must_use]
pub fn redis_cluster(engine: &str, lines: &[&str]) -> RedisCluster {
    let (programs, home) = (programs(engine), Scratch::in_memory());
    let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
    let cluster = super::Cluster::start(engine, &programs, home.path(), &lines);
    let cluster = cluster.unwrap_or_else(|reason| panic!("no private cluster of {engine}: {reason}"));
    let nodes = cluster.children.into_iter().map(|child| Some(Daemon::new(child, home.path()))).collect();
    RedisCluster { url: Instance::url(cluster.ports[0]), ports: cluster.ports, nodes, _home: home }
}

impl RedisCluster {
    /// A connection to one node.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn wire(&self, node: usize) -> Wire {
        Wire::open(self.ports[node]).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Holds a node (SIGSTOP).
    pub fn pause(&self, node: usize) {
        self.signal(node, "STOP");
    }

    /// Lets a node go on.
    pub fn resume(&self, node: usize) {
        self.signal(node, "CONT");
    }

    fn signal(&self, node: usize, name: &str) {
        if let Some(daemon) = &self.nodes[node] {
            daemon.signal(name);
        }
    }

    /// Ends a node without a warning.
    pub fn kill(&mut self, node: usize) {
        if let Some(daemon) = self.nodes[node].take() {
            daemon.kill();
        }
    }
}

//! Servers of one script: one, one with a replica, or a cluster of masters. They end when the value is dropped.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use dbwright_testkit::launch::free_port;
use dbwright_testkit::programs;
use dbwright_testkit::redis::{RedisServer, Wire, redis_sentinel, redis_server};

use crate::script::Script;

/// Longest time until servers agree on what they are told.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The servers of one script, by name.
pub(crate) struct Servers {
    engine: String,
    running: Vec<(String, RedisServer)>,
}

impl Servers {
    /// Starts what a script asks for.
    pub(crate) fn start(engine: &str, script: &Script) -> Result<Self, String> {
        let mut servers = Self { engine: engine.to_owned(), running: Vec::new() };
        // What a script does to a server is its own business, DEBUG included.
        let lines: Vec<&str> =
            std::iter::once("enable-debug-command yes").chain(script.server.iter().map(String::as_str)).collect();
        if script.cluster.is_empty() {
            servers.running.push(("main".to_owned(), redis_server(engine, &lines)));
        } else {
            servers.cluster(&script.cluster, &lines)?;
        }
        if script.replica {
            let replica = servers.main().replica(&lines);
            servers.running.push(("replica".to_owned(), replica));
            servers.until("main", &["INFO", "replication"], "state=online")?;
        }
        if script.sentinel {
            let sentinel = redis_sentinel(servers.main(), &[]);
            servers.running.push(("sentinel".to_owned(), sentinel));
            servers.until("sentinel", &["SENTINEL", "MASTERS"], "primary")?;
        }
        Ok(servers)
    }

    fn main(&self) -> &RedisServer {
        &self.running[0].1
    }

    /// The port of a server; the first one is `main` in a cluster, too.
    pub(crate) fn port(&self, name: &str) -> Result<u16, String> {
        let named = self.running.iter().find(|(known, _)| known == name);
        let found = named.or_else(|| self.running.first().filter(|_| name == "main"));
        found.map(|(_, server)| server.port).ok_or_else(|| format!("no server is called {name}"))
    }

    /// A path below the folder of the first server.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.main().home().join(below)
    }

    /// Stops the first server in order, and starts it.
    pub(crate) fn restart(&mut self) {
        let server = &mut self.running[0].1;
        server.stop();
        server.start();
    }

    /// Runs the engine's own command line client against the first server.
    pub(crate) fn cli(&self, arguments: &[String]) -> Result<(), String> {
        let port = self.port("main")?.to_string();
        let arguments = arguments.iter().map(|one| one.replace("{port}", &port));
        let output = Command::new(
            programs(&self.engine).join(format!("{}-cli", self.engine.trim_end_matches(|c: char| c.is_ascii_digit()))),
        )
        .args(["-h", "127.0.0.1", "-p", &port])
        .args(arguments)
        .output()
        .map_err(|e| e.to_string())?;
        let said = [output.stdout, output.stderr].concat();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) }
    }

    /// Waits until a reply holds a text.
    fn until(&self, server: &str, command: &[&str], text: &str) -> Result<(), String> {
        let mut wire = Wire::open(self.port(server)?)?;
        let end = Instant::now() + PATIENCE;
        while !wire.command(command)?.text().contains(text) {
            if Instant::now() > end {
                return Err(format!("{command:?} on {server} never says {text}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Masters that know each other, each with its slots; a slot that none is given stays uncovered.
    fn cluster(&mut self, slots: &[(u16, u16)], lines: &[&str]) -> Result<(), String> {
        let mut buses = Vec::new();
        for (at, (first, last)) in slots.iter().enumerate() {
            let bus = free_port()?;
            let bus_line = format!("cluster-port {bus}");
            let own = ["cluster-enabled yes", "cluster-node-timeout 2000", bus_line.as_str()];
            let server = redis_server(&self.engine, &[&own, lines].concat());
            let mut wire = server.wire();
            wire.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()])?;
            wire.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
            self.running.push((format!("node{}", at + 1), server));
            buses.push(bus);
        }
        let mut first = self.main().wire();
        for ((_, server), bus) in self.running.iter().zip(buses).skip(1) {
            first.command(&["CLUSTER", "MEET", "127.0.0.1", &server.port.to_string(), &bus.to_string()])?;
        }
        let covered: u32 = slots.iter().map(|(first, last)| u32::from(last - first) + 1).sum();
        let state = if covered == 16_384 { "ok" } else { "fail" };
        for (name, _) in &self.running {
            self.until(name, &["CLUSTER", "INFO"], &format!("cluster_slots_assigned:{covered}"))?;
            self.until(name, &["CLUSTER", "INFO"], &format!("cluster_known_nodes:{}", slots.len()))?;
            self.until(name, &["CLUSTER", "INFO"], &format!("cluster_state:{state}"))?;
        }
        Ok(())
    }
}

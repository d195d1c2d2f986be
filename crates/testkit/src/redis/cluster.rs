//! A Redis Cluster of three masters with a replica each.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use super::{Instance, Wire, wait};
use crate::launch::{free_port, on_a_free_port, shown};
use crate::process::give_away;

/// How many nodes it has; the first half are the masters.
pub const NODES: usize = 6;
const MASTERS: usize = NODES / 2;
const SLOTS: usize = 16384;
/// How long the nodes may take to agree.
const AGREE: Duration = Duration::from_mins(2);

/// A cluster that was started.
#[derive(Debug)]
pub struct Cluster {
    /// The ports of its nodes, masters first: node 3 is the replica of node 0, and so on.
    pub ports: Vec<u16>,
    /// Its processes, in the same order.
    pub children: Vec<Child>,
}

impl Cluster {
    /// Starts the nodes, each in a folder of its own below `home`, and makes a cluster of them.
    ///
    /// # Errors
    /// When a node doesn't start or they don't agree, with what is known.
    pub fn start(engine: &str, programs: &Path, home: &Path, lines: &[String]) -> Result<Self, String> {
        let mut cluster = Self { ports: Vec::new(), children: Vec::new() };
        let started = (0..NODES).try_for_each(|number| {
            let (port, child) = node(engine, programs, &home.join(number.to_string()), lines)?;
            cluster.ports.push(port);
            cluster.children.push(child);
            Ok(())
        });
        let formed = started.and_then(|()| cluster.form());
        if formed.is_err() {
            for child in &mut cluster.children {
                let _ = child.kill(); // it may have ended by itself
                let _ = child.wait();
            }
        }
        formed.map(|()| cluster)
    }

    fn form(&self) -> Result<(), String> {
        let mut wires = self.ports.iter().map(|port| Wire::open(*port)).collect::<Result<Vec<_>, _>>()?;
        for (at, wire) in wires.iter_mut().enumerate() {
            wire.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()])?;
            if at < MASTERS {
                let (first, last) = (SLOTS * at / MASTERS, SLOTS * (at + 1) / MASTERS - 1);
                wire.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()])?;
            }
        }
        let ids = wires
            .iter_mut()
            .map(|wire| Ok(wire.command(&["CLUSTER", "MYID"])?.text()))
            .collect::<Result<Vec<_>, String>>()?;
        for port in &self.ports[1..] {
            let bus = Wire::open(*port)?.command(&["CONFIG", "GET", "cluster-port"])?.text();
            let bus = bus.lines().last().unwrap_or_default().to_owned();
            wires[0].command(&["CLUSTER", "MEET", "127.0.0.1", &port.to_string(), &bus])?;
        }
        let known = format!("cluster_known_nodes:{NODES}");
        wait("the nodes don't know each other", AGREE, || {
            wires.iter_mut().all(|wire| says(wire, &["CLUSTER", "INFO"], &known))
        })?;
        for at in MASTERS..NODES {
            wires[at].command(&["CLUSTER", "REPLICATE", &ids[at - MASTERS]])?;
        }
        wait("the cluster was not made", AGREE, || wires.iter_mut().enumerate().all(|(at, wire)| is_well(wire, at)))
    }
}

/// Every node says that all is well, and every replica has its master's data.
fn is_well(wire: &mut Wire, number: usize) -> bool {
    let linked = if number < MASTERS { "connected_slaves:1" } else { "master_link_status:up" };
    says(wire, &["CLUSTER", "INFO"], "cluster_state:ok") && says(wire, &["INFO", "replication"], linked)
}

fn says(wire: &mut Wire, command: &[&str], line: &str) -> bool {
    wire.command(command).is_ok_and(|reply| reply.text().lines().any(|said| said == line))
}

fn node(engine: &str, programs: &Path, home: &Path, lines: &[String]) -> Result<(u16, Child), String> {
    fs::create_dir(home).map_err(|e| shown(home, &e))?;
    give_away(home).map_err(|e| shown(home, &e))?;
    on_a_free_port(|port| {
        let own = ["cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 2000"];
        let bus = format!("cluster-port {}", free_port()?);
        let all: Vec<_> = own.iter().map(ToString::to_string).chain([bus]).chain(lines.iter().cloned()).collect();
        Instance { engine, programs, home }.start(port, &all).map(|child| (port, child))
    })
}

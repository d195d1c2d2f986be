//! The cluster, and what Sentinel watches.

use serde::{Deserialize, Serialize};

/// Slots of every cluster.
pub const SLOTS: u16 = 16_384;

/// The cluster as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cluster {
    /// `ok` or `fail`.
    pub state: String,
    /// Slots that some node serves.
    pub slots_assigned: u64,
    /// Slots whose node is well.
    pub slots_ok: u64,
    /// Slots whose node may have failed.
    pub slots_pfail: u64,
    /// Slots whose node has failed.
    pub slots_fail: u64,
    /// Counter of failovers and moves.
    pub epoch: u64,
    /// All members that it knows of.
    pub members: Vec<Member>,
}

impl Cluster {
    /// The ranges of slots that no node serves.
    #[must_use]
    pub fn uncovered(&self) -> Vec<(u16, u16)> {
        let mut served = vec![false; usize::from(SLOTS)];
        for (first, last) in self.members.iter().flat_map(|member| &member.slots) {
            let range = usize::from(*first)..=usize::from(*last).min(served.len() - 1);
            served.get_mut(range).into_iter().flatten().for_each(|slot| *slot = true);
        }
        let mut ranges: Vec<(u16, u16)> = Vec::new();
        for slot in (0..SLOTS).filter(|slot| !served[usize::from(*slot)]) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == slot => *last = slot,
                _ => ranges.push((slot, slot)),
            }
        }
        ranges
    }
}

/// One member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// `host:port`.
    pub address: String,
    /// Whether it is a master.
    pub master: bool,
    /// Id of its master; empty for a master.
    pub follows: String,
    /// `fail`, `fail?`, `handshake`, `noaddr`, `nofailover`, …; `master`, `slave` and `myself` are left out.
    pub flags: Vec<String>,
    /// Whether the bus link to it is up.
    pub connected: bool,
    /// Ranges of slots, both ends included.
    pub slots: Vec<(u16, u16)>,
    /// Slots that are on their way elsewhere.
    pub migrating: u64,
    /// Slots that are on their way here.
    pub importing: u64,
}

impl Member {
    /// How many slots it serves.
    #[must_use]
    pub fn slot_count(&self) -> u64 {
        self.slots.iter().map(|(first, last)| u64::from(last.saturating_sub(*first)) + 1).sum()
    }

    /// Whether the others hold it for failed, or may.
    #[must_use]
    pub fn failing(&self) -> bool {
        self.flags.iter().any(|flag| flag == "fail" || flag == "fail?")
    }
}

/// What a Sentinel says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sentinel {
    /// `host:port` of the one that was asked.
    pub address: String,
    /// The masters that it watches.
    pub masters: Vec<WatchedMaster>,
}

/// A master under a Sentinel's watch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WatchedMaster {
    /// Name of the service.
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// `master`, `s_down`, `o_down`, `failover_in_progress`, …
    pub flags: Vec<String>,
    /// Replicas that it knows of.
    pub replicas: u64,
    /// Other Sentinels that it knows of.
    pub other_sentinels: u64,
    /// Sentinels that must agree before a failover.
    pub quorum: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_member_serves_is_uncovered() {
        let member = |slots: &[(u16, u16)]| Member { slots: slots.to_vec(), ..Member::default() };
        let members = vec![member(&[(0, 99), (200, 16_382)]), member(&[(150, 160)])];
        let cluster = Cluster { members, ..Cluster::default() };
        assert_eq!(cluster.uncovered(), [(100, 149), (161, 199), (16_383, 16_383)]);
        assert_eq!(cluster.members[0].slot_count(), 100 + 16_183);
    }
}

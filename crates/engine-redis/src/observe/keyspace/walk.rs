//! Where SCAN goes: to the end of a small table, through parts of a large one, from slot to slot where each slot has a
//! table of its own.
//!
//! A cursor is the bucket's number with its bits reversed, so the place of a cursor in the order of the scan is the
//! cursor with its bits reversed, whatever the size of the table. That makes places known in advance: eight of them,
//! evenly spread, begin eight parts that are read in turns.
//!
//! In a cluster, Redis 7.4 and Valkey 8 keep a table for each slot, and SCAN goes from slot to slot, which is no random
//! order where names have hash tags. There every step begins in the slot of a random key (`RANDOMKEY` is fair over all
//! tables), at a random place: a slot is entered as often as it has keys, so that every key is equally likely.

use redis::Pipeline;

use super::super::visit::Visit;
use super::slots;
use crate::body::Deployment;

/// Parts of a large table.
pub(super) const PARTS: usize = 8;
/// Names that one SCAN asks for.
const COUNT: u32 = 500;
/// Names that one SCAN asks for in a slot.
const COUNT_IN_SLOT: u32 = 100;
/// Bits of the slot in a cursor of a server with a table for each slot.
const SLOT_BITS: u32 = 14;

/// One step of the walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    part: usize,
    cursor: u64,
}

impl Step {
    /// Adds its command to an exchange.
    pub(super) fn ask(self, walk_in_slots: bool, pipeline: &mut Pipeline) {
        let count = if walk_in_slots { COUNT_IN_SLOT } else { COUNT };
        pipeline.cmd("SCAN").arg(self.cursor).arg("COUNT").arg(count);
    }
}

/// A walk through the tables of one database.
pub(super) struct Walk {
    kind: Kind,
    everything: bool,
}

enum Kind {
    /// Parts with the cursors at which they stand; none for one that is done.
    Parts { cursors: Vec<Option<u64>>, turn: usize },
    /// Random slots; the last name that was met leads on.
    Slots { state: u64, steps: u64, most: u64, next: u64 },
}

impl Walk {
    /// A walk over `keys` keys; through all of them in one go when `everything`.
    pub(super) fn new(visit: &Visit, keys: u64, everything: bool) -> Self {
        let kind = if everything {
            Kind::Parts { cursors: vec![Some(0)], turn: 0 }
        } else if has_slot_tables(visit) {
            Kind::Slots { state: 0x9e37_79b9_7f4a_7c15, steps: 0, most: keys / u64::from(COUNT_IN_SLOT) + 1, next: 0 }
        } else {
            let cursors = (0..PARTS as u64).map(|part| Some(start_of(part))).collect();
            Kind::Parts { cursors, turn: 0 }
        };
        Self { kind, everything }
    }

    /// Whether every key is to be looked at.
    pub(super) const fn everything(&self) -> bool {
        self.everything
    }

    /// Whether the walk goes from slot to slot.
    pub(super) const fn in_slots(&self) -> bool {
        matches!(self.kind, Kind::Slots { .. })
    }

    /// The next step; none when the end was reached.
    pub(super) fn next(&mut self) -> Option<Step> {
        match &mut self.kind {
            Kind::Parts { cursors, turn } => {
                let count = cursors.len();
                let part = (0..count).map(|after| (*turn + after) % count).find(|part| cursors[*part].is_some())?;
                *turn = part + 1;
                Some(Step { part, cursor: cursors[part]? })
            }
            Kind::Slots { state, steps, most, next } => {
                *steps += 1;
                let cursor = random(state) >> SLOT_BITS << SLOT_BITS | *next;
                (*steps <= *most).then_some(Step { part: usize::try_from(*steps).unwrap_or(0) % PARTS, cursor })
            }
        }
    }

    /// Share of the table that was gone through; none when that is not known, or is all.
    pub(super) fn covered(&self) -> Option<f64> {
        let Kind::Parts { cursors, .. } = &self.kind else { return None };
        let whole = (u64::MAX / PARTS as u64) as f64;
        let of = |(part, cursor): (u64, &Option<u64>)| {
            cursor.map_or(1.0, |cursor| place_of(cursor).saturating_sub(place_of(start_of(part))) as f64 / whole)
        };
        let covered = (0..).zip(cursors).map(of).sum::<f64>() / PARTS as f64;
        (cursors.len() == PARTS).then_some(covered.min(1.0))
    }

    /// Takes in where a step led; gives the part that its names belong to.
    pub(super) fn arrive(&mut self, step: Step, cursor: u64, random_key: Option<&[u8]>) -> usize {
        match &mut self.kind {
            Kind::Parts { cursors, .. } => {
                let last = step.part + 1 == cursors.len();
                let done = cursor == 0 || !last && place_of(cursor) >= place_of(start_of(step.part as u64 + 1));
                cursors[step.part] = (!done).then_some(cursor);
            }
            Kind::Slots { next, .. } => {
                if let Some(key) = random_key {
                    *next = u64::from(slots::of(key));
                }
            }
        }
        step.part
    }
}

/// The cursor that begins a part.
const fn start_of(part: u64) -> u64 {
    (part << (u64::BITS - PARTS.trailing_zeros())).reverse_bits()
}

/// Where a cursor stands in the order of the scan.
const fn place_of(cursor: u64) -> u64 {
    cursor.reverse_bits()
}

/// Whether the server keeps a table for each slot.
fn has_slot_tables(visit: &Visit) -> bool {
    let version = visit.node.version();
    let since = if visit.flavour() == "valkey" { (8, 0, 0) } else { (7, 4, 0) };
    visit.deployment() == Deployment::Cluster && version >= since
}

/// The next of a fixed series of well-mixed numbers (`SplitMix64`).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_begin_evenly_in_the_order_of_the_scan() {
        assert_eq!((0..4).map(start_of).collect::<Vec<_>>(), [0, 4, 2, 6]);
        for part in 1..PARTS as u64 {
            assert_eq!(place_of(start_of(part)), place_of(start_of(part - 1)) + (1 << 61));
        }
    }
}

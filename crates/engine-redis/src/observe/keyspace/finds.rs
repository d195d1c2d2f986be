//! Single keys that the sample came by: the largest, the hottest, streams.

use super::strata::{Chosen, Key, Scope};

/// Keys that are kept of each kind.
const KEPT: usize = 50;
/// Streams that are kept.
const STREAMS: usize = 100;

/// A key with where it is.
#[derive(Debug, Clone)]
pub(super) struct Find {
    pub(super) node: String,
    pub(super) database: u64,
    pub(super) name: Vec<u8>,
    pub(super) shape: String,
    pub(super) key: Key,
}

/// Single keys that stand out.
#[derive(Debug, Default)]
pub(super) struct Finds {
    /// The largest first.
    pub(super) largest: Vec<Find>,
    /// The hottest first.
    pub(super) hottest: Vec<Find>,
    /// In the order of the scan.
    pub(super) streams: Vec<Find>,
}

impl Finds {
    /// Keeps a key when it stands out.
    pub(super) fn meet(&mut self, scope: &Scope, chosen: &Chosen, key: &Key) {
        let find = || Find {
            node: scope.node.clone(),
            database: scope.database,
            name: chosen.name.clone(),
            shape: chosen.shape.clone(),
            key: key.clone(),
        };
        insert(&mut self.largest, key.bytes, |find| find.key.bytes, find);
        if let Some(frequency) = key.frequency {
            insert(&mut self.hottest, frequency, |find| find.key.frequency.unwrap_or(0), find);
        }
        if key.kind == "stream" && self.streams.len() < STREAMS {
            self.streams.push(find());
        }
    }

    /// Takes in what another node gave.
    pub(super) fn merge(&mut self, other: Self) {
        for find in other.largest {
            let bytes = find.key.bytes;
            insert(&mut self.largest, bytes, |find| find.key.bytes, || find);
        }
        for find in other.hottest {
            let frequency = find.key.frequency.unwrap_or(0);
            insert(&mut self.hottest, frequency, |find| find.key.frequency.unwrap_or(0), || find);
        }
        self.streams.extend(other.streams);
        self.streams.truncate(STREAMS);
    }
}

/// Puts a key where it belongs by its figure, when it is among the greatest.
fn insert(list: &mut Vec<Find>, figure: u64, of: impl Fn(&Find) -> u64, find: impl FnOnce() -> Find) {
    let at = list.partition_point(|other| of(other) >= figure);
    if at < KEPT {
        list.insert(at, find());
        list.truncate(KEPT);
    }
}

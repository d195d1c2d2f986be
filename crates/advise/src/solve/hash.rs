//! A quick hash for short lists of indexes, of which a large matrix has hundreds of thousands. They come from our own
//! counting, never from outside, so nothing needs to withstand crafted keys.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Lists of indexes.
pub(super) type Lists = HashSet<Vec<u32>, BuildHasherDefault<Fold>>;
/// Something for each list of indexes.
pub(super) type ByList<T> = HashMap<Vec<u32>, T, BuildHasherDefault<Fold>>;

/// Multiplies and turns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

//! What was met of one database: names counted by shape, and of some keys of each shape what they are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::super::pattern;
use super::contents::length_of;
use super::walk::PARTS;

/// Keys of one shape that are looked at in any case.
const FIRST: u64 = 100;
/// Keys of one shape of which everything is asked; of further ones the size alone.
const WHOLE: u64 = 500;
/// Standard error of the mean size, as a share of it, from which on more keys need not be looked at.
const FINE: f64 = 0.005;
/// The same from which on few more are.
const FAIR: f64 = 0.01;
/// Standard errors by which the names may differ from what the server's count says.
const CHANCE: f64 = 4.0;
/// Figures of one shape that are kept for their spread.
const KEPT: usize = 4_000;
/// Names of one shape that are kept for a closer look.
const EXAMPLES: usize = 24;

/// One database of one node.
pub(super) struct Scope {
    pub(super) node: String,
    pub(super) database: u64,
    /// Keys that it holds.
    pub(super) keys: u64,
    /// Names that were read.
    pub(super) names: u64,
    /// The same by part.
    pub(super) parts: [u64; PARTS],
    /// By shape.
    pub(super) strata: HashMap<String, Stratum>,
    /// Whether `keys` was found by how many names a known share of the table holds.
    pub(super) estimated: bool,
    /// Whether every name was read.
    pub(super) complete: bool,
    seen: HashSet<u64>,
}

/// Keys of one shape.
#[derive(Default)]
pub(super) struct Stratum {
    /// Names that were read.
    pub(super) names: u64,
    /// The same by part.
    pub(super) parts: [u64; PARTS],
    /// Keys that were chosen to be looked at.
    chosen: u64,
    /// What the keys looked at are.
    pub(super) details: Option<Box<Details>>,
}

/// What the keys of one shape are.
#[derive(Default, Clone)]
pub(super) struct Details {
    /// Keys whose size is known.
    pub(super) count: u64,
    /// Keys of which everything is known.
    pub(super) whole: u64,
    pub(super) sum: f64,
    pub(super) squares: f64,
    pub(super) largest: u64,
    pub(super) types: BTreeMap<String, u64>,
    pub(super) encodings: BTreeMap<String, u64>,
    pub(super) without_ttl: u64,
    pub(super) with_ttl: u64,
    pub(super) ttl_s: Vec<f64>,
    pub(super) idle_s: Vec<f64>,
    pub(super) frequency: Vec<f64>,
    pub(super) bytes: Vec<f64>,
    /// Some strings that are no numbers.
    pub(super) strings: Vec<Vec<u8>>,
    /// Some collections that are not kept in the compact form, with the command that counts their elements.
    pub(super) loose: Vec<(&'static str, Vec<u8>)>,
}

/// What one key is.
#[derive(Debug, Clone, Default)]
pub(super) struct Key {
    pub(super) kind: String,
    pub(super) encoding: String,
    pub(super) bytes: u64,
    /// Seconds left, counted from the start of the sample; none when it never expires.
    pub(super) ttl_s: Option<f64>,
    pub(super) idle_s: Option<f64>,
    pub(super) frequency: Option<u64>,
}

/// A key that is to be looked at.
pub(super) struct Chosen {
    pub(super) name: Vec<u8>,
    pub(super) shape: String,
    /// Whether everything is asked of it; else its size alone, of which more are needed than of the rest.
    pub(super) whole: bool,
}

impl Scope {
    /// Nothing met yet.
    pub(super) fn new(node: String, database: u64, keys: u64) -> Self {
        Self {
            node,
            database,
            keys,
            names: 0,
            parts: [0; PARTS],
            strata: HashMap::new(),
            estimated: false,
            complete: false,
            seen: HashSet::new(),
        }
    }

    /// Counts a name; gives it back when the key is to be looked at.
    pub(super) fn meet(&mut self, name: Vec<u8>, part: usize, everything: bool) -> Option<Chosen> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&name);
        // A table that grows or shrinks meanwhile shows some keys twice, and a part ends a little after the next begins.
        if !self.seen.insert(hash) {
            return None;
        }
        let shape = pattern::of(&name);
        self.names += 1;
        self.parts[part] += 1;
        let stratum = self.strata.entry(shape.clone()).or_default();
        stratum.names += 1;
        stratum.parts[part] += 1;
        if !everything && !stratum.wants(hash) {
            return None;
        }
        stratum.chosen += 1;
        let whole = everything || stratum.chosen <= WHOLE;
        Some(Chosen { name, shape, whole })
    }

    /// Takes in what a key is.
    pub(super) fn learn(&mut self, chosen: &Chosen, key: &Key) {
        let Some(stratum) = self.strata.get_mut(&chosen.shape) else { return };
        stratum.details.get_or_insert_default().add(chosen, key);
    }

    /// Compares the names with how many a share of the table should have held. The server counts keys that have
    /// expired and are not yet removed, and SCAN does not show them; where they are many, its count is no measure.
    pub(super) fn settle(&mut self, covered: Option<f64>) {
        let Some(covered) = covered.filter(|covered| *covered > 0.0) else { return };
        let (expected, names) = (self.keys as f64 * covered, self.names as f64);
        if (names - expected).abs() > CHANCE * expected.sqrt() && names > 0.0 {
            self.estimated = true;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count is not negative")]
            let keys = (names / covered).round() as u64;
            self.keys = keys.max(self.names);
        }
    }

    /// Every name was read: what was met is all there is.
    pub(super) fn finish(&mut self) {
        self.complete = true;
        self.keys = self.names;
        self.seen = HashSet::new();
    }
}

impl Stratum {
    /// Whether one more key should be looked at: always at first, then by how sure its mean size is. The choice hangs
    /// on the name's hash, so that it is the same at the next run.
    fn wants(&self, hash: u64) -> bool {
        let Some(details) = self.details.as_ref().filter(|_| self.chosen >= FIRST) else { return self.chosen < FIRST };
        let one_in = match details.error_of_mean() {
            error if error > FAIR => 1,
            error if error > FINE => 4,
            _ => 64,
        };
        hash.is_multiple_of(one_in)
    }
}

impl Details {
    fn add(&mut self, chosen: &Chosen, key: &Key) {
        let bytes = key.bytes as f64;
        self.count += 1;
        self.sum += bytes;
        self.squares += bytes * bytes;
        self.largest = self.largest.max(key.bytes);
        keep(&mut self.bytes, Some(bytes));
        keep(&mut self.frequency, key.frequency.map(|count| count as f64));
        if !chosen.whole {
            return;
        }
        self.whole += 1;
        *self.types.entry(key.kind.clone()).or_default() += 1;
        *self.encodings.entry(key.encoding.clone()).or_default() += 1;
        match key.ttl_s {
            Some(seconds) => {
                self.with_ttl += 1;
                keep(&mut self.ttl_s, Some(seconds));
            }
            None => self.without_ttl += 1,
        }
        keep(&mut self.idle_s, key.idle_s);
        if key.kind == "string" && self.strings.len() < EXAMPLES && matches!(key.encoding.as_str(), "raw" | "embstr") {
            self.strings.push(chosen.name.clone());
        }
        let loose = matches!(key.encoding.as_str(), "hashtable" | "skiplist" | "quicklist");
        if let Some(command) = length_of(&key.kind).filter(|_| loose && self.loose.len() < EXAMPLES) {
            self.loose.push((command, chosen.name.clone()));
        }
    }

    /// Takes in what is known of other keys.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.whole += other.whole;
        self.sum += other.sum;
        self.squares += other.squares;
        self.largest = self.largest.max(other.largest);
        for (name, count) in &other.types {
            *self.types.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &other.encodings {
            *self.encodings.entry(name.clone()).or_default() += count;
        }
        self.without_ttl += other.without_ttl;
        self.with_ttl += other.with_ttl;
        for (own, others) in [
            (&mut self.ttl_s, &other.ttl_s),
            (&mut self.idle_s, &other.idle_s),
            (&mut self.frequency, &other.frequency),
            (&mut self.bytes, &other.bytes),
        ] {
            own.extend_from_slice(others);
        }
        self.strings.extend_from_slice(&other.strings);
        self.strings.truncate(EXAMPLES);
        self.loose.extend_from_slice(&other.loose);
        self.loose.truncate(EXAMPLES);
    }

    /// Mean bytes of a key.
    pub(super) fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// Variance of the bytes of a key; none for fewer than two keys.
    pub(super) fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let count = self.count as f64;
        Some(((self.squares - self.sum * self.sum / count) / (count - 1.0)).max(0.0))
    }

    /// Standard error of the mean, as a share of it.
    fn error_of_mean(&self) -> f64 {
        match self.variance() {
            Some(variance) if self.sum > 0.0 => (variance / self.count as f64).sqrt() / self.mean(),
            _ => f64::INFINITY,
        }
    }
}

/// Keeps a figure while there is room. The first ones do: their order is random.
fn keep(kept: &mut Vec<f64>, figure: Option<f64>) {
    if kept.len() < KEPT {
        kept.extend(figure);
    }
}

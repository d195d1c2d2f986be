//! From what was met to the whole: counts and bytes by pattern, each with the error of the sample.
//!
//! In a scope with N keys, of which n names were read and x of them have a shape, the shape has N·x/n keys. Their bytes
//! are that times the mean of those that were looked at. The error has two parts: which names were met, and how far the
//! sizes differ. Both shrink to nothing as the sample becomes the whole.

use std::collections::{BTreeMap, HashMap};

use super::super::pattern;
use super::strata::{Details, Scope, Stratum};
use crate::body::{Estimate, Expiry, Keyspace, Pattern, Spread};

/// Width of a 95 % interval in standard errors.
const Z: f64 = 1.96;
/// Share of the names from which on a pattern is compared between parts.
const LARGE: f64 = 0.02;
/// Names below which a pattern says too much of each, with `--no-values`.
const FEW: u64 = 10;
/// Seconds of a minute.
const MINUTE: f64 = 60.0;

/// Fills the patterns and sums in; `names` is what [`names`] gave.
pub(super) fn fill(keyspace: &mut Keyspace, scopes: &[Scope], names: &HashMap<String, String>) {
    keyspace.keys = scopes.iter().map(|scope| scope.keys).sum();
    keyspace.names = scopes.iter().map(|scope| scope.names).sum();
    let groups = groups(scopes, names);
    keyspace.unevenness = unevenness(scopes, &groups);
    // Where parts differ by more than chance, the sample is worth less than its size.
    let widen = keyspace.unevenness.map_or(1.0, |worst| (worst / 4.0).max(1.0));
    keyspace.patterns = groups.iter().map(|((database, name), strata)| one(*database, name, strata, widen)).collect();
    keyspace.patterns.sort_by(|a, b| b.bytes.value.total_cmp(&a.bytes.value).then_with(|| a.name.cmp(&b.name)));
    keyspace.detailed = keyspace.patterns.iter().map(|pattern| pattern.detailed).sum();
    let sized: u64 = keyspace.patterns.iter().map(|pattern| pattern.sized).sum();
    keyspace.complete = sized == keyspace.names && scopes.iter().all(|scope| scope.complete);
    let all: Vec<Part<'_>> = groups.into_values().flatten().collect();
    keyspace.bytes = bytes(&all, widen);
}

/// A shape of one scope.
#[derive(Clone, Copy)]
struct Part<'a> {
    scope: &'a Scope,
    stratum: &'a Stratum,
}

impl Part<'_> {
    /// Keys of the shape, projected.
    fn keys(&self) -> f64 {
        self.scope.keys as f64 * self.share()
    }

    /// Share of the scope's names.
    fn share(&self) -> f64 {
        self.stratum.names as f64 / self.scope.names.max(1) as f64
    }
}

type Groups<'a> = BTreeMap<(u64, String), Vec<Part<'a>>>;

/// Shapes by database and pattern.
fn groups<'a>(scopes: &'a [Scope], names: &HashMap<String, String>) -> Groups<'a> {
    let mut groups = Groups::new();
    for scope in scopes {
        for (shape, stratum) in &scope.strata {
            let name = names.get(shape).unwrap_or(shape).clone();
            groups.entry((scope.database, name)).or_default().push(Part { scope, stratum });
        }
    }
    groups
}

/// The pattern of each shape: places with too many words are joined. When it is to be `discreet`, a pattern of few
/// keys keeps its first part alone, and not that when it has few keys as well: what is left is said of many.
pub(super) fn names(scopes: &[Scope], discreet: bool) -> HashMap<String, String> {
    let mut shapes: BTreeMap<String, u64> = BTreeMap::new();
    for (shape, stratum) in scopes.iter().flat_map(|scope| &scope.strata) {
        *shapes.entry(shape.clone()).or_default() += stratum.names;
    }
    let mut names: HashMap<String, String> = pattern::merge(&shapes).into_iter().collect();
    for shorten in [pattern::first_part, |_: &str| "*".to_owned()] {
        let mut counts: HashMap<String, u64> = HashMap::new();
        for (shape, name) in &names {
            *counts.entry(name.clone()).or_default() += shapes.get(shape).copied().unwrap_or(0);
        }
        let few = |name: &String| discreet && counts.get(name).is_none_or(|count| *count < FEW);
        names.values_mut().filter(|name| few(name)).for_each(|name| *name = shorten(name));
    }
    names
}

fn one(database: u64, name: &str, parts: &[Part<'_>], widen: f64) -> Pattern {
    let mut details = Details::default();
    parts.iter().filter_map(|part| part.stratum.details.as_deref()).for_each(|more| details.absorb(more));
    Pattern {
        name: name.to_owned(),
        database,
        names: parts.iter().map(|part| part.stratum.names).sum(),
        detailed: details.whole,
        sized: details.count,
        keys: keys(parts, widen),
        bytes: bytes(parts, widen),
        largest: details.largest,
        types: details.types,
        encodings: details.encodings,
        expiry: expiry(details.without_ttl, details.with_ttl, details.ttl_s),
        idle_s: Spread::of(details.idle_s),
        frequency: Spread::of(details.frequency),
        size: Spread::of(details.bytes),
        lengths: None,
        values: None,
    }
}

fn keys(parts: &[Part<'_>], widen: f64) -> Estimate {
    let value = parts.iter().map(Part::keys).sum();
    let variance: f64 = by_scope(parts)
        .map(|(scope, parts)| {
            let share: f64 = parts.iter().map(Part::share).sum();
            // With the number of all keys known, one pattern's gain is another's loss.
            let others = if scope.estimated { 1.0 } else { (1.0 - share).max(0.0) };
            chance(scope) * share * others
        })
        .sum();
    Estimate { value, error: Z * widen * variance.sqrt() }
}

/// Bytes of shapes together: what the mean of each leaves open, and what the choice of names does.
fn bytes(parts: &[Part<'_>], widen: f64) -> Estimate {
    let mut pooled = Details::default();
    for details in parts.iter().filter_map(|part| part.stratum.details.as_deref()) {
        pooled.count += details.count;
        pooled.sum += details.sum;
        pooled.squares += details.squares;
    }
    let known = |part: &Part<'_>| part.stratum.details.as_deref().map_or_else(|| pooled.mean(), Details::mean);
    let value = parts.iter().map(|part| part.keys() * known(part)).sum();
    let spread = pooled.variance().unwrap_or(0.0);
    let within: f64 = parts
        .iter()
        .map(|part| {
            let (count, own) = part.stratum.details.as_deref().map_or((1.0, None), |d| (d.count as f64, d.variance()));
            let left = (1.0 - count / part.keys().max(count)).max(0.0);
            part.keys().powi(2) * own.unwrap_or(spread) / count * left
        })
        .sum();
    let between: f64 = by_scope(parts)
        .map(|(scope, parts)| {
            let mean: f64 = parts.iter().map(|part| part.share() * known(part)).sum();
            let squares: f64 = parts.iter().map(|part| part.share() * known(part).powi(2)).sum();
            let known = if scope.estimated { 0.0 } else { mean * mean };
            chance(scope) * (squares - known).max(0.0)
        })
        .sum();
    Estimate { value, error: Z * (within + widen * widen * between).sqrt() }
}

/// N²/n·(1−n/N): what one unit of variance among names makes of the projected sum.
fn chance(scope: &Scope) -> f64 {
    let (all, read) = (scope.keys as f64, scope.names.max(1) as f64);
    all * all / read * (1.0 - read / all.max(read))
}

/// Shapes by their scope.
fn by_scope<'a>(parts: &'a [Part<'a>]) -> impl Iterator<Item = (&'a Scope, Vec<Part<'a>>)> {
    let mut groups: BTreeMap<(&str, u64), Vec<Part<'a>>> = BTreeMap::new();
    for part in parts {
        groups.entry((part.scope.node.as_str(), part.scope.database)).or_default().push(*part);
    }
    groups.into_values().filter_map(|parts| Some((parts.first()?.scope, parts)))
}

/// How far the parts of a keyspace differ: for each large pattern and part the distance of the pattern's share there
/// from its share in all, in standard errors of the part; the greatest.
fn unevenness(scopes: &[Scope], groups: &Groups<'_>) -> Option<f64> {
    let mut worst: Option<f64> = None;
    for (scope, parts) in groups.values().flat_map(|parts| by_scope(parts)) {
        let share: f64 = parts.iter().map(Part::share).sum();
        if scope.complete || !(LARGE..=1.0 - LARGE).contains(&share) {
            continue;
        }
        for (at, all) in scope.parts.iter().enumerate().filter(|(_, all)| **all > 100) {
            let here: u64 = parts.iter().map(|part| part.stratum.parts[at]).sum();
            let (here, all) = (here as f64, *all as f64);
            let distance = (here / all - share).abs() / (share * (1.0 - share) / all).sqrt();
            worst = Some(worst.unwrap_or(0.0).max(distance));
        }
    }
    if scopes.iter().all(|scope| scope.complete) { None } else { worst }
}

fn expiry(without: u64, with: u64, left_s: Vec<f64>) -> Expiry {
    let mut minutes: BTreeMap<u64, u64> = BTreeMap::new();
    for seconds in &left_s {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times left are not negative")]
        let minute = (seconds / MINUTE) as u64;
        *minutes.entry(minute).or_default() += 1;
    }
    let fullest = minutes.into_iter().max_by_key(|(minute, count)| (*count, std::cmp::Reverse(*minute)));
    let (minute, count) = fullest.unwrap_or_default();
    Expiry {
        without,
        with,
        same_minute: if left_s.is_empty() { 0.0 } else { count as f64 / left_s.len() as f64 },
        minute_starts_s: minute as f64 * MINUTE,
        left_s: Spread::of(left_s),
    }
}

/// Replaces the names of single keys by their patterns.
pub(super) fn hide_names(keyspace: &mut Keyspace) {
    keyspace.largest.iter_mut().for_each(|one| one.key.clone_from(&one.pattern));
    keyspace.hottest.iter_mut().for_each(|one| one.key.clone_from(&one.pattern));
    keyspace.streams.iter_mut().for_each(|one| one.key.clone_from(&one.pattern));
}

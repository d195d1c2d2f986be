//! Keys in every useful order: equalities first, then one range, or an order, or a group; and the same behind and before the
//! columns of a join.

use std::collections::HashMap;

use crate::index::{Key, KeyPart};
use crate::usage::{Condition, Operator, TableUse};

/// Most keys of a candidate.
const LONGEST: usize = 5;

/// Most equalities that are tried one by one.
const SINGLES: usize = 6;

/// Share that a condition keeps when nobody knows.
const UNKNOWN_EQUAL: f64 = 0.01;
const UNKNOWN_RANGE: f64 = 0.33;

/// A key part with the share of the rows that its condition keeps.
#[derive(Debug, Clone)]
struct Bound {
    part: KeyPart,
    share: f64,
}

/// Lists of keys with what they promise, 0 to 1 and more: the share of the table that need not be read.
pub(super) fn lists(table: &TableUse) -> Vec<(Vec<Key>, f64)> {
    let mut collector = Collector { table, found: Vec::new(), places: HashMap::new() };
    let bounds = Bounds::of(table);
    collector.filters(&bounds);
    collector.joins(&bounds);
    collector.orders(&bounds);
    collector.groups(&bounds);
    collector.alternatives(&bounds);
    collector.found
}

struct Bounds {
    /// `=` constant, the most selective first.
    equal: Vec<Bound>,
    /// `IN`, likewise.
    lists: Vec<Bound>,
    /// Ranges and prefixes, one for each part, likewise.
    ranges: Vec<Bound>,
}

impl Bounds {
    fn of(table: &TableUse) -> Self {
        let alone = || table.conditions.iter().filter(|condition| condition.alternative.is_none());
        Self::from(table, alone)
    }

    fn from<'c, I: Iterator<Item = &'c Condition>>(table: &TableUse, conditions: impl Fn() -> I) -> Self {
        let of = |operators: &[Operator], default: f64| {
            let mut bounds: Vec<Bound> = Vec::new();
            for condition in conditions().filter(|c| operators.contains(&c.operator) && ordered(table, &c.part)) {
                let share = condition.selectivity.unwrap_or(default);
                match bounds.iter_mut().find(|bound| bound.part == condition.part) {
                    // Both ends of a stretch.
                    Some(bound) if default == UNKNOWN_RANGE => {
                        bound.share = (bound.share + share - 1.0).max(bound.share * share * 0.1);
                    }
                    Some(bound) => bound.share *= share,
                    None => bounds.push(Bound { part: condition.part.clone(), share }),
                }
            }
            bounds.sort_by(|a, b| a.share.total_cmp(&b.share));
            bounds
        };
        let equal = of(&[Operator::Equal], UNKNOWN_EQUAL);
        let rest = |bounds: Vec<Bound>, taken: &[Bound]| -> Vec<Bound> {
            bounds.into_iter().filter(|bound| !taken.iter().any(|known| known.part == bound.part)).collect()
        };
        let lists = rest(of(&[Operator::In], UNKNOWN_EQUAL), &equal);
        let ranges = rest(rest(of(&[Operator::Range, Operator::Prefix], UNKNOWN_RANGE), &equal), &lists);
        Self { equal, lists, ranges }
    }
}

/// Whether an ordered index can have this as a key.
fn ordered(table: &TableUse, part: &KeyPart) -> bool {
    part.column().is_none_or(|name| table.column(name).is_none_or(|column| column.ordered))
}

struct Collector<'t> {
    table: &'t TableUse,
    found: Vec<(Vec<Key>, f64)>,
    places: HashMap<Vec<Key>, usize>,
}

impl Collector<'_> {
    /// Keeps a list of keys without repetitions, cut where it gets too long.
    fn keep(&mut self, keys: impl IntoIterator<Item = Key>, worth: f64) {
        let mut list: Vec<Key> = Vec::new();
        for key in keys {
            if list.len() < LONGEST
                && ordered(self.table, &key.part)
                && !list.iter().any(|known| known.part == key.part)
            {
                list.push(key);
            }
        }
        if list.is_empty() {
            return;
        }
        let at = *self.places.entry(list.clone()).or_insert(self.found.len());
        match self.found.get_mut(at) {
            Some((_, known)) => *known = known.max(worth),
            None => self.found.push((list, worth)),
        }
    }

    fn keep_bounds(&mut self, bounds: &[&Bound], worth: f64) {
        self.keep(bounds.iter().map(|bound| Key::of(bound.part.clone())), worth);
    }

    fn filters(&mut self, bounds: &Bounds) {
        let equal: Vec<&Bound> = bounds.equal.iter().chain(&bounds.lists).collect();
        let share = product(&equal);
        self.keep_bounds(&equal, 1.0 - share);
        for (at, one) in equal.iter().enumerate().take(SINGLES) {
            self.keep_bounds(&[*one], 1.0 - one.share);
            // Each of them first: another statement may have this one only.
            let mut turned = vec![*one];
            turned.extend(equal.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, bound)| *bound));
            self.keep_bounds(&turned, 1.0 - share);
        }
        for range in &bounds.ranges {
            self.keep_bounds(&[range], 1.0 - range.share);
            let mut behind = equal.clone();
            behind.truncate(LONGEST - 1);
            behind.push(range);
            self.keep_bounds(&behind, 1.0 - share * range.share);
        }
        if let [first, second, ..] = bounds.ranges.as_slice() {
            // The second one does not shorten the stretch, but it spares rows.
            let mut both = equal;
            both.truncate(LONGEST - 2);
            both.extend([first, second]);
            self.keep_bounds(&both, (1.0 - share * first.share * (0.5 + 0.5 * second.share)).max(0.0));
        }
    }

    /// Columns of joins: those with each partner, and with two partners, alone and together with conditions.
    fn joins(&mut self, bounds: &Bounds) {
        let sets = self.join_sets();
        let equal: Vec<Key> =
            bounds.equal.iter().chain(&bounds.lists).map(|bound| Key::of(bound.part.clone())).collect();
        let shares = product(&bounds.equal.iter().chain(&bounds.lists).collect::<Vec<_>>());
        let range = bounds.ranges.first();
        for set in &sets {
            let worth = self.join_worth(set);
            let keys: Vec<Key> = set.iter().cloned().map(Key::of).collect();
            self.keep(keys.clone(), worth);
            for one in &keys {
                self.keep([one.clone()], worth * 0.95);
            }
            if keys.len() > 1 {
                self.keep(keys.iter().rev().cloned(), worth * 0.95);
            }
            if !equal.is_empty() {
                let more = worth.max(1.0 - shares) + 0.05;
                self.keep(keys.iter().chain(&equal).cloned(), more);
                self.keep(equal.iter().chain(&keys).cloned(), more);
            }
            if let Some(range) = range {
                let range_key = Key::of(range.part.clone());
                self.keep(keys.iter().chain([&range_key]).cloned(), worth + 0.02);
                self.keep(equal.iter().chain(&keys).chain([&range_key]).cloned(), worth + 0.03);
                self.keep([&range_key].into_iter().chain(&keys).cloned(), (1.0 - range.share).min(worth));
            }
        }
        self.pairs(&sets, &equal);
        self.comparisons(&sets, &equal);
    }

    /// Parts that are joined with each partner; those of an equal set once.
    fn join_sets(&self) -> Vec<Vec<KeyPart>> {
        let mut sets: Vec<(&str, Vec<KeyPart>)> = Vec::new();
        for join in self.table.joins.iter().filter(|join| ordered(self.table, &join.part)) {
            match sets.iter_mut().find(|(other, _)| *other == join.other) {
                Some((_, parts)) if parts.contains(&join.part) => {}
                Some((_, parts)) => parts.push(join.part.clone()),
                None => sets.push((&join.other, vec![join.part.clone()])),
            }
        }
        let mut unique: Vec<Vec<KeyPart>> = Vec::new();
        for (_, mut parts) in sets {
            parts.sort_by(|a, b| self.distinct(b).total_cmp(&self.distinct(a)).then_with(|| a.cmp(b)));
            if !unique.contains(&parts) {
                unique.push(parts);
            }
        }
        unique
    }

    /// Columns joined with two partners, in both orders: a nested loop that has met both.
    fn pairs(&mut self, sets: &[Vec<KeyPart>], equal: &[Key]) {
        for (at, first) in sets.iter().enumerate() {
            for second in sets.iter().skip(at + 1) {
                let worth = self.join_worth(first).max(self.join_worth(second)) * 0.9;
                for (a, b) in [(first, second), (second, first)] {
                    let both: Vec<Key> = a.iter().chain(b).cloned().map(Key::of).collect();
                    self.keep(both.clone(), worth);
                    if !equal.is_empty() {
                        self.keep(equal.iter().cloned().chain(both), worth);
                    }
                }
            }
        }
    }

    /// Ranges against another reference, behind what is equal.
    fn comparisons(&mut self, sets: &[Vec<KeyPart>], equal: &[Key]) {
        let nested =
            self.table.nested.iter().filter(|condition| matches!(condition.operator, Operator::Range | Operator::In));
        let keys: Vec<Key> = nested.map(|condition| Key::of(condition.part.clone())).collect();
        for key in keys {
            self.keep([key.clone()], 0.5);
            self.keep(equal.iter().cloned().chain([key.clone()]), 0.6);
            for set in sets {
                self.keep(set.iter().cloned().map(Key::of).chain([key.clone()]), self.join_worth(set));
            }
        }
    }

    fn orders(&mut self, bounds: &Bounds) {
        let equal: Vec<Key> = bounds.equal.iter().map(|bound| Key::of(bound.part.clone())).collect();
        let share = product(&bounds.equal.iter().collect::<Vec<_>>());
        let worth = if self.table.limited { 0.97 } else { 0.3 };
        let sets = self.join_sets();
        for order in self.table.orders.clone() {
            // What is equal to a constant needs no place in the order.
            let rest: Vec<Key> =
                order.iter().filter(|key| !equal.iter().any(|known| known.part == key.part)).cloned().collect();
            let rest = upwards(rest);
            self.keep(upwards(order), worth * 0.9);
            if rest.is_empty() {
                continue;
            }
            self.keep(equal.iter().chain(&rest).cloned(), worth.max(1.0 - share));
            if self.table.limited {
                let filters = bounds
                    .equal
                    .iter()
                    .chain(&bounds.lists)
                    .chain(&bounds.ranges)
                    .map(|bound| Key::of(bound.part.clone()));
                self.keep(rest.iter().cloned().chain(filters), worth * 0.9);
            }
            for set in &sets {
                let keys: Vec<Key> = set.iter().cloned().map(Key::of).collect();
                let joined = if self.table.limited { self.join_worth(set) + 0.02 } else { 0.3 };
                self.keep(equal.iter().chain(&keys).chain(&rest).cloned(), joined);
            }
        }
    }

    fn groups(&mut self, bounds: &Bounds) {
        let equal: Vec<Key> = bounds.equal.iter().map(|bound| Key::of(bound.part.clone())).collect();
        for group in self.table.groups.clone() {
            let same = |order: &&Vec<Key>| {
                order.len() >= group.len() && order.iter().take(group.len()).all(|key| group.contains(&key.part))
            };
            if self.table.orders.iter().any(|order| same(&order)) {
                // An order of the same keys is there already.
                continue;
            }
            let mut parts: Vec<KeyPart> =
                group.into_iter().filter(|part| !equal.iter().any(|key| key.part == *part)).collect();
            parts.sort_by(|a, b| self.distinct(a).total_cmp(&self.distinct(b)).then_with(|| a.cmp(b)));
            let keys: Vec<Key> = parts.into_iter().map(Key::of).collect();
            self.keep(keys.clone(), 0.2);
            self.keep(equal.iter().chain(&keys).cloned(), 0.3);
        }
    }

    /// One index for each alternative of an `OR`, unless one of them has nothing that an index serves.
    fn alternatives(&mut self, bounds: &Bounds) {
        let mut groups: Vec<u32> = self.table.conditions.iter().filter_map(|condition| condition.alternative).collect();
        groups.dedup();
        for group in groups {
            let members: Vec<&Condition> =
                self.table.conditions.iter().filter(|c| c.alternative == Some(group)).collect();
            let mut arms: Vec<u32> = members.iter().map(|condition| condition.arm).collect();
            arms.dedup();
            let lists: Vec<Bounds> = arms
                .iter()
                .map(|arm| {
                    Bounds::from(self.table, || members.iter().copied().filter(|condition| condition.arm == *arm))
                })
                .collect();
            let empty = |arm: &Bounds| arm.equal.is_empty() && arm.lists.is_empty() && arm.ranges.is_empty();
            if lists.iter().any(empty) {
                continue;
            }
            for arm in &lists {
                let own: Vec<&Bound> = arm.equal.iter().chain(&arm.lists).chain(arm.ranges.first()).collect();
                let worth = 0.9 - product(&own);
                self.keep_bounds(&own, worth);
                if !bounds.equal.is_empty() {
                    self.keep_bounds(&bounds.equal.iter().chain(own.iter().copied()).collect::<Vec<_>>(), worth);
                    self.keep_bounds(&own.iter().copied().chain(&bounds.equal).collect::<Vec<_>>(), worth);
                }
            }
        }
    }

    /// Distinct values of a part; many when nobody knows.
    fn distinct(&self, part: &KeyPart) -> f64 {
        let known = part.column().and_then(|name| self.table.column(name)?.distinct);
        known.unwrap_or_else(|| self.table.rows.max(1.0).sqrt())
    }

    fn join_worth(&self, parts: &[KeyPart]) -> f64 {
        let distinct: f64 = parts.iter().map(|part| self.distinct(part).max(1.0)).product();
        0.9 - 0.9 / distinct.max(1.0)
    }
}

fn product(bounds: &[&Bound]) -> f64 {
    bounds.iter().map(|bound| bound.share).product()
}

/// The same order read from the other end, when that has its first key upwards: one index serves both.
pub(super) fn upwards(order: Vec<Key>) -> Vec<Key> {
    if !order.first().is_some_and(|key| key.descending) {
        return order;
    }
    let turn = |key: Key| {
        let nulls_first = !key.nulls_first.unwrap_or(key.descending);
        let descending = !key.descending;
        Key { descending, nulls_first: (nulls_first != descending).then_some(nulls_first), ..key }
    };
    order.into_iter().map(turn).collect()
}

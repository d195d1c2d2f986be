//! The matrix in the form that is worked on: flat arrays, only what can still matter, and smaller problems made from it.
//!
//! Each query has *slots*, one for each index that one of its options needs; an option is a cost and some slots. The
//! multipliers of the relaxation live on slots.

use std::hash::BuildHasherDefault;

use super::hash::Lists;

/// Lists of numbers, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Rows {
    /// Groups positions by a key below `keys`.
    pub(super) fn grouped(keys: usize, of: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        for (key, _) in of.clone() {
            starts[key as usize + 1] += 1;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[keys] as usize];
        for (key, item) in of {
            items[next[key as usize] as usize] = item;
            next[key as usize] += 1;
        }
        Self { starts, items }
    }

    fn push(&mut self, items: impl Iterator<Item = u32>) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.items.extend(items);
        self.starts.push(position(self.items.len()));
    }

    /// One list.
    pub(super) fn row(&self, key: usize) -> &[u32] {
        &self.items[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}

/// A position as it is stored: the arrays stay below 2^32 entries.
pub(super) fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What is fixed about an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Still to be decided.
    Free,
    /// Chosen.
    In,
    /// Not chosen.
    Out,
}

/// An option of a query while a problem is built: cost and indexes, ascending.
pub(super) type Offer = (f64, Vec<u32>);

/// A problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Problem {
    /// Position in the matrix of each index.
    pub(super) ids: Vec<u32>,
    /// Bytes of each index.
    pub(super) bytes: Vec<u64>,
    /// Upkeep of each index.
    pub(super) upkeep: Vec<f64>,
    /// Cost of each query when none of its options is usable; finite.
    pub(super) base: Vec<f64>,
    /// First option of each query, and the end.
    pub(super) options: Vec<u32>,
    /// Cost of each option, ascending within a query and below its base.
    pub(super) cost: Vec<f64>,
    /// Query of each option.
    pub(super) query: Vec<u32>,
    /// Slots of each option.
    pub(super) parts: Rows,
    /// First slot of each query, and the end.
    pub(super) slots: Vec<u32>,
    /// Index of each slot.
    pub(super) index: Vec<u32>,
    /// Slots of each index.
    pub(super) of_index: Rows,
    /// Options of each slot.
    pub(super) of_slot: Rows,
    /// Pairs that exclude each other.
    pub(super) pairs: Vec<(u32, u32)>,
    /// Pairs of each index, as positions in `pairs`.
    pub(super) of_pair: Rows,
    /// Most bytes.
    pub(super) budget: u128,
    /// Most indexes.
    pub(super) count: usize,
    /// Cost that is the same for every choice.
    pub(super) constant: f64,
    /// Positions in the matrix of what every choice has beside `ids`.
    pub(super) taken: Vec<u32>,
}

impl Problem {
    /// A problem over indexes, without queries yet.
    pub(super) fn over(ids: Vec<u32>, bytes: Vec<u64>, upkeep: Vec<f64>, pairs: Vec<(u32, u32)>) -> Self {
        Self { ids, bytes, upkeep, pairs, options: vec![0], slots: vec![0], ..Self::default() }
    }

    /// Adds a query; its offers must be sorted by cost. Those that are not below the base are left out. `slot_of` is
    /// scratch: one entry for each index, kept at `u32::MAX`.
    pub(super) fn push(&mut self, base: f64, offers: &[Offer], slot_of: &mut [u32]) {
        let useful = offers.partition_point(|(cost, _)| *cost < base);
        if useful == 0 {
            self.constant += base;
            return;
        }
        let (first, query) = (self.index.len(), position(self.base.len()));
        for (cost, needs) in &offers[..useful] {
            for &index in needs {
                if slot_of[index as usize] == u32::MAX {
                    slot_of[index as usize] = position(self.index.len());
                    self.index.push(index);
                }
            }
            self.cost.push(*cost);
            self.query.push(query);
            self.parts.push(needs.iter().map(|&index| slot_of[index as usize]));
        }
        for &index in &self.index[first..] {
            slot_of[index as usize] = u32::MAX;
        }
        self.base.push(base);
        self.options.push(position(self.cost.len()));
        self.slots.push(position(self.index.len()));
    }

    /// Makes the lists that go the other way, once all queries are in.
    pub(super) fn finish(mut self) -> Self {
        let number = |at: usize| position(at);
        let by_index = self.index.iter().enumerate().map(|(slot, &index)| (index, number(slot)));
        self.of_index = Rows::grouped(self.ids.len(), by_index);
        let parts = &self.parts;
        let by_slot = (0..self.cost.len()).flat_map(|o| parts.row(o).iter().map(move |&slot| (slot, position(o))));
        self.of_slot = Rows::grouped(self.index.len(), by_slot);
        let by_pair = self.pairs.iter().enumerate().flat_map(|(at, &(a, b))| [(a, number(at)), (b, number(at))]);
        self.of_pair = Rows::grouped(self.ids.len(), by_pair);
        self
    }

    /// Bytes of some indexes.
    pub(super) fn bytes_of(&self, indexes: &[u32]) -> u128 {
        indexes.iter().map(|&i| u128::from(self.bytes[i as usize])).sum()
    }

    /// Options of a query.
    pub(super) fn options_of(&self, query: usize) -> std::ops::Range<usize> {
        self.options[query] as usize..self.options[query + 1] as usize
    }

    /// Slots of a query.
    pub(super) fn slots_of(&self, query: usize) -> std::ops::Range<usize> {
        self.slots[query] as usize..self.slots[query + 1] as usize
    }

    /// Indexes of an option.
    pub(super) fn needs(&self, option: usize) -> impl Iterator<Item = u32> {
        self.parts.row(option).iter().map(|&slot| self.index[slot as usize])
    }

    /// What is left once some indexes are decided, and for each of its slots the slot here; none when what is chosen
    /// breaks a limit.
    pub(super) fn shrink(&self, fates: &[Fate]) -> Option<(Self, Vec<u32>)> {
        let mut fates = fates.to_vec();
        let chosen: Vec<usize> = (0..fates.len()).filter(|&i| fates[i] == Fate::In).collect();
        let used: u128 = chosen.iter().map(|&i| u128::from(self.bytes[i])).sum();
        let (budget, count) = (self.budget.checked_sub(used)?, self.count.checked_sub(chosen.len())?);
        for &(a, b) in &self.pairs {
            match (fates[a as usize], fates[b as usize]) {
                (Fate::In, Fate::In) => return None,
                (Fate::In, _) => fates[b as usize] = Fate::Out,
                (_, Fate::In) => fates[a as usize] = Fate::Out,
                _ => {}
            }
        }
        for (fate, &bytes) in fates.iter_mut().zip(&self.bytes) {
            if *fate == Fate::Free && (u128::from(bytes) > budget || count == 0) {
                *fate = Fate::Out;
            }
        }
        Some(self.rebuilt(&self.live(fates), budget, count))
    }

    /// The fates, with what no usable option needs any more left out.
    fn live(&self, mut fates: Vec<Fate>) -> Vec<Fate> {
        let mut needed = vec![false; fates.len()];
        for query in 0..self.base.len() {
            let base = self.settled(query, &fates);
            for option in self.options_of(query).take_while(|&o| self.cost[o] < base) {
                if self.needs(option).all(|i| fates[i as usize] != Fate::Out) {
                    self.needs(option).for_each(|i| needed[i as usize] = true);
                }
            }
        }
        for (at, fate) in fates.iter_mut().enumerate() {
            if *fate == Fate::Free && !needed[at] && self.upkeep[at] >= 0.0 {
                *fate = Fate::Out;
            }
        }
        fates
    }

    /// Cost of a query with what is chosen for good.
    fn settled(&self, query: usize, fates: &[Fate]) -> f64 {
        let whole = |&o: &usize| self.needs(o).all(|i| fates[i as usize] == Fate::In);
        self.options_of(query).find(whole).map_or(self.base[query], |o| self.cost[o])
    }

    fn rebuilt(&self, fates: &[Fate], budget: u128, count: usize) -> (Self, Vec<u32>) {
        let free: Vec<usize> = (0..fates.len()).filter(|&i| fates[i] == Fate::Free).collect();
        let mut new_of = vec![u32::MAX; fates.len()];
        free.iter().enumerate().for_each(|(new, &old)| new_of[old] = position(new));
        let pairs = self.pairs.iter().map(|&(a, b)| (new_of[a as usize], new_of[b as usize]));
        let pairs = pairs.filter(|&(a, b)| a != u32::MAX && b != u32::MAX).collect();
        let pick = |from: &[u64]| free.iter().map(|&i| from[i]).collect::<Vec<_>>();
        let ids = free.iter().map(|&i| self.ids[i]).collect();
        let upkeep = free.iter().map(|&i| self.upkeep[i]).collect();
        let mut made = Self::over(ids, pick(&self.bytes), upkeep, pairs);
        let chosen = (0..fates.len()).filter(|&i| fates[i] == Fate::In);
        made.constant = self.constant + chosen.clone().map(|i| self.upkeep[i]).sum::<f64>();
        made.taken = self.taken.iter().copied().chain(chosen.map(|i| self.ids[i])).collect();
        (made.budget, made.count) = (budget, count);
        let slots = self.refill(&mut made, fates, &new_of);
        (made.finish(), slots)
    }

    /// Puts what is left of the queries into `made`; the slot here of each slot there.
    fn refill(&self, made: &mut Self, fates: &[Fate], new_of: &[u32]) -> Vec<u32> {
        let mut slot_of = vec![u32::MAX; made.ids.len()];
        let mut origin = Vec::new();
        let mut old_slot = vec![u32::MAX; made.ids.len()];
        for query in 0..self.base.len() {
            let base = self.settled(query, fates);
            let mut offers: Vec<Offer> = Vec::new();
            for option in self.options_of(query).take_while(|&o| self.cost[o] < base) {
                if self.needs(option).any(|i| fates[i as usize] == Fate::Out) {
                    continue;
                }
                let needs = self.needs(option).map(|i| new_of[i as usize]).filter(|&i| i != u32::MAX).collect();
                offers.push((self.cost[option], needs));
            }
            if self.options_of(query).any(|o| self.parts.row(o).len() > 1) {
                without_copies(&mut offers);
            }
            for slot in self.slots_of(query) {
                let new = new_of[self.index[slot] as usize];
                if new != u32::MAX {
                    old_slot[new as usize] = position(slot);
                }
            }
            let first = made.index.len();
            made.push(base, &offers, &mut slot_of);
            origin.extend(made.index[first..].iter().map(|&i| old_slot[i as usize]));
        }
        origin
    }
}

/// Leaves out the offers that need all that a cheaper one needs, and more. Sorted by cost before and after.
pub(super) fn without_copies(offers: &mut Vec<Offer>) {
    let mut kept = Lists::with_capacity_and_hasher(offers.len(), BuildHasherDefault::default());
    let longest = offers.iter().map(|(_, needs)| needs.len()).max().unwrap_or(0);
    let mut subset = Vec::new();
    offers.retain(|(_, needs)| {
        if longest > 6 && needs.len() > 6 {
            let worse = kept.iter().any(|other| other.iter().all(|index| needs.contains(index)));
            return !worse && kept.insert(needs.clone());
        }
        for chosen in 1_u32..1 << needs.len() {
            subset.clear();
            subset.extend(needs.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, &index)| index));
            if kept.contains(&subset) {
                return false;
            }
        }
        kept.insert(needs.clone())
    });
}

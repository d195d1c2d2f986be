//! A set of small numbers as bits: candidates by their position in one query's list.

use std::iter::successors;

/// How far the words of a set are turned against each other in its sign; no divisor of the bits of a word.
const SPREAD: u32 = 23;

/// A set of positions.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Set(Vec<u64>);

impl Set {
    /// Adds a position.
    pub(crate) fn insert(&mut self, position: usize) {
        let word = position / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (position % 64);
    }

    /// Whether all of it is in another.
    pub(crate) fn within(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(i, word)| word & !other.0.get(i).copied().unwrap_or(0) == 0)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many positions are in it.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The positions, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(i, word): (usize, &u64)| {
            let rest = |rest: &u64| Some(rest & (rest - 1)).filter(|rest| *rest != 0);
            let first = Some(*word).filter(|word| *word != 0);
            successors(first, rest).map(move |rest| i * 64 + rest.trailing_zeros() as usize)
        };
        self.0.iter().enumerate().flat_map(bits)
    }

    /// A few bits that are all in the sign of each set that it is within: what a look at them rules out needs no other.
    pub(crate) fn sign(&self) -> u64 {
        self.0.iter().zip(0..).fold(0, |sign, (word, i)| sign | word.rotate_left(i * SPREAD))
    }

    /// It with one position in the place of another.
    pub(crate) fn exchanged(&self, position: usize, by: usize) -> Self {
        let mut set = self.clone();
        if let Some(word) = set.0.get_mut(position / 64) {
            *word &= !(1 << (position % 64));
        }
        set.insert(by);
        set.trimmed()
    }

    /// It without some positions.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let words = self.0.iter().enumerate();
        Self(words.map(|(i, word)| word & !other.0.get(i).copied().unwrap_or(0)).collect()).trimmed()
    }

    /// It and another.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let (long, short) = if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        let mut words = long.0.clone();
        for (word, more) in words.iter_mut().zip(&short.0) {
            *word |= more;
        }
        Self(words)
    }

    /// Equal sets have equal words only without trailing zeros.
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

impl FromIterator<usize> for Set {
    fn from_iter<I: IntoIterator<Item = usize>>(positions: I) -> Self {
        let mut set = Self::default();
        for position in positions {
            set.insert(position);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_different_length_compare_by_what_is_in_them() {
        let few: Set = [1, 3].into_iter().collect();
        let many: Set = [1, 3, 200].into_iter().collect();
        assert!(few.within(&many) && !many.within(&few));
        let last: Set = [200].into_iter().collect();
        assert_eq!(many.without(&last), few);
        assert_eq!(few.union(&last), many);
        assert_eq!(many.iter().collect::<Vec<_>>(), [1, 3, 200]);
        assert_eq!((many.len(), few.is_empty(), Set::default().is_empty()), (3, false, true));
        assert_eq!(many.exchanged(200, 2), [1, 2, 3].into_iter().collect());
        assert_eq!(few.exchanged(1, 300).iter().collect::<Vec<_>>(), [3, 300]);
        assert_eq!(few.sign() & !many.sign(), 0);
        assert_ne!(last.sign() & !few.sign(), 0);
    }
}

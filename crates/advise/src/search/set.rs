//! A set of small numbers as bits: candidates by their position in one query's list.

/// A set of positions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
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
        self.0.iter().enumerate().flat_map(|(i, word)| {
            let word = *word;
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| i * 64 + bit)
        })
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
    }
}

//! How long things lasted that are only looked at now and then.

use std::collections::HashMap;
use std::hash::Hash;

use super::report::Waits;

/// Changes of a queue's length that are kept, at most.
const LENGTHS: usize = 20_000;

/// How long something lasted, all its times together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    /// The longest time in one go, in ms.
    pub longest: f64,
    /// All times, in ms.
    pub total: f64,
    /// How often.
    pub times: u32,
}

impl Sum {
    fn add(&mut self, ms: f64) {
        self.longest = self.longest.max(ms);
        self.total += ms;
        self.times += 1;
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let longest = self.longest.max(other.longest);
        Self { longest, total: self.total + other.total, times: self.times + other.times }
    }
}

/// What is there now, since when, and what was there before.
#[derive(Debug)]
pub struct Spans<K> {
    open: HashMap<K, f64>,
    closed: HashMap<K, Sum>,
}

impl<K> Default for Spans<K> {
    fn default() -> Self {
        Self { open: HashMap::new(), closed: HashMap::new() }
    }
}

impl<K: Eq + Hash + Copy> Spans<K> {
    /// A look: `seen` is there. What was not there at the look before came after that look was begun (`before`), and what is
    /// gone went before this look was ended (`now`).
    pub fn look(&mut self, before: f64, now: f64, seen: impl IntoIterator<Item = K>) {
        let open: HashMap<K, f64> =
            seen.into_iter().map(|key| (key, self.open.get(&key).copied().unwrap_or(before))).collect();
        for (key, since) in std::mem::replace(&mut self.open, open) {
            if !self.open.contains_key(&key) {
                self.closed.entry(key).or_default().add(now - since);
            }
        }
    }

    /// Time begins anew `by` ms later.
    pub fn shift(&mut self, by: f64) {
        self.open.values_mut().for_each(|since| *since -= by);
    }

    /// Everything so far, what is still there included; that counts from `now` on again.
    pub fn cut(&mut self, now: f64) -> HashMap<K, Sum> {
        for (key, since) in &mut self.open {
            self.closed.entry(*key).or_default().add(now - *since);
            *since = now;
        }
        std::mem::take(&mut self.closed)
    }
}

/// Sessions that wait, and how many at each time.
#[derive(Debug)]
pub struct Queue<K> {
    spans: Spans<K>,
    lengths: Vec<(f64, usize)>,
}

impl<K> Default for Queue<K> {
    fn default() -> Self {
        Self { spans: Spans::default(), lengths: Vec::new() }
    }
}

impl<K: Eq + Hash + Copy> Queue<K> {
    /// A look, as [`Spans::look`]: these wait, each once.
    pub fn look(&mut self, before: f64, now: f64, waiting: impl IntoIterator<Item = K, IntoIter: ExactSizeIterator>) {
        let waiting = waiting.into_iter();
        let length = waiting.len();
        if self.length() != length && self.lengths.len() < LENGTHS {
            self.lengths.push((now, length));
        }
        self.spans.look(before, now, waiting);
    }

    fn length(&self) -> usize {
        self.lengths.last().map_or(0, |(_, length)| *length)
    }

    /// Everything so far; time begins anew `now` ms later, with those who still wait.
    pub fn cut(&mut self, now: f64) -> Waits {
        let all = self.spans.cut(now).into_values().fold(Sum::default(), Sum::with);
        self.spans.shift(now);
        let still = (self.length() > 0).then(|| (0.0, self.length()));
        let queue = std::mem::replace(&mut self.lengths, still.into_iter().collect());
        let most = queue.iter().map(|(_, length)| *length).max().unwrap_or(0);
        Waits { longest_ms: all.longest, total_ms: all.total, most, queue }
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, Spans, Sum};

    #[test]
    fn a_span_is_never_shorter_than_what_was_between_the_looks() {
        let mut spans = Spans::default();
        spans.look(0.0, 11.0, ["a"]);
        spans.look(10.0, 21.0, ["a", "b"]);
        spans.look(20.0, 31.0, ["b"]);
        spans.look(30.0, 41.0, ["a", "b"]);
        let all = spans.cut(50.0);
        // 31 for the first time, 20 for the second that goes on.
        assert_eq!(all["a"], Sum { longest: 31.0, total: 51.0, times: 2 });
        assert_eq!(all["b"], Sum { longest: 40.0, total: 40.0, times: 1 });
        spans.look(50.0, 61.0, []);
        assert_eq!(spans.cut(70.0)["a"].total, 11.0);
    }

    #[test]
    fn those_who_still_wait_are_in_the_next_queue() {
        let mut queue = Queue::default();
        queue.look(0.0, 10.0, [1, 2]);
        queue.look(10.0, 20.0, [2]);
        let waits = queue.cut(30.0);
        assert_eq!((waits.most, waits.longest_ms, waits.total_ms), (2, 30.0, 50.0));
        assert_eq!(waits.queue, [(10.0, 2), (20.0, 1)]);
        queue.look(0.0, 5.0, []);
        let waits = queue.cut(10.0);
        assert_eq!((waits.most, waits.longest_ms, waits.queue), (1, 5.0, vec![(0.0, 1), (5.0, 0)]));
    }
}

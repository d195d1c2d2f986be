//! Hits and misses of shared buffers, and whether they prove anything yet.
//!
//! A server that has just started misses every block once, whatever its memory. So a rate counts after
//! some time, or when more was missed than a start explains.

use crate::words;

/// Blocks that were asked for.
pub(crate) struct Hits {
    /// Found in shared buffers.
    pub(crate) hit: u64,
    /// Asked of the operating system.
    pub(crate) read: u64,
    /// Bytes of everything that could be asked for, when known.
    pub(crate) bytes: Option<u64>,
    /// Seconds that the counters cover.
    pub(crate) window_s: f64,
}

impl Hits {
    /// Share of the blocks that were found.
    pub(crate) fn rate(&self) -> f64 {
        words::as_f64(self.hit) / words::as_f64(self.hit + self.read).max(1.0)
    }

    /// Why the counters prove nothing yet: fewer than `blocks`, or over less than `seconds` and with no
    /// more misses than reading everything twice would give.
    pub(crate) fn prove_nothing(&self, blocks: f64, seconds: f64) -> Option<String> {
        let asked = words::as_f64(self.hit + self.read);
        if asked < blocks.max(1.0) {
            let (asked, blocks) = (words::count(asked), words::count(blocks));
            return Some(format!(
                "only {asked} blocks were asked for since the counters' reset; fewer than {blocks} prove nothing"
            ));
        }
        let beyond_a_start = self.bytes.is_some_and(|bytes| self.read >= 2 * (bytes / 8192).max(1));
        if self.window_s < seconds && !beyond_a_start {
            let (window, seconds) = (words::seconds(self.window_s), words::seconds(seconds));
            return Some(format!(
                "the counters cover only {window}; less than {seconds} proves nothing about a cache that was empty at first"
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(hit: u64, read: u64, bytes: u64, window_s: f64) -> bool {
        Hits { hit, read, bytes: Some(bytes), window_s }.prove_nothing(1000.0, 60.0).is_some()
    }

    #[test]
    fn time_or_more_misses_than_a_start_explains() {
        assert!(!nothing(500, 500, 1 << 30, 60.0), "time enough");
        assert!(nothing(500, 500, 1 << 30, 59.0), "a start explains it");
        assert!(!nothing(500, 500, 250 * 8192, 59.0), "everything was read twice");
        assert!(nothing(500, 499, 8192, 600.0), "too few");
    }
}

//! How long a search may still go on.

use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;

/// The end of a search: its time limit, or the user's wish.
pub(crate) struct Clock<'a> {
    /// Where progress is shown.
    pub(crate) progress: &'a dyn Progress,
    started: Instant,
    limit: Option<Duration>,
}

impl<'a> Clock<'a> {
    /// Starts now.
    pub(crate) fn new(limit: Option<Duration>, progress: &'a dyn Progress) -> Self {
        Self { progress, started: Instant::now(), limit }
    }

    /// Whether to stop and keep the best so far.
    pub(crate) fn over(&self) -> bool {
        self.progress.cancelled() || self.limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Time that is left; none without a limit.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.started.elapsed()))
    }
}

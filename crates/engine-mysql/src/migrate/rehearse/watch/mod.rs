//! Watches a piece of work from a second connection: its locks and how long, who waits for it, what it rewrites and writes.
//!
//! The server is looked at every few milliseconds, on a thread of its own so that the work can't starve the watcher. What
//! came and went between two looks is not seen; of a lock that a step is known to take it is said then that it lasted no
//! longer than the longest time between two looks.

mod locks;
mod state;
mod thread;

use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::plan::{Held, Step};
use dbwright_migrate::rehearse::watcher::Watcher;
use dbwright_migrate::rehearse::{LockHeld, Watch, Watched};

pub(super) use locks::Mode;

/// What was seen between two cuts.
#[derive(Debug, Default)]
struct Trace {
    seen: Watched,
    /// The longest time between two looks, in ms.
    gap_ms: f64,
}

/// A watcher at work. Dropping it ends it.
pub(super) struct MyWatch {
    watcher: Watcher<Trace>,
}

impl MyWatch {
    /// Begins to watch all sessions but the load's.
    ///
    /// # Errors
    /// When the server can't be reached or refuses.
    pub(super) async fn start(address: &Address) -> Result<Self, Failure> {
        let address = address.clone();
        let watcher = Watcher::start(move || thread::Watcher::begin(address)).await?;
        Ok(Self { watcher })
    }
}

impl Watch for MyWatch {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async { self.watcher.cut().await.map(drop) })
    }

    fn end<'a>(&'a mut self, step: &'a Step) -> BoxFuture<'a, Result<Watched, Failure>> {
        Box::pin(async move {
            let Trace { mut seen, gap_ms } = self.watcher.cut().await?;
            unseen(&mut seen, step, gap_ms);
            Ok(seen)
        })
    }
}

/// Adds the lock that the step is known to take for a moment, where no look saw it.
fn unseen(seen: &mut Watched, step: &Step, gap_ms: f64) {
    let Some(mode) = Mode::read(&step.lock.mode).filter(|_| step.lock.held == Held::Moment) else { return };
    for object in &step.lock.objects {
        let known = seen.locks.iter().any(|held| held.relation == *object && held.mode == mode.word());
        if !known {
            let (relation, mode) = (object.clone(), mode.word().to_owned());
            seen.locks.push(LockHeld { relation, mode, longest_ms: gap_ms.min(seen.ms), times: 0 });
        }
    }
    locks::sort(&mut seen.locks);
}

//! A watcher that looks every few milliseconds, on a thread of its own so that the work can't starve it.

use std::future::Future;
use std::time::Duration;

use dbwright_core::Failure;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// What an engine does on that thread.
#[expect(async_fn_in_trait, reason = "a watcher stays on its thread")]
pub trait Looks: Sized {
    /// What was seen between two cuts.
    type Trace: Send + 'static;

    /// Looks once.
    ///
    /// # Errors
    /// When the server can't be asked; that shows itself to others at the next cut.
    async fn look(&mut self) -> Result<(), Failure>;

    /// Looks, and gives what was seen since the beginning or the last cut. Times count from here on again.
    ///
    /// # Errors
    /// When the server can't be asked.
    async fn cut(&mut self) -> Result<Self::Trace, Failure>;

    /// How long to wait for the next look, after one that failed or not.
    fn pause(&self, failed: bool) -> Duration;
}

type Order<T> = oneshot::Sender<Result<T, Failure>>;

/// A watcher at work. Dropping it ends it.
#[derive(Debug)]
pub struct Watcher<T> {
    orders: mpsc::UnboundedSender<Order<T>>,
}

impl<T: Send + 'static> Watcher<T> {
    /// Begins to watch as `begin` says, on a new thread.
    ///
    /// # Errors
    /// What `begin` says, or when the machine has no thread.
    pub async fn start<L, F>(begin: impl FnOnce() -> F + Send + 'static) -> Result<Self, Failure>
    where
        L: Looks<Trace = T>,
        F: Future<Output = Result<L, Failure>>,
    {
        let (orders, taken) = mpsc::unbounded_channel();
        let (ready, begun) = oneshot::channel();
        std::thread::Builder::new()
            .name("dbwright-trace".to_owned())
            .spawn(move || run(begin, ready, taken))
            .map_err(|e| Failure::internal("rehearse.trace", format!("no thread for the watcher: {e}")))?;
        begun.await.map_err(|_| gone())??;
        Ok(Self { orders })
    }

    /// What was done since the beginning or the last cut. Watching goes on.
    ///
    /// # Errors
    /// When the watcher's connection broke.
    pub async fn cut(&self) -> Result<T, Failure> {
        let (answer, asked) = oneshot::channel();
        self.orders.send(answer).map_err(|_| gone())?;
        asked.await.map_err(|_| gone())?
    }
}

/// Looks until nobody can give orders any more.
fn run<L: Looks, F: Future<Output = Result<L, Failure>>>(
    begin: impl FnOnce() -> F,
    ready: oneshot::Sender<Result<(), Failure>>,
    mut orders: mpsc::UnboundedReceiver<Order<L::Trace>>,
) {
    let work = async {
        match begin().await {
            Ok(mut looks) => {
                // Who does not wait for it has gone, and then there are no orders either.
                let _ = ready.send(Ok(()));
                watch(&mut looks, &mut orders).await;
            }
            Err(failure) => drop(ready.send(Err(failure))),
        }
    };
    // Without a runtime nothing is sent, and whoever waits is told that the watcher is gone.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(work);
    }
}

async fn watch<L: Looks>(looks: &mut L, orders: &mut mpsc::UnboundedReceiver<Order<L::Trace>>) {
    let mut next = Instant::now();
    loop {
        let order = tokio::select! {
            biased;
            order = orders.recv() => order,
            () = sleep_until(next) => {
                // A broken connection shows itself at the next order.
                let failed = looks.look().await.is_err();
                next = Instant::now() + looks.pause(failed);
                continue;
            }
        };
        let Some(answer) = order else { return };
        let _ = answer.send(looks.cut().await);
    }
}

fn gone() -> Failure {
    Failure::internal("rehearse.trace", "the watcher has ended").hint("look whether the server has ended as well")
}

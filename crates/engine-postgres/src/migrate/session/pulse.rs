//! Whether the server still answers: a network that is cut, or a middleman that stands still, ends no connection by itself.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinHandle};
use tokio_postgres::Client;

use super::link::Link;

/// What is asked, and what is given up when no answer comes.
#[derive(Default)]
struct Followed {
    client: Weak<Client>,
    links: Vec<AbortHandle>,
}

/// Asks the watching connection for a sign of life, and cuts both connections when there is none: whatever waits on them
/// ends as if the server had closed them, and is tried again.
pub(super) struct Pulse {
    followed: Arc<Mutex<Followed>>,
    task: JoinHandle<()>,
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Pulse {
    /// Begins to ask; a server that is silent for so long is given up.
    pub(super) fn start(silence: Duration) -> Self {
        let followed = Arc::new(Mutex::new(Followed::default()));
        let task = tokio::spawn(beat(Arc::clone(&followed), silence));
        Self { followed, task }
    }

    /// Follows these connections from now on.
    pub(super) fn follow(&self, main: &Link, watch: &Link) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.client = watch.pulse();
        followed.links = vec![main.ender(), watch.ender()];
    }
}

async fn beat(followed: Arc<Mutex<Followed>>, silence: Duration) {
    loop {
        tokio::time::sleep(silence / 4).await;
        let client = followed.lock().unwrap_or_else(PoisonError::into_inner).client.upgrade();
        let Some(client) = client.filter(|client| !client.is_closed()) else { continue };
        // An error is an answer, or the end that is to be found out.
        if tokio::time::timeout(silence, client.simple_query("SELECT /* dbwright */ 1")).await.is_ok() {
            continue;
        }
        let links = std::mem::take(&mut followed.lock().unwrap_or_else(PoisonError::into_inner).links);
        links.iter().for_each(AbortHandle::abort);
    }
}

//! How soon the target answers a trifle while something else goes on: as it answers others meanwhile. It is asked through a
//! connection of its own: the one that watches for locks has questions that take longer.

use std::time::Duration;

use dbwright_core::BoxFuture;
use dbwright_migrate::echo::{self, Ear, TRIFLE};

use super::link::Link;

/// Awaits work, asks meanwhile where there is a connection to ask through, and tells how long each answer took.
pub(super) async fn listening<T>(
    work: impl Future<Output = T>,
    ear: Option<&mut Link>,
    heard: impl FnMut(Duration),
) -> T {
    match ear.filter(|ear| !ear.lost()) {
        Some(ear) => echo::listening(work, ear, heard).await,
        None => work.await,
    }
}

impl Ear for Link {
    fn answers(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.rows(TRIFLE).await.is_ok() })
    }
}

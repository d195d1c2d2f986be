//! How soon the target answers a trifle while something else goes on: as it answers others meanwhile. It is asked through a
//! connection of its own: the one that watches for locks has questions that take longer.

use std::pin::pin;
use std::time::{Duration, Instant};

use super::link::Link;

/// How often it is asked: often enough that a batch hears a few answers, and next to no work.
const EVERY: Duration = Duration::from_millis(10);

const TRIFLE: &str = "SELECT /* dbwright */ 1";

/// Awaits work, asks meanwhile where there is a connection to ask through, and tells how long each answer took.
pub(super) async fn listening<T>(
    work: impl Future<Output = T>,
    ear: Option<&mut Link>,
    mut heard: impl FnMut(Duration),
) -> T {
    let mut work = pin!(work);
    let Some(ear) = ear.filter(|ear| !ear.lost()) else { return work.await };
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(EVERY) => {}
        }
        let asked = Instant::now();
        let mut answer = pin!(ear.rows(TRIFLE));
        let answered = tokio::select! {
            biased;
            result = &mut work => {
                // It was asked while the work went on, so it counts.
                if answer.await.is_ok() {
                    heard(asked.elapsed());
                }
                return result;
            }
            answered = &mut answer => answered,
        };
        if answered.is_err() {
            return work.await;
        }
        heard(asked.elapsed());
    }
}

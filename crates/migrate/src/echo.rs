//! How late the target answers others while a batch works: trifles are asked all the time, and what comes late shows what
//! people's statements meet.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::{Duration, Instant};

use dbwright_core::BoxFuture;

/// The share of all statements that may be late. People look at the ninety-ninth of a hundred, and half of its room is for steps
/// that know no pauses.
const LATE: f64 = 0.005;
/// A delay below this is none: it is what a statement of a few pages takes by itself.
const BARELY: Duration = Duration::from_millis(1);
/// The longest pause, as a share of a batch: a change must end some day, however busy its target is.
const LONGEST: f64 = 8.0;
/// Answers that are remembered of each kind.
const KEPT: usize = 400;
/// Answers of each kind below which nothing is concluded.
const ENOUGH: usize = 40;

/// How often the target is asked: often enough that a batch hears a few answers, and next to no work.
const EVERY: Duration = Duration::from_millis(10);

/// What it is asked.
pub const TRIFLE: &str = "SELECT /* dbwright */ 1";

/// What a trifle is asked through.
pub trait Ear: Send {
    /// Asks it; whether there was an answer.
    fn answers(&mut self) -> BoxFuture<'_, bool>;
}

/// Awaits work, asks meanwhile, and tells how long each answer took.
pub async fn listening<T>(work: impl Future<Output = T>, ear: &mut dyn Ear, mut heard: impl FnMut(Duration)) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(EVERY) => {}
        }
        let asked = Instant::now();
        let mut answer = ear.answers();
        let answered = tokio::select! {
            biased;
            result = &mut work => {
                // It was asked while the work went on, so it counts.
                if answer.await {
                    heard(asked.elapsed());
                }
                return result;
            }
            answered = &mut answer => answered,
        };
        if !answered {
            return work.await;
        }
        heard(asked.elapsed());
    }
}

/// Answers in the pauses, and while batches work.
#[derive(Debug, Default)]
pub struct Echo {
    pauses: VecDeque<Duration>,
    batches: VecDeque<Duration>,
}

impl Echo {
    /// An answer in a pause took so long.
    pub fn in_pause(&mut self, took: Duration) {
        keep(&mut self.pauses, took);
    }

    /// An answer while a batch worked took so long.
    pub fn in_batch(&mut self, took: Duration) {
        keep(&mut self.batches, took);
    }

    /// The pause after a batch, as a share of its time, that leaves no more late answers than may be; never less than `least`.
    ///
    /// Answers are late for others only while a batch works, so of all answers as many are late as of those in batches, times
    /// the share of the time in which batches work.
    #[must_use]
    pub fn pause(&self, least: f64) -> f64 {
        if self.pauses.len() < ENOUGH || self.batches.len() < ENOUGH {
            return least;
        }
        let late = late(&self.pauses);
        let share = |answers: &VecDeque<Duration>| {
            answers.iter().filter(|took| **took > late).count() as f64 / answers.len() as f64
        };
        let more = (share(&self.batches) - share(&self.pauses)).max(0.0);
        (more / LATE - 1.0).min(LONGEST).max(least)
    }
}

fn keep(answers: &mut VecDeque<Duration>, took: Duration) {
    if answers.len() == KEPT {
        answers.pop_front();
    }
    answers.push_back(took);
}

/// What is late beside these answers: twice as far from the usual as the slowest of a hundred.
fn late(answers: &VecDeque<Duration>) -> Duration {
    let mut sorted: Vec<Duration> = answers.iter().copied().collect();
    sorted.sort_unstable();
    let at = |share: usize| sorted[(sorted.len() - 1) * share / 100];
    at(50) + (at(99).saturating_sub(at(50)) * 2).max(BARELY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn echo(late_of_hundred: usize) -> Echo {
        let mut echo = Echo::default();
        for n in 0..100 {
            echo.in_pause(ms(1));
            echo.in_batch(if n < late_of_hundred { ms(20) } else { ms(1) });
        }
        echo
    }

    #[test]
    fn pauses_grow_with_what_is_late_and_have_bounds() {
        for (late, pause) in [(0, 0.5), (1, 1.0), (2, 3.0), (4, 7.0), (5, 8.0), (90, 8.0)] {
            assert!((echo(late).pause(0.5) - pause).abs() < 1e-9, "{late} of 100: {}", echo(late).pause(0.5));
        }
        assert!((echo(50).pause(20.0) - 20.0).abs() < 1e-9, "a longer pause that is wanted stays");
    }

    #[test]
    fn few_answers_say_nothing_and_a_target_that_was_always_late_is_not_slowed_by_us() {
        let mut few = Echo::default();
        (0..39).for_each(|_| few.in_batch(ms(50)));
        (0..99).for_each(|_| few.in_pause(ms(1)));
        assert!((few.pause(0.5) - 0.5).abs() < 1e-9);
        let mut busy = Echo::default();
        for n in 0..100 {
            busy.in_pause(ms(if n % 10 == 0 { 30 } else { 1 }));
            busy.in_batch(ms(if n % 8 == 0 { 30 } else { 1 }));
        }
        assert!((busy.pause(0.5) - 0.5).abs() < 1e-9, "{}", busy.pause(0.5));
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut echo = echo(50);
        (0..KEPT).for_each(|_| echo.in_batch(ms(1)));
        assert!((echo.pause(0.5) - 0.5).abs() < 1e-9);
    }
}

//! The pace: what the sample costs the server stays below a share of its time.
//!
//! The cost of an exchange is at most the time until its answer, less the way there and back, and at most the time that
//! the server's main thread has worked meanwhile for anybody (`INFO cpu`). The smaller of both is taken for ours: a
//! slow network does not look like work, nor do other clients that we waited behind.

use std::time::{Duration, Instant};

use redis::{Pipeline, Value};

use super::super::info::sections;
use super::super::visit::{Visit, text_of};
use crate::client::Refusal;

/// Share of a server's time that may be taken; the promise is 5 %.
const SHARE: f64 = 0.045;
/// Time whose share may be used up at once, so that a small keyspace needs no pauses.
const BURST: Duration = Duration::from_millis(500);
/// Exchanges that measure the way there and back.
const PINGS: usize = 5;

/// Keeps account of what the sample costs.
pub(super) struct Pacer {
    start: Instant,
    limit: Duration,
    cost: Duration,
    way: Duration,
    cpu: Option<f64>,
}

impl Pacer {
    /// Begins now, to end within `limit`.
    pub(super) fn begin(limit: Duration) -> Self {
        Self { start: Instant::now(), limit, cost: Duration::ZERO, way: Duration::ZERO, cpu: None }
    }

    /// Measures the way there and back, and reads the clock of the server's main thread.
    ///
    /// # Errors
    /// When the server is lost.
    pub(super) async fn measure(&mut self, visit: &mut Visit) -> Result<(), Refusal> {
        let mut shortest = Duration::MAX;
        for _ in 0..PINGS {
            let start = Instant::now();
            match visit.client.call(&["PING"]).await {
                Err(refusal) if refusal.is_end() => return Err(refusal),
                _ => shortest = shortest.min(start.elapsed()),
            }
        }
        self.way = shortest;
        let mut pipeline = Pipeline::new();
        Self::ask(&mut pipeline);
        let answers = visit.client.pipeline(pipeline).await?;
        self.cpu = answers.first().and_then(|answer| answer.as_ref().ok()).and_then(main_thread);
        Ok(())
    }

    /// Adds the question for the main thread's clock to an exchange.
    pub(super) fn ask(pipeline: &mut Pipeline) {
        pipeline.cmd("INFO").arg("cpu");
    }

    /// Books an exchange that took `took` and ended with the answer to [`Pacer::ask`].
    pub(super) fn book(&mut self, took: Duration, answer: &Result<Value, Refusal>) {
        let mut cost = took.saturating_sub(self.way);
        let now = answer.as_ref().ok().and_then(main_thread);
        if let (Some(before), Some(now)) = (self.cpu, now) {
            cost = cost.min(Duration::from_secs_f64((now - before).max(0.0)));
        }
        self.cpu = now;
        self.cost += cost;
    }

    /// Waits until the cost is below the share again; false when the time is up.
    pub(super) async fn pause(&self) -> bool {
        let due = self.cost.div_f64(SHARE);
        let elapsed = self.start.elapsed();
        if due > self.limit || elapsed > self.limit {
            return false;
        }
        if due > elapsed.max(BURST) {
            tokio::time::sleep(due.saturating_sub(elapsed)).await;
        }
        true
    }

    /// What was booked.
    pub(super) const fn cost(&self) -> Duration {
        self.cost
    }
}

/// Seconds that the main thread has worked; none on servers that don't say.
fn main_thread(answer: &Value) -> Option<f64> {
    let sections = sections(&text_of(answer));
    let fields = sections.get("cpu")?;
    let of =
        |name: &str| fields.iter().find(|(field, _)| field == name).and_then(|(_, value)| value.parse::<f64>().ok());
    Some(of("used_cpu_user_main_thread")? + of("used_cpu_sys_main_thread")?)
}

//! The time that a statement takes, without the time in which other programs had the processor.
//!
//! On a busy machine a run can take three times as long as the one before, and two runs say nothing about each other. The
//! kernel counts for each process how long it stood ready and was not let run; that is taken off. Waiting for a disk or a
//! lock is not: it belongs to the statement. Where the kernel does not tell, the clock on the wall counts.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

/// How much longer than expected a run may take on the wall, when the machine was busy just before.
const AIR: f64 = 1.5;
/// The machine counts as busy from here on: runs take so much longer than they should.
const BUSY: f64 = 1.05;

/// Measures what one server process does.
#[derive(Debug)]
pub(super) struct Clock {
    /// Where the kernel tells of the process.
    file: Option<PathBuf>,
    /// Time on the wall for each ms of the last run.
    stretch: f64,
}

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    wall: Instant,
    waited: Duration,
}

impl Clock {
    /// A clock for the process that serves a connection, which must be on this machine.
    pub(super) async fn of(client: &Client) -> Self {
        let pid = client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await;
        let file = pid.ok().map(|row| PathBuf::from(format!("/proc/{}/schedstat", row.get::<_, i32>(0))));
        Self { file, stretch: 1.0 }
    }

    /// Now.
    pub(super) fn now(&self) -> Moment {
        Moment { wall: Instant::now(), waited: self.waited() }
    }

    /// Milliseconds since a moment.
    pub(super) fn since(&mut self, moment: Moment) -> f64 {
        let wall = moment.wall.elapsed();
        let own = wall.saturating_sub(self.waited().saturating_sub(moment.waited));
        let [wall, own] = [wall, own].map(|time| time.as_secs_f64() * 1000.0);
        self.stretch = (wall / own.max(0.1)).clamp(1.0, 20.0);
        own
    }

    /// Milliseconds on the wall after which a run must have taken longer than so many of its own.
    pub(super) fn patience(&self, ms: f64) -> f64 {
        if self.stretch > BUSY { ms * self.stretch * AIR } else { ms }
    }

    /// How long the process stood ready while others ran: the second figure.
    fn waited(&self) -> Duration {
        let text = self.file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let nanos = text.and_then(|text| text.split_whitespace().nth(1)?.parse().ok());
        Duration::from_nanos(nanos.unwrap_or(0))
    }
}

//! Progress on stderr: only on a terminal, and only when the work has taken over a second.

use std::io::IsTerminal as _;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt;

/// How long work may take before it is worth a line.
const QUIET: Duration = Duration::from_secs(1);

/// Shows stages and steps, and tells the work when the user asked to stop.
pub(crate) struct Meter {
    bar: Mutex<ProgressBar>,
    started: OnceLock<Instant>,
    terminal: bool,
}

impl Meter {
    /// Nothing is shown until the work has run for a second.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar: Mutex::new(bar), started: OnceLock::new(), terminal: std::io::stderr().is_terminal() }
    }

    /// Removes the line before the report is printed.
    pub(crate) fn finish(&self) {
        if let Ok(bar) = self.bar.lock() {
            bar.finish_and_clear();
        }
    }

    /// Shows the bar once the quiet second is over, from a thread, so that one long step shows up too.
    fn appear_later(&self, bar: &ProgressBar) {
        let started = *self.started.get_or_init(Instant::now);
        let bar = bar.downgrade();
        std::thread::spawn(move || {
            std::thread::sleep(QUIET.saturating_sub(started.elapsed()));
            if let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(120));
            }
        });
    }
}

impl Progress for Meter {
    fn stage(&self, what: &str, total: Option<u64>) {
        if !self.terminal {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let form = if total.is_some() { "{spinner} {msg} {bar:30} {pos}/{len}" } else { "{spinner} {msg} {elapsed}" };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_message(crate::render::layout::inline(what));
        if let Ok(mut current) = self.bar.lock() {
            current.finish_and_clear();
            self.appear_later(&bar);
            *current = bar;
        }
    }

    fn note(&self, what: &str) {
        let line = crate::render::layout::inline(what);
        match self.bar.lock() {
            Ok(bar) if self.terminal => bar.suspend(|| anstream::eprintln!("{line}")),
            _ => anstream::eprintln!("{line}"),
        }
    }

    fn step(&self, done: u64) {
        if self.terminal
            && let Ok(bar) = self.bar.lock()
        {
            bar.set_position(done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

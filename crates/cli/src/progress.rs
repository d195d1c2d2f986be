//! Progress on stderr: only on a terminal, and only when the work has taken over a second.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::words::count;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::interrupt;

/// How long work may take before it is worth a line.
const QUIET: Duration = Duration::from_secs(1);

/// Shows stages and steps, and tells the work when the user asked to stop.
pub(crate) struct Meter {
    bar: Mutex<ProgressBar>,
    started: OnceLock<Instant>,
    terminal: bool,
    /// Whether stages are the steps of a change: each is named on a line that stays, and totals are rows.
    steps: AtomicBool,
}

impl Meter {
    /// Nothing is shown until the work has run for a second.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self {
            bar: Mutex::new(bar),
            started: OnceLock::new(),
            terminal: std::io::stderr().is_terminal(),
            steps: AtomicBool::new(false),
        }
    }

    /// From now on stages are the steps of a change.
    pub(crate) fn name_steps(&self) {
        self.steps.store(true, Ordering::SeqCst);
    }

    /// A line that stays, above the bar.
    fn line(&self, line: &str) {
        match self.bar.lock() {
            Ok(bar) if self.terminal => bar.suspend(|| anstream::eprintln!("{line}")),
            _ => anstream::eprintln!("{line}"),
        }
    }

    /// What a bar shows.
    fn style(&self, total: bool) -> Option<ProgressStyle> {
        if !total {
            return ProgressStyle::with_template("{spinner} {msg} {elapsed}").ok();
        }
        if !self.steps.load(Ordering::SeqCst) {
            return ProgressStyle::with_template("{spinner} {msg} {bar:30} {pos}/{len}").ok();
        }
        let rows = "{spinner} {bar:30} {rows} rows, {rate} rows/s, {eta} left";
        let style = ProgressStyle::with_template(rows).ok()?;
        let rows = |state: &ProgressState, out: &mut dyn Write| {
            let len = state.len().unwrap_or_default().max(state.pos());
            let _ = write!(out, "{}/{}", count(state.pos() as f64), count(len as f64));
        };
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{}", count(state.per_sec()));
        };
        Some(style.with_key("rows", rows).with_key("rate", rate))
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
        if self.steps.load(Ordering::SeqCst) {
            self.line(&format!("→ {}", crate::render::layout::inline(what)));
        }
        if !self.terminal {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if let Some(style) = self.style(total.is_some()) {
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
        self.line(&crate::render::layout::inline(what));
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

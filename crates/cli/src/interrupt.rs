//! Ctrl-C and SIGTERM: the first asks the work to stop and removes labs, a second one (or fifteen seconds) ends the process.
//! Work that has something to show when it is stopped is given more time for it (see [`patiently`]).
//!
//! The watcher is a task of its own, because the command may be busy in blocking work.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbwright_core::{Failure, FailureKind};

use crate::engines;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether the work under way ends by itself with something to show.
static PATIENT: AtomicBool = AtomicBool::new(false);

/// The target that is being changed, for what is said when that is stopped.
static CHANGING: Mutex<Option<String>> = Mutex::new(None);

/// As long as it lives, a stopped command may end by itself with what it has found.
pub(crate) struct Patience(());

/// Gives a change of a target time to stop between two steps or batches, and says how it goes on.
pub(crate) fn between_steps(target: &str) -> Patience {
    let shown = dbwright_core::target::redact_text(target);
    if let Ok(mut changing) = CHANGING.lock() {
        *changing = Some(shown);
    }
    patiently()
}

/// Gives the work time to end by itself: for stages that answer to [`requested`] with the best they have.
pub(crate) fn patiently() -> Patience {
    PATIENT.store(true, Ordering::SeqCst);
    Patience(())
}

impl Drop for Patience {
    fn drop(&mut self) {
        PATIENT.store(false, Ordering::SeqCst);
        if let Ok(mut changing) = CHANGING.lock() {
            *changing = None;
        }
    }
}

/// Whether the user asked to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// The failure that a stopped command ends with.
pub(crate) fn failure() -> Failure {
    if let Some(target) = changing() {
        return Failure::new(
            FailureKind::Interrupted,
            "migrate.stopped",
            "stopped on request, in the middle of a step: the journal in the target knows how far it came",
        )
        .hint(format!("`dbwright migrate resume {target}` goes on, `dbwright migrate undo {target}` goes back"));
    }
    Failure::new(
        FailureKind::Interrupted,
        "interrupted",
        "stopped on request; labs are removed, the target is as it was",
    )
}

fn changing() -> Option<String> {
    CHANGING.lock().ok().and_then(|changing| changing.clone())
}

/// An error when the user asked to stop; commands call it between stages.
pub(crate) fn check() -> Result<(), Failure> {
    if requested() { Err(failure()) } else { Ok(()) }
}

/// How long the work may take to stop by itself before it is dropped.
const GRACE: Duration = Duration::from_millis(500);
/// The same for work that ends by itself with something to show.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long blocking work, and labs that are being removed, may go on; a server that does not end by itself is
/// killed within this time.
const LONGEST: Duration = Duration::from_secs(15);

/// Waits for the signal, then sees to it that the process ends; returns only when signals can't be watched.
pub(crate) async fn watch(stop: tokio::sync::oneshot::Sender<Failure>) {
    if signal().await.is_none() {
        return;
    }
    REQUESTED.store(true, Ordering::SeqCst);
    let patient = PATIENT.load(Ordering::SeqCst);
    let more = match (changing(), patient) {
        (Some(_), _) => {
            " after the step or batch that is under way (once more ends at once; `resume` goes on either way)"
        }
        (None, true) => "; what was found so far follows (once more ends at once)",
        (None, false) => "",
    };
    anstream::eprintln!("stopping{more} …");
    let grace = if patient { PATIENCE } else { GRACE };
    if tokio::time::timeout(grace, signal()).await.is_err() {
        // The command may have ended meanwhile, and with it whoever listened.
        drop(stop.send(failure()));
        drop(tokio::time::timeout(LONGEST, signal()).await);
    }
    engines::clean_up();
    std::process::exit(crate::failure::code(FailureKind::Interrupted).into());
}

#[cfg(unix)]
async fn signal() -> Option<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok()?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.ok(),
        terminated = term.recv() => terminated,
    }
}

#[cfg(not(unix))]
async fn signal() -> Option<()> {
    tokio::signal::ctrl_c().await.ok()
}

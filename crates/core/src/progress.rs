//! Progress of long work, reported to whoever shows it.

/// Where long work reports how far it is. Implementations decide whether and where to show it.
pub trait Progress: Send + Sync {
    /// A new stage begins; `total` steps are expected when known.
    fn stage(&self, what: &str, total: Option<u64>);
    /// `done` steps of the current stage are finished.
    fn step(&self, done: u64);
    /// Something that the user should see now, though the work goes on: who is waited for, why it pauses.
    fn note(&self, _what: &str) {}
    /// The work has come to a place where it could be interrupted. Nobody shows it; tests interrupt there.
    fn point(&self, _name: &str) {}
    /// Whether the user asked to stop; long loops look at it between steps.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Shows nothing of a stage that is part of another one, but lets the user stop it.
pub struct Quiet<'a>(pub &'a dyn Progress);

impl Progress for Quiet<'_> {
    fn stage(&self, _what: &str, _total: Option<u64>) {}
    fn step(&self, _done: u64) {}
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _what: &str, _total: Option<u64>) {}
    fn step(&self, _done: u64) {}
}

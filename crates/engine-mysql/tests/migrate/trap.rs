//! A progress that springs at a chosen place: what it does there is an accident.

use std::collections::BTreeSet;
use std::sync::Mutex;

use dbwright_core::progress::Progress;

/// Springs the first time that the work is at a place.
pub(crate) struct Trap {
    seen: Mutex<Seen>,
    at: Option<Spot>,
    accident: Box<dyn Fn() + Send + Sync>,
}

/// A place in the work: the stage, and the point in it.
pub(crate) type Spot = (String, String);

#[derive(Default)]
struct Seen {
    stage: String,
    spots: BTreeSet<Spot>,
    order: Vec<Spot>,
    notes: Vec<String>,
    sprung: bool,
}

impl Trap {
    /// Never springs; remembers where the work came by.
    pub(crate) fn harmless() -> Self {
        Self { seen: Mutex::default(), at: None, accident: Box::new(|| {}) }
    }

    pub(crate) fn at(spot: &Spot, accident: impl Fn() + Send + Sync + 'static) -> Self {
        Self { seen: Mutex::default(), at: Some(spot.clone()), accident: Box::new(accident) }
    }

    /// Every place that the work came by, in order, once.
    pub(crate) fn spots(&self) -> Vec<Spot> {
        self.seen.lock().expect("not poisoned").order.clone()
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.seen.lock().expect("not poisoned").notes.clone()
    }

    pub(crate) fn sprung(&self) -> bool {
        self.seen.lock().expect("not poisoned").sprung
    }
}

impl Progress for Trap {
    fn stage(&self, what: &str, _total: Option<u64>) {
        what.clone_into(&mut self.seen.lock().expect("not poisoned").stage);
    }

    fn step(&self, _done: u64) {}

    fn note(&self, what: &str) {
        self.seen.lock().expect("not poisoned").notes.push(what.to_owned());
    }

    fn point(&self, name: &str) {
        let mut seen = self.seen.lock().expect("not poisoned");
        let spot = (seen.stage.clone(), name.to_owned());
        if seen.spots.insert(spot.clone()) {
            seen.order.push(spot.clone());
        }
        let springs = self.at.as_ref() == Some(&spot) && !seen.sprung;
        seen.sprung |= springs;
        drop(seen);
        if springs {
            (self.accident)();
        }
    }
}

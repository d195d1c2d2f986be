//! Changes without downtime: plain SQL in, an online plan out, carried out step by step.
//!
//! The flow: [`script`] is what the user wrote; an engine turns each statement into a [`plan::Planned`], a list of steps
//! that are data; the runner carries steps out through the engine's [`port::Session`], which keeps the journal in the
//! target. Because steps are data and the journal holds them whole, what a crash left behind is resumed or undone
//! without planning again against a schema that is half changed. This crate names no engine and runs no SQL.

pub mod by_hand;
pub mod echo;
pub mod files;
pub mod folder;
pub mod journal;
pub mod lint;
pub mod migration;
pub mod names;
pub mod observed;
pub mod plan;
pub mod port;
pub mod read;
pub mod rehearse;
pub mod rules;
pub mod run;
pub mod script;
pub mod throttle;

pub use by_hand::ByHand;
pub use migration::Migration;
pub use plan::{Backfill, Phase, Planned, Step, Work};
pub use port::{OnlineDdl, Session};
pub use script::{Script, Statement};
pub use throttle::Limits;

//! The search: costs with as few plans as possible, the exact choice on them, and refinement with real plans.
//!
//! 1. [`probe`]: for each query a few plans, from everything visible down to nothing, find the sets of indexes that matter
//!    (atoms) and what they cost.
//! 2. What matters to one query is shown to all others that read the table, merged with its like ([`pool`]).
//! 3. [`options`]: atoms, and guesses made of them, become a matrix; [`crate::solve`] chooses on it exactly.
//! 4. [`refine`]: real plans of the choice replace its guesses, until the choice costs what the matrix says; then what is
//!    near the choice is asked for, until nothing brings a gain.
//! 5. Without a budget, [`thin`] takes narrower indexes where wide ones do hardly more.
//!
//! The gap is that of the last matrix: no combination of indexes that was planned, or guessed from plans, costs less than
//! the bound. [`Outcome::floor`] bounds every combination of all candidates.

mod clock;
mod curve;
mod matrix;
mod options;
mod oracle;
mod pool;
mod probe;
mod refine;
mod serve;
mod set;
mod shelf;
mod space;
mod thin;
mod threads;

pub(crate) use clock::Clock;
pub(crate) use oracle::{Oracle, Question};
pub(crate) use refine::{Outcome, Search};
pub(crate) use shelf::Shelf;
pub(crate) use space::{CandidateId, Space};

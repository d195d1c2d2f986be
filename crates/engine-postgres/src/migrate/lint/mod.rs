//! Lint: what each statement of a migration would do here, to whom and for how long.
//!
//! [`scene`] is what rules look at: the statement and the state before it, kept by [`effect`] from what earlier statements
//! do, starting from a snapshot of the target or from stated assumptions. Rules are folders in `migrate/rules`.

mod cost;
mod effect;
mod example;
mod expression;
mod locks;
pub(crate) mod named;
pub mod registry;
mod scene;
pub mod steps;
mod target;
#[cfg(test)]
mod tests;
mod types;
mod uses;
mod world;

use std::sync::Arc;

use dbwright_core::{Failure, RuleMeta, Snapshot};
use dbwright_migrate::Script;
use dbwright_migrate::lint::{LintOptions, Linted, look, no_target};

pub use self::cost::{Effort, Work};
pub use self::example::{Claim, Example, examples};
pub use self::expression::Volatility;
pub use self::locks::{Taken, taken};
pub use self::scene::{Added, Line, Scene, Transaction};
pub use self::types::{Retype, retype};
pub use self::world::{Column, Constraint, Index, Origin, Table, World};
use crate::body::PgBody;

/// The oldest version that is supported, assumed without a target.
const OLDEST: u32 = 13;

/// The rules, by id.
#[must_use]
pub fn rules() -> Vec<&'static RuleMeta> {
    registry::RULES.iter().map(|rule| rule.meta).collect()
}

/// Looks at scripts in their order; see [`dbwright_migrate::OnlineDdl::lint`].
///
/// # Errors
/// When the snapshot belongs to another engine.
pub fn lint(scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
    let body: Option<&PgBody> = context.map(Snapshot::body).transpose()?;
    let header = context.map_or_else(|| no_target("postgres"), |snapshot| snapshot.header.clone());
    Ok(look(Scene::new(body, options, scripts), registry::RULES, &header, scripts, options))
}

/// A shared table.
pub type TableRef = Arc<Table>;

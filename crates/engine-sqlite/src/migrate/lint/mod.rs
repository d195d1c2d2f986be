//! Lint: what each statement of a migration would do to a SQLite file, to whom and for how long.
//!
//! [`scene`] is what rules look at: the statement and the state before it. The schema is kept by SQLite itself, in a database in
//! memory ([`world`]) where each statement is tried ([`trial`]) and carried out ([`effect`]): nobody else knows as well what it
//! accepts. Rules are folders in `migrate/rules`.

mod copied;
mod effect;
mod example;
mod keys;
mod line;
pub mod registry;
mod scene;
mod size;
mod trial;
mod world;

use dbwright_core::{Failure, RuleMeta, Snapshot};
use dbwright_migrate::Script;
use dbwright_migrate::lint::{LintOptions, Linted, look, no_target};

pub(crate) use self::copied::Copied;
pub use self::example::{Claim, Example, examples};
pub(crate) use self::line::Line;
pub(crate) use self::scene::Keys;
pub use self::scene::Scene;
pub(crate) use self::size::Work;
pub(crate) use self::trial::{Outcome, rebuild_of};
pub(crate) use self::world::Table;
use crate::body::SqliteBody;

/// A name as people and statements write it: in quotes where it has to be.
pub(crate) fn quoted(name: &str) -> String {
    dbwright_sql::Dialect::Sqlite.name(name)
}

/// The rules, by id.
pub(super) fn rules() -> Vec<&'static RuleMeta> {
    registry::RULES.iter().map(|rule| rule.meta).collect()
}

/// Looks at scripts in their order; see [`dbwright_migrate::OnlineDdl::lint`].
///
/// # Errors
/// When the snapshot belongs to another engine.
pub(super) fn lint(scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
    let body: Option<&SqliteBody> = context.map(Snapshot::body).transpose()?;
    let header = context.map_or_else(|| no_target("sqlite"), |snapshot| snapshot.header.clone());
    let scene = Scene::new(body).map_err(super::plan::unreadable)?;
    Ok(look(scene, registry::RULES, &header, scripts, options))
}

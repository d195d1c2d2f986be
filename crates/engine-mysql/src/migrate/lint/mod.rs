//! Lint: what each statement of a migration would do here, to whom and for how long.
//!
//! [`scene`] is what rules look at: the statement, the state before it, kept by [`effect`] from what earlier statements do,
//! starting from a snapshot of the target or from stated assumptions, and what the server would do with it, judged by
//! [`verdict`]. Rules are folders in `migrate/rules`.

mod ask;
mod cost;
pub(in crate::migrate) mod define;
pub(in crate::migrate) mod definition;
pub(in crate::migrate) mod effect;
mod example;
pub(in crate::migrate) mod named;
pub(in crate::migrate) mod read;
#[allow(unreachable_pub, reason = "what is generated says `pub` for every crate")]
mod registry;
mod scene;
mod steps;
mod target;
#[cfg(test)]
mod tests;
mod verdict;
mod world;
#[cfg(test)]
mod written;

use dbwright_core::snapshot::Gap;
use dbwright_core::{Failure, RuleMeta, Snapshot};
use dbwright_migrate::Script;
use dbwright_migrate::lint::{LintOptions, Linted, look, no_target};

pub(in crate::migrate) use self::ask::order_by;
pub(in crate::migrate) use self::cost::{Effort, known};
pub(in crate::migrate) use self::definition::Definition;
pub use self::example::{Claim, Version, examples};
pub(in crate::migrate) use self::scene::{Altered, Line, Part, Scene};
pub(in crate::migrate) use self::verdict::{Cause, Verdict};
pub(in crate::migrate) use self::world::{Foreign, KeyKind, Table, TableKey, TableRef, World};
use super::parse::Clause;
use super::table::TableText;
use super::text::cursor::Name;
use super::ways::Way;
use crate::body::{Body, area};
use crate::flavour::Flavour;

/// The rules, by id.
pub(super) fn rules() -> Vec<&'static RuleMeta> {
    registry::RULES.iter().map(|rule| rule.meta).collect()
}

/// Looks at scripts in their order; see [`dbwright_migrate::OnlineDdl::lint`].
pub(super) fn lint(scripts: &[Script], context: Option<&Snapshot>, options: &LintOptions) -> Result<Linted, Failure> {
    let body: Option<&Body> = context.map(Snapshot::body).transpose()?;
    let header = context.map_or_else(|| no_target("mysql"), |snapshot| snapshot.header.clone());
    // What the account may not see is not missing.
    let hides = |gap: &Gap| [area::CONNECTION, area::CATALOG, area::HIDDEN, area::OBJECTS].contains(&gap.area.as_str());
    let target = body.map(|body| (body, !header.gaps.iter().any(hides)));
    Ok(look(Scene::new(target, scripts, options), registry::RULES, &header, scripts, options))
}

/// The way that a server is assumed to take for clauses on a table, when nobody can ask it.
pub(super) fn assumed(
    flavour: Flavour,
    version: (u16, u16, u16),
    clauses: &[Clause],
    table: Option<&TableText>,
) -> Way {
    let name = Name { schema: None, name: "t".to_owned() };
    let world = World::default();
    let known = table.and_then(|text| effect::read(&world, &name, &text.create("t", |_| true)));
    let table = known.unwrap_or_else(|| world.assumed(&name));
    let server = verdict::Server { flavour, version, strict: true, unchecked: false };
    verdict::judge(server, clauses, &table).1.way
}

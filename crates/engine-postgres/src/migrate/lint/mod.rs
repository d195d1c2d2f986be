//! Lint: what each statement of a migration would do here, to whom and for how long.
//!
//! [`scene`] is what rules look at: the statement and the state before it, kept by [`effect`] from what earlier statements
//! do, starting from a snapshot of the target or from stated assumptions. Rules are folders in `migrate/rules`.

mod cost;
mod effect;
mod example;
mod expression;
mod ignore;
mod locks;
pub mod registry;
mod scene;
pub mod steps;
mod target;
#[cfg(test)]
mod tests;
mod types;
mod world;

use std::sync::Arc;

use dbwright_core::rule::run;
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::{Failure, Finding, NotLookedAt, RuleMeta, Snapshot};
use dbwright_migrate::Script;
use dbwright_migrate::lint::{LintOptions, Linted};
use jiff::Timestamp;

pub use self::cost::{Effort, Work};
pub use self::example::{Claim, Example, examples};
pub use self::expression::Volatility;
pub use self::locks::{Taken, taken};
pub use self::scene::{Added, Line, Scene, Transaction};
pub use self::types::{Retype, retype};
pub use self::world::{Column, Constraint, Index, Origin, Table, World};
use crate::body::PgBody;
use crate::ddl::Act;

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
    let header = context.map_or_else(no_target, |snapshot| snapshot.header.clone());
    let mut scene = Scene::new(body, options.version);
    let mut linted = Linted { assumptions: scene.assumptions(), ..Linted::default() };
    for script in scripts {
        scene.open(script, options.in_transaction.contains(&script.file), options.as_is.contains(&script.file));
        for (at, statement) in script.statements.iter().enumerate() {
            linted.statements += 1;
            let silenced = ignore::read(&statement.comments);
            for part in 0..=scene.lines[at].inner.len() {
                scene.stand(at, part);
                let (found, skipped) = run(registry::RULES, &scene, &header, &options.limits);
                let found = found.into_iter().map(|finding| placed(finding, &scene));
                ignore::sort(found.collect(), &silenced, &mut linted);
                linted.not_looked_at.extend(skipped.into_iter().map(|one| told_where(one, &scene)));
                scene.pass();
            }
            linted.not_looked_at.extend(not_understood(&scene));
            linted.findings.extend(ignore::without_reason(&silenced, &scene));
        }
        scene.close();
    }
    linted.findings.sort_by(|a, b| a.location.cmp(&b.location));
    linted.findings.dedup();
    Ok(linted)
}

/// The header of a snapshot that there is not.
fn no_target() -> Header {
    Header {
        engine: "postgres".to_owned(),
        version: String::new(),
        name: String::new(),
        observed_at: Timestamp::UNIX_EPOCH,
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: false,
        gaps: Vec::new(),
        cost: Cost::default(),
    }
}

/// A finding without a place of its own is at its statement.
fn placed(finding: Finding, scene: &Scene) -> Finding {
    if finding.location.is_some() { finding } else { finding.at(scene.here()) }
}

fn told_where(mut skipped: NotLookedAt, scene: &Scene) -> NotLookedAt {
    let place = scene.here();
    skipped.reason = format!("{}:{}: {}", place.file, place.line, skipped.reason);
    skipped
}

/// What is to be said of a statement that the reader does not know.
fn not_understood(scene: &Scene) -> Option<NotLookedAt> {
    let line = &scene.lines[scene.at];
    let message = line.acts.iter().find_map(|act| match act {
        Act::Other { unread: Some(message), .. } => Some(message.clone()),
        _ => None,
    })?;
    Some(NotLookedAt {
        rule: "migrate/*".to_owned(),
        reason: format!(
            "{}:{}: the statement is not understood ({message}), so no rule looked at it",
            scene.file, line.line
        ),
        remedy: Some("the server may know it; try it on a copy of the database".to_owned()),
    })
}

/// A shared table.
pub type TableRef = Arc<Table>;

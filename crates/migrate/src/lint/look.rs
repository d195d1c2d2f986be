//! The way of lint through scripts: one statement after the other, each with the state before it.

use dbwright_core::rule::{Rule, run};
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::{Finding, Location, NotLookedAt};
use jiff::Timestamp;

use super::ignore;
use super::{LintOptions, Linted};
use crate::script::Script;

/// What an engine's rules look at: a statement of a script, and the state before it, kept from what earlier statements do.
pub trait Scene {
    /// What is assumed for want of a target; empty with one.
    fn assumptions(&self) -> Vec<String>;

    /// Begins a script: a session of its own. `in_transaction`: the user's tool runs it in one; `as_is`: another tool than
    /// `dbwright migrate apply` runs it.
    fn open(&mut self, script: &Script, in_transaction: bool, as_is: bool);

    /// Goes to a part of a statement of the script; part 0 is the statement itself.
    fn stand(&mut self, statement: usize, part: usize);

    /// How many parts stand inside the statement: those of a block.
    fn inner(&self, _statement: usize) -> usize {
        0
    }

    /// Takes what the statement, or the part, does into the state.
    fn pass(&mut self);

    /// Ends a script: what it made is an earlier file's from now on.
    fn close(&mut self);

    /// Where the statement, or the part, stands.
    fn here(&self) -> Location;

    /// Why the statement is not understood, when it is not.
    fn unread(&self) -> Option<String>;
}

/// Looks at scripts in their order. `header` is that of the target's snapshot, or [`no_target`].
#[must_use]
pub fn look<S: Scene>(
    mut scene: S,
    rules: &[Rule<S>],
    header: &Header,
    scripts: &[Script],
    options: &LintOptions,
) -> Linted {
    let mut linted = Linted { assumptions: scene.assumptions(), ..Linted::default() };
    for script in scripts {
        scene.open(script, options.in_transaction.contains(&script.file), options.as_is.contains(&script.file));
        for (at, statement) in script.statements.iter().enumerate() {
            linted.statements += 1;
            let silenced = ignore::read(&statement.comments);
            for part in 0..=scene.inner(at) {
                scene.stand(at, part);
                let (found, skipped) = run(rules, &scene, header, &options.limits);
                let found = found.into_iter().map(|finding| placed(finding, &scene));
                ignore::sort(found.collect(), &silenced, &mut linted);
                linted.not_looked_at.extend(skipped.into_iter().map(|one| told_where(one, &scene)));
                scene.pass();
            }
            scene.stand(at, 0);
            linted.not_looked_at.extend(not_understood(&scene));
            linted.findings.extend(ignore::without_reason(&silenced, &scene.here()));
        }
        scene.close();
    }
    linted.findings.sort_by(|a, b| a.location.cmp(&b.location));
    linted.findings.dedup();
    linted
}

/// The header of a snapshot that there is not.
#[must_use]
pub fn no_target(engine: &str) -> Header {
    Header {
        engine: engine.to_owned(),
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
fn placed(finding: Finding, scene: &impl Scene) -> Finding {
    if finding.location.is_some() { finding } else { finding.at(scene.here()) }
}

fn told_where(mut skipped: NotLookedAt, scene: &impl Scene) -> NotLookedAt {
    let place = scene.here();
    skipped.reason = format!("{}:{}: {}", place.file, place.line, skipped.reason);
    skipped
}

/// What is to be said of a statement that the engine's reader does not know.
fn not_understood(scene: &impl Scene) -> Option<NotLookedAt> {
    let message = scene.unread()?;
    let Location { file, line, .. } = scene.here();
    Some(NotLookedAt {
        rule: "migrate/*".to_owned(),
        reason: format!("{file}:{line}: the statement is not understood ({message}), so no rule looked at it"),
        remedy: Some("the server may know it; try it on a copy of the database".to_owned()),
    })
}

//! What would be done: pending migrations and their plans, before anything is.

use std::collections::BTreeMap;

use dbwright_core::{Failure, FailureKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Options;
use crate::journal::{Entry, State};
use crate::migration::Migration;
use crate::plan::{Phase, Planned};
use crate::port::Session;

/// The plans of all that is pending.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// Pending migrations in their order.
    pub migrations: Vec<Previewed>,
}

/// The plan of one pending migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Previewed {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Whether it has a `-- down` part.
    pub has_down: bool,
    /// What becomes of each statement.
    pub statements: Vec<Planned>,
}

impl Preview {
    /// Each step before the contract phase that can't be undone, with the reason, for people.
    #[must_use]
    pub fn irreversible(&self) -> Vec<String> {
        self.statements().flat_map(|(file, planned)| irreversible(file, planned)).collect()
    }

    /// Each statement that blocks others, with the reason, for people.
    #[must_use]
    pub fn blocking(&self) -> Vec<String> {
        self.statements().filter_map(|(file, planned)| blocking(file, planned)).collect()
    }

    fn statements(&self) -> impl Iterator<Item = (&str, &Planned)> {
        self.migrations.iter().flat_map(|m| m.statements.iter().map(|planned| (m.file.as_str(), planned)))
    }
}

/// What is pending, in order: files that the journal does not have in effect, up to `to`.
///
/// # Errors
/// When two files have one version, when `to` is no version of a file, or when a file that is in effect has changed.
pub fn pending<'a>(
    journal: &[Entry],
    migrations: &'a [Migration],
    to: Option<&str>,
) -> Result<Vec<&'a Migration>, Failure> {
    conflicts(migrations)?;
    drift(journal, migrations)?;
    let upto = match to {
        None => migrations,
        Some(to) => {
            let at = migrations.iter().position(|m| m.version == to).ok_or_else(|| {
                Failure::usage("migrate.no-version", format!("no file has the version {to}"))
                    .hint("`dbwright migrate status` lists the versions")
            })?;
            &migrations[..=at]
        }
    };
    let current = |e: &Entry, m: &Migration| !m.repeatable || e.checksum == m.checksum;
    let waits =
        |m: &&Migration| !journal.iter().any(|e| e.version == m.version && e.state.in_effect() && current(e, m));
    Ok(upto.iter().filter(waits).collect())
}

/// Plans what is pending, against the target as it is, each statement seeing what those before it will have made.
///
/// # Errors
/// As [`pending`], and when a statement can't be planned.
pub async fn preview(
    session: &mut dyn Session,
    migrations: &[Migration],
    options: &Options,
) -> Result<Preview, Failure> {
    let journal = session.journal().await?;
    let pending = pending(&journal, migrations, options.to.as_deref())?;
    let statements: Vec<_> = pending.iter().flat_map(|m| m.up.statements.iter().cloned()).collect();
    let mut plans = session.plan(&statements).await?.into_iter();
    let previewed = |m: &&Migration| Previewed {
        version: m.version.clone(),
        name: m.name.clone(),
        file: m.file.clone(),
        has_down: m.down.is_some(),
        statements: plans.by_ref().take(m.up.statements.len()).collect(),
    };
    Ok(Preview { migrations: pending.iter().map(previewed).collect() })
}

/// Two files of one version: nobody can say which one was applied.
pub(super) fn conflicts(migrations: &[Migration]) -> Result<(), Failure> {
    let mut seen: BTreeMap<&str, &Migration> = BTreeMap::new();
    for migration in migrations {
        if let Some(other) = seen.insert(&migration.version, migration) {
            let message = format!("{} and {} have one version, {}", other.file, migration.file, migration.version);
            return Err(Failure::usage("migrate.version-conflict", message)
                .hint("give the one that no target has yet a new version: rename its file"));
        }
    }
    Ok(())
}

/// A file that was changed after it was applied: what the target has is not what the file says.
fn drift(journal: &[Entry], migrations: &[Migration]) -> Result<(), Failure> {
    let changed = |m: &&Migration| journal.iter().any(|e| is_drift(e, m));
    let Some(migration) = migrations.iter().find(changed) else { return Ok(()) };
    let message = format!("{} was changed after it was applied", migration.file);
    Err(Failure::new(FailureKind::Usage, "migrate.drift", message)
        .hint("put the file back as it was (version control has it), and write a new migration for what is to change")
        .hint(format!(
            "or, when the target already is as the file says now: dbwright migrate baseline TARGET --to {}",
            migration.version
        )))
}

pub(super) fn is_drift(entry: &Entry, migration: &Migration) -> bool {
    !migration.repeatable
        && entry.version == migration.version
        && entry.checksum != migration.checksum
        && (entry.state.in_effect() || entry.state == State::Undoing)
}

/// Refuses what the options don't allow.
pub(super) fn refuse(irreversible: &[String], blocking: &[String], options: &Options) -> Result<(), Failure> {
    if options.reversible_only && !irreversible.is_empty() {
        return Err(Failure::usage(
            "migrate.irreversible",
            "a step can't be undone, and only reversible ones were allowed",
        )
        .excerpt(irreversible.join("\n"))
        .hint("run without --reversible-only when that is meant"));
    }
    if !options.allow_blocking && !blocking.is_empty() {
        return Err(Failure::usage("migrate.blocking", "no way is known to do this without blocking others")
            .excerpt(blocking.join("\n"))
            .hint("run it with --allow-blocking at a time when that does no harm"));
    }
    Ok(())
}

pub(super) fn irreversible(file: &str, planned: &Planned) -> Vec<String> {
    let steps = planned.steps.iter().filter(|step| step.phase < Phase::Contract);
    let reason = |step: &crate::plan::Step| {
        let reason = step.back.lost()?;
        Some(format!("{file}:{}: {}: {reason}", planned.line, step.title))
    };
    steps.filter_map(reason).collect()
}

pub(super) fn blocking(file: &str, planned: &Planned) -> Option<String> {
    let blocking = planned.blocking.as_ref()?;
    let time = blocking.expected_ms.map(|ms| format!(" (about {})", span(ms))).unwrap_or_default();
    let reason = format!("{file}:{}: {}{time}", planned.line, blocking.reason);
    // What the plan says beside it is often the way out.
    Some(std::iter::once(&reason).chain(&planned.notes).cloned().collect::<Vec<_>>().join("\n  "))
}

/// A duration as people say it.
fn span(ms: f64) -> String {
    match ms {
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 120_000.0 => format!("{:.0} s", ms / 1000.0),
        ms => format!("{:.0} min", ms / 60_000.0),
    }
}

//! A target, opened, with the migrations that belong to it.

use std::collections::BTreeSet;
use std::path::Path;

use dbwright_check::Checks;
use dbwright_core::target::Address;
use dbwright_core::{Failure, near};
use dbwright_migrate::journal::Entry;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::Options;
use dbwright_migrate::{Limits, Migration, OnlineDdl, Session};

use super::folder;
use crate::args::migrate::{Connection, Throttle};
use crate::context::Context;
use crate::target::Source;
use crate::{config, engines, target};

/// An open target.
pub(super) struct Opened {
    /// The engine.
    pub(super) engine: &'static dyn OnlineDdl,
    /// The connection.
    pub(super) session: Box<dyn Session>,
    /// The folder's migrations.
    pub(super) migrations: Vec<Migration>,
    /// What the journal holds.
    pub(super) journal: Vec<Entry>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// What a target is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is only read.
    Look,
    /// Migrations are carried out.
    Change,
    /// Migrations are recorded without being carried out.
    Record,
}

/// With what tables are copied, and how fast.
#[derive(Debug, Clone, Default)]
pub(super) struct Copying {
    /// The user's word for it.
    pub(super) tool: Option<String>,
    /// What holds it back.
    pub(super) limits: Limits,
}

impl Copying {
    /// # Errors
    /// When the engine knows no such choice.
    fn possible(&self, engine: &dyn OnlineDdl) -> Result<(), Failure> {
        let words = engine.copy_tools();
        let Some(word) = self.tool.as_deref().filter(|word| !words.contains(word)) else { return Ok(()) };
        let failure = Failure::usage("migrate.no-copy-tool", format!("tables can't be copied with `{word}` here"));
        if words.is_empty() {
            return Err(failure.hint("leave --copy-tool out: dbwright copies tables of this engine by itself"));
        }
        let failure = match near::did_you_mean(word, words.iter().copied()) {
            Some(guess) => failure.hint(guess),
            None => failure,
        };
        Err(failure.hint(format!("--copy-tool takes: {}", words.join(", "))))
    }
}

/// Opens the target and reads the folder.
///
/// # Errors
/// When the target is no live database, can't be reached or changed, or the folder can't be read.
pub(super) async fn open(
    name: &str,
    dir: &Path,
    connection: &Connection,
    mode: Mode,
    copying: &Copying,
    cx: &Context,
) -> Result<Opened, Failure> {
    let (engine, address) = live(name, cx)?;
    copying.possible(engine)?;
    // The folder first: a mistake in it is told without waiting for a server.
    let folder = folder::read(dir)?;
    let options = OpenOptions {
        connect_timeout: connection.connect_timeout,
        read_only: mode == Mode::Look,
        programs: connection.programs.clone(),
        copy_tool: copying.tool.clone(),
        limits: copying.limits.clone(),
        ..OpenOptions::default()
    };
    let mut session = engine.open(&address, &options, &cx.progress).await?;
    let journal = session.journal().await?;
    let in_effect = journal.iter().filter(|entry| entry.state.in_effect()).map(|entry| &entry.version);
    let known: BTreeSet<String> = match mode {
        // What is only recorded is not run.
        Mode::Record => folder.migrations.iter().map(|source| source.version.clone()).collect(),
        Mode::Look | Mode::Change => in_effect.cloned().collect(),
    };
    let (migrations, notes) = folder::migrations(&folder, engine, &known)?;
    let warnings = session.facts().warnings.clone();
    Ok(Opened { engine, session, migrations, journal, notes: [warnings, notes].concat() })
}

/// The live database that a name means, and what migrates it.
///
/// # Errors
/// As [`resolve`], and when dbwright can't change the schema of such an engine.
pub(super) fn live(name: &str, cx: &Context) -> Result<(&'static dyn OnlineDdl, Address), Failure> {
    let (engine, address) = resolve(name, cx)?;
    Ok((engines::migrator(engine)?, address))
}

/// The live database that a name means.
///
/// # Errors
/// When it is none.
pub(super) fn resolve(name: &str, cx: &Context) -> Result<(&'static dyn Checks, Address), Failure> {
    let found = config::load(&cx.global)?;
    match target::resolve(name, None, &found.config)? {
        Source::Live(engine, address) => Ok((engine, address)),
        Source::Snapshot(_) | Source::Schema(..) => {
            Err(Failure::usage("migrate.not-live", format!("{name} is a file, not a database that can be changed"))
                .hint("name the database itself; `dbwright migrate lint --snapshot FILE` works from a snapshot"))
        }
    }
}

/// The throttle flags as the runner takes them.
pub(super) fn options(throttle: &Throttle) -> Options {
    let own = Limits {
        pause: throttle.pause,
        replica_lag: throttle.max_lag,
        waiting: throttle.max_waiting,
        active: throttle.max_active,
        ..Limits::default()
    };
    let limits = Limits {
        lock_timeout: throttle.lock_timeout,
        lock_patience: throttle.lock_patience,
        batch: throttle.batch_time,
        largest_batch: throttle.batch_rows,
        patience: throttle.patience,
        ..if throttle.unthrottled { Limits::unthrottled() } else { own }
    };
    Options { lock_wait: throttle.wait_for_other, limits, ..Options::default() }
}

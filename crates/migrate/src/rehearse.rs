//! A rehearsal: what a migration did on a private server, under load, at one or more sizes, and after it was undone.
//!
//! An engine that can rehearse implements [`Rehearses`]. What is the same on every engine is here: a [`Stage`] is the
//! engine's part, and [`rehearse`] runs the migrations on it, under a load, and back.

mod app;
mod clients;
mod dangers;
pub mod load;
mod pass;
mod proof;
mod report;
pub mod rows;
pub mod spans;
mod stage;
pub mod touched;
mod traced;
pub mod watcher;

use std::path::PathBuf;
use std::time::Duration;

use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, FailureKind};

use crate::migration::Migration;
use crate::port::{OnlineDdl, OpenOptions};
use crate::run;
use crate::throttle::Limits;

pub use load::{Load, Template, Turn};
pub use report::{
    BrokenQuery, ClaimProof, Danger, Form, LoadFailure, LoadRun, LockHeld, Pass, Rehearsal, RuleProofs, StepRun,
    TableRows, Undo, Waits,
};
pub use stage::{Client, Clients, Schema, Stage, Stages, Stops, TryOut, Watch, Watched};

/// An engine that can carry migrations out on a private server of its own, and watch.
pub trait Rehearses: Send + Sync {
    /// Rehearses migrations on private servers that look like the target, which itself is only read.
    ///
    /// # Errors
    /// When the target can't be read, there is no room or no program for a private server, or the user stops. A migration
    /// that fails is no error: the report says so.
    fn rehearse<'a>(
        &'a self,
        address: &'a Address,
        migrations: &'a [Migration],
        options: &'a RehearseOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Rehearsal, Failure>>;

    /// Runs the examples of the rules about migrations on a private server, and compares what they do with what is claimed.
    ///
    /// # Errors
    /// When there is no program of that version, or the server refuses what every server must do.
    fn prove_rules<'a>(
        &'a self,
        _options: &'a ProveOptions,
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<RuleProofs, Failure>> {
        Box::pin(async {
            let message =
                "the claims of this engine's rules are replayed by dbwright's own tests, and not yet by this command";
            Err(Failure::new(FailureKind::Usage, "migrate.no-proofs", message)
                .hint("`dbwright migrate rehearse TARGET` measures a migration of your own"))
        })
    }
}

/// How to rehearse.
#[derive(Debug, Clone)]
pub struct RehearseOptions {
    /// Sizes to rehearse at.
    pub sizes: Vec<Size>,
    /// Sessions that read and write the touched tables meanwhile.
    pub clients: usize,
    /// How long the load runs before the first step, so that there is something to compare with.
    pub warm_up: Duration,
    /// The application's statements, run against every state in between: name for messages and text.
    pub app_queries: Option<(String, String)>,
    /// Limits that the change is carried out under.
    pub limits: Limits,
    /// Whether what blocks others is run, too.
    pub allow_blocking: bool,
    /// Folders with the engine's own programs (`--programs`).
    pub programs: Vec<PathBuf>,
    /// With what tables are copied, as for [`OpenOptions::copy_tool`].
    pub copy_tool: Option<String>,
    /// Most bytes of rows that are copied.
    pub copy_bytes: Option<u64>,
}

impl Default for RehearseOptions {
    fn default() -> Self {
        Self {
            sizes: vec![Size::Rows(10_000), Size::Rows(100_000)],
            clients: 8,
            warm_up: Duration::from_secs(3),
            app_queries: None,
            limits: Limits::default(),
            allow_blocking: false,
            programs: Vec::new(),
            copy_tool: None,
            copy_bytes: None,
        }
    }
}

/// How many rows a rehearsal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The target's own rows, copied (`--rows copy`).
    Copy,
    /// Made-up rows: so many in the largest touched table, the others in the target's proportion.
    Rows(u64),
}

/// How to prove rules.
#[derive(Debug, Clone, Default)]
pub struct ProveOptions {
    /// The major version; none means the newest that is there.
    pub major: Option<u32>,
    /// Folders with the engine's own programs.
    pub programs: Vec<PathBuf>,
}

/// Rehearses at every size on stages that the engine makes.
///
/// # Errors
/// When a stage can't be made or breaks, or the user stops. A migration that fails is no error: the report says so.
pub async fn rehearse(
    stages: &dyn Stages,
    migrations: &[Migration],
    options: &RehearseOptions,
    progress: &dyn Progress,
) -> Result<Rehearsal, Failure> {
    let (mut passes, mut notes, mut server) = (Vec::new(), Vec::new(), String::new());
    for size in &options.sizes {
        let stage = stages.make(*size, progress).await?;
        notes.extend(stage.notes().iter().cloned());
        stage.server().clone_into(&mut server);
        passes.push(pass::run_through(&*stage, migrations, options, &mut notes, progress).await?);
    }
    notes.sort();
    notes.dedup();
    let dangers = dangers::dangers(&passes, stages.target_rows(), |mode| stages.stops(mode));
    let proof = proof::proof(&passes, &server);
    Ok(Rehearsal { server, passes, dangers, notes, proof })
}

/// What the target's journal does not have yet.
///
/// # Errors
/// When the target can't be read, or its journal and the files contradict each other.
pub async fn pending(
    engine: &dyn OnlineDdl,
    address: &Address,
    migrations: &[Migration],
    options: &RehearseOptions,
) -> Result<Vec<Migration>, Failure> {
    let open = OpenOptions { read_only: true, programs: options.programs.clone(), ..OpenOptions::default() };
    let mut session = engine.open(address, &open, &Silent).await?;
    let journal = session.journal().await?;
    Ok(run::pending(&journal, migrations, None)?.into_iter().cloned().collect())
}

/// A figure without its fraction.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of f64 saturates, as it should")]
pub fn whole(value: f64) -> u64 {
    value as u64
}

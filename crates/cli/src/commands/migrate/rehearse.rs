//! `migrate rehearse` and `migrate prove-rules`: what really happens, on private servers.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::rehearse::{Pass, ProveOptions, RehearseOptions};
use dbwright_migrate::run::{self, Options};
use serde_json::json;

use super::session::{self, Mode};
use crate::args::migrate::{Form, ProveRules, Rehearse};
use crate::commands::text_of;
use crate::context::Context;
use crate::failure::Exit;
use crate::render::{self, migrate};
use crate::{engines, output};

/// Carries out on private servers what is pending, and writes what happened.
///
/// # Errors
/// When the target can't be read, nothing is there to start a server with, or the user stops.
pub(super) async fn run(args: &Rehearse, cx: &Context) -> Result<Exit, Failure> {
    let (engine, address) = session::resolve(&args.target, cx)?;
    let rehearses = engines::rehearser(engine)?;
    let copying = session::Copying { tool: args.copies.copy_tool.clone(), ..session::Copying::default() };
    let mut opened = session::open(&args.target, &args.dir.dir, &args.connection, Mode::Look, &copying, cx).await?;
    // A plan that can't be made is told before a server is started.
    let preview = run::preview(&mut *opened.session, &opened.migrations, &Options::default()).await?;
    let pending: BTreeSet<&str> = preview.migrations.iter().map(|one| one.version.as_str()).collect();
    let migrations: Vec<_> =
        opened.migrations.iter().filter(|m| pending.contains(m.version.as_str())).cloned().collect();
    if migrations.is_empty() {
        cx.progress.finish();
        return Err(Failure::usage(
            "migrate.nothing-pending",
            format!("nothing is pending on {}", opened.session.facts().target),
        )
        .hint("`dbwright migrate status TARGET` shows what is applied"));
    }
    let app_queries = args
        .app_queries
        .as_deref()
        .map(|path| Ok::<_, Failure>((path.display().to_string(), text_of(path, "statements")?)));
    let options = RehearseOptions {
        sizes: args.rows.clone(),
        clients: args.clients,
        app_queries: app_queries.transpose()?,
        allow_blocking: args.allow_blocking,
        programs: args.connection.programs.clone(),
        copy_tool: args.copies.copy_tool.clone(),
        copy_bytes: args.copy_bytes,
        ..RehearseOptions::default()
    };
    let rehearsal = rehearses.rehearse(&address, &migrations, &options, &cx.progress).await?;
    cx.progress.finish();
    let file = args.output.output.as_deref();
    match args.output.format {
        Form::Json => {
            let whole = json!({"schema_version": 1, "target": opened.session.facts(), "rehearsal": rehearsal, "notes": opened.notes});
            output::write(file, render::json(&whole)?.as_bytes())?;
        }
        Form::Text => output::write_styled(file, &migrate::rehearsal(&rehearsal, opened.session.facts(), cx.width))?,
    }
    Ok(if rehearsal.passes.iter().all(clean) { Exit::Clean } else { Exit::Findings })
}

/// Whether nothing failed, broke or was left behind.
fn clean(pass: &Pass) -> bool {
    let steps = pass.steps.iter().all(|step| step.error.is_none() && step.failed == 0);
    let whole = pass.failure.is_none() && pass.broken_queries.is_empty();
    steps && whole && pass.undo.failure.is_none() && pass.undo.differs.is_empty()
}

/// Replays the examples of the rules.
///
/// # Errors
/// When there is no server of that version.
pub(super) async fn prove_rules(args: &ProveRules, cx: &Context) -> Result<Exit, Failure> {
    let rehearses = engines::rehearser(engines::by_dialect("postgres")?)?;
    let options = ProveOptions { major: args.target_version, programs: args.programs.clone() };
    let proofs = rehearses.prove_rules(&options, &cx.progress).await?;
    cx.progress.finish();
    let file = args.output.output.as_deref();
    match args.output.format {
        Form::Json => output::write(file, render::json(&json!({"schema_version": 1, "proofs": proofs}))?.as_bytes())?,
        Form::Text => output::write_styled(file, &migrate::proofs(&proofs, cx.width))?,
    }
    Ok(if proofs.claims.iter().all(|claim| claim.holds) { Exit::Clean } else { Exit::Findings })
}

//! `migrate status` and `migrate verify`: how things stand; nothing is changed.

use dbwright_core::Failure;
use dbwright_core::progress::Progress as _;
use dbwright_migrate::run::{self, Where};
use serde_json::json;

use super::session::{self, Mode};
use crate::args::migrate::{Form, Status, Verify};
use crate::context::Context;
use crate::failure::Exit;
use crate::output;
use crate::render::{self, migrate};

/// Prints where the migrations stand.
///
/// # Errors
/// When the target or the folder can't be read.
pub(super) async fn status(args: &Status, cx: &Context) -> Result<Exit, Failure> {
    let mut opened =
        session::open(&args.target, &args.dir.dir, &args.connection, Mode::Look, &session::Copying::default(), cx)
            .await?;
    let status = run::status(&mut *opened.session, &opened.migrations).await?;
    cx.progress.finish();
    let file = args.output.output.as_deref();
    match args.output.format {
        Form::Json => {
            let whole = json!({"schema_version": 1, "target": opened.session.facts(), "migrations": status.migrations,
                "notes": opened.notes});
            output::write(file, render::json_of_statements(whole)?.as_bytes())?;
        }
        Form::Text => {
            output::write_styled(file, &migrate::status(&status, opened.session.facts(), &opened.notes, cx.width))?;
        }
    }
    let done = |line: &run::Line| matches!(line.state, Where::Applied | Where::Baseline) && !line.drift;
    Ok(if status.migrations.iter().all(done) { Exit::Clean } else { Exit::Findings })
}

/// Prints what is not as the journal says.
///
/// # Errors
/// When the target or the folder can't be read.
pub(super) async fn verify(args: &Verify, cx: &Context) -> Result<Exit, Failure> {
    let mut opened =
        session::open(&args.target, &args.dir.dir, &args.connection, Mode::Look, &session::Copying::default(), cx)
            .await?;
    cx.progress.stage("verifying", None);
    let problems = run::verify(&mut *opened.session, &opened.migrations).await?;
    cx.progress.finish();
    let file = args.output.output.as_deref();
    match args.output.format {
        Form::Json => {
            let whole = json!({"schema_version": 1, "target": opened.session.facts(), "problems": problems, "notes": opened.notes});
            output::write(file, render::json_of_statements(whole)?.as_bytes())?;
        }
        Form::Text => {
            output::write_styled(file, &migrate::problems(&problems, opened.session.facts(), &opened.notes, cx.width))?;
        }
    }
    Ok(if problems.is_empty() { Exit::Clean } else { Exit::Findings })
}

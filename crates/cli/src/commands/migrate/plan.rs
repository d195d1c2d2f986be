//! `migrate plan`: what would be done, and how.

use dbwright_core::Failure;
use dbwright_core::progress::Progress as _;
use dbwright_migrate::run::{self, Options};
use serde_json::json;

use super::session::{self, Mode};
use crate::args::migrate::{Form, Plan};
use crate::context::Context;
use crate::failure::Exit;
use crate::output;
use crate::render::{self, migrate};

/// Plans what is pending and prints it.
///
/// # Errors
/// When the target can't be read, a file is in disorder, or a statement can't be planned.
pub(super) async fn run(args: &Plan, cx: &Context) -> Result<Exit, Failure> {
    let copying = session::Copying { tool: args.copies.copy_tool.clone(), ..session::Copying::default() };
    let mut opened = session::open(&args.target, &args.dir.dir, &args.connection, Mode::Look, &copying, cx).await?;
    cx.progress.stage("planning", None);
    let options = Options { to: args.to.as_deref().map(dbwright_migrate::files::normal), ..Options::default() };
    let preview = run::preview(&mut *opened.session, &opened.migrations, &options).await?;
    cx.progress.finish();
    let facts = opened.session.facts();
    let found = facts.warnings.iter().filter(|warning| !opened.notes.contains(warning)).cloned();
    let notes: Vec<String> = opened.notes.iter().cloned().chain(found).collect();
    let view = migrate::PlanView { facts, preview: &preview, notes: &notes, full: args.full };
    let file = args.output.output.as_deref();
    if args.sql {
        output::write(file, migrate::sql(&view, &opened.engine.by_hand()).as_bytes())?;
    } else if args.output.format == Form::Json {
        let whole = json!({"schema_version": 1, "target": facts, "migrations": preview.migrations,
            "blocking": preview.blocking(), "irreversible": preview.irreversible(), "notes": notes});
        output::write(file, render::json_of_statements(whole)?.as_bytes())?;
    } else {
        output::write_styled(file, &migrate::plan(&view, cx.width))?;
    }
    Ok(if preview.blocking().is_empty() { Exit::Clean } else { Exit::Findings })
}

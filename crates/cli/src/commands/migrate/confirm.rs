//! Asking before something is changed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use dbwright_core::Failure;

use crate::args::migrate::Form;

/// Whether the user can be asked, before any work is done for a question that nobody could answer.
///
/// # Errors
/// When the answer can't be had: no terminal, or the output is for a program.
pub(super) fn possible(yes: bool, form: Form) -> Result<(), Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if yes || (terminal && form == Form::Text) {
        return Ok(());
    }
    let why = if form == Form::Json { "--format json is for programs" } else { "there is no terminal" };
    Err(Failure::usage("migrate.not-asked", format!("this changes the target, and nobody can be asked: {why}"))
        .hint("look at it first with `dbwright migrate plan TARGET`, then add --yes"))
}

/// Asks; true when the answer is yes. Without an answer it is no.
pub(super) async fn ask(yes: bool, question: &str) -> bool {
    if yes {
        return true;
    }
    anstream::eprint!("{question} [y/N] ");
    let _ = std::io::stderr().flush();
    // Ctrl-C must work while the line is awaited.
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = line.await.ok().and_then(Result::ok).unwrap_or_default();
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

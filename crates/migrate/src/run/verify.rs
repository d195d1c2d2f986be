//! Looks whether the target is what files and journal say.

use dbwright_core::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::preview::{conflicts, is_drift};
use crate::journal::{Entry, State};
use crate::migration::Migration;
use crate::port::Session;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Stable code: `drift`, `missing-file`, `unfinished`, `leftover`, `invalid`.
    pub code: String,
    /// The migration or object.
    pub subject: String,
    /// What is wrong, one sentence.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Compares files, journal and target. Writes nothing.
///
/// # Errors
/// When journal or catalog can't be read, or two files have one version.
pub async fn verify(session: &mut dyn Session, migrations: &[Migration]) -> Result<Vec<Problem>, Failure> {
    conflicts(migrations)?;
    let journal = session.journal().await?;
    let mut problems: Vec<Problem> = journal.iter().filter_map(|entry| of_entry(entry, migrations)).collect();
    let under_way = journal.iter().any(|e| e.state.unfinished() || e.state == State::AwaitsContract);
    for remark in session.inspect().await? {
        if remark.helper && under_way {
            continue;
        }
        let (code, hint) = if remark.helper {
            ("leftover", "no change is under way that needs it: it can be dropped")
        } else {
            ("invalid", "finish it, or drop it and make it again")
        };
        problems.push(problem(code, &remark.object, format!("{} {}", remark.object, remark.what), hint));
    }
    Ok(problems)
}

fn of_entry(entry: &Entry, migrations: &[Migration]) -> Option<Problem> {
    let title = entry.title();
    if entry.state.unfinished() {
        let hint = "`dbwright migrate resume TARGET` goes on, `dbwright migrate undo TARGET` goes back";
        return Some(problem("unfinished", &title, format!("{title} is not finished"), hint));
    }
    if !entry.state.in_effect() {
        return None;
    }
    match migrations.iter().find(|m| m.version == entry.version) {
        None => {
            let hint = "bring its file back from version control";
            Some(problem("missing-file", &title, format!("{title} is in effect, and no file has its version"), hint))
        }
        Some(m) if is_drift(entry, m) => {
            let hint = "put the file back as it was, and write a new migration for what is to change";
            Some(problem("drift", &title, format!("{} was changed after it was applied", m.file), hint))
        }
        Some(_) => None,
    }
}

fn problem(code: &str, subject: &str, message: String, hint: &str) -> Problem {
    Problem { code: code.to_owned(), subject: subject.to_owned(), message, hint: hint.to_owned() }
}

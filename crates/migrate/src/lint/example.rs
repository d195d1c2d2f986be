//! The examples of rules about migrations: a set-up, the line `-- migration`, and the statements that are looked at.
//!
//! A comment `-- claim…` directly before a statement says what the server does with it, in words of the engine; tests and
//! `dbwright migrate prove-rules` replay it on a real one.

use dbwright_core::Failure;

use crate::script::{Script, Statement};

/// What separates the set-up from what is looked at.
const MARK: &str = "-- migration";
/// How a claim begins.
const CLAIM: &str = "-- claim";

/// An example of a rule; `C` is what the engine claims of a statement.
#[derive(Debug, Clone)]
pub struct Example<C> {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether it is the one with the fault.
    pub bad: bool,
    /// Statements that make the state before the migration, outside of transactions of their own.
    pub setup: Vec<Statement>,
    /// The migration; places refer to the whole file, so that they are those that an editor shows.
    pub migration: Script,
    /// What is claimed of its statements.
    pub claims: Vec<C>,
}

impl<C> Example<C> {
    /// Takes a script apart. `claim` reads what follows `-- claim` before the statement of that number.
    ///
    /// # Errors
    /// When the mark is missing or a claim is not of the engine's form.
    pub fn read(
        rule: &'static str,
        script: Script,
        mut claim: impl FnMut(usize, &str) -> Option<C>,
    ) -> Result<Self, Failure> {
        let broken = |why: String| Failure::usage("migrate.example", format!("{rule}/{}: {why}", script.file));
        let mark = script.text.lines().position(|line| line.trim() == MARK);
        let mark = mark.ok_or_else(|| broken(format!("there is no line `{MARK}`")))? + 1;
        let mut claims = Vec::new();
        let (setup, statements): (Vec<_>, Vec<_>) =
            script.statements.iter().cloned().partition(|statement| statement.line < mark);
        for (at, statement) in statements.iter().enumerate() {
            for comment in &statement.comments {
                let Some(text) = comment.strip_prefix(CLAIM) else { continue };
                claims.push(claim(at, text).ok_or_else(|| broken(format!("a claim is not of the form: {comment}")))?);
            }
        }
        let bad = script.file.starts_with("bad.");
        Ok(Self { rule, bad, setup, migration: Script { statements, ..script }, claims })
    }
}

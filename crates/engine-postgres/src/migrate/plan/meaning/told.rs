//! What is told of a statement that the server will refuse.

use dbwright_core::{Failure, near};
use dbwright_migrate::Statement;
use dbwright_sql::Dialect;

/// A statement that the server will refuse when its turn comes.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// What is the matter, one sentence without its place.
    pub message: String,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
    /// The byte of the statement that it is about.
    pub at: usize,
}

impl Refusal {
    pub(super) fn new(code: &'static str, at: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hints: vec![hint.into()], at }
    }

    /// Puts what may be meant before what else can be done.
    pub(super) fn near<'a>(mut self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let found: Vec<String> = near::near(name, known).into_iter().map(|name| Dialect::Postgres.name(name)).collect();
        if !found.is_empty() {
            self.hints.insert(0, format!("did you mean {}?", found.join(" or ")));
        }
        self
    }
}

/// The refusals as one failure, when there are some.
pub(super) fn failure(found: Vec<(&Statement, Refusal)>) -> Result<(), Failure> {
    let told =
        |(statement, refusal): &(&Statement, Refusal)| format!("{}: {}", statement.place(refusal.at), refusal.message);
    let lines: Vec<String> = found.iter().map(told).collect();
    let Some((_, first)) = found.into_iter().next() else { return Ok(()) };
    let Some((line, more)) = lines.split_first() else { return Ok(()) };
    let mut failure = Failure::usage(first.code, line.clone());
    failure.hints = first.hints;
    Err(if more.is_empty() { failure } else { failure.excerpt(format!("and:\n{}", more.join("\n"))) })
}

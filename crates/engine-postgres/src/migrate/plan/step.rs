//! Steps of the usual kinds, and the questions that they ask.

use dbwright_migrate::plan::{Back, Held, Lock, Phase, Require, Step, Work};

use super::catalog::Table;
use super::name::{literal, qualified};

/// The strongest table lock.
pub const ACCESS_EXCLUSIVE: &str = "ACCESS EXCLUSIVE";
/// The lock of a foreign key or trigger that is made.
pub const SHARE_ROW_EXCLUSIVE: &str = "SHARE ROW EXCLUSIVE";
/// The lock of `CREATE INDEX`: writers wait.
pub const SHARE: &str = "SHARE";
/// The lock of what lets readers and writers pass.
pub const SHARE_UPDATE_EXCLUSIVE: &str = "SHARE UPDATE EXCLUSIVE";
/// The lock of an update.
pub const ROW_EXCLUSIVE: &str = "ROW EXCLUSIVE";
/// The lock of a query.
pub const ACCESS_SHARE: &str = "ACCESS SHARE";

/// Steps are made in one expression.
pub trait Drafted: Sized {
    /// How it is undone.
    #[must_use]
    fn back(self, back: Back) -> Self;
    /// What it locks.
    #[must_use]
    fn locks(self, mode: &str, table: &Table, held: Held) -> Self;
    /// How long it takes.
    #[must_use]
    fn takes(self, ms: f64) -> Self;
}

impl Drafted for Step {
    fn back(mut self, back: Back) -> Self {
        self.back = back;
        self
    }

    fn locks(mut self, mode: &str, table: &Table, held: Held) -> Self {
        self.lock = lock(mode, [table.subject()], held);
        self
    }

    fn takes(mut self, ms: f64) -> Self {
        self.estimate_ms = Some(ms);
        self
    }
}

/// A lock on objects.
pub fn lock(mode: &str, objects: impl IntoIterator<Item = String>, held: Held) -> Lock {
    Lock { mode: mode.to_owned(), objects: objects.into_iter().collect(), held }
}

/// A step of any kind.
pub fn step(title: impl Into<String>, phase: Phase, work: Work) -> Step {
    Step { title: title.into(), phase, work, back: Back::nothing(), lock: Lock::default(), estimate_ms: None }
}

/// Statements in one transaction.
pub fn transaction<S: Into<String>>(
    title: impl Into<String>,
    phase: Phase,
    statements: impl IntoIterator<Item = S>,
) -> Step {
    let statements = statements.into_iter().map(Into::into).collect();
    step(title, phase, Work::Transaction { statements, require: Vec::new() })
}

/// A statement outside a transaction.
pub fn alone(title: impl Into<String>, phase: Phase, statement: String, done: String, clear: Vec<String>) -> Step {
    step(title, phase, Work::Alone { statement, done, clear })
}

/// Questions only.
pub fn verify(title: impl Into<String>, phase: Phase, require: Vec<Require>) -> Step {
    step(title, phase, Work::Verify { require })
}

/// A question that must be answered with yes.
pub fn require(query: impl Into<String>, or: impl Into<String>) -> Require {
    Require { query: query.into(), or: or.into() }
}

/// A `DO` block that runs statements where a condition holds: what makes a way back idempotent.
#[must_use]
pub fn guarded<S: AsRef<str>>(condition: &str, statements: &[S]) -> String {
    let body: String =
        statements.iter().map(|one| format!("EXECUTE {};\n", literal(one.as_ref()))).collect::<Vec<_>>().concat();
    let tag = dollar_tag(&format!("{condition}{body}"));
    format!("DO {tag}\nBEGIN\nIF {condition} THEN\n{body}END IF;\nEND {tag}")
}

/// A dollar quote that does not occur in the text.
#[must_use]
pub fn dollar_tag(text: &str) -> String {
    let tags = (0..).map(|n| if n == 0 { "$dbwright$".to_owned() } else { format!("$dbwright{n}$") });
    tags.into_iter().find(|tag| !text.contains(tag.as_str())).unwrap_or_default()
}

/// Yields true when the column is there.
#[must_use]
pub fn column_exists(table: &Table, column: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass({}) AND attname = {} AND NOT attisdropped)",
        literal(&table.sql()),
        literal(column)
    )
}

/// Yields true when the constraint is there.
#[must_use]
pub fn constraint_exists(table: &Table, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass({}) AND conname = {})",
        literal(&table.sql()),
        literal(name)
    )
}

/// Yields true when the index is there, whole.
#[must_use]
pub fn index_valid(schema: &str, index: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({}) AND indisvalid)",
        literal(&qualified(schema, index))
    )
}

/// Yields the statement that removes what an interrupted build left under this name.
#[must_use]
pub fn clear_index(schema: &str, index: &str) -> String {
    let name = qualified(schema, index);
    format!(
        "SELECT {} FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({}) AND NOT indisvalid",
        literal(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")),
        literal(&name)
    )
}

//! Steps of the kinds that plans here are made of.

use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Lock, Phase, Work};

/// The mode of a lock that keeps everybody out.
pub(in crate::migrate) const EXCLUSIVE: &str = "EXCLUSIVE";

/// The mode of a lock that keeps writers out.
pub(in crate::migrate) const SHARED: &str = "SHARED";

/// A statement on one line, cut to what a title may be.
pub(in crate::migrate) fn title(sql: &str) -> String {
    let line = dbwright_core::target::redact_sql(&sql.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= 100 { line } else { format!("{}…", line.chars().take(99).collect::<String>()) }
}

/// A statement that no transaction holds; nothing tells whether it is done.
pub(in crate::migrate) fn plain(sql: &str, back: Back) -> Step {
    alone(title(sql), sql, String::new(), back)
}

/// A statement that no transaction holds, and the question that tells whether it is done.
pub(in crate::migrate) fn alone(title: String, sql: impl Into<String>, done: String, back: Back) -> Step {
    let work = Work::Alone { statement: sql.into(), done, clear: Vec::new() };
    Step { title, phase: Phase::Switch, work, back, lock: Lock::default(), estimate_ms: None }
}

/// A statement that is committed together with its mark.
pub(in crate::migrate) fn transaction(sql: &str, back: Back) -> Step {
    let work = Work::Transaction { statements: vec![sql.to_owned()], require: Vec::new() };
    Step { title: title(sql), phase: Phase::Switch, work, back, lock: Lock::default(), estimate_ms: None }
}

/// What a step locks.
pub(in crate::migrate) fn lock(mode: &str, object: String, held: Held) -> Lock {
    Lock { mode: mode.to_owned(), objects: vec![object], held }
}

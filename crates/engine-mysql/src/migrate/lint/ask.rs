//! Questions about a script that several rules ask.

use super::read::settings::{Scope, assignments};
use super::scene::{Line, Scene};
use super::world::{KeyKind, Table};
use crate::body::Account;
use crate::migrate::parse::{Act, Clause};
use crate::migrate::text::cursor::Name;

/// Seconds that a session may wait for a metadata lock with all others behind it.
const PATIENCE: f64 = 60.0;

impl Scene {
    /// Whether waiting for a metadata lock ends by itself, soon.
    pub(in crate::migrate) fn lock_timeout(&self) -> bool {
        let value = self.setting("lock_wait_timeout").and_then(|value| value.parse::<f64>().ok());
        value.is_some_and(|seconds| seconds <= PATIENCE)
    }

    /// Whether a switch is known to be on.
    pub(in crate::migrate) fn turned_on(&self, name: &str) -> bool {
        self.setting(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "1" | "on" | "true"))
    }

    /// Whether the file makes a table, before or behind the statement.
    pub(in crate::migrate) fn makes(&self, name: &Name) -> bool {
        let made = |line: &Line| matches!(&line.act, Act::CreateTable { table, .. } if table == name);
        self.lines.iter().any(made)
    }

    /// Whether clauses go through all rows of a table: none for an instant, else whether they copy it.
    pub(in crate::migrate) fn works(&self, table: &Name, clauses: &[Clause]) -> Option<bool> {
        let way = self.judged(clauses, &self.world.table(table)).way;
        (way.algorithm != "INSTANT").then_some(way.algorithm == "COPY")
    }

    /// The accounts of the target; none when they are not known.
    pub(in crate::migrate) fn accounts(&self) -> Option<&[Account]> {
        Some(self.world.accounts.as_slice()).filter(|accounts| !accounts.is_empty())
    }
}

impl Line {
    /// Whether the statement changes anything but a setting of its session.
    pub(in crate::migrate) fn changes(&self) -> bool {
        match &self.act {
            Act::Set | Act::Transaction(_) | Act::Lock | Act::Use | Act::Query => false,
            Act::SetGlobal => assignments(&self.sql).iter().all(|one| one.scope == Scope::Server),
            Act::Other(word) => !matches!(word.as_str(), "FLUSH" | "KILL" | "PREPARE" | "DEALLOCATE" | "HANDLER"),
            _ => true,
        }
    }
}

/// ` ORDER BY` the primary key; nothing when it is not known.
pub(in crate::migrate) fn order_by(table: &Table) -> String {
    let key = table.keys.iter().find(|key| key.kind == KeyKind::Primary);
    let plain = key.filter(|key| key.columns.iter().all(|part| !part.starts_with('(')));
    plain.map(|key| format!(" ORDER BY {}", super::steps::quoted_list(&key.columns))).unwrap_or_default()
}

//! A plan while it is made.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use dbwright_core::Failure;
use dbwright_migrate::plan::{Blocking, Phase};
use dbwright_migrate::{Planned, Statement, Step};

use super::name::{literal, object_name};
use super::plain;
use super::{Catalog, tokens};

/// What every method needs: the catalog, the statement, and names that it has given already.
pub(super) struct Cx<'c, 'a> {
    pub(super) catalog: &'c Catalog<'a>,
    pub(super) statement: &'c Statement,
    taken: Mutex<BTreeSet<String>>,
}

impl<'c, 'a> Cx<'c, 'a> {
    pub(super) fn new(catalog: &'c Catalog<'a>, statement: &'c Statement) -> Self {
        Self { catalog, statement, taken: Mutex::default() }
    }

    /// The name that the server would choose for a relation or constraint of these columns.
    pub(super) async fn free_name(
        &self,
        schema: &str,
        table: &str,
        columns: &str,
        label: &str,
    ) -> Result<String, Failure> {
        for pass in 0.. {
            let label = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
            let name = object_name(table, columns, &label);
            if !self.is_taken(&name) && !self.catalog.is_used(schema, &name).await? {
                self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
                return Ok(name);
            }
        }
        Err(Failure::internal("migrate.name", format!("no free name for {table} was found")))
    }

    fn is_taken(&self, name: &str) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Whether an expression calls a volatile function, as far as its names tell.
    pub(super) async fn is_volatile(&self, expression: &str) -> Result<bool, Failure> {
        let names: Vec<_> = tokens::calls(expression).iter().map(|name| literal(name)).collect();
        if names.is_empty() {
            return Ok(false);
        }
        let names = names.join(", ");
        self.catalog
            .holds(&format!("EXISTS (SELECT FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname IN ({names}))"))
            .await
    }
}

/// Steps and what goes with them.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) method: String,
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    pub(super) blocking: Option<Blocking>,
}

impl Draft {
    pub(super) fn of(method: &str) -> Self {
        Self { method: method.to_owned(), ..Self::default() }
    }

    pub(super) fn one(method: &str, step: Step) -> Self {
        Self { steps: vec![step], ..Self::of(method) }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(super) fn blocks(mut self, reason: impl Into<String>, ms: f64) -> Self {
        "blocking".clone_into(&mut self.method);
        self.blocking = Some(Blocking { reason: reason.into(), expected_ms: Some(ms) });
        self
    }

    /// Puts another draft behind this one. The more telling method names both.
    pub(super) fn absorb(&mut self, other: Self) {
        if self.method.is_empty() || self.method == plain::METHOD || other.method == "blocking" {
            self.method = other.method;
        }
        self.steps.extend(other.steps);
        self.notes.extend(other.notes);
        if let Some(new) = other.blocking {
            self.blocking = Some(match self.blocking.take() {
                None => new,
                Some(old) => Blocking {
                    reason: format!("{}; {}", old.reason, new.reason),
                    expected_ms: old.expected_ms.zip(new.expected_ms).map(|(a, b)| a + b),
                },
            });
        }
    }

    /// What is removed for good comes last, and phases never go back.
    pub(super) fn finish(mut self, statement: &Statement) -> Planned {
        let (mut steps, last): (Vec<_>, Vec<_>) =
            self.steps.into_iter().partition(|step| step.phase != Phase::Contract);
        let mut phase = Phase::Expand;
        for step in &mut steps {
            phase = phase.max(step.phase);
            step.phase = phase;
        }
        steps.extend(last);
        self.notes.dedup();
        Planned { method: self.method, steps, notes: self.notes, blocking: self.blocking, ..plain::empty(statement) }
    }
}

//! The existing indexes that are gone when the advice is carried out.

use crate::index::ObjectName;
use crate::port::WhatIf;
use crate::run::Advised;

/// Existing indexes that the advice drops, or replaces as long as what takes their place is in the set.
pub(super) struct Leaving(Vec<One>);

struct One {
    index: (ObjectName, String),
    /// Positions in the pool of the indexes that take its place; none when it is just dropped.
    by: Vec<usize>,
}

impl Leaving {
    /// What the advice drops and replaces. The pool begins with the indexes that the advice creates.
    pub(super) fn of(advised: &Advised, what_if: &dyn WhatIf) -> Self {
        let advice = &advised.advice;
        let at = |name: &String| advice.create.iter().position(|create| create.name == *name);
        let dropped = advice.drop.iter().map(|one| (one.statement.as_str(), Vec::new()));
        let replaced =
            advice.replace.iter().map(|one| (one.statement.as_str(), one.by.iter().filter_map(at).collect()));
        let statements: Vec<(&str, Vec<usize>)> = dropped.chain(replaced).collect();
        if statements.is_empty() {
            return Self(Vec::new());
        }
        let existing = what_if.existing().into_iter().enumerate();
        let leaving = existing.filter_map(|(at, one)| {
            let sql = what_if.drop(at).forward.join("; ");
            let (_, by) = statements.iter().find(|(statement, _)| *statement == sql)?;
            Some(One { index: (one.index.table.clone(), one.name.clone()), by: by.clone() })
        });
        Self(leaving.collect())
    }

    /// Those that are gone when just this set is created.
    pub(super) fn under(&self, set: &[bool]) -> Vec<(ObjectName, String)> {
        let gone = self.0.iter().filter(|one| one.by.iter().all(|at| set[*at]));
        gone.map(|one| one.index.clone()).collect()
    }
}

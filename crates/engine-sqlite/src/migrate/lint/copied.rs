//! A table that a file makes anew by hand: a new one, the rows copied, the old one dropped, the new one renamed.

use super::line::Line;
use super::scene::Scene;
use crate::migrate::parse::{Act, Action, Kind};

/// A rebuild by hand.
#[derive(Debug, Clone)]
pub(crate) struct Copied<'a> {
    /// The new table, before it has the name of the old one.
    pub(crate) new: &'a str,
    /// The statements after the new table has its name.
    pub(crate) after: &'a [Line],
}

impl Scene {
    /// The rebuild of which this `DROP TABLE` is the step that takes the old table away.
    pub(crate) fn rebuild(&self) -> Option<Copied<'_>> {
        let Act::Drop { kind: Kind::Table, name, .. } = self.act() else { return None };
        let takes = |line: &Line| renames(line, name).is_some();
        let at = self.after().iter().position(takes)?;
        let new = renames(&self.after()[at], name)?;
        let made = |line: &Line| matches!(&line.act, Act::Create { kind: Kind::Table, name, .. } if same(name, new));
        self.before().iter().any(made).then(|| Copied { new, after: &self.after()[at + 1..] })
    }

    /// Whether an earlier statement of the file gave a table this name.
    pub(crate) fn renamed_here(&self, name: &str) -> bool {
        self.before().iter().any(|line| renames(line, name).is_some())
    }

    /// Whether a later statement of the file makes a table of this name.
    pub(crate) fn made_later(&self, name: &str) -> bool {
        let made =
            |line: &Line| matches!(&line.act, Act::Create { kind: Kind::Table, name: made, .. } if same(made, name));
        self.after().iter().any(made)
    }

    /// Whether a later statement of the file makes or renames a table to this name.
    pub(crate) fn taken_over(&self, name: &str) -> bool {
        self.after().iter().any(|line| {
            let made =
                matches!(&line.act, Act::Create { kind: Kind::Table | Kind::View, name: made, .. } if same(made, name));
            made || renames(line, name).is_some()
        })
    }
}

/// The table that a statement renames to a name.
fn renames<'a>(line: &'a Line, to_name: &str) -> Option<&'a str> {
    let Act::Alter { table, clauses, .. } = &line.act else { return None };
    let renames = clauses.iter().any(|clause| matches!(&clause.action, Action::RenameTo { to } if same(to, to_name)));
    renames.then_some(table)
}

/// Whether two names mean the same.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

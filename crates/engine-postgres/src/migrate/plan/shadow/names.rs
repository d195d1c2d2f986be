//! The names of what a shadow needs, and the three places that a table can be in.

use super::super::name::{helper, ident, qualified};
use super::tree::Which;

/// The helper schemas and objects of one table.
///
/// The shadow and the old table keep their own names, and the names of their indexes and sequences, because each waits in
/// a schema of its own: the switch is a change of schemas, in which nothing has to be renamed.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The table's own schema.
    pub(super) home: String,
    /// The table.
    pub(super) table: String,
    /// The schema of the shadow, its journal and its functions.
    pub(super) new: String,
    /// The schema that the old table waits in after the switch.
    pub(super) old: String,
    /// The start of the names of triggers and of the interim index.
    prefix: String,
}

impl Names {
    pub(super) fn of(schema: &str, table: &str) -> Self {
        let of = |purpose| helper(&[schema, table], purpose);
        Self { home: schema.to_owned(), table: table.to_owned(), new: of("new"), old: of("old"), prefix: of("sync") }
    }

    /// The table that users see.
    pub(super) fn seen(&self) -> String {
        qualified(&self.home, &self.table)
    }

    /// The shadow before the switch.
    pub(super) fn shadow(&self) -> String {
        qualified(&self.new, &self.table)
    }

    /// The old table after the switch.
    pub(super) fn waiting(&self) -> String {
        qualified(&self.old, &self.table)
    }

    /// Where something of this schema waits before the switch: names of one schema don't collide, those of two may.
    pub(super) fn new_for(&self, schema: &str) -> String {
        if schema == self.home { self.new.clone() } else { helper(&[&self.home, &self.table, schema], "new") }
    }

    /// Where something of this schema waits after the switch.
    pub(super) fn old_for(&self, schema: &str) -> String {
        if schema == self.home { self.old.clone() } else { helper(&[&self.home, &self.table, schema], "old") }
    }

    /// An object in the shadow's schema.
    pub(super) fn inside(&self, name: &str) -> String {
        qualified(&self.new, name)
    }

    /// The trigger that notes rows.
    pub(super) fn row_trigger(&self) -> String {
        ident(&format!("{}_row", self.prefix))
    }

    /// The trigger that notes `TRUNCATE`.
    pub(super) fn empty_trigger(&self) -> String {
        ident(&format!("{}_all", self.prefix))
    }

    /// The trigger that refuses transactions which began before the table came to its place.
    pub(super) fn guard_trigger(&self) -> String {
        ident(&format!("{}_old", self.prefix))
    }

    /// The index by which the shadow's rows are found where none of its own serves.
    pub(super) fn key_index(&self) -> String {
        ident(&format!("{}_key", self.prefix))
    }
}

/// The two directions of keeping one table as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the old table to the shadow, before the switch.
    Forward,
    /// From the new table to the old one, after it.
    Back,
}

impl Way {
    /// The table that is written.
    pub(super) const fn source(self) -> Which {
        match self {
            Self::Forward => Which::Old,
            Self::Back => Which::New,
        }
    }

    /// The name of an object for this direction.
    pub(super) const fn name(self, what: What) -> &'static str {
        match (self, what) {
            (Self::Forward, What::Log) => "dbwright_log",
            (Self::Back, What::Log) => "dbwright_log_back",
            (Self::Forward, What::Note) => "dbwright_note",
            (Self::Back, What::Note) => "dbwright_note_back",
            (Self::Forward, What::Apply) => "dbwright_apply",
            (Self::Back, What::Apply) => "dbwright_apply_back",
            (Self::Forward, What::CatchUp) => "dbwright_catch_up",
            (Self::Back, What::CatchUp) => "dbwright_catch_up_back",
        }
    }
}

/// What there is for each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The table of keys that were written.
    Log,
    /// The trigger's function.
    Note,
    /// The function that brings noted keys over.
    Apply,
    /// The procedure that does so until little is left.
    CatchUp,
}

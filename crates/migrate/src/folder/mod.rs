//! The user's folder of migrations beside the journal of a target: what `check --migrations DIR` looks at.

pub mod registry;

use dbwright_core::rule::{Limits, run};
use dbwright_core::snapshot::Header;
use dbwright_core::{Finding, NotLookedAt, RuleMeta};
use serde::{Deserialize, Serialize};

use crate::files::Folder;
use crate::observed::{Observed, Seen};

/// A folder beside a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// Migrations of the journal, in its order.
    pub journal: Vec<Seen>,
    /// The folder, as the user named it.
    pub folder: String,
    /// Its migrations, in their order.
    pub files: Vec<Filed>,
}

/// A migration of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Version.
    pub version: String,
    /// The file that is applied, as the user would name it.
    pub file: String,
    /// Its checksum.
    pub checksum: String,
    /// Whether it is applied again whenever it has changed.
    #[serde(default)]
    pub repeatable: bool,
}

impl Beside {
    /// What was observed beside a folder that was read.
    #[must_use]
    pub fn new(observed: &Observed, name: &str, folder: &Folder) -> Self {
        let filed = |source: &crate::files::Source| Filed {
            version: source.version.clone(),
            file: source.up.file.clone(),
            checksum: source.checksum.clone(),
            repeatable: source.repeatable,
        };
        let files = folder.migrations.iter().map(filed).collect();
        Self { journal: observed.migrations.clone(), folder: name.to_owned(), files }
    }

    /// The file of an entry of the journal.
    fn file(&self, seen: &Seen) -> Option<&Filed> {
        self.files.iter().find(|file| file.version == seen.version)
    }

    /// The journal's entry of a file.
    fn entry(&self, file: &Filed) -> Option<&Seen> {
        self.journal.iter().find(|seen| seen.version == file.version)
    }
}

/// The rules on a folder, by id.
#[must_use]
pub fn rules() -> Vec<&'static RuleMeta> {
    registry::RULES.iter().map(|rule| rule.meta).collect()
}

/// Runs them.
#[must_use]
pub fn check(beside: &Beside, header: &Header, limits: &Limits) -> (Vec<Finding>, Vec<NotLookedAt>) {
    run(registry::RULES, beside, header, limits)
}

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::lint::no_target;

    fn found(text: &str, rule: &str) -> Vec<Finding> {
        let beside: Beside = serde_json::from_str(text).expect("a folder beside a journal");
        let (found, skipped) = check(&beside, &no_target("sqlite"), &Limits::default());
        assert!(skipped.is_empty(), "{skipped:?}");
        found.into_iter().filter(|finding| finding.rule == rule).collect()
    }

    #[test]
    fn every_rule_finds_its_bad_example_and_keeps_silent_on_its_good_one() {
        assert_eq!(registry::EXAMPLES.len(), registry::RULES.len() * 2);
        for (rule, file, text) in registry::EXAMPLES {
            let found = found(text, rule);
            if file.starts_with("good.") {
                assert!(found.is_empty(), "{rule}: {found:?}");
                continue;
            }
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/folder/rules");
            let path = folder.join(rule.rsplit('/').next().unwrap_or_default()).join("expected.json");
            let shown: Vec<_> = found.iter().map(|f| serde_json::json!({"rule": f.rule, "severity": f.severity, "subject": f.subject, "title": f.title})).collect();
            if std::env::var_os("DBWRIGHT_BLESS").is_some() {
                let text = serde_json::to_string_pretty(&shown).expect("text");
                std::fs::write(&path, text + "\n").expect("written");
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let expected: Vec<serde_json::Value> = serde_json::from_str(&expected).expect("findings");
            assert!(!shown.is_empty() && shown == expected, "{rule}: {shown:#?}");
        }
    }
}

//! What the examples of the rules claim.
//!
//! A claim stands in a comment directly before a statement and says what the server does with it, so that it can be
//! replayed on a real one:
//!
//! ```sql
//! -- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
//! -- claim 18+: lock SHARE UPDATE EXCLUSIVE ON orders; rewrite no
//! -- claim: fails 23502
//! ALTER TABLE orders …;
//! ```
//!
//! Versions are `15`, `15-17`, `18+` or none for all. `lock` names the strongest mode that the statement holds on a table
//! that was there before it; `rewrite` speaks of the tables of its locks, and of the statement's table when there are none.

use std::ops::RangeInclusive;

use dbwright_core::Failure;
use dbwright_migrate::{lint, read};
use dbwright_sql::Dialect;

use super::registry::EXAMPLES;

/// An example of a rule.
pub type Example = lint::Example<Claim>;

/// What a server does with one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The statement in [`Example::migration`].
    pub statement: usize,
    /// Major versions that it is true of.
    pub versions: RangeInclusive<u32>,
    /// Strongest mode (`ACCESS EXCLUSIVE`) on a table (as written).
    pub locks: Vec<(String, String)>,
    /// Whether the table is rewritten, when that is claimed.
    pub rewrite: Option<bool>,
    /// The SQLSTATE that it fails with, when it does.
    pub fails: Option<String>,
}

/// The examples of all rules.
///
/// # Errors
/// When a file of a rule is not of the form; a test reads them all.
pub fn examples() -> Result<Vec<Example>, Failure> {
    let one = |(rule, file, text): &(&'static str, &str, &str)| {
        Example::read(rule, read::read(file, text, Dialect::Postgres)?, claim)
    };
    EXAMPLES.iter().map(one).collect()
}

/// Reads what follows `-- claim`.
fn claim(statement: usize, text: &str) -> Option<Claim> {
    let (versions, said) = text.split_once(':')?;
    let mut claim =
        Claim { statement, versions: self::versions(versions.trim())?, locks: vec![], rewrite: None, fails: None };
    for part in said.split(';').map(str::trim) {
        match part.split_once(' ')? {
            ("lock", rest) => {
                let (mode, table) = rest.rsplit_once(" ON ")?;
                claim.locks.push((mode.to_owned(), table.to_owned()));
            }
            ("rewrite", "yes") => claim.rewrite = Some(true),
            ("rewrite", "no") => claim.rewrite = Some(false),
            ("fails", state) => claim.fails = Some(state.to_owned()),
            _ => return None,
        }
    }
    Some(claim)
}

fn versions(text: &str) -> Option<RangeInclusive<u32>> {
    if text.is_empty() {
        return Some(0..=u32::MAX);
    }
    if let Some(from) = text.strip_suffix('+') {
        return Some(from.parse().ok()?..=u32::MAX);
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some(from.parse().ok()?..=to.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_name_versions_locks_rewrite_and_failure() {
        let one = claim(0, " 15-17: lock ACCESS EXCLUSIVE ON \"a b\"; lock SHARE ON c; rewrite yes").expect("a claim");
        assert_eq!(one.versions, 15..=17);
        assert_eq!(one.locks[0], ("ACCESS EXCLUSIVE".to_owned(), "\"a b\"".to_owned()));
        assert_eq!((one.locks.len(), one.rewrite, one.fails), (2, Some(true), None));
        assert_eq!(claim(0, " 18+: fails 23502").expect("a claim").versions, 18..=u32::MAX);
        assert_eq!(claim(0, ": sings"), None);
    }

    #[test]
    fn every_example_is_of_the_form() {
        assert!(!examples().expect("examples are of the form").is_empty());
    }
}

//! The examples of the rules: a set-up, `-- migration`, and the statements that are looked at, with claims.
//!
//! A claim stands in a comment directly before a statement and says what the server does with it, so that it can be replayed on
//! a real one. It names the first way that the server takes of INSTANT, INPLACE with LOCK=NONE, INPLACE with LOCK=SHARED, COPY
//! with LOCK=SHARED:
//!
//! ```sql
//! -- claim: ALGORITHM=COPY, LOCK=SHARED
//! -- claim mysql 8.0.29+: ALGORITHM=INSTANT
//! -- claim mariadb 10.5-10.11: ALGORITHM=INPLACE, LOCK=NONE
//! -- claim: fails 1265
//! ALTER TABLE orders …;
//! ```
//!
//! In the set-up, `-- only mysql` says that the example is for one flavour, `-- applied by psql` that another tool runs it.

use dbwright_core::Failure;
use dbwright_migrate::lint::Example;

use super::registry::EXAMPLES;
use crate::flavour::{Flavour, version_numbers};
use crate::migrate::text::split;

/// What a server does with one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The statement in [`Example::migration`].
    pub statement: usize,
    /// Whose servers it is true of; none for both.
    pub flavour: Option<Flavour>,
    /// First and last version that it is true of; the numbers that are not written are any.
    pub versions: (Version, Version),
    /// `INSTANT`, `INPLACE`, `COPY`, when that is claimed.
    pub algorithm: Option<String>,
    /// `NONE`, `SHARED`, when that is claimed.
    pub lock: Option<String>,
    /// The number of the error that it fails with, when it does.
    pub fails: Option<u16>,
}

/// Major, minor and patch number.
pub type Version = (u16, u16, u16);

impl Claim {
    /// Whether it speaks of a server.
    #[must_use]
    pub fn holds(&self, flavour: Flavour, version: Version) -> bool {
        self.flavour.is_none_or(|own| own == flavour) && (self.versions.0..=self.versions.1).contains(&version)
    }
}

/// The examples of all rules.
///
/// # Errors
/// When a file of a rule is not of the form; a test reads them all.
pub fn examples() -> Result<Vec<Example<Claim>>, Failure> {
    EXAMPLES.iter().map(|(rule, file, text)| Example::read(rule, split::script(file, text)?, claim)).collect()
}

/// Reads what follows `-- claim`.
fn claim(statement: usize, text: &str) -> Option<Claim> {
    let (of, said) = text.split_once(':')?;
    let mut claim = Claim { statement, flavour: None, versions: ANY, algorithm: None, lock: None, fails: None };
    for word in of.split_whitespace() {
        match word {
            "mysql" => claim.flavour = Some(Flavour::MySql),
            "mariadb" => claim.flavour = Some(Flavour::MariaDb),
            versions => claim.versions = self::versions(versions)?,
        }
    }
    for part in said.split(',').map(str::trim) {
        match part.split_once(['=', ' '])? {
            ("ALGORITHM", value) => claim.algorithm = Some(value.to_owned()),
            ("LOCK", value) => claim.lock = Some(value.to_owned()),
            ("fails", number) => claim.fails = Some(number.parse().ok()?),
            _ => return None,
        }
    }
    Some(claim)
}

const LAST: u16 = u16::MAX;
const ANY: (Version, Version) = ((0, 0, 0), (LAST, LAST, LAST));

fn versions(text: &str) -> Option<(Version, Version)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(from) = text.strip_suffix('+') {
        return Some((version_numbers(from), ANY.1));
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let written = to.split('.').count();
    let (major, minor, patch) = version_numbers(to);
    let last = (major, if written > 1 { minor } else { LAST }, if written > 2 { patch } else { LAST });
    Some((version_numbers(from), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_name_flavour_versions_way_and_failure() {
        let one = claim(0, " mysql 8.0.29+: ALGORITHM=INPLACE, LOCK=NONE").expect("a claim");
        assert_eq!((one.algorithm.as_deref(), one.lock.as_deref(), one.fails), (Some("INPLACE"), Some("NONE"), None));
        assert!(one.holds(Flavour::MySql, (9, 7, 0)) && !one.holds(Flavour::MySql, (8, 0, 28)));
        assert!(!one.holds(Flavour::MariaDb, (10, 11, 2)));
        let range = claim(0, " mariadb 10.5-10.11: fails 1265").expect("a claim");
        assert!(range.holds(Flavour::MariaDb, (10, 11, 99)) && !range.holds(Flavour::MariaDb, (11, 0, 0)));
        assert_eq!(range.fails, Some(1265));
        assert_eq!(claim(0, ": sings"), None);
    }

    #[test]
    fn every_example_is_of_the_form() {
        assert!(!examples().expect("examples are of the form").is_empty());
    }
}

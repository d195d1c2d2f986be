//! The examples of the rules, and what they claim of SQLite:
//!
//! ```sql
//! -- claim: rewrite yes
//! -- claim: fails Cannot add a UNIQUE column
//! -- claim: after SELECT count(*) FROM lines = 0
//! -- claim: meanwhile UPDATE orders SET note = 'x'
//! ALTER TABLE orders …;
//! ```
//!
//! `rewrite` speaks of the pages of the statement's table, `fails` of a part of SQLite's message, `after` of what a query gives when
//! the statement is done, and `meanwhile` is what another connection does just before it.

use dbwright_core::Failure;
use dbwright_migrate::lint;
use dbwright_sql::Dialect;

use super::registry::EXAMPLES;

/// An example of a rule.
pub type Example = lint::Example<Claim>;

/// What SQLite does with one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Whether most pages of the table are written.
    Rewrite(usize, bool),
    /// A part of the message that it fails with.
    Fails(usize, String),
    /// A query, and what it gives afterwards.
    After(usize, String, String),
    /// What another connection does before it.
    Meanwhile(usize, String),
}

impl Claim {
    /// The statement in the example's migration, from 0.
    #[must_use]
    pub const fn statement(&self) -> usize {
        match self {
            Self::Rewrite(at, _) | Self::Fails(at, _) | Self::After(at, ..) | Self::Meanwhile(at, _) => *at,
        }
    }
}

/// The examples of all rules.
///
/// # Errors
/// When a file of a rule is not of the form; a test reads them all.
pub fn examples() -> Result<Vec<Example>, Failure> {
    let read = |&(rule, file, text): &(&'static str, &'static str, &'static str)| {
        Example::read(rule, dbwright_migrate::read::read(file, text, Dialect::Sqlite)?, claim)
    };
    EXAMPLES.iter().map(read).collect()
}

/// Reads what follows `-- claim`.
fn claim(at: usize, text: &str) -> Option<Claim> {
    let (word, rest) = text.strip_prefix(':')?.trim().split_once(' ')?;
    Some(match (word, rest) {
        ("rewrite", "yes") => Claim::Rewrite(at, true),
        ("rewrite", "no") => Claim::Rewrite(at, false),
        ("fails", message) => Claim::Fails(at, message.to_owned()),
        ("after", rest) => {
            let (query, value) = rest.rsplit_once(" = ")?;
            Claim::After(at, query.to_owned(), value.to_owned())
        }
        ("meanwhile", sql) => Claim::Meanwhile(at, sql.to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read() {
        assert_eq!(claim(2, ": rewrite no"), Some(Claim::Rewrite(2, false)));
        let after = claim(0, ": after SELECT count(*) FROM t WHERE a = 1 = 0").expect("a claim");
        assert_eq!(after, Claim::After(0, "SELECT count(*) FROM t WHERE a = 1".to_owned(), "0".to_owned()));
        assert_eq!(claim(0, ": sings"), None);
    }

    #[test]
    fn every_example_is_of_the_form() {
        assert!(!examples().expect("examples are of the form").is_empty());
    }
}

//! Versions: how they are compared, and that each is there once.

use std::cmp::Ordering;

use dbwright_core::Failure;

use super::Source;

/// A version that compares by its numbers, whatever their length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key<'a>(Vec<&'a str>, &'a str);

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.0.iter().map(|n| (n.len(), *n)).cmp(other.0.iter().map(|n| (n.len(), *n)));
        numbers.then_with(|| self.1.cmp(other.1))
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a migration is sorted by.
pub(super) fn key(migration: &Source) -> Key<'_> {
    if migration.repeatable {
        return Key(Vec::new(), &migration.name);
    }
    Key(migration.version.split('.').collect(), "")
}

/// Digits without zeros before them; groups by `.` or `_` become `.`, zeros at the end are left out (Flyway's `1.0` is `1`).
/// What is no number stays as it is (`R__views`).
#[must_use]
pub fn normal(version: &str) -> String {
    if !version.bytes().all(|byte| byte.is_ascii_digit() || b"._".contains(&byte)) {
        return version.to_owned();
    }
    let mut groups: Vec<&str> = version.split(['.', '_']).map(without_zeros).collect();
    while groups.len() > 1 && groups.last() == Some(&"0") {
        groups.pop();
    }
    groups.join(".")
}

fn without_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

/// Each version once; the migrations are sorted.
pub(super) fn unique(migrations: &[Source]) -> Result<(), Failure> {
    let twice = migrations.windows(2).find(|pair| pair[0].version == pair[1].version);
    let Some([a, b]) = twice else { return Ok(()) };
    Err(Failure::usage(
        "migrate.same-version",
        format!("two migrations have the version {}: {} and {}", a.version, a.up.file, b.up.file),
    )
    .hint("rename the one that has been applied nowhere; `dbwright migrate status TARGET` shows which have"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_do_not_make_another_version() {
        let cases = [
            ("007", "7"),
            ("0", "0"),
            ("1.0", "1"),
            ("1_2_0", "1.2"),
            ("2.010", "2.10"),
            ("20261121093000", "20261121093000"),
        ];
        for (written, expected) in cases {
            assert_eq!(normal(written), expected);
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let key = |text: &'static str| Key(text.split('.').collect(), "");
        let sorted =
            ["1", "1.1", "1.2", "1.10", "2", "10", "20261121093000", "99999999999999999999999999999999999999999999"];
        assert!(sorted.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
    }
}

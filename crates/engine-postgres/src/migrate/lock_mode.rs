//! The eight modes of table locks, from the weakest to the strongest.

use std::fmt;

/// A table lock's mode. The order is that of PostgreSQL's manual: what is later conflicts with at least as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// Readers.
    AccessShare,
    /// `SELECT … FOR UPDATE`.
    RowShare,
    /// Writers.
    RowExclusive,
    /// `VACUUM`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`.
    ShareUpdateExclusive,
    /// `CREATE INDEX`: readers go on, writers wait.
    Share,
    /// `ADD FOREIGN KEY`, `CREATE TRIGGER`.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// Everybody waits, readers too.
    AccessExclusive,
}

impl LockMode {
    /// All of them, the weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As statements and the manual write it: `ACCESS EXCLUSIVE`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// From the manual's words or from `pg_locks.mode` (`AccessExclusiveLock`), in any case.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
        let plain = plain.strip_suffix("lock").unwrap_or(&plain);
        Self::ALL.into_iter().find(|mode| mode.words().replace(' ', "").eq_ignore_ascii_case(plain))
    }

    /// Whether plain reads wait for it.
    #[must_use]
    pub const fn stops_readers(self) -> bool {
        matches!(self, Self::AccessExclusive)
    }

    /// Whether inserts, updates and deletes wait for it.
    #[must_use]
    pub fn stops_writers(self) -> bool {
        self >= Self::Share
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode;

    #[test]
    fn modes_are_read_as_the_catalog_and_the_manual_write_them() {
        for mode in LockMode::ALL {
            let camel: String =
                mode.words().split(' ').map(|word| word[..1].to_owned() + &word[1..].to_lowercase()).collect();
            assert_eq!(LockMode::read(&format!("{camel}Lock")), Some(mode));
            assert_eq!(LockMode::read(mode.words()), Some(mode));
        }
        assert_eq!(LockMode::read("SIReadLock"), None);
        assert!(LockMode::AccessExclusive.stops_readers() && LockMode::Share.stops_writers());
        assert!(!LockMode::ShareUpdateExclusive.stops_writers());
    }
}

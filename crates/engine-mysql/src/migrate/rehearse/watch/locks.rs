//! Who holds and who waits: metadata locks of tables, and locks of rows.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_migrate::rehearse::{LockHeld, Stops};

use crate::migrate::session::link::Cells;

/// A mode of a metadata lock, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Mode {
    HighPrio,
    Shared,
    Read,
    Write,
    Upgradable,
    ReadOnly,
    NoWrite,
    NoReadWrite,
    Exclusive,
}

/// The modes as the servers write them.
const WORDS: [(Mode, &str); 10] = [
    (Mode::HighPrio, "SHARED_HIGH_PRIO"),
    (Mode::Shared, "SHARED"),
    (Mode::Read, "SHARED_READ"),
    (Mode::Write, "SHARED_WRITE"),
    (Mode::Write, "SHARED_WRITE_LOW_PRIO"),
    (Mode::Upgradable, "SHARED_UPGRADABLE"),
    (Mode::ReadOnly, "SHARED_READ_ONLY"),
    (Mode::NoWrite, "SHARED_NO_WRITE"),
    (Mode::NoReadWrite, "SHARED_NO_READ_WRITE"),
    (Mode::Exclusive, "EXCLUSIVE"),
];

impl Mode {
    pub(in super::super) fn read(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, own)| *own == word).map(|(mode, _)| *mode)
    }

    pub(super) fn word(self) -> &'static str {
        WORDS.iter().find(|(mode, _)| *mode == self).map_or("", |(_, word)| word)
    }

    /// Whom it stops.
    pub(in super::super) fn stops(self) -> Stops {
        match self {
            Self::ReadOnly | Self::NoWrite => Stops::Writers,
            Self::NoReadWrite | Self::Exclusive => Stops::Everybody,
            _ => Stops::Nobody,
        }
    }
}

/// The strongest of each relation first.
pub(super) fn sort(locks: &mut [LockHeld]) {
    locks.sort_by(|a, b| a.relation.cmp(&b.relation).then_with(|| Mode::read(&b.mode).cmp(&Mode::read(&a.mode))));
}

/// A table: schema and name.
pub(super) type Name = (String, String);

/// What a look sees of a table's metadata lock.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) session: u32,
    pub(super) mine: bool,
    pub(super) table: Name,
    pub(super) mode: Mode,
    pub(super) granted: bool,
}

impl Seen {
    /// From the cells of [`crate::migrate::ways::TABLE_LOCKS`].
    pub(super) fn read(row: &Cells) -> Option<Self> {
        let text = |at: usize| row.get(at).cloned().flatten();
        Some(Self {
            session: text(0)?.parse().ok()?,
            mine: text(1)? == "1",
            table: (text(2)?, text(3)?),
            mode: Mode::read(&text(4)?)?,
            granted: text(5)? == "GRANTED",
        })
    }
}

/// The others who wait for a table that one of the watched sessions has, or asks for before them.
pub(super) fn blocked(seen: &[Seen]) -> BTreeSet<u32> {
    let ours: BTreeSet<&Name> = seen.iter().filter(|one| one.mine).map(|one| &one.table).collect();
    let waits = seen.iter().filter(|one| !one.mine && !one.granted && ours.contains(&one.table));
    waits.map(|one| one.session).collect()
}

/// Locks that are held in a stronger mode than the server tells, by whom they stop: MariaDB tells the mode in which a lock
/// was asked for at first. Whoever waits while the watched session itself does not is stopped by what it has.
pub(super) fn stronger(seen: &[Seen]) -> Vec<(u32, Name, Mode)> {
    let mut held: BTreeMap<&Name, (u32, Mode)> = BTreeMap::new();
    for one in seen.iter().filter(|one| one.mine && one.granted) {
        let strongest = held.entry(&one.table).or_insert((one.session, one.mode));
        if one.mode > strongest.1 {
            *strongest = (one.session, one.mode);
        }
    }
    let asks = |table: &Name| seen.iter().any(|one| one.mine && !one.granted && one.table == *table);
    let stronger = |(table, (session, mode)): (&Name, (u32, Mode))| {
        let waiting = seen.iter().filter(|one| !one.mine && !one.granted && one.table == *table);
        let weakest = waiting.map(|one| one.mode).min()?;
        let must = if weakest <= Mode::Read { Mode::Exclusive } else { Mode::NoWrite };
        (must > mode && !asks(table)).then(|| (session, table.clone(), must))
    };
    held.into_iter().filter_map(stronger).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(session: u32, mine: bool, mode: Mode, granted: bool) -> Seen {
        Seen { session, mine, table: ("d".to_owned(), "t".to_owned()), mode, granted }
    }

    #[test]
    fn who_waits_tells_the_mode_that_mariadb_keeps_to_itself() {
        let ours = seen(1, true, Mode::Upgradable, true);
        let (reader, writer) = (seen(2, false, Mode::Read, false), seen(3, false, Mode::Write, false));
        let modes = |seen: &[Seen]| stronger(seen).into_iter().map(|(_, _, mode)| mode).collect::<Vec<_>>();
        assert_eq!(modes(&[ours.clone(), writer.clone()]), [Mode::NoWrite]);
        assert_eq!(modes(&[ours.clone(), writer.clone(), reader]), [Mode::Exclusive]);
        // It asks for more, and others queue behind that.
        let asks = seen(1, true, Mode::Exclusive, false);
        assert_eq!(modes(&[ours.clone(), asks, writer.clone()]), []);
        assert_eq!(blocked(&[ours, writer]), BTreeSet::from([3]));
    }

    #[test]
    fn words_are_read_back() {
        for (mode, word) in WORDS {
            assert_eq!(Mode::read(word), Some(mode));
        }
        assert_eq!(Mode::Write.word(), "SHARED_WRITE");
    }
}

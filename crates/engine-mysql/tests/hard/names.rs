//! Names and modes that break SQL which is put together carelessly.

use std::collections::BTreeSet;

use dbwright_testkit::{MyServer, engines, my_server};

use crate::common::{body, catalog, check, observe, tables};

/// Backticks, quotes, dots, a comment, spaces inside, letters of two and three bytes; 64 characters are the most there is.
/// (Neither server takes characters of four bytes in names.)
const HOSTILE: &str = "a`b\"c'd.e; DROP -- é 日本 /*x*/ \\ % _ $1 ?";

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[test]
fn hostile_names_are_seen_whole_and_their_changes_run() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let long = format!("{HOSTILE}{}", "x".repeat(64 - HOSTILE.chars().count()));
        let (name, long) = (quoted(HOSTILE), quoted(&long));
        server.execute(&format!(
            "CREATE DATABASE {name}; CREATE TABLE {name}.{long} ({name} INT PRIMARY KEY, {long} INT, \
             KEY {name} ({long}), KEY {long} ({long}, {name}), KEY `again` ({long})); \
             CREATE TABLE {name}.`child` (id INT PRIMARY KEY, {name} INT, \
             CONSTRAINT {name} FOREIGN KEY ({name}) REFERENCES {long} ({name})) "
        ));
        let snapshot = observe(&server.url);
        assert_eq!(snapshot.header.gaps, [], "{engine}");
        assert_eq!(tables(body(&snapshot), HOSTILE).len(), 2, "{engine}");
        let findings = check(&snapshot).findings;
        let changes: Vec<_> = findings.iter().filter(|finding| finding.rule.starts_with("sql/")).collect();
        assert!(!changes.is_empty(), "there are doubled indexes: {findings:?}");
        for finding in changes {
            let Some(change) = finding.change.as_ref().filter(|change| !change.forward.is_empty()) else { continue };
            let session = server.session();
            session.execute(&format!("USE {name}"));
            for statement in change.forward.iter().chain(&change.back) {
                session
                    .query(statement)
                    .unwrap_or_else(|reason| panic!("{engine}: {}: {reason}\nin: {statement}", finding.rule));
            }
        }
    }
}

/// What a session sends must mean the same whatever the server's modes are.
#[test]
fn modes_of_the_server_change_nothing() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        schema(&server);
        let plain = observe(&server.url);
        for mode in ["ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "ANSI,PIPES_AS_CONCAT,ONLY_FULL_GROUP_BY", "TRADITIONAL", ""] {
            server.execute(&format!("SET GLOBAL sql_mode = '{mode}'; SET GLOBAL time_zone = '+09:00'"));
            let other = observe(&server.url);
            assert_eq!(other.header.gaps, plain.header.gaps, "{engine} {mode}");
            assert_eq!(catalog(&other), catalog(&plain), "{engine} {mode}");
            let apart = other.header.observed_at.duration_since(plain.header.observed_at).as_secs();
            assert!((0..3600).contains(&apart), "{engine} {mode}: the clock is {apart} s off");
        }
    }
}

#[test]
fn names_are_told_as_the_server_keeps_them() {
    for engine in engines(&["mysql", "mariadb"]) {
        for (setting, kept) in [("0", "Shop"), ("1", "shop")] {
            let server = my_server(engine, &[&format!("--lower-case-table-names={setting}")]);
            server.execute(
                "CREATE DATABASE Shop; CREATE TABLE Shop.Orders (Id INT PRIMARY KEY); \
                 CREATE TABLE Shop.Lines (Id INT PRIMARY KEY, OrderId INT, FOREIGN KEY (OrderId) REFERENCES Orders (Id))",
            );
            let snapshot = observe(&server.url);
            assert_eq!(snapshot.header.gaps, [], "{engine}");
            let names: BTreeSet<_> = tables(body(&snapshot), kept).into_iter().collect();
            let expected = if setting == "0" { ["Lines", "Orders"] } else { ["lines", "orders"] };
            assert_eq!(names, BTreeSet::from(expected), "{engine}");
            let keys = body(&snapshot).catalog.tables.iter().map(|table| table.constraints.len()).sum::<usize>();
            assert!(keys >= 1, "{engine}: the reference is seen");
        }
    }
}

fn schema(server: &MyServer) {
    server.execute(
        "CREATE DATABASE d; USE d;
         CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(20) DEFAULT 'it''s \"so\"' COMMENT 'a\\\\b', made TIMESTAMP NULL);
         CREATE TABLE b (id INT PRIMARY KEY, a INT, e ENUM('x','y,z','q''r'), CHECK (a > 0), FOREIGN KEY (a) REFERENCES a (id));
         CREATE VIEW v AS SELECT t, CONCAT(t, 'x') AS u FROM a;
         CREATE TRIGGER g BEFORE INSERT ON b FOR EACH ROW SET NEW.a = NEW.a + 1;",
    );
}

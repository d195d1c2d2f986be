//! Servers that go away or fall silent while they are observed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dbwright_core::FailureKind;
use dbwright_core::engine::ObserveOptions;
use dbwright_engine_mysql::body::area;
use dbwright_testkit::{Proxy, engines, my_server};

use crate::common::{attempt, attempt_with, body, catalog, check, gap, observe};

/// At whatever request the connection ends, there is a failure that says so or a snapshot that says it is partial,
/// and a part that was not read accuses nobody.
#[test]
fn a_connection_that_ends_anywhere_gives_a_partial_snapshot() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute(
            "CREATE DATABASE d; CREATE TABLE d.a (id INT PRIMARY KEY, KEY again (id)); CREATE TABLE d.b (x INT)",
        );
        let whole = observe(&server.url);
        let accused: Vec<_> = check(&whole).findings.into_iter().map(|finding| finding.fingerprint).collect();
        let counting = Proxy::new(server.port, |_| true);
        observe(&through(counting.port));
        let (mut failures, mut partial) = (0, 0);
        for after in 0..counting.messages() {
            let proxy = Proxy::cutting(server.port, after);
            match attempt(&through(proxy.port)) {
                Err(failure) => {
                    assert_eq!(failure.kind, FailureKind::Unreachable, "cut at {after}: {failure:?}");
                    failures += 1;
                }
                Ok(snapshot) if gap(&snapshot, area::CONNECTION).is_some() => {
                    for finding in check(&snapshot).findings {
                        assert!(accused.contains(&finding.fingerprint), "cut at {after}: {finding:?}");
                    }
                    partial += 1;
                }
                // The last messages end the transaction and the connection: by then everything was read.
                Ok(snapshot) => assert_eq!(catalog(&snapshot), catalog(&whole), "cut at {after}"),
            }
        }
        assert!(failures >= 3 && partial >= 5, "{engine}: {failures} failures, {partial} partial snapshots");
    }
}

#[test]
fn a_server_that_is_killed_leaves_a_partial_snapshot() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let process = server.process().expect("it runs");
        let proxy = Proxy::new(server.port, move |number| {
            if number == 20 {
                process.signal("KILL").expect("a shell is there");
            }
            true
        });
        let snapshot = attempt(&through(proxy.port)).unwrap_or_else(|failure| panic!("{failure:?}"));
        let gap = gap(&snapshot, area::CONNECTION).expect("it is told");
        assert!(gap.reason.contains("partial") && gap.remedy.is_some(), "{gap:?}");
        assert!(!body(&snapshot).server.text.is_empty());
        assert!(!check(&snapshot).not_looked_at.is_empty());
    }
}

#[test]
fn a_server_that_falls_silent_costs_the_limit_once() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = Arc::new(my_server(engine, &[]));
        let held = Arc::clone(&server);
        let proxy = Proxy::new(server.port, move |number| {
            if number == 20 {
                held.pause();
            }
            true
        });
        let options = ObserveOptions { statement_timeout: Duration::from_secs(1), ..ObserveOptions::default() };
        let begin = Instant::now();
        let snapshot = attempt_with(&through(proxy.port), &options).unwrap_or_else(|failure| panic!("{failure:?}"));
        eprintln!("{engine}: the silent server cost {:.1} s", begin.elapsed().as_secs_f64());
        let gap = gap(&snapshot, area::CONNECTION).expect("it is told");
        assert!(gap.reason.contains("did not answer"), "{gap:?}");
        server.resume();
    }
}

/// Without TLS, so that each request is a message of its own.
fn through(port: u16) -> String {
    format!("mysql://root@127.0.0.1:{port}/?sslmode=disable")
}

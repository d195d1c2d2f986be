//! Ways in that are closed: each is told apart, and no message holds a password.

use dbwright_core::FailureKind;
use dbwright_testkit::{engines, my_server, redis_server};

use crate::common::{attempt, attempt_with, body, login, observe, refused};

#[test]
fn passwords_are_told_apart_and_never_shown() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE USER ann@'%' IDENTIFIED BY 'right-one'");
        for (account, word) in [("ann:wrong-one", "is wrong"), ("ann", "password is needed")] {
            let failure = refused(&login(&server.url, account));
            assert_eq!((failure.kind, failure.code), (FailureKind::NotPermitted, "mysql.password"), "{failure:?}");
            assert!(failure.message.contains(word), "{failure:?}");
            assert!(!format!("{failure:?}").contains("wrong-one"), "{failure:?}");
        }
        for stranger in ["nobody:x", "bob:x", "eve:x", "zoe:x", "root2:x"] {
            // MySQL feigns any authentication to names that it does not know.
            let failure = refused(&login(&server.url, stranger));
            assert_eq!(failure.kind, FailureKind::NotPermitted, "{failure:?}");
            let user = stranger.trim_end_matches(":x");
            assert!(failure.message.contains(user) && !failure.hints.is_empty(), "{failure:?}");
        }
        let snapshot = observe(&login(&server.url, "ann:right-one"));
        assert!(!format!("{:?}", snapshot.header).contains("right-one"));
    }
}

#[test]
fn places_that_are_no_such_server_are_told_apart() {
    for engine in engines(&["mysql", "mariadb"]) {
        let mut server = my_server(engine, &[]);
        let failure = refused(&format!("{}nothing", server.url));
        assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, "mysql.no-database"), "{failure:?}");
        let gone = format!("mysql://root@localhost/?socket={}", server.socket.display());
        assert_eq!(body(&observe(&gone)).server.flavour, body(&observe(&server.url)).server.flavour);
        server.kill();
        assert_eq!(refused(&server.url).code, "mysql.refused");
        // A killed server leaves its socket behind.
        assert!(["mysql.refused", "mysql.no-socket"].contains(&refused(&gone).code));
    }
}

#[test]
fn another_program_at_the_port_costs_no_more_than_the_limit() {
    let redis = redis_server("redis", &[]);
    let options = dbwright_core::engine::ObserveOptions {
        connect_timeout: std::time::Duration::from_secs(2),
        ..Default::default()
    };
    let failure = attempt_with(&format!("mysql://root@127.0.0.1:{}/", redis.port), &options).expect_err("no MySQL");
    assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, "mysql.timeout"), "{failure:?}");
    assert!(failure.message.contains("did not greet"), "{failure:?}");
    assert!(failure.hints.iter().any(|hint| hint.contains("redis://")), "{failure:?}");
}

#[test]
fn tls_is_used_when_there_is_some_and_missed_when_it_is_asked_for() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let has_tls = engine == "mysql"; // it makes certificates for itself; MariaDB does so since 11.4
        let preferred = observe(&server.url);
        assert_eq!(body(&preferred).server.tls, has_tls, "{engine}");
        match attempt(&format!("{}?sslmode=require", server.url)) {
            Ok(snapshot) => assert!(has_tls && body(&snapshot).server.tls),
            Err(failure) => {
                assert!(!has_tls, "{failure:?}");
                assert_eq!(
                    (failure.kind, failure.code),
                    (FailureKind::NotPermitted, "mysql.tls-refused"),
                    "{failure:?}"
                );
            }
        }
        assert!(!body(&observe(&format!("{}?sslmode=disable", server.url))).server.tls);
        if has_tls {
            server.execute("SET GLOBAL require_secure_transport = ON");
            let failure = refused(&format!("{}?sslmode=disable", server.url));
            assert_eq!((failure.kind, failure.code), (FailureKind::NotPermitted, "mysql.tls-wanted"), "{failure:?}");
            assert!(body(&observe(&server.url)).server.tls);
        }
    }
}

#[test]
fn a_server_without_a_connection_to_spare_says_so() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &["--max-connections=10"]);
        server.execute("CREATE USER ann@'%'");
        let url = login(&server.url, "ann");
        let held: Vec<_> = (0..10).map_while(|_| dbwright_testkit::my::sql::Session::open(&url).ok()).collect();
        let failure = refused(&url);
        assert_eq!(
            (failure.kind, failure.code),
            (FailureKind::Unreachable, "mysql.too-many-connections"),
            "{failure:?}"
        );
        assert_eq!(held.len(), 10);
    }
}

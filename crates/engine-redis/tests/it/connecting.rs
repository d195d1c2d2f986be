//! Ways in, and every way of being refused: what happened, where, and what to do.

use dbwright_core::{Failure, FailureKind};
use dbwright_testkit::{redis_sentinel, redis_server};

use crate::common::{self, both, observe};

fn refused(url: &str) -> Failure {
    observe(url).err().unwrap_or_else(|| panic!("{url} let us in"))
}

/// The failure of a URL: kind and code, that it helps, and that it keeps the secret.
fn expect(url: &str, kind: FailureKind, code: &str) -> Failure {
    let failure = refused(url);
    assert_eq!((failure.kind, failure.code), (kind, code), "{url}: {failure:?}");
    assert!(!failure.hints.is_empty(), "{url}: {failure:?}");
    assert!(!format!("{failure:?}").contains("geheim"), "{failure:?}");
    failure
}

#[test]
fn passwords_and_users_are_told_apart() {
    for engine in both() {
        let server = redis_server(
            engine,
            &["requirepass richtig", "user ann on >auch ~* &* +@all", "user bob on >klein ~* -@all +ping"],
        );
        let at = server.url.trim_start_matches("redis://");
        expect(&server.url, FailureKind::NotPermitted, "redis.no-password");
        expect(&format!("redis://:geheim@{at}"), FailureKind::NotPermitted, "redis.password");
        expect(&format!("redis://ann:geheim@{at}"), FailureKind::NotPermitted, "redis.password");
        let failure = expect(&format!("redis://bob:klein@{at}"), FailureKind::NotPermitted, "redis.permission");
        assert!(failure.hints[0].contains("ACL SETUSER bob"), "{failure:?}");
        for url in [
            format!("redis://:richtig@{at}"),
            format!("valkey://ann:auch@{at}/0"),
            format!("redis://{at}?user=ann&password=auch"),
        ] {
            let snapshot = common::snapshot(&url);
            let text = String::from_utf8(snapshot.encode_plain().expect("JSON")).expect("text");
            assert!(!text.contains("richtig") && !text.contains("auch\""), "a secret is in the snapshot");
            assert_eq!(common::body(&snapshot).nodes[0].setting("requirepass"), Some("***"));
        }
    }
}

#[test]
fn the_grant_that_is_proposed_is_enough() {
    for engine in both() {
        let server = redis_server(
            engine,
            &["user default off", "user boss on >chef ~* &* +@all", "user eye on >klein ~* -@all +ping"],
        );
        let at = server.url.trim_start_matches("redis://");
        let failure = refused(&format!("redis://eye:klein@{at}"));
        let mut boss = server.wire();
        boss.command(&["AUTH", "boss", "chef"]).expect("logged in");
        common::run(&mut boss, &failure.hints[0]);
        common::run(&mut boss, "SET greeting hello");
        let snapshot = common::snapshot(&format!("redis://eye:klein@{at}"));
        let gaps: Vec<_> = snapshot.header.gaps.iter().filter(|gap| gap.area != "frequency").collect();
        assert!(gaps.is_empty(), "{gaps:?}");
        assert_eq!(common::body(&snapshot).keyspace.names, 1);
    }
}

#[test]
fn places_that_are_none_are_told_apart() {
    let free = dbwright_testkit::launch::free_port().expect("a port");
    expect(&format!("redis://127.0.0.1:{free}"), FailureKind::Unreachable, "redis.refused");
    expect("redis+unix:///no/such.sock", FailureKind::Unreachable, "redis.no-socket");
    expect("redis://no-such-host.invalid", FailureKind::Unreachable, "redis.unknown-host");
    // A server that says nothing, and one that speaks something else.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = silent.local_addr().expect("bound").port();
    let options = dbwright_core::engine::ObserveOptions {
        connect_timeout: std::time::Duration::from_millis(300),
        ..Default::default()
    };
    let failure = common::observe_with(&format!("redis://127.0.0.1:{port}"), &options).expect_err("silent");
    assert_eq!(failure.code, "redis.timeout");
    std::thread::spawn(move || {
        use std::io::Write as _;
        while let Ok((mut stream, _)) = silent.accept() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let failure = refused(&format!("redis://127.0.0.1:{port}"));
    assert_eq!(failure.kind, FailureKind::Unreachable, "{failure:?}");
}

#[test]
fn unix_sockets_and_several_hosts_lead_in() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let snapshot = common::snapshot(&format!("redis+unix://{}", server.socket.display()));
        assert_eq!(snapshot.header.name, server.socket.display().to_string());
        let free = dbwright_testkit::launch::free_port().expect("a port");
        let snapshot = common::snapshot(&format!("redis://127.0.0.1:{free},127.0.0.1:{}", server.port));
        assert_eq!(snapshot.header.name, format!("127.0.0.1:{}", server.port));
    }
}

#[test]
fn protected_mode_is_named() {
    // A server that listens beyond its own machine without a password talks to nobody else.
    let Some(address) = other_address() else { return };
    let server = redis_server("redis", &["bind 0.0.0.0", "protected-mode yes"]);
    let failure =
        expect(&format!("redis://{address}:{}", server.port), FailureKind::NotPermitted, "redis.protected-mode");
    assert!(failure.message.contains("protected mode"), "{failure:?}");
}

/// An address of this machine that is not the loopback's.
fn other_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[test]
fn sentinel_leads_to_the_master() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let replica = server.replica(&[]);
        let sentinel = redis_sentinel(&server, &[]);
        let place = sentinel.url.trim_start_matches("redis://");
        let snapshot = common::snapshot(&format!("redis+sentinel://{place}/primary"));
        assert_eq!(snapshot.header.name, format!("127.0.0.1:{}", server.port));
        let body = common::body(&snapshot);
        let watched = &body.sentinel.as_ref().expect("what Sentinel says").masters[0];
        assert_eq!((watched.name.as_str(), watched.quorum), ("primary", 1));
        let failure = refused(&format!("redis+sentinel://{place}/secondary"));
        assert_eq!(failure.code, "redis.no-service");
        assert!(failure.hints[0].contains("primary"), "{failure:?}");
        // The Sentinel itself.
        let snapshot = common::snapshot(&sentinel.url);
        let body = common::body(&snapshot);
        assert_eq!(body.deployment, dbwright_engine_redis::body::Deployment::Sentinel);
        assert_eq!(body.sentinel.as_ref().map(|s| s.masters.len()), Some(1));
        assert!(common::check(&snapshot).scorecard.is_empty());
        drop(replica);
    }
}

#[test]
fn three_sentinels_with_a_replica_are_well() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let _replica = server.replica(&[]);
        let sentinels = [(); 3].map(|()| redis_sentinel(&server, &[]));
        for sentinel in &sentinels {
            sentinel.command("SENTINEL SET primary quorum 2");
        }
        // They find each other, and the replica, through what the master says, which takes seconds.
        let found = || common::check(&common::snapshot(&sentinels[0].url)).findings;
        common::until(|| !found().iter().any(|finding| finding.rule == "redis/sentinel-cannot-fail-over"));
    }
}

//! TLS: what each mode verifies, what it refuses, and what is said then.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::engine::ObserveOptions;
use dbwright_testkit::launch::free_port;
use dbwright_testkit::process::give_away;
use dbwright_testkit::{RedisServer, Scratch, redis_server};

use crate::common::{self, both, observe};

/// Certificates, made once for the tests of PostgreSQL: `server.crt` is for `localhost`, signed by `ca.crt`.
fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-postgres/tests/observe/tls")
}

/// A server with a port that speaks TLS; gives that port as well.
fn server(engine: &str, folder: &Scratch, clients: &str) -> (RedisServer, u16) {
    for name in ["server.crt", "server.key", "ca.crt"] {
        let copy = folder.path().join(name);
        std::fs::copy(certificates().join(name), &copy).expect("copied");
        give_away(&copy).expect("given away");
    }
    let port = free_port().expect("a port");
    let at = folder.path().display();
    let lines = [
        format!("tls-port {port}"),
        format!("tls-cert-file {at}/server.crt"),
        format!("tls-key-file {at}/server.key"),
        format!("tls-ca-cert-file {at}/ca.crt"),
        format!("tls-auth-clients {clients}"),
    ];
    (redis_server(engine, &lines.each_ref().map(String::as_str)), port)
}

fn refused(url: &str) -> Failure {
    observe(url).err().unwrap_or_else(|| panic!("{url} let us in"))
}

#[test]
fn modes_verify_what_they_say() {
    for engine in both() {
        let folder = Scratch::new();
        let (server, port) = server(engine, &folder, "no");
        let ca = certificates().join("ca.crt");
        let (ca, other) = (ca.display(), certificates().join("other.crt"));
        for url in [
            format!("rediss://localhost:{port}?sslrootcert={ca}"),
            format!("valkeys://localhost:{port}/0?sslmode=verify-full&sslrootcert={ca}"),
            format!("rediss://127.0.0.1:{port}?sslmode=verify-ca&sslrootcert={ca}"),
            format!("redis://127.0.0.1:{port}?sslmode=require"),
        ] {
            common::snapshot(&url);
        }
        let hint = |url: &str, code: &str| {
            let failure = refused(url);
            assert_eq!(failure.code, code, "{url}: {failure:?}");
            failure.hints.join(" ")
        };
        assert!(hint(&format!("rediss://127.0.0.1:{port}?sslrootcert={ca}"), "redis.tls").contains("another host"));
        let wrong = format!("rediss://localhost:{port}?sslrootcert={}", other.display());
        assert!(hint(&wrong, "redis.tls").contains("sslrootcert"));
        assert!(hint(&format!("rediss://localhost:{port}"), "redis.tls").contains("sslrootcert"));
        // A port without TLS takes the beginning of a handshake for half a command, and waits.
        let options = ObserveOptions { connect_timeout: Duration::from_secs(1), ..ObserveOptions::default() };
        let url = format!("rediss://localhost:{}?sslmode=require", server.port);
        let failure = common::observe_with(&url, &options).expect_err("no TLS");
        assert!(failure.hints.join(" ").contains("redis://"), "{failure:?}");
        assert!(hint(&format!("redis://localhost:{port}"), "redis.closed").contains("rediss://"));
        assert_eq!(refused(&format!("rediss://localhost:{port}?sslrootcert=/no/such.pem")).code, "redis.tls-file");
    }
}

#[test]
fn a_client_certificate_is_shown_when_the_server_wants_one() {
    let folder = Scratch::new();
    let (_server, port) = server("redis", &folder, "yes");
    let at = certificates();
    let url = format!("rediss://localhost:{port}?sslrootcert={}", at.join("ca.crt").display());
    let failure = refused(&url);
    assert!(failure.hints.join(" ").contains("sslcert"), "{failure:?}");
    let (certificate, key) = (at.join("client.crt"), at.join("client.key"));
    common::snapshot(&format!("{url}&sslcert={}&sslkey={}", certificate.display(), key.display()));
}

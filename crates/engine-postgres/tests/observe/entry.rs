//! Getting in, and every way not to: each failure has a kind, a code, a next step, and no secret.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::common::{attempt, body, connect};
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::{Failure, FailureKind};
use dbwright_engine_postgres::lab::{Lab, LabOptions, SUPERUSER};
use dbwright_testkit::postgres_bin;

/// Part of every password here; it must not be in any text.
const SECRET: &str = "geheim";

async fn refused(url: &str) -> Failure {
    let failure = attempt(url, &ObserveOptions::default()).await.err().unwrap_or_else(|| panic!("{url} lets in"));
    assert!(!failure.hints.is_empty(), "{failure:?} has no next step");
    assert!(!format!("{failure:?}").contains(SECRET), "{failure:?}");
    failure
}

async fn lab(settings: &[(&str, &str)]) -> Lab {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = LabOptions { programs: vec![postgres_bin(15)], settings, ..LabOptions::default() };
    Lab::start(&options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// The folder of a lab.
fn folder(lab: &Lab) -> PathBuf {
    let url = lab.url("x");
    let (_, rest) = url.split_once('@').expect("it names a role");
    let (socket, _) = rest.split_once(':').expect("it names a port");
    let path = percent_encoding::percent_decode_str(socket).decode_utf8().expect("text").into_owned();
    Path::new(&path).parent().expect("a folder").to_owned()
}

/// Replaces the lab's rules of who may enter.
async fn rules(lab: &Lab, lines: &str) {
    let session = connect(&lab.url("postgres")).await;
    fs::write(folder(lab).join("data/pg_hba.conf"), lines).expect("written");
    session.batch_execute("SELECT pg_reload_conf(), pg_sleep(0.2)").await.expect("reloaded");
}

#[tokio::test]
async fn passwords_are_taken_from_the_url_and_the_file_and_never_shown() {
    let lab = lab(&[("password_encryption", "scram-sha-256")]).await;
    lab.execute("postgres", "ALTER ROLE postgres PASSWORD 'geheim@/:%'").await.expect("set");
    rules(&lab, "local forbidden all reject\nlocal all all scram-sha-256\n").await;
    let socket = folder(&lab).join("socket");
    let at = |user: &str, more: &str| format!("postgres://{user}@/postgres?host={}{more}", socket.display());
    let passfile = tempfile::NamedTempFile::new().expect("a file");
    fs::write(passfile.path(), "*:*:*:*:geheim@/\\:%\n").expect("written");
    let from_file = format!("&passfile={}", passfile.path().display());

    let inside = attempt(&at("postgres:geheim%40%2F%3A%25", ""), &ObserveOptions::default()).await;
    assert_eq!(body(&inside.expect("the right one")).server.role, SUPERUSER);
    attempt(&at("postgres", &from_file), &ObserveOptions::default()).await.expect("the file's");

    let wrong = refused(&at("postgres:geheim-wrong", "")).await;
    assert_eq!((wrong.kind, wrong.code), (FailureKind::NotPermitted, "postgres.password"));
    assert!(wrong.message.contains("wrong"), "{wrong}");
    let none = refused(&at("postgres", "&passfile=/dev/null")).await;
    assert!(none.code == "postgres.password" && none.message.contains("needed"), "{none:?}");
    fs::set_permissions(passfile.path(), fs::Permissions::from_mode(0o644)).expect("changed");
    let open = refused(&at("postgres", &from_file)).await;
    assert!(open.hints.iter().any(|hint| hint.contains("can be read by others")), "{open:?}");
    let rejected = refused(&at("postgres:geheim", "&dbname=forbidden")).await;
    assert_eq!((rejected.kind, rejected.code), (FailureKind::NotPermitted, "postgres.hba"));
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let lab = lab(&[("max_connections", "4"), ("superuser_reserved_connections", "0"), ("max_wal_senders", "0")]).await;
    let no_database = refused(&lab.url("no \"such\"")).await;
    assert_eq!((no_database.kind, no_database.code), (FailureKind::Unreachable, "postgres.no-database"));
    let no_role = refused(&lab.url("postgres").replace("postgres@", "stranger@")).await;
    assert_eq!((no_role.kind, no_role.code), (FailureKind::NotPermitted, "postgres.no-role"));
    lab.execute("postgres", "CREATE ROLE guest LOGIN; REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        .await
        .expect("made");
    let no_connect = refused(&lab.url("postgres").replace("postgres@", "guest@")).await;
    assert_eq!(no_connect.code, "postgres.no-connect");
    assert_eq!(no_connect.hints, ["GRANT CONNECT ON DATABASE \"postgres\" TO \"guest\""]);

    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(connect(&lab.url("postgres")).await);
    }
    let full = refused(&lab.url("postgres")).await;
    assert_eq!((full.kind, full.code), (FailureKind::Unreachable, "postgres.too-many-connections"));
}

#[tokio::test]
async fn places_that_are_no_postgresql_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let other = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a guest");
            let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
        }
    });
    let url = format!("postgres://me:{SECRET}@127.0.0.1:{port}/d?sslmode=disable");
    let strange = refused(&url).await;
    assert!(["postgres.not-postgres", "postgres.closed"].contains(&strange.code), "{strange:?}");
    other.abort();
    let _ = other.await;
    let closed = refused(&url).await;
    assert_eq!((closed.kind, closed.code), (FailureKind::Unreachable, "postgres.refused"));
    assert!(closed.message.contains(&format!("127.0.0.1:{port}")), "{closed}");

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = silent.local_addr().expect("bound").port();
    let late = refused(&format!("postgres://me@127.0.0.1:{port}/d?connect_timeout=1")).await;
    assert_eq!((late.kind, late.code), (FailureKind::Unreachable, "postgres.timeout"));
    assert_eq!(refused("postgres://me@no-such-host.invalid/d").await.code, "postgres.unknown-host");
    assert_eq!(refused("postgres:///d?host=/no/such/folder").await.code, "postgres.no-socket");
}

/// A lab that speaks TLS, and nothing else, on a port of 127.0.0.1, with one of the certificates beside this file.
async fn tls_lab(certificate: &str) -> (Lab, u16) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let lab = lab(&[("listen_addresses", "127.0.0.1"), ("port", &port.to_string())]).await;
    let data = folder(&lab).join("data");
    let account = fs::metadata(&data).expect("its data");
    let own = [
        ("ca.crt", "ca.crt"),
        (&format!("{certificate}.crt"), "server.crt"),
        (&format!("{certificate}.key"), "server.key"),
    ];
    for (from, to) in own {
        fs::copy(certificates(from), data.join(to)).expect("copied");
        fs::set_permissions(data.join(to), fs::Permissions::from_mode(0o600)).expect("changed");
        chown(data.join(to), Some(account.uid()), Some(account.gid())).expect("given away");
    }
    for setting in ["ssl = on", "ssl_ca_file = 'ca.crt'"] {
        lab.execute("postgres", &format!("ALTER SYSTEM SET {setting}")).await.expect("set");
    }
    rules(&lab, "local all all trust\nhostssl certain all all cert\nhostssl all all all trust\n").await;
    (lab, port)
}

fn certificates(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observe/tls").join(name)
}

/// Whether a connection with these parameters comes about, and how it fails.
async fn try_tls(host: &str, port: u16, parameters: &str) -> Result<(), &'static str> {
    let root = |name: &str| certificates(name).display().to_string();
    let parameters = parameters
        .replace("OURS", &root("ca.crt"))
        .replace("OTHER", &root("other.crt"))
        .replace("SELF", &root("self.crt"));
    let url = format!("postgres://postgres@{host}:{port}/postgres?{parameters}");
    match attempt(&url, &ObserveOptions::default()).await {
        Ok(_) => Ok(()),
        Err(failure) => {
            assert!(!failure.hints.is_empty(), "{failure:?}");
            Err(failure.code)
        }
    }
}

#[tokio::test]
async fn every_sslmode_promises_what_libpq_s_does() {
    let (_lab, port) = tls_lab("server").await;
    let cases = [
        ("localhost", "sslmode=disable", Err("postgres.hba")),
        ("localhost", "sslmode=allow", Ok(())),
        ("localhost", "sslmode=prefer", Ok(())),
        ("localhost", "sslmode=require", Ok(())),
        // As in libpq, `require` verifies when there is something to verify with.
        ("localhost", "sslmode=require&sslrootcert=OTHER", Err("postgres.tls")),
        ("localhost", "sslmode=verify-ca&sslrootcert=OURS", Ok(())),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=OURS", Ok(())),
        ("localhost", "sslmode=verify-ca&sslrootcert=OTHER", Err("postgres.tls")),
        ("localhost", "sslmode=verify-full&sslrootcert=OURS", Ok(())),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=OURS", Err("postgres.tls")),
        ("localhost", "sslrootcert=system", Err("postgres.tls")),
        ("localhost", "sslmode=verify-full&sslrootcert=/no/such/file", Err("postgres.tls-file")),
    ];
    for (host, parameters, expected) in cases {
        assert_eq!(try_tls(host, port, parameters).await, expected, "{host} {parameters}");
    }
}

#[tokio::test]
async fn a_client_certificate_lets_in() {
    let (lab, port) = tls_lab("server").await;
    lab.create_database("certain").await.expect("made");
    let own =
        format!("&sslcert={}&sslkey={}", certificates("client.crt").display(), certificates("client.key").display());
    let url = |more: &str| format!("postgres://postgres@localhost:{port}/certain?sslmode=require{more}");
    attempt(&url(&own), &ObserveOptions::default()).await.expect("the certificate is the role's");
    assert_eq!(refused(&url("")).await.kind, FailureKind::NotPermitted);
}

#[tokio::test]
async fn a_self_signed_certificate_is_its_own_root() {
    let (_lab, port) = tls_lab("self").await;
    assert_eq!(try_tls("localhost", port, "sslmode=verify-full&sslrootcert=SELF").await, Ok(()));
    assert_eq!(try_tls("127.0.0.1", port, "sslmode=verify-full&sslrootcert=SELF").await, Err("postgres.tls"));
    assert_eq!(try_tls("localhost", port, "sslmode=verify-full&sslrootcert=OURS").await, Err("postgres.tls"));
}

#[tokio::test]
async fn tls_that_the_server_does_not_speak_is_said() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let _lab = lab(&[("listen_addresses", "127.0.0.1"), ("port", &port.to_string())]).await;
    assert_eq!(try_tls("localhost", port, "sslmode=prefer").await, Ok(()));
    assert_eq!(try_tls("localhost", port, "sslmode=require").await, Err("postgres.tls-refused"));
}

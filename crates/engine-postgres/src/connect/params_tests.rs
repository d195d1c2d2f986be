//! Tests of the precedence and refusals of connection parameters.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::{Params, Place, SslMode};
use crate::connect::environment::Environment;

fn environment(pairs: &[(&'static str, &str)]) -> Environment {
    Environment {
        parameters: pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        user: Some("me".to_owned()),
        ..Environment::default()
    }
}

fn read(rest: &str, environment: &Environment) -> Params {
    Params::read(rest, Duration::from_secs(7), environment).unwrap_or_else(|failure| panic!("{rest}: {failure:?}"))
}

fn tcp(host: &str) -> Place {
    Place::Tcp { host: host.to_owned(), address: None }
}

#[test]
fn the_url_wins_over_the_service_and_that_over_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("service.conf");
    std::fs::write(&file, "[shop]\nhost=of-service\nport=7\nuser=of-service\n").expect("written");
    let mut surroundings =
        environment(&[("host", "of-env"), ("dbname", "of-env"), ("user", "of-env"), ("password", "of-env")]);
    surroundings.service_file = Some(file);
    let params = read("///?service=shop&user=of-url", &surroundings);
    assert_eq!(params.places, [(tcp("of-service"), 7)]);
    assert_eq!((params.user.as_str(), params.database.as_str()), ("of-url", "of-env"));
    assert_eq!(params.password.as_ref().map(ExposeSecret::expose_secret), Some("of-env"));
    let missing = Params::read("//?service=none", Duration::ZERO, &surroundings).err().expect("no such service");
    assert_eq!(missing.code, "postgres.no-service");
}

#[test]
fn defaults_are_those_of_libpq() {
    let params = read("//h", &environment(&[]));
    assert_eq!((params.user.as_str(), params.database.as_str()), ("me", "me"));
    assert_eq!((params.ssl, params.timeout), (SslMode::Prefer, Some(Duration::from_secs(7))));
    assert_eq!((params.places.as_slice(), params.application.as_str()), (&[(tcp("h"), 5432)][..], "dbwright"));
    assert_eq!(read("//h?connect_timeout=0", &environment(&[])).timeout, None);
    assert_eq!(read("//h?sslrootcert=system", &environment(&[])).ssl, SslMode::VerifyFull);
}

#[test]
fn several_hosts_share_a_port_or_have_their_own() {
    let one = read("//a,b?port=9", &environment(&[]));
    assert_eq!(one.places, [(tcp("a"), 9), (tcp("b"), 9)]);
    let own = read("//a:1,b/d?hostaddr=10.0.0.1,10.0.0.2", &environment(&[]));
    assert_eq!(own.places[0], (Place::Tcp { host: "a".to_owned(), address: Some("10.0.0.1".to_owned()) }, 1));
    assert_eq!(own.places[1].1, 5432);
    let socket = read("///d?host=/some/folder", &environment(&[]));
    assert_eq!(socket.places, [(Place::Socket(PathBuf::from("/some/folder")), 5432)]);
}

#[test]
fn what_is_not_understood_is_refused_with_the_known_names() {
    for (rest, word) in [
        ("//h?sslmod=require", "sslmod"),
        ("//h?sslmode=requird", "requird"),
        ("//h?sslrootcert=system&sslmode=require", "verify-full"),
        ("//h?port=x", "65535"),
        ("//a,b,c?port=1,2", "same length"),
        ("//h?sslcrl=f", "sslcrl"),
        ("//h?gssencmode=require", "gssencmode"),
        ("//h?connect_timeout=soon", "seconds"),
    ] {
        let failure = Params::read(rest, Duration::ZERO, &environment(&[])).err().unwrap_or_else(|| panic!("{rest}"));
        assert!(format!("{failure:?}").contains(word), "{rest}: {failure:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_password_file_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pass");
    std::fs::write(&file, "localhost:5432:*:me:geheim\n").expect("written");
    let url = format!("///d?host=/tmp&passfile={}", file.display());
    let params = read(&url, &environment(&[]));
    for (mode, used) in [(0o600, true), (0o640, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("changed");
        let (password, warning) = params.password_for(&params.places[0].0, 5432);
        assert_eq!(password.is_some(), used, "{mode:o}");
        assert_eq!(warning.is_none(), used, "{mode:o}: {warning:?}");
        assert!(!format!("{warning:?}").contains("geheim"));
    }
}

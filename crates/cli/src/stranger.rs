//! Who talks at a port when the engine that was asked for does not: the first bytes tell.
//!
//! Asked only after a connection has failed. What is sent is what every client of these servers sends first; nothing is logged
//! in, and nothing is read beyond the greeting.

use std::time::Duration;

use dbwright_check::Checks;
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::engines;

/// Longest wait for each answer.
const PATIENCE: Duration = Duration::from_millis(700);
/// What a PostgreSQL client sends to ask for TLS; the server answers with one letter.
const TLS_PLEASE: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    /// A server that an engine of ours speaks with, by its scheme.
    Engine(&'static str),
    /// Something else, in words.
    Other(&'static str),
}

/// The failure, or a better one when another server than the one that the address names is there.
pub(crate) async fn explained(failure: Failure, engine: &dyn Checks, address: &Address) -> Failure {
    let about_talk = failure.kind == FailureKind::Unreachable || failure.code.ends_with(".tls-refused");
    let nobody = [".refused", ".no-socket", ".unknown-host"].iter().any(|end| failure.code.ends_with(end));
    let Some((host, port)) = place(address).filter(|_| about_talk && !nobody) else { return failure };
    match speaker(&host, port).await {
        Some(Speaker::Engine(scheme)) => match engines::by_scheme(scheme) {
            Ok(other) if other.info().id != engine.info().id => another(engine, other, scheme, &host, port),
            _ => failure,
        },
        Some(Speaker::Other(what)) => Failure::unreachable(
            "target.another-program",
            format!("{what} answers at {host}:{port}, and no {}", engine.info().name),
        )
        .hint("check host and port"),
        None => failure,
    }
}

fn another(engine: &dyn Checks, other: &dyn Checks, scheme: &str, host: &str, port: u16) -> Failure {
    let [asked, there] = [engine.info().name, other.info().name];
    Failure::unreachable("target.another-engine", format!("{there} answers at {host}:{port}, and no {asked}"))
        .hint(format!("if that is the one you mean, write {scheme}://…@{host}:{port}"))
        .hint(format!("else check the port: {asked} is somewhere else"))
}

/// Host and port of an address, when it names one place.
fn place(address: &Address) -> Option<(String, u16)> {
    let authority = address.rest().strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next().filter(|place| !place.is_empty() && !place.contains(','))?;
    let default = match address.scheme() {
        "postgres" | "postgresql" => 5432,
        "mysql" | "mariadb" => 3306,
        _ => 6379,
    };
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return Some((host.to_owned(), port.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(default)));
    }
    match place.split_once(':') {
        Some((host, port)) => Some((host.to_owned(), port.parse().ok()?)),
        None => Some((place.to_owned(), default)),
    }
    .filter(|(host, _)| !host.is_empty() && !host.contains('%'))
}

async fn speaker(host: &str, port: u16) -> Option<Speaker> {
    // MySQL and SSH speak first; the others wait for us.
    for first in [&b""[..], &TLS_PLEASE, b"PING\r\n"] {
        let answer = answer(host, port, first).await?;
        let said = if first == TLS_PLEASE { of_tls_question(&answer) } else { of_greeting(&answer) };
        if said.is_some() {
            return said;
        }
    }
    None
}

/// What is said after our first bytes; empty when nothing is, none when nobody is there.
async fn answer(host: &str, port: u16, first: &[u8]) -> Option<Vec<u8>> {
    let connect = TcpStream::connect((host, port));
    let mut stream = tokio::time::timeout(PATIENCE * 3, connect).await.ok()?.ok()?;
    stream.write_all(first).await.ok()?;
    let mut bytes = vec![0; 256];
    let length = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await.ok().and_then(Result::ok).unwrap_or(0);
    bytes.truncate(length);
    Some(bytes)
}

/// PostgreSQL answers one letter, or an error of its own form.
fn of_tls_question(bytes: &[u8]) -> Option<Speaker> {
    match bytes {
        [b'S' | b'N'] | [b'E', 0, 0, _, _, ..] => Some(Speaker::Engine("postgres")),
        _ => of_greeting(bytes),
    }
}

fn of_greeting(bytes: &[u8]) -> Option<Speaker> {
    let begins = |text: &str| bytes.starts_with(text.as_bytes());
    // Three bytes of length, the number 0, then protocol 10 and the version, or an error.
    let packet = bytes.len() > 5 && bytes[2] == 0 && bytes[3] == 0;
    if packet && ((bytes[4] == 10 && bytes[5].is_ascii_digit()) || bytes[4] == 0xff) {
        return Some(Speaker::Engine("mysql"));
    }
    let redis = ["+PONG", "-NOAUTH", "-NOPERM", "-DENIED", "-LOADING", "-MISCONF", "-BUSY", "-MASTERDOWN", "-ERR "];
    if redis.iter().any(|text| begins(text)) {
        return Some(Speaker::Engine("redis"));
    }
    let others = [("HTTP/", "a web server (HTTP)"), ("SSH-", "an SSH server"), ("220 ", "a mail or FTP server")];
    others.iter().find(|(text, _)| begins(text)).map(|(_, what)| Speaker::Other(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_who_it_is() {
        let mysql = b"\x4a\0\0\0\x0a9.7.4\0";
        assert_eq!(of_greeting(mysql), Some(Speaker::Engine("mysql")));
        let refused = b"\x45\0\0\0\xff\x6a\x04Host";
        assert_eq!(of_greeting(refused), Some(Speaker::Engine("mysql")));
        assert_eq!(of_greeting(b"-NOAUTH Authentication required.\r\n"), Some(Speaker::Engine("redis")));
        assert_eq!(of_tls_question(b"N"), Some(Speaker::Engine("postgres")));
        assert_eq!(of_greeting(b"HTTP/1.1 400 Bad Request"), Some(Speaker::Other("a web server (HTTP)")));
        assert_eq!(of_greeting(b""), None);
        assert_eq!(of_greeting(b"N"), None);
    }

    #[test]
    fn places_are_read_from_addresses() {
        let place = |text: &str| place(&Address::parse(text).expect("an address"));
        assert_eq!(place("redis://u:p@h:7000/0"), Some(("h".to_owned(), 7000)));
        assert_eq!(place("mysql://h"), Some(("h".to_owned(), 3306)));
        assert_eq!(place("postgres://[::1]/x"), Some(("::1".to_owned(), 5432)));
        assert_eq!(place("postgres:///x?host=/tmp"), None);
        assert_eq!(place("postgres://a,b/x"), None);
    }
}

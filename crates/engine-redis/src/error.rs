//! What refusals mean for a user: which kind of failure, and what to do next.
//!
//! Messages are the server's own words and never hold a password; what the user typed is not repeated.

use std::io;

use dbwright_core::Failure;
use redis::RedisError;

use crate::client::{self, Refusal};
use crate::connect::params::Login;

/// No connection came about.
pub(crate) fn unreachable(place: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Failure::unreachable("redis.refused", format!("nothing listens at {place}: connection refused"))
                .hint("check that the server runs, and that host and port are right (bind, port)")
        }
        io::ErrorKind::NotFound if place.starts_with('/') => {
            Failure::unreachable("redis.no-socket", format!("there is no socket {place}"))
                .hint("check that the server runs and has `unixsocket` set to this path")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::not_permitted("redis.socket-permission", format!("{place} may not be opened: {error}"))
                .hint("run dbwright as a user whom `unixsocketperm` lets in")
        }
        _ if error.to_string().contains("lookup address") => {
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            Failure::unreachable("redis.unknown-host", format!("the host {host} is not known"))
                .hint("check the spelling, and that this machine can resolve it")
        }
        _ => Failure::unreachable("redis.unreachable", format!("{place} can't be reached: {error}"))
            .hint("check host, port, network and firewall"),
    }
}

/// The connection came about, and TLS did not.
pub(crate) fn tls(place: &str, error: &io::Error) -> Failure {
    let text = error.to_string();
    let failure = Failure::unreachable("redis.tls", format!("TLS with {place} failed: {text}"));
    let lower = text.to_lowercase();
    failure.hint(if lower.contains("notvalidforname") || lower.contains("not valid for name") {
        "the certificate is for another host: connect by the name in it, or use sslmode=verify-ca"
    } else if lower.contains("unknownissuer") {
        "the certificate's authority is not trusted: name its root with sslrootcert=FILE"
    } else if lower.contains("expired") {
        "the certificate has expired: have it renewed on the server"
    } else if lower.contains("corrupt") || lower.contains("eof") || lower.contains("closed") || lower.contains("reset")
    {
        "the port may not speak TLS: use redis:// where the network is trusted, or the server's `tls-port`"
    } else {
        "check the certificate of the server, and sslrootcert, sslcert and sslkey"
    })
}

/// The driver could not begin.
pub(crate) fn handshake(place: &str, error: &RedisError) -> Failure {
    refused(&client::refusal(error), place, &Login::default(), false)
}

/// The connection came about, and then the server refused or left.
pub(crate) fn refused(refusal: &Refusal, place: &str, login: &Login, tls: bool) -> Failure {
    match refusal {
        Refusal::Server { code, text } => by_code(code, text, place, login),
        Refusal::Timeout(limit) => Failure::unreachable(
            "redis.no-answer",
            format!("{place} did not answer within {} s", limit.as_secs_f64()),
        )
        .hint("the server may be busy with one long command: look at it with `redis-cli --latency`, and try again"),
        Refusal::Lost(reason) if reason.contains("DENIED") => protected(place),
        Refusal::Lost(_) if !tls => {
            Failure::unreachable("redis.closed", format!("{place} closed the connection at once"))
                .hint("if the port speaks TLS only, write rediss://")
                .hint("check that it is a Redis or Valkey server; its log says why, `maxclients` for example")
        }
        Refusal::Lost(reason) => {
            let failure = Failure::unreachable("redis.closed", format!("{place} closed the connection: {reason}"));
            failure.hint("the server may ask for a client certificate: give sslcert=FILE and sslkey=FILE")
        }
    }
}

fn protected(place: &str) -> Failure {
    Failure::not_permitted(
        "redis.protected-mode",
        format!("{place} is in protected mode and talks to its own machine only"),
    )
    .hint("run dbwright on that machine, or have a password set there (ACL SETUSER default >…)")
}

fn by_code(code: &str, text: &str, place: &str, login: &Login) -> Failure {
    let user = login.user.as_deref().unwrap_or("default");
    match code {
        "WRONGPASS" => Failure::not_permitted("redis.password", format!("{place} does not let user {user} in: {text}"))
            .hint("put user and password into the URL (percent-encoded), or the password into REDISCLI_AUTH"),
        "NOAUTH" => Failure::not_permitted("redis.no-password", format!("{place} asks for a password"))
            .hint("write redis://user:password@host, or put the password into REDISCLI_AUTH"),
        "NOPERM" => Failure::not_permitted("redis.permission", format!("{place} does not permit user {user}: {text}"))
            .hint(format!("ACL SETUSER {user} {GRANT}")),
        "DENIED" => protected(place),
        "BUSY" => Failure::unreachable("redis.busy", format!("{place} is busy with a script or function: {text}"))
            .hint("wait for it, or end it with SCRIPT KILL or FUNCTION KILL (only one that has written nothing)"),
        "LOADING" => Failure::unreachable("redis.loading", format!("{place} loads its data: {text}"))
            .hint("wait until `INFO persistence` says loading:0, then run the command again"),
        "ERR" if text.contains("max number of clients") => {
            Failure::unreachable("redis.too-many-clients", format!("{place} has no connection to spare: {text}"))
                .hint("end clients that idle, or raise `maxclients`")
        }
        "ERR" if text.contains("unknown command") || text.contains("wrong number of arguments") => {
            Failure::unreachable("redis.old", format!("{place} refuses: {code} {text}"))
                .hint("servers before 6.0 have no users: leave the user out of the URL")
        }
        _ => Failure::unreachable("redis.refused-session", format!("{place} refuses: {code} {text}")),
    }
}

/// What a user needs for observing, as ACL rules: reading what a server says of itself, and keys without values.
pub(crate) const GRANT: &str = "on ~* &* +ping +info +select +client|setname +client|list \
    +client|no-evict +config|get +slowlog|get +slowlog|len +latency|latest +memory|stats +memory|doctor +memory|usage \
    +acl|list +acl|whoami +cluster|nodes +cluster|info +scan +type +pttl +dbsize +object|encoding +object|idletime \
    +object|freq +strlen +llen +scard +zcard +hlen +xlen +xinfo|stream +xinfo|groups +xpending +getrange";

//! What PostgreSQL's errors mean for a user: which kind of failure, and what to do next.
//!
//! Messages are the server's own words and never hold a password; what the user typed is not repeated.

use std::error::Error;
use std::io;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use tokio_postgres::error::{DbError, SqlState};

use crate::connect::Destination;

/// An error with its causes, in one line.
pub(crate) fn text(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| chain(error), |db| db.message().to_owned())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        // Many errors repeat their cause.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

/// No connection came about.
pub(crate) fn unreachable(place: &str, error: &io::Error) -> Failure {
    let local = place.starts_with('/');
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Failure::unreachable("postgres.refused", format!("nothing listens at {place}: connection refused"))
                .hint("check that the server runs, and that host and port are right (listen_addresses, port)")
        }
        io::ErrorKind::NotFound if local => {
            Failure::unreachable("postgres.no-socket", format!("there is no socket {place}"))
                .hint("check that the server runs, or name the folder of its socket with ?host=/folder")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::not_permitted("postgres.socket-permission", format!("{place} may not be opened: {error}"))
        }
        _ if error.to_string().contains("lookup address") => {
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            Failure::unreachable("postgres.unknown-host", format!("the host {host} is not known"))
                .hint("check the spelling, and that this machine can resolve it")
        }
        _ => Failure::unreachable("postgres.unreachable", format!("{place} can't be reached: {error}"))
            .hint("check host, port, network and firewall"),
    }
}

/// The connection came about, and then the server or TLS refused.
pub(crate) fn refused(
    error: &tokio_postgres::Error,
    destination: &Destination<'_>,
    warning: Option<&str>,
    had_password: bool,
) -> Failure {
    let failure = match error.as_db_error() {
        Some(db) => by_code(db, destination, had_password),
        None => by_driver(error, destination),
    };
    match warning {
        Some(warning) => failure.hint(format!("{warning}; chmod 0600 makes it usable")),
        None => failure,
    }
}

fn by_code(db: &DbError, destination: &Destination<'_>, had_password: bool) -> Failure {
    let Destination { place, database, user } = destination;
    let message = db.message();
    let (role, name) = (Dialect::Postgres.ident(user), Dialect::Postgres.ident(database));
    let code = db.code();
    if *code == SqlState::INVALID_PASSWORD {
        let what = if had_password { "the password is wrong" } else { "a password is needed" };
        Failure::not_permitted("postgres.password", format!("{place} does not let role {role} in: {what}"))
            .hint("put the password into PGPASSWORD, ~/.pgpass or the URL (percent-encoded)")
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        authorization(message, place, &role, &name)
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        Failure::unreachable("postgres.no-database", format!("{place} has no database {name}"))
            .hint("list its databases with `psql -l`, or check the one that is always there: …/postgres")
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        Failure::not_permitted("postgres.no-connect", format!("{place}: {message}"))
            .hint(format!("GRANT CONNECT ON DATABASE {name} TO {role}"))
    } else if *code == SqlState::CANNOT_CONNECT_NOW {
        Failure::unreachable("postgres.starting", format!("{place} takes no connections yet: {message}"))
            .hint("wait until it has started or recovered, then run the command again")
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        Failure::unreachable("postgres.too-many-connections", format!("{place} has no connection to spare: {message}"))
            .hint("connect as a superuser, for whom some are reserved, or end sessions that idle")
    } else {
        Failure::unreachable("postgres.refused-session", format!("{place} refuses: {message} ({})", code.code()))
    }
}

/// Code 28000 covers several faults, which only the message tells apart. It may be in another language.
fn authorization(message: &str, place: &str, role: &str, database: &str) -> Failure {
    if message.contains("pg_hba.conf") {
        let mut failure = Failure::not_permitted("postgres.hba", format!("{place}: {message}"))
            .hint("add a line for this host, database and role to the server's pg_hba.conf and reload it");
        if message.contains("no encryption") || message.contains("SSL off") {
            failure = failure.hint("the server may want TLS: add sslmode=require to the URL");
        }
        failure
    } else if message.contains("does not exist") {
        Failure::not_permitted("postgres.no-role", format!("{place} has no role {role}"))
            .hint("name a role in the URL: postgres://role@host/database")
            .hint(format!(
                "or create it there: CREATE ROLE {role} LOGIN; GRANT CONNECT ON DATABASE {database} TO {role}"
            ))
    } else {
        let failure =
            Failure::not_permitted("postgres.authentication", format!("{place} does not let {role} in: {message}"));
        failure.hint(if message.contains("Peer") {
            "over a socket the system's user must have the role's name; use postgres://role@127.0.0.1/database instead"
        } else if message.contains("certificate") {
            "give the role's certificate and key: sslcert=FILE and sslkey=FILE"
        } else {
            "ask who runs the server how this role gets in (its pg_hba.conf says)"
        })
    }
}

fn by_driver(error: &tokio_postgres::Error, destination: &Destination<'_>) -> Failure {
    let Destination { place, user, .. } = destination;
    let text = chain(error);
    if text.contains("server does not support TLS") {
        Failure::not_permitted("postgres.tls-refused", format!("{place} does not speak TLS, which sslmode demands"))
            .hint("turn `ssl` on in the server, or use sslmode=prefer where the network is trusted")
    } else if text.contains("password missing") {
        let role = Dialect::Postgres.ident(user);
        Failure::not_permitted(
            "postgres.password",
            format!("{place} does not let role {role} in: a password is needed"),
        )
        .hint("put the password into PGPASSWORD, ~/.pgpass or the URL (percent-encoded)")
    } else if text.contains("TLS handshake") {
        Failure::unreachable(
            "postgres.tls",
            format!("TLS with {place} failed: {}", text.rsplit(": ").next().unwrap_or(&text)),
        )
        .hint(tls_hint(&text))
    } else if error.is_closed() || text.contains("end of file") || text.contains("reset") || text.contains("closed") {
        Failure::unreachable("postgres.closed", format!("{place} closed the connection at once"))
            .hint("check that it is a PostgreSQL server, and look into its log")
    } else if text.contains("authentication") {
        Failure::not_permitted("postgres.authentication", format!("{place}: {text}"))
            .hint("ask who runs the server which way of authentication this role has (its pg_hba.conf says)")
    } else {
        Failure::unreachable("postgres.not-postgres", format!("{place} does not answer like a PostgreSQL server"))
            .hint("check the port: another program may listen there")
    }
}

fn tls_hint(text: &str) -> &'static str {
    if text.contains("NotValidForName") || text.contains("not valid for name") {
        "the certificate is for another host: connect by the name in it, or use sslmode=verify-ca"
    } else if text.contains("UnknownIssuer") {
        "the certificate's authority is not trusted: name its root with sslrootcert=FILE"
    } else if text.to_lowercase().contains("expired") {
        "the certificate has expired: have it renewed on the server"
    } else {
        "check the certificate of the server, and sslrootcert, sslcert and sslkey"
    }
}

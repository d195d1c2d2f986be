//! What the servers' errors mean for a user: which kind of failure, and what to do next.
//!
//! Messages are the server's own words and never hold a password.

use std::error::Error as _;
use std::io;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use mysql_async::{DriverError, Error, IoError, ServerError};

use crate::connect::{Params, Place};

/// One place as messages name it, and what is asked of it.
#[derive(Debug)]
pub(crate) struct Destination<'a> {
    place: String,
    socket: bool,
    database: Option<&'a str>,
    user: &'a str,
    had_password: bool,
}

impl<'a> Destination<'a> {
    /// The destination of parameters.
    pub(crate) fn of(params: &'a Params) -> Self {
        Self {
            place: params.place.to_string(),
            socket: matches!(params.place, Place::Socket(_)),
            database: params.database.as_deref(),
            user: &params.user,
            had_password: params.password.is_some(),
        }
    }
}

/// An error in one line, without the driver's frame.
pub(crate) fn text(error: &Error) -> String {
    match error {
        Error::Server(server) => server.message.clone(),
        other => {
            let mut text = other.to_string();
            let mut cause = other.source();
            while let Some(inner) = cause {
                let more = inner.to_string();
                if !text.contains(&more) {
                    text = format!("{text}: {more}");
                }
                cause = inner.source();
            }
            text
        }
    }
}

/// No connection came about.
pub(crate) fn refused(error: &Error, destination: &Destination<'_>) -> Failure {
    match error {
        Error::Server(server) => by_code(server, destination),
        Error::Io(IoError::Io(io)) => by_io(io, destination),
        Error::Io(IoError::Tls(_)) => by_tls(error, destination),
        Error::Driver(driver) => by_driver(driver, destination),
        other => Failure::unreachable(
            "mysql.not-mysql",
            format!("{} does not answer like a MySQL server: {}", destination.place, text(other)),
        )
        .hint("check the port: another program may listen there"),
    }
}

fn by_code(error: &ServerError, to: &Destination<'_>) -> Failure {
    let Destination { place, user, .. } = to;
    let name = to.database.map(|name| Dialect::Mysql.ident(name)).unwrap_or_default();
    let message = &error.message;
    match error.code {
        1045 | 1698 => password(to, message),
        1044 => Failure::not_permitted("mysql.no-database-right", format!("{place}: {message}"))
            .hint(format!("GRANT SELECT, SHOW VIEW ON {name}.* TO {user}"))
            .hint("or leave the database out of the URL: dbwright looks at all that the account may see"),
        1049 => Failure::unreachable("mysql.no-database", format!("{place} has no database {name}"))
            .hint("leave the database out of the URL to look at all of them"),
        1040 | 1203 | 1226 => {
            Failure::unreachable("mysql.too-many-connections", format!("{place} has no connection to spare: {message}"))
                .hint(
                    "connect as an account with CONNECTION_ADMIN, for which one is reserved, or end sessions that idle",
                )
        }
        1130 | 1129 => Failure::not_permitted("mysql.host", format!("{place} does not let this machine in: {message}"))
            .hint("create the account for this host ('user'@'host'); after too many errors: FLUSH HOSTS"),
        1862 | 1820 => Failure::not_permitted("mysql.password-expired", format!("{place}: {message}"))
            .hint("log in with the server's own client and set a new password: ALTER USER USER() IDENTIFIED BY '…'"),
        3118 | 4151 => Failure::not_permitted("mysql.locked", format!("{place}: {message}"))
            .hint(format!("ALTER USER {user} ACCOUNT UNLOCK")),
        3159 => {
            Failure::not_permitted("mysql.tls-wanted", format!("{place} takes only encrypted connections: {message}"))
                .hint("add sslmode=require to the URL")
        }
        1053 => Failure::unreachable("mysql.stopping", format!("{place} is shutting down"))
            .hint("run the command again when the server is back"),
        1251 | 1275 | 1524 => Failure::not_permitted("mysql.authentication", format!("{place}: {message}"))
            .hint("give the account caching_sha2_password (MySQL) or mysql_native_password (MariaDB)"),
        code => Failure::unreachable("mysql.refused-session", format!("{place} refuses: {message} ({code})")),
    }
}

fn password(to: &Destination<'_>, message: &str) -> Failure {
    let Destination { place, user, .. } = to;
    let what = if to.had_password { "user or password is wrong" } else { "a password is needed, or the user is wrong" };
    let failure =
        Failure::not_permitted("mysql.password", format!("{place} does not let {user} in: {what} ({message})"));
    if to.socket {
        failure.hint(
            "over a socket the account may want the system's user of the same name; try sudo, or host and password",
        )
    } else {
        failure.hint("put the password into MYSQL_PWD or the URL (percent-encoded); the account must exist for this machine's address")
    }
}

fn by_io(error: &io::Error, to: &Destination<'_>) -> Failure {
    let place = &to.place;
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Failure::unreachable("mysql.refused", format!("nothing listens at {place}: connection refused")).hint(
                "check that the server runs, and that host and port are right (bind_address, port, skip_networking)",
            )
        }
        io::ErrorKind::NotFound if to.socket => {
            Failure::unreachable("mysql.no-socket", format!("there is no socket {place}"))
                .hint("check that the server runs, or name its socket with ?socket=/path (SELECT @@socket)")
        }
        io::ErrorKind::PermissionDenied => {
            Failure::not_permitted("mysql.socket-permission", format!("{place} may not be opened: {error}"))
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => closed(place),
        _ if error.to_string().contains("lookup address") => {
            let host = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
            Failure::unreachable("mysql.unknown-host", format!("the host {host} is not known"))
                .hint("check the spelling, and that this machine can resolve it")
        }
        _ if is_tls(&error.to_string()) => tls(place, &error.to_string()),
        _ => Failure::unreachable("mysql.unreachable", format!("{place} can't be reached: {error}"))
            .hint("check host, port, network and firewall"),
    }
}

fn closed(place: &str) -> Failure {
    Failure::unreachable("mysql.closed", format!("{place} closed the connection at once"))
        .hint("check that it is a MySQL or MariaDB server, and look into its log")
}

fn is_tls(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["certificate", "tls", "ssl", "handshake", "corrupt message"].iter().any(|word| text.contains(word))
}

fn by_tls(error: &Error, to: &Destination<'_>) -> Failure {
    tls(&to.place, &text(error))
}

fn tls(place: &str, text: &str) -> Failure {
    let reason = text.rsplit("error: ").next().unwrap_or(text).trim_matches(['`', '\'']);
    Failure::unreachable("mysql.tls", format!("TLS with {place} failed: {reason}")).hint(tls_hint(text))
}

fn tls_hint(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    if text.contains("not valid for name") || text.contains("notvalidforname") {
        "the certificate is not made out for this host (those that servers make by themselves are for none): connect by the name in it, \
         give the server one with its name, or use sslmode=require"
    } else if text.contains("unknownissuer") || text.contains("unknown issuer") {
        "the certificate's authority is not trusted: name its root with sslrootcert=FILE (the server's ca.pem)"
    } else if text.contains("expired") {
        "the certificate has expired: have it renewed on the server"
    } else {
        "check the certificate of the server (tls_version 1.2 or newer), and sslrootcert, sslcert and sslkey"
    }
}

fn by_driver(error: &DriverError, to: &Destination<'_>) -> Failure {
    let place = &to.place;
    match error {
        DriverError::NoClientSslFlagFromServer => Failure::not_permitted(
            "mysql.tls-refused",
            format!("{place} does not speak TLS, which sslmode demands"),
        )
        .hint("give the server a certificate (ssl_cert, ssl_key), or use sslmode=prefer where the network is trusted"),
        DriverError::UnknownAuthPlugin { name } => Failure::not_permitted(
            "mysql.authentication",
            format!("{place} wants the authentication {name} of {}, which dbwright does not speak", to.user),
        )
        // To an account that it does not know, MySQL speaks as to one with any authentication, so that nobody can tell.
        .hint("check the spelling of the user: a server answers so to unknown ones, too")
        .hint("use an account with caching_sha2_password or mysql_native_password"),
        DriverError::CleartextPluginDisabled | DriverError::MysqlOldPasswordDisabled => Failure::not_permitted(
            "mysql.authentication",
            format!("{place} wants the password in clear, which dbwright does not send"),
        )
        .hint("use an account with caching_sha2_password or mysql_native_password"),
        DriverError::ConnectionClosed => closed(place),
        other => {
            Failure::unreachable("mysql.not-mysql", format!("{place} does not answer like a MySQL server: {other}"))
                .hint("check the port: another program may listen there")
        }
    }
}

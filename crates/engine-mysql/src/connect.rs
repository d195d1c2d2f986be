//! Connecting: the address, TLS as far as it asks for it, and a session whose settings are ours.

mod params;
mod tls;

use std::time::Duration;

use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use mysql_async::{Conn, Opts, OptsBuilder};
use secrecy::ExposeSecret;

use crate::error::{self, Destination};
pub(crate) use params::{Params, Place, SslMode};

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The driver's connection.
    pub(crate) conn: Conn,
    /// `host:port[/database]`, without secrets.
    pub(crate) name: String,
    /// Whether it is encrypted.
    pub(crate) tls: bool,
    /// The database that the address names.
    pub(crate) database: Option<String>,
}

/// Connects as the address says.
///
/// # Errors
/// When the address can't be read, the place can't be reached, or the server refuses.
pub(crate) async fn open(address: &Address, timeout: Duration) -> Result<Connection, Failure> {
    let params = Params::read(address.rest(), timeout)?;
    connect(&params).await
}

/// Connects with parameters that were read before.
pub(crate) async fn connect(params: &Params) -> Result<Connection, Failure> {
    let work = attempts(params);
    match tokio::time::timeout(params.timeout, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(silent(params).await),
    }
}

/// Why nobody answered in time. A MySQL server speaks first: one that takes a connection and says nothing is mostly another program,
/// such as PostgreSQL or Redis, which waits for us.
async fn silent(params: &Params) -> Failure {
    const PROBE: Duration = Duration::from_secs(2);
    let seconds = params.timeout.as_secs_f64();
    let open = match &params.place {
        Place::Tcp { host, port } => {
            let probe = tokio::net::TcpStream::connect((host.as_str(), *port));
            tokio::time::timeout(PROBE, probe).await.is_ok_and(|stream| stream.is_ok())
        }
        Place::Socket(_) => false,
    };
    if open {
        let message =
            format!("{} takes connections, but did not greet as a MySQL server does within {seconds} s", params.place);
        return Failure::unreachable("mysql.timeout", message)
            .hint("check the port: another program may listen there (then the URL begins with postgres:// or redis://)")
            .hint("if it is MySQL or MariaDB, it may be overloaded or wait for DNS (skip_name_resolve); wait longer with connect_timeout=SECONDS in the URL");
    }
    Failure::unreachable("mysql.timeout", format!("{} did not answer within {seconds} s", params.place))
        .hint("check host, port and firewall; wait longer with connect_timeout=SECONDS in the URL")
}

/// Tries with and without TLS as the mode allows.
async fn attempts(params: &Params) -> Result<Connection, Failure> {
    let plain = matches!(params.place, Place::Socket(_)) || params.ssl == SslMode::Disable;
    if plain {
        return attempt(params, false, None).await;
    }
    match attempt(params, true, None).await {
        // A server without TLS, or one whose TLS is older than ours, is what `prefer` is for.
        Err(failure) if params.ssl == SslMode::Prefer && is_about_tls(&failure) => attempt(params, false, None).await,
        other => other,
    }
}

fn is_about_tls(failure: &Failure) -> bool {
    matches!(failure.code, "mysql.tls" | "mysql.tls-refused") && failure.kind != FailureKind::Usage
}

async fn attempt(params: &Params, secure: bool, name: Option<String>) -> Result<Connection, Failure> {
    let destination = Destination::of(params);
    let tls = if secure { Some(tls::options(params, name.clone())?) } else { None };
    match Conn::new(options(params, tls)).await {
        Ok(conn) => {
            let database = params.database.as_ref().map_or_else(String::new, |name| format!("/{name}"));
            let name = format!("{}{database}", params.place);
            Ok(Connection { conn, name, tls: secure, database: params.database.clone() })
        }
        // The driver can't leave the host's name out of verifying, but it can be told another name.
        Err(driver) if secure && name.is_none() && params.ssl == SslMode::VerifyCa => match tls::presented(&driver) {
            Some(presented) => Box::pin(attempt(params, secure, Some(presented))).await,
            None => Err(error::refused(&driver, &destination)),
        },
        Err(driver) => Err(error::refused(&driver, &destination)),
    }
}

fn options(params: &Params, tls: Option<mysql_async::SslOpts>) -> Opts {
    let password = params.password.as_ref().map(|password| password.expose_secret().to_owned());
    let mut builder = OptsBuilder::default()
        .user(Some(params.user.clone()))
        .pass(password)
        .db_name(params.database.clone())
        .prefer_socket(false)
        // Told, so that the driver does not ask the server.
        .max_allowed_packet(Some(64 << 20))
        .wait_timeout(Some(28_800))
        .stmt_cache_size(0)
        .connect_attribute("program_name", "dbwright")
        .ssl_opts(tls);
    builder = match &params.place {
        Place::Tcp { host, port } => builder.ip_or_hostname(host.clone()).tcp_port(*port),
        Place::Socket(path) => builder.socket(Some(path.display().to_string())),
    };
    builder.into()
}

//! Connecting to a server as libpq would: the same URLs, files, variables, TLS modes and order of hosts.
//!
//! The socket is ours and the driver gets it ready-made, so that bytes can be counted, and every failure
//! can name the one place that it concerns.

mod environment;
mod params;
mod passfile;
mod service;
mod stream;
mod tls;
mod url;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_postgres::config::{ChannelBinding, SslMode as DriverSslMode, SslNegotiation};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls};

use crate::error;
use environment::Environment;
use params::{Params, Place, SslMode};
use stream::{Counted, Received, Socket};

/// An open connection.
pub(crate) struct Connection {
    /// The driver's client.
    pub(crate) client: Arc<Client>,
    /// Bytes received so far.
    pub(crate) received: Received,
    /// `host:port/database`, without secrets.
    pub(crate) name: String,
    /// What the user should know about how the connection came to be.
    pub(crate) warnings: Vec<String>,
    task: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// What ends the connection from this side, whoever waits on it.
    pub(crate) fn ender(&self) -> tokio::task::AbortHandle {
        self.task.abort_handle()
    }
}

/// Connects to the first place that answers and fits.
///
/// # Errors
/// When the address can't be read, no place can be reached, or the server refuses.
pub(crate) async fn open(address: &Address, timeout: Duration) -> Result<Connection, Failure> {
    let params = Params::read(address.rest(), timeout, &Environment::of_process())?;
    connect(&params).await
}

async fn connect(params: &Params) -> Result<Connection, Failure> {
    // `prefer-standby` takes any server when there is no standby.
    let rounds: &[&str] =
        if params.session == "prefer-standby" { &["standby", "any"] } else { &[params.session.as_str()] };
    let mut last = None;
    for wanted in rounds {
        for (place, port) in &params.places {
            match connect_to(params, place, *port).await {
                Ok(connection) if fits(&connection, wanted).await => return Ok(connection),
                Ok(connection) => last = Some(unfit(&connection, wanted)),
                // Who was refused by one server is not let in by trying the next, says libpq.
                Err(failure) if failure.kind != FailureKind::Unreachable => return Err(failure),
                Err(failure) => last = Some(failure),
            }
        }
    }
    Err(last.unwrap_or_else(|| Failure::usage("postgres.parameter", "the address names no host")))
}

/// One place as messages name it, and what is asked of it.
pub(crate) struct Destination<'a> {
    /// `host:port`, or the socket's path.
    pub(crate) place: String,
    /// Database.
    pub(crate) database: &'a str,
    /// Role.
    pub(crate) user: &'a str,
}

async fn connect_to(params: &Params, place: &Place, port: u16) -> Result<Connection, Failure> {
    let shown = shown(place, port);
    let destination = Destination { place: shown, database: &params.database, user: &params.user };
    let work = attempts(params, place, port, &destination);
    match params.timeout {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(Failure::unreachable(
                "postgres.timeout",
                format!("{} did not answer within {} s", destination.place, limit.as_secs_f64()),
            )
            .hint("check host, port and firewall; wait longer with connect_timeout=SECONDS in the URL"))
        }),
    }
}

/// `host:port`, or the socket's path.
fn shown(place: &Place, port: u16) -> String {
    match place {
        Place::Tcp { host, .. } if host.contains(':') => format!("[{host}]:{port}"),
        Place::Tcp { host, .. } => format!("{host}:{port}"),
        Place::Socket(folder) => folder.join(format!(".s.PGSQL.{port}")).display().to_string(),
    }
}

/// Tries with and without TLS as the mode allows.
async fn attempts(
    params: &Params,
    place: &Place,
    port: u16,
    destination: &Destination<'_>,
) -> Result<Connection, Failure> {
    let socket_only = matches!(place, Place::Socket(_));
    let order: &[DriverSslMode] = match params.ssl {
        _ if socket_only => &[DriverSslMode::Disable],
        SslMode::Disable => &[DriverSslMode::Disable],
        SslMode::Allow => &[DriverSslMode::Disable, DriverSslMode::Require],
        SslMode::Prefer => &[DriverSslMode::Prefer, DriverSslMode::Disable],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[DriverSslMode::Require],
    };
    let mut first = None;
    for mode in order {
        match attempt(params, place, port, destination, *mode).await {
            Ok(connection) => return Ok(connection),
            Err(failure) if first.is_none() => {
                // Another try helps only where the way of connecting was the fault.
                let again = matches!(failure.code, "postgres.tls" | "postgres.tls-refused" | "postgres.hba");
                if !again {
                    return Err(failure);
                }
                first = Some(failure);
            }
            Err(_) => {}
        }
    }
    Err(first.unwrap_or_else(|| Failure::internal("postgres.connect", "no way to connect was tried")))
}

async fn attempt(
    params: &Params,
    place: &Place,
    port: u16,
    destination: &Destination<'_>,
    mode: DriverSslMode,
) -> Result<Connection, Failure> {
    let (password, warning) = params.password_for(place, port);
    let mut config = Config::new();
    config.user(&params.user).dbname(&params.database).application_name(&params.application).ssl_mode(mode);
    if let Some(password) = &password {
        config.password(password.expose_secret());
    }
    if let Some(options) = &params.options {
        config.options(options);
    }
    match params.channel_binding {
        Some(false) => config.channel_binding(ChannelBinding::Disable),
        Some(true) => config.channel_binding(ChannelBinding::Require),
        None => config.channel_binding(ChannelBinding::Prefer),
    };
    if params.direct_tls && mode != DriverSslMode::Disable {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    let received: Received = Arc::new(AtomicU64::new(0));
    let socket = socket(place, port).await.map_err(|e| error::unreachable(&destination.place, &e))?;
    let counted = Counted::new(socket, Arc::clone(&received));
    let refused = |e: tokio_postgres::Error| error::refused(&e, destination, warning.as_deref(), password.is_some());
    let (client, task) = if mode == DriverSslMode::Disable {
        let (client, connection) = config.connect_raw(counted, NoTls).await.map_err(refused)?;
        (client, drive(connection))
    } else {
        let host = match place {
            Place::Tcp { host, .. } => host.as_str(),
            Place::Socket(_) => "localhost",
        };
        let mut make = tls::connector(params)?;
        let connector = MakeTlsConnect::<Counted>::make_tls_connect(&mut make, host)
            .map_err(|e| Failure::usage("postgres.tls-name", format!("{host} can't be used with TLS: {e}")))?;
        let (client, connection) = config.connect_raw(counted, connector).await.map_err(refused)?;
        (client, drive(connection))
    };
    let name = format!("{}/{}", destination.place, params.database);
    Ok(Connection { client: Arc::new(client), received, name, warnings: warning.into_iter().collect(), task })
}

/// Moves messages until the client is gone. An error shows itself at the client as a closed connection.
fn drive<T>(connection: tokio_postgres::Connection<Counted, T>) -> JoinHandle<()>
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let _ = connection.await;
    })
}

async fn socket(place: &Place, port: u16) -> io::Result<Socket> {
    match place {
        Place::Tcp { host, address } => {
            let stream = TcpStream::connect((address.as_deref().unwrap_or(host), port)).await?;
            stream.set_nodelay(true)?;
            Ok(Socket::Tcp(stream))
        }
        #[cfg(unix)]
        Place::Socket(folder) => Ok(Socket::Unix(UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?)),
        #[cfg(not(unix))]
        Place::Socket(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}

/// Whether the server is what `target_session_attrs` asks for.
async fn fits(connection: &Connection, wanted: &str) -> bool {
    if wanted == "any" {
        return true;
    }
    let sql = "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'";
    let Ok(row) = connection.client.query_typed_one(sql, &[]).await else { return false };
    let (Ok(standby), Ok(read_only)) = (row.try_get::<_, bool>(0), row.try_get::<_, bool>(1)) else { return false };
    match wanted {
        "read-write" => !standby && !read_only,
        "read-only" => standby || read_only,
        "primary" => !standby,
        _ => standby,
    }
}

fn unfit(connection: &Connection, wanted: &str) -> Failure {
    Failure::unreachable("postgres.session", format!("{} is not {wanted}", connection.name))
        .hint("change target_session_attrs, or name the other servers as well: postgres://a,b/database")
}

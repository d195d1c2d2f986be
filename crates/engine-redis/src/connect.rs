//! Connecting: the first place that answers, TLS when wanted, the login, and a connection that leaves no trace.
//!
//! The socket is ours and the driver gets it ready-made, so that bytes can be counted, and every failure can name
//! the one place that it concerns.

pub(crate) mod params;
mod stream;
mod tls;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dbwright_core::engine::ObserveOptions;
use dbwright_core::{Failure, FailureKind};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo};
use rustls_pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use crate::client::{Client, Refusal};
use crate::error;
use params::{Login, Params, Place, Tls};
use stream::{Counted, Received, Socket};

/// How long a server that closes at once is listened to.
const LISTEN: Duration = Duration::from_secs(2);

/// The driver's half of a connection, ended when dropped.
pub(crate) struct Link {
    /// The driver's client.
    pub(crate) driver: MultiplexedConnection,
    /// Bytes received so far.
    pub(crate) received: Received,
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connects to the first place that answers.
///
/// # Errors
/// When none does, or one refuses.
pub(crate) async fn first(params: &Params, login: &Login, options: &ObserveOptions) -> Result<Client, Failure> {
    let mut last = None;
    for place in &params.places {
        match open(place, login, params.tls.as_ref(), options).await {
            Ok(client) => return Ok(client),
            // Who was refused by one server is not let in by trying the next.
            Err(failure) if failure.kind != FailureKind::Unreachable => return Err(failure),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::usage("redis.url", "the address names no host")))
}

/// Connects to one place and logs in.
///
/// # Errors
/// When it can't be reached, or refuses.
pub(crate) async fn open(
    place: &Place,
    login: &Login,
    tls: Option<&Tls>,
    options: &ObserveOptions,
) -> Result<Client, Failure> {
    let limit = options.connect_timeout;
    let shown = place.to_string();
    let work = async {
        let link = link(place, tls).await?;
        let mut client = Client::new(link, shown.clone(), options.statement_timeout);
        log_in(&mut client, login, tls.is_some()).await?;
        Ok(client)
    };
    let outcome = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let message = format!("{shown} did not answer within {} s", limit.as_secs_f64());
        let failure = Failure::unreachable("redis.timeout", message);
        let failure = match tls {
            Some(_) => failure.hint("the port may not speak TLS: try redis:// where the network is trusted"),
            None => failure,
        };
        Err(failure.hint("check host, port and firewall; wait longer with --connect-timeout"))
    });
    match outcome {
        Err(failure) if failure.code == "redis.closed" && tls.is_none() => Err(explained(failure, place, login).await),
        outcome => outcome,
    }
}

/// A server that wants nobody says so and closes at once. Whoever writes first may lose these words; so this asks once
/// more, and only listens.
async fn explained(failure: Failure, place: &Place, login: &Login) -> Failure {
    let mut words = [0; 512];
    let listening = async { Counted::new(socket(place).await.ok()?, Received::default()).read(&mut words).await.ok() };
    let length = tokio::time::timeout(LISTEN, listening).await.ok().flatten().unwrap_or(0);
    let text = String::from_utf8_lossy(&words[..length]).into_owned();
    match text.strip_prefix('-').and_then(|text| text.split_once(' ')) {
        Some((code, text)) => {
            let refusal = Refusal::Server { code: code.to_owned(), text: text.trim_end().to_owned() };
            error::refused(&refusal, &place.to_string(), login, false)
        }
        None => failure,
    }
}

async fn link(place: &Place, tls: Option<&Tls>) -> Result<Link, Failure> {
    let shown = place.to_string();
    let received: Received = Arc::new(AtomicU64::new(0));
    let socket = socket(place).await.map_err(|e| error::unreachable(&shown, &e))?;
    let counted = Counted::new(socket, Arc::clone(&received));
    match tls {
        None => drive(counted, received, &shown).await,
        Some(tls) => {
            let host = if let Place::Tcp(host, _) = place { host.as_str() } else { "localhost" };
            let name = ServerName::try_from(host.to_owned())
                .map_err(|e| Failure::usage("redis.tls-name", format!("{host} can't be used with TLS: {e}")))?;
            let connected = tls::connector(tls)?.connect(name, counted).await;
            drive(connected.map_err(|e| error::tls(&shown, &e))?, received, &shown).await
        }
    }
}

async fn drive<S>(stream: S, received: Received, place: &str) -> Result<Link, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Limits of time and the login are ours, so that their failures can say more.
    let info = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let made = MultiplexedConnection::new_with_config(&info, stream, config).await;
    let (driver, work) = made.map_err(|e| error::handshake(place, &e))?;
    Ok(Link { driver, received, task: tokio::spawn(work) })
}

async fn socket(place: &Place) -> io::Result<Socket> {
    match place {
        Place::Tcp(host, port) => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            Ok(Socket::Tcp(stream))
        }
        #[cfg(unix)]
        Place::Socket(path) => Ok(Socket::Unix(UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Place::Socket(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}

/// Logs in and finds out whether the server talks to us.
async fn log_in(client: &mut Client, login: &Login, tls: bool) -> Result<(), Failure> {
    let answer = match &login.password {
        Some(password) => {
            let password = password.expose_secret();
            let words: Vec<&str> = match &login.user {
                Some(user) => vec!["AUTH", user, password],
                None => vec!["AUTH", password],
            };
            client.call(&words).await
        }
        None => client.call(&["PING"]).await,
    };
    match answer {
        Ok(_) => {}
        // A server without any password needs none; redis-cli goes on as well.
        Err(Refusal::Server { text, .. }) if text.contains("without any password configured") => {}
        // PING itself may be forbidden, and a server whose disk refuses data refuses it as it does writes.
        Err(Refusal::Server { code, .. }) if matches!(code.as_str(), "NOPERM" | "MISCONF") => {}
        Err(refusal) => return Err(error::refused(&refusal, &client.place, login, tls)),
    }
    // The name may be forbidden; it is a courtesy.
    let _ = client.call(&["CLIENT", "SETNAME", "dbwright"]).await;
    Ok(())
}

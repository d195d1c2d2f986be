//! Connecting to a server as libpq would.

mod stream;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use stream::{Counted, Received, Socket};

/// An open connection.
pub(crate) struct Connection {
    /// The driver's client.
    pub(crate) client: Client,
    /// Bytes received so far.
    pub(crate) received: Received,
    /// `host:port/database`, without secrets.
    pub(crate) name: String,
    task: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connects.
///
/// # Errors
/// When the server can't be reached or refuses.
pub(crate) async fn open(address: &Address, timeout: Duration) -> Result<Connection, Failure> {
    let mut config: Config = address
        .expose()
        .parse()
        .map_err(|e: tokio_postgres::Error| Failure::usage("postgres.url", format!("the URL can't be read: {e}")))?;
    config.application_name("dbwright");
    let received: Received = Arc::new(AtomicU64::new(0));
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let name = format!("{host}:{port}/{}", config.get_dbname().or(config.get_user()).unwrap_or("postgres"));
    let refused = |e: &dyn std::fmt::Display| {
        Failure::unreachable("postgres.unreachable", format!("{host}:{port} can't be reached: {e}"))
    };
    let socket = tokio::time::timeout(timeout, TcpStream::connect((host.as_str(), port)))
        .await
        .map_err(|e| refused(&e))?
        .map_err(|e| refused(&e))?;
    let counted = Counted::new(Socket::Tcp(socket), Arc::clone(&received));
    let (client, connection) =
        config.connect_raw(counted, NoTls).await.map_err(|e| refused(&crate::error::text(&e)))?;
    let task = tokio::spawn(async move {
        // The client sees the same error as a closed connection.
        let _ = connection.await;
    });
    Ok(Connection { client, received, name, task })
}

//! A way to a server that fails at a chosen message: after so many the connection is cut, or whatever a test does then.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A port that leads to another one on this machine. It serves until the test's process ends.
#[derive(Debug)]
pub struct Proxy {
    /// Where to connect.
    pub port: u16,
    messages: Arc<AtomicUsize>,
}

impl Proxy {
    /// Leads to the server's port, and cuts a connection instead of passing on message number `after` of its client
    /// (from 0). One message is what the client sends at once: with databases, a request.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn cutting(to: u16, after: usize) -> Self {
        Self::new(to, move |number| number < after)
    }

    /// Leads to the server's port, and calls `goes_on` with the number of each message of a client before it is
    /// passed on; when that says no, the connection is cut.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn new(to: u16, goes_on: impl Fn(usize) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let (messages, goes_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(goes_on));
        let counter = Arc::clone(&messages);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", to)) {
                    join(&client, &server, &counter, Arc::clone(&goes_on));
                } // else the client sees a closed connection, as it would without us
            }
        });
        Self { port, messages }
    }

    /// Messages of clients so far.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages.load(Ordering::SeqCst)
    }
}

fn join<F>(client: &TcpStream, server: &TcpStream, counter: &Arc<AtomicUsize>, goes_on: Arc<F>)
where
    F: Fn(usize) -> bool + Send + Sync + 'static,
{
    let handles = (client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone());
    let (Ok(from_client), Ok(to_server), Ok(to_client), Ok(from_server)) = handles else { return };
    let counter = Arc::clone(counter);
    thread::spawn(move || {
        let mut number = 0;
        pass(from_client, to_server, || {
            number += 1;
            counter.fetch_add(1, Ordering::SeqCst);
            goes_on(number - 1)
        });
    });
    thread::spawn(move || pass(from_server, to_client, || true));
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut goes_on: impl FnMut() -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if !goes_on() || to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    for side in [from, to] {
        let _ = side.shutdown(Shutdown::Both); // the other direction may have closed it
    }
}

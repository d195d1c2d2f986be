//! A MySQL or MariaDB that one test has to itself.

use std::fs;
use std::path::PathBuf;

use super::sql::{self, Rows, Session};
use super::{Flavour, Instance};
use crate::Scratch;
use crate::daemon::Daemon;
use crate::engines::programs;
use crate::launch::on_a_free_port;
use crate::process::Process;

/// A private server: gone, with its data, when this value is dropped or the test is killed.
#[derive(Debug)]
pub struct MyServer {
    /// How to reach it as superuser over TCP; stays the same when it is started again.
    pub url: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Its Unix socket.
    pub socket: PathBuf,
    pub(super) flavour: Flavour,
    name: String,
    programs: PathBuf,
    options: Vec<String>,
    daemon: Option<Daemon>, // ends before its folder does
    home: Scratch,
}

/// Starts a private server (`mysql`, `mariadb`, `mariadb11`) with these options of the server program besides the usual ones.
///
/// # Panics
/// When it can't be had, with the reason.
#[must_use]
pub fn my_server(name: &str, options: &[&str]) -> MyServer {
    let name = crate::engines::meant(name);
    let flavour = Flavour::named(name).unwrap_or_else(|| panic!("no MySQL is called {name}"));
    let (programs, home) = (programs(name), Scratch::in_memory());
    let options: Vec<_> = options.iter().map(ToString::to_string).collect();
    let instance = Instance { name, flavour, programs: &programs, home: home.path() };
    let started = instance.make_data(&options);
    let started = started.and_then(|()| on_a_free_port(|port| Ok((port, instance.start(port, &options)?))));
    let (port, child) = started.unwrap_or_else(|reason| panic!("no private {name}: {reason}"));
    let socket = instance.socket();
    let daemon = Some(Daemon::new(child, home.path()));
    let name = name.to_owned();
    MyServer { url: Instance::url(port), port, socket, flavour, name, programs, options, daemon, home }
}

impl MyServer {
    /// `mysql`, `mariadb` or `mariadb11`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection as superuser.
    ///
    /// # Panics
    /// When the server refuses, with the reason.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::open(&self.url).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Runs SQL on a connection of its own and gives the rows.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    #[must_use]
    pub fn query(&self, sql: &str) -> Rows {
        sql::query(&self.url, sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"))
    }

    /// Runs SQL on a connection of its own, statement by statement.
    ///
    /// # Panics
    /// When the server refuses, with the reason and the SQL.
    pub fn execute(&self, sql: &str) {
        sql::execute(&self.url, sql).unwrap_or_else(|reason| panic!("{reason}\nin: {sql}"));
    }

    /// Its process, while it runs.
    #[must_use]
    pub fn process(&self) -> Option<Process> {
        self.daemon.as_ref().and_then(Daemon::process)
    }

    /// What it has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = fs::read(self.home.path().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The folder that is its own: `data`, `files` (which the server may read and write), `server.log`.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// Holds it (SIGSTOP): connections stay and nothing answers, until [`Self::resume`].
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        if let Some(daemon) = &self.daemon {
            daemon.signal(name);
        }
    }

    /// Ends it without a warning, as a crash would.
    pub fn kill(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.kill();
        }
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop();
        }
    }

    /// Starts it again on its data and its port.
    ///
    /// # Panics
    /// When it doesn't start, with the end of its log.
    pub fn start(&mut self) {
        assert!(self.daemon.is_none(), "it runs already");
        let instance =
            Instance { name: &self.name, flavour: self.flavour, programs: &self.programs, home: self.home.path() };
        let child = instance.start(self.port, &self.options).unwrap_or_else(|reason| panic!("not again: {reason}"));
        self.daemon = Some(Daemon::new(child, self.home.path()));
    }

    /// Starts it again with other options.
    ///
    /// # Panics
    /// When it doesn't start, with the end of its log.
    pub fn restart(&mut self, options: &[&str]) {
        self.stop();
        self.options = options.iter().map(ToString::to_string).collect();
        self.start();
    }
}

//! MySQL and MariaDB: how a server is made, started and seen to be ready.

mod data;
mod database;
mod options;
mod replica;
mod server;
pub mod sql;
pub mod writer;

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::engines::main_program;
use crate::launch;

pub use database::MyDatabase;
pub use server::{MyServer, my_server};

/// The two servers that speak MySQL's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl Flavour {
    /// The flavour of the server of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "mysql" | "mysql80" => Some(Self::MySql),
            "mariadb" | "mariadb11" => Some(Self::MariaDb),
            _ => None,
        }
    }

    /// What its server is called in `cargo xtask servers`; `mariadb11` is a second one of MariaDB.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
        }
    }
}

/// One server in a folder of its own. `root` reaches it without a password, over TCP and through its socket.
#[derive(Debug)]
pub struct Instance<'a> {
    /// What it is called in `cargo xtask servers`: servers of one flavour may be of different versions.
    pub name: &'a str,
    /// Which of the two.
    pub flavour: Flavour,
    /// The folder of its programs.
    pub programs: &'a Path,
    /// The folder that holds all that is its own; it belongs to the unprivileged user.
    pub home: &'a Path,
}

impl Instance<'_> {
    /// Makes its data folder: a copy of a template, unless an option decides at initialisation.
    ///
    /// # Errors
    /// When the server's own initialisation fails, with what it said.
    pub fn make_data(&self, options: &[String]) -> Result<(), String> {
        data::make(self, options)
    }

    /// Starts it on this port and waits until it takes connections.
    ///
    /// # Errors
    /// When it doesn't, with the end of its log.
    pub fn start(&self, port: u16, options: &[String]) -> Result<Child, String> {
        let mut command = self.server();
        command.args(options::of(self, port)).args(options);
        launch::launch(&mut command, &self.home.join("server.log"), || answers(port))
    }

    /// How to reach it.
    #[must_use]
    pub fn url(port: u16) -> String {
        format!("mysql://root@127.0.0.1:{port}/")
    }

    /// Its Unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.home.join("server.sock")
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn server(&self) -> Command {
        let mut command = Command::new(self.programs.join(main_program(self.flavour.name())));
        command.arg("--no-defaults").arg(with("--datadir=", &self.data()));
        // A server that starts removes temporary tables from there, others' too.
        command.arg(with("--tmpdir=", &self.home.join("tmp")));
        command
    }
}

/// Whether a server on this port greets: that is the first thing it does once it takes connections.
#[must_use]
pub fn answers(port: u16) -> bool {
    let greeting = || {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(3)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
        let mut head = [0; 5]; // three bytes of length, the number of the packet, the version of the protocol
        stream.read_exact(&mut head).ok()?;
        Some(head[4])
    };
    greeting() == Some(10)
}

fn with(option: &str, path: &Path) -> String {
    format!("{option}{}", path.display())
}

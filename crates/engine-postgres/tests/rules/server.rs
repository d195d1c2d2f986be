//! Servers for the rules: the shared test server, and a private one for rules on what a whole server shares.
//!
//! The private server is started once a version; it is stopped when its value is dropped. Its settings
//! are those of a sound server, so that a rule about settings finds only what its script changed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dbwright_testkit::process::{Process, drop_privileges};
use dbwright_testkit::{Scratch, postgres_bin};
use tokio_postgres::NoTls;

/// A PostgreSQL that belongs to one test.
pub(crate) struct Private {
    major: u32,
    scratch: Scratch,
    port: u16,
    arguments: Vec<String>,
    running: Option<Child>,
    /// Whether it runs with the sound settings and no others.
    sound: bool,
}

impl Private {
    /// Makes and starts one.
    pub(crate) async fn start(major: u32) -> Result<Self, String> {
        let scratch = Scratch::in_memory();
        let mut initdb = Command::new(postgres_bin(major).join("initdb"));
        initdb.arg("-D").arg(scratch.path().join("data"));
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = drop_privileges(&mut initdb).current_dir(scratch.path()).output().map_err(|e| e.to_string())?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let mut server =
            Self { major, scratch, port: free_port()?, arguments: Vec::new(), running: None, sound: false };
        server.restart(&[]).await?;
        Ok(server)
    }

    /// How to reach it as superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Has it run with these settings and no others than the sound ones; starts it anew unless it does already.
    pub(crate) async fn restart(&mut self, settings: &[(String, String)]) -> Result<(), String> {
        let data = self.scratch.path().join("data");
        if self.sound && settings.is_empty() && untouched(&data) {
            return Ok(());
        }
        self.sound = settings.is_empty();
        self.stop()?;
        let mut conf = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nmax_connections = 40\n\
             max_prepared_transactions = 5\nwal_level = logical\nshared_buffers = '32MB'\n\
             shared_preload_libraries = 'pg_stat_statements'\n",
            self.port
        );
        for (key, value) in settings {
            writeln!(conf, "{key} = '{}'", value.replace('\'', "''")).expect("a string can be written to");
        }
        let write = |name: &str, text: &str| fs::write(data.join(name), text).map_err(|e| format!("{name}: {e}"));
        write("postgresql.conf", &conf)?;
        write("postgresql.auto.conf", "")?;
        self.reboot().await
    }

    /// Starts it anew with these arguments on its command line.
    pub(crate) async fn restart_with(&mut self, arguments: &[&str]) -> Result<(), String> {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.reboot().await
    }

    /// Starts it anew as it is configured.
    pub(crate) async fn reboot(&mut self) -> Result<(), String> {
        self.stop()?;
        let data = self.scratch.path().join("data");
        let log = File::create(self.scratch.path().join("log")).map_err(|e| e.to_string())?;
        let mut command = Command::new(postgres_bin(self.major).join("postgres"));
        command.arg("-D").arg(&data).args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = drop_privileges(&mut command).current_dir(self.scratch.path()).spawn();
        self.running = Some(child.map_err(|e| e.to_string())?);
        self.answers().await
    }

    async fn answers(&mut self) -> Result<(), String> {
        let end = Instant::now() + Duration::from_mins(5);
        while tokio_postgres::connect(&self.url(), NoTls).await.is_err() {
            let ended = self.running.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            if ended || Instant::now() > end {
                let log = fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
                return Err(format!("the private PostgreSQL {} does not start:\n{log}", self.major));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), String> {
        let Some(mut child) = self.running.take() else { return Ok(()) };
        if let Some(process) = Process::with_pid(child.id()) {
            process.signal("INT").map_err(|e| e.to_string())?;
        }
        child.wait().map(drop).map_err(|e| e.to_string())
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Err(reason) = self.stop() {
            eprintln!("the private PostgreSQL {} on port {} stays: {reason}", self.major, self.port);
        }
    }
}

/// Whether no `ALTER SYSTEM` is in force.
fn untouched(data: &Path) -> bool {
    let file = fs::read_to_string(data.join("postgresql.auto.conf")).unwrap_or_default();
    file.lines().all(|line| line.is_empty() || line.starts_with('#'))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|e| e.to_string())
}

//! A lab: a private PostgreSQL that dbwright starts itself, and that is gone when it is done with it.
//!
//! It listens on a Unix socket in a folder that only its own account can enter, so that trust
//! authentication is safe and no port can be taken. It runs in a process group of its own: a Ctrl-C at
//! the terminal reaches dbwright, which ends the lab, and not the server behind dbwright's back.

mod loader;
mod programs;
mod schema;

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_scratch::{Account, Folder, Load, process, tail};
use dbwright_sql::Dialect;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use programs::Programs;

/// The lab's superuser.
pub const SUPERUSER: &str = "postgres";

/// Part of the socket's name, nothing more: a lab does not listen on the network unless told to.
const PORT: &str = "5432";

/// How long a new server may take to answer.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How often it is looked whether something has ended or answers.
const TICK: Duration = Duration::from_millis(20);

/// How a lab is made.
#[derive(Debug, Clone, Default)]
pub struct LabOptions {
    /// Folders with PostgreSQL's programs; none means that they are looked for.
    pub programs: Vec<PathBuf>,
    /// Wanted major version; none means the newest found.
    pub major: Option<u32>,
    /// Whether autovacuum runs.
    pub autovacuum: bool,
    /// Whether it must survive a crash of the machine; a lab to be thrown away need not, and is faster.
    pub durable: bool,
    /// What it will hold, which says where its files lie.
    pub load: Load,
    /// Further settings, given on the server's command line. Whoever sets `listen_addresses` opens the lab to
    /// everyone who can reach that address: a lab trusts who gets to it.
    pub settings: Vec<(String, String)>,
}

/// A running lab. Dropping it ends the server and removes its folder.
#[derive(Debug)]
pub struct Lab {
    folder: Folder,
    programs: Programs,
    port: String,
    child: Child,
    account: Account,
    options: LabOptions,
}

impl Drop for Lab {
    fn drop(&mut self) {
        end(self.folder.path());
        // Only to reap it: by now it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lab {
    /// Finds programs, makes a cluster and starts it.
    ///
    /// # Errors
    /// When there are no programs, the machine refuses, the server does not start (with the tail of its
    /// log), or the user stops it.
    pub async fn start(options: &LabOptions, progress: &dyn Progress) -> Result<Self, Failure> {
        let programs = Programs::find(&options.programs, options.major)?;
        progress.stage(&format!("starting a private PostgreSQL {}", programs.version), None);
        let account = Account::choose(SUPERUSER).map_err(|e| refused("no account for the lab", &e))?;
        let folder = Folder::for_server("pg", account, options.load, end).map_err(|e| {
            refused("no temporary folder can be used for a lab", &e).hint("point TMPDIR at a folder like /tmp")
        })?;
        let mut lab = begin(folder, programs, account, options, progress).await?;
        lab.ready(progress).await?;
        Ok(lab)
    }

    /// The URL of one of its databases, as superuser. `postgres` is always there.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let socket = self.folder.path().join("socket");
        format!("postgres://{SUPERUSER}@{}:{}/{}", encode(&socket.to_string_lossy()), self.port, encode(database))
    }

    /// The programs it runs with.
    #[must_use]
    pub const fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The folder of the server's data: a relation's file stands at `data().join(pg_relation_filepath(…))`.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The last lines of the server's log, for a failure; none when somebody removed its folder.
    #[must_use]
    pub fn last_words(&self) -> Option<String> {
        let log = self.folder.log();
        log.exists().then(|| tail(&log))
    }

    /// The file that the server writes its log to.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// Creates an empty database.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self, name: &str) -> Result<(), Failure> {
        let sql = format!("CREATE DATABASE {} TEMPLATE template0", Dialect::Postgres.ident(name));
        self.execute("postgres", &sql).await
    }

    /// Runs statements in one of its databases, in one transaction unless they bring their own.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<(), Failure> {
        let address = Address::parse(&self.url(database))?;
        let connection = crate::connect::open(&address, START_LIMIT).await?;
        connection.client.batch_execute(sql).await.map_err(|e| {
            Failure::internal("postgres.lab", format!("the lab refuses a statement: {}", crate::error::text(&e)))
        })
    }

    /// Ends the server as a crash would, without any order, and starts it again: it recovers from its log.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn crash(&mut self, progress: &dyn Progress) -> Result<(), Failure> {
        self.halt();
        self.child = server(self.folder.path(), &self.programs, self.account, &self.options)
            .map_err(|e| refused("postgres can't be run", &e))?;
        self.ready(progress).await
    }

    /// Ends the server as a crash would and leaves it so; [`Self::crash`] starts it again.
    pub fn halt(&mut self) {
        end(self.folder.path());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    async fn ready(&mut self, progress: &dyn Progress) -> Result<(), Failure> {
        let address = Address::parse(&self.url("postgres"))?;
        let limit = Instant::now() + START_LIMIT;
        loop {
            go_on(progress)?;
            let attempt = crate::connect::open(&address, Duration::from_secs(5)).await;
            let Err(failure) = attempt else { return Ok(()) };
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > limit {
                let what = ended.map_or_else(|| "does not answer".to_owned(), |status| format!("ended with {status}"));
                return Err(Failure::internal("postgres.lab", format!("the private PostgreSQL {what}"))
                    .excerpt(tail(&self.folder.log()))
                    .caused_by(failure));
            }
            tokio::time::sleep(TICK).await;
        }
    }
}

/// # Errors
/// When the user asked to stop.
fn go_on(progress: &dyn Progress) -> Result<(), Failure> {
    if !progress.cancelled() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while a lab was starting"))
}

/// Ends what runs in a lab's folder: a server told to quit takes its children along; an initdb has nothing to put in order.
fn end(folder: &Path) {
    process::end(folder, |program| !program.ends_with("initdb"));
}

async fn begin(
    folder: Folder,
    programs: Programs,
    account: Account,
    options: &LabOptions,
    progress: &dyn Progress,
) -> Result<Lab, Failure> {
    let cannot = |e: io::Error| refused("the lab's folder can't be prepared", &e);
    let path = folder.path();
    account.pass(path).map_err(cannot)?;
    account.own_folder(&path.join("data")).map_err(cannot)?;
    account.own_folder(&path.join("socket")).map_err(cannot)?;
    let initdb = initdb(path, &programs, account).map_err(|e| refused("initdb can't be run", &e))?;
    if !ended(initdb, path, progress).await?.success() {
        let message = format!("{} failed", programs.path("initdb").display());
        return Err(Failure::internal("postgres.initdb", message).excerpt(tail(&path.join("log"))));
    }
    let child = server(path, &programs, account, options).map_err(|e| refused("postgres can't be run", &e))?;
    let port = options.settings.iter().rev().find(|(name, _)| name == "port");
    let port = port.map_or_else(|| PORT.to_owned(), |(_, port)| port.clone());
    Ok(Lab { folder, programs, port, child, account, options: options.clone() })
}

/// Waits until a child of the folder has ended, or the user has asked to stop: then it is ended.
async fn ended(mut child: Child, folder: &Path, progress: &dyn Progress) -> Result<ExitStatus, Failure> {
    loop {
        if let Err(stopped) = go_on(progress) {
            end(folder);
            let _ = child.wait();
            return Err(stopped);
        }
        if let Some(status) = child.try_wait().map_err(|e| refused("initdb can't be waited for", &e))? {
            return Ok(status);
        }
        tokio::time::sleep(TICK).await;
    }
}

fn initdb(folder: &Path, programs: &Programs, account: Account) -> io::Result<Child> {
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new(programs.path("initdb"));
    command.arg("-D").arg(folder.join("data"));
    command.args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
    // On by default since 18. A lab that is thrown away gains nothing from them, and a planner twin writes pages itself.
    if programs.major >= 18 {
        command.arg("--no-data-checksums");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    surroundings(&mut command);
    account.apply(&mut command);
    process::note(folder, command.process_group(0).spawn()?)
}

fn server(folder: &Path, programs: &Programs, account: Account, options: &LabOptions) -> io::Result<Child> {
    let log = File::create(folder.join("log"))?;
    let socket = folder.join("socket");
    let on = |yes| if yes { "on" } else { "off" };
    let mut command = Command::new(programs.path("postgres"));
    command.arg("-D").arg(folder.join("data"));
    let mut set = |name: &str, value: &str| {
        command.arg("-c").arg(format!("{name}={value}"));
    };
    set("listen_addresses", "");
    set("unix_socket_directories", &socket.to_string_lossy());
    set("port", PORT);
    set("fsync", on(options.durable));
    set("full_page_writes", on(options.durable));
    set("synchronous_commit", on(options.durable));
    set("autovacuum", on(options.autovacuum));
    set("logging_collector", "off");
    for (name, value) in &options.settings {
        set(name, value);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    surroundings(&mut command);
    account.apply(&mut command);
    process::note(folder, command.process_group(0).spawn()?)
}

/// The user's own PostgreSQL variables and locale must not reach a lab.
fn surroundings(command: &mut Command) {
    let unwanted = |name: &str| name.starts_with("PG") || name.starts_with("LC_") || name == "LANGUAGE";
    dbwright_scratch::programs::surroundings(command, unwanted);
}

fn refused(what: &str, error: &io::Error) -> Failure {
    Failure::internal("postgres.lab", format!("{what}: {error}"))
}

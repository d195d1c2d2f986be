//! A lab: a private MySQL or MariaDB that dbwright starts itself, and that is gone when it is done with it.
//!
//! It has no network: its socket is in a folder that only its own account can enter, so that a superuser without a password
//! is safe and no port can be taken. It runs in a process group of its own: a Ctrl-C at the terminal reaches dbwright,
//! which ends the lab, and not the server behind dbwright's back.

mod file;
pub mod like;
mod make;
mod programs;
mod schema;

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, FailureKind};
use dbwright_scratch::{Account, Folder, Load, process, tail};
use dbwright_sql::Dialect;
use mysql_async::prelude::Queryable as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::flavour::Flavour;
pub use programs::Programs;

/// The lab's superuser; it has no password.
pub const SUPERUSER: &str = "root";

/// The account of the system that a lab's server runs as when dbwright is root, where there is one.
const ACCOUNT: &str = "mysql";

/// How long a new server may take to answer.
const START_LIMIT: Duration = Duration::from_mins(3);

/// How often it is looked whether something has ended or answers.
const TICK: Duration = Duration::from_millis(20);

/// How a lab is made.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// Folders with the server's programs; none means that they are looked for.
    pub programs: Vec<PathBuf>,
    /// MySQL or MariaDB.
    pub flavour: Flavour,
    /// Wanted version; one of the same series (major and minor number) is taken when there is one, else the nearest. None
    /// means the newest found.
    pub version: Option<(u16, u16, u16)>,
    /// Whether it must survive a crash; a lab to be thrown away need not, and is faster.
    pub durable: bool,
    /// Further settings, given on the server's command line. Whoever turns `skip_networking` off opens the lab to everyone
    /// who can reach it: its superuser has no password.
    pub settings: Vec<(String, String)>,
}

impl LabOptions {
    /// A lab of this flavour, in the newest version that is found.
    #[must_use]
    pub const fn of(flavour: Flavour) -> Self {
        Self { programs: Vec::new(), flavour, version: None, durable: false, settings: Vec::new() }
    }
}

/// A running lab. Dropping it ends the server and removes its folder.
#[derive(Debug)]
pub struct Lab {
    folder: Folder,
    programs: Programs,
    child: Child,
    account: Account,
    options: LabOptions,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Lab {
    /// Finds programs, makes a server's data and starts it.
    ///
    /// # Errors
    /// When there are no programs, the machine refuses, the server does not start (with the tail of its log), or the user
    /// stops it.
    pub async fn start(options: &LabOptions, progress: &dyn Progress) -> Result<Self, Failure> {
        let programs = Programs::find(&options.programs, options.flavour, options.version)?;
        progress.stage(&format!("starting a private {}", programs.name()), None);
        let account = Account::choose(ACCOUNT).map_err(|e| refused("no account for the lab", &e))?;
        let folder = Folder::for_server("my", account, Load::Rows, end).map_err(|e| {
            refused("no temporary folder can be used for a lab", &e).hint("point TMPDIR at a folder like /tmp")
        })?;
        let mut lab = begin(folder, programs, account, options, progress).await?;
        lab.ready(progress).await?;
        Ok(lab)
    }

    /// The URL of one of its databases, as superuser; with an empty name, of the server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        // Told that it is empty: a password in the environment is for the user's own servers.
        format!(
            "mysql://{SUPERUSER}:@localhost/{}?socket={}",
            encode(database),
            encode(&self.socket().to_string_lossy())
        )
    }

    /// The address of one of its databases.
    ///
    /// # Errors
    /// Never, as far as URLs of our own can be read.
    pub fn address(&self, database: &str) -> Result<Address, Failure> {
        Address::parse(&self.url(database))
    }

    /// The socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        make::socket(self.folder.path())
    }

    /// The programs it runs with.
    #[must_use]
    pub const fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The folder of the server's data: a table's file stands at `data().join(database).join("table.ibd")`.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        make::data(self.folder.path())
    }

    /// The last lines of the server's log, for a failure; none when somebody removed its folder.
    #[must_use]
    pub fn last_words(&self) -> Option<String> {
        let log = self.folder.log();
        log.exists().then(|| tail(&log))
    }

    /// Creates an empty database with the server's character set.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self, name: &str) -> Result<(), Failure> {
        self.execute("", &format!("CREATE DATABASE {}", Dialect::Mysql.ident(name))).await
    }

    /// Runs a statement in one of its databases.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<(), Failure> {
        let mut connection = crate::connect::open(&self.address(database)?, START_LIMIT).await?;
        connection.conn.query_drop(sql).await.map_err(|e| {
            Failure::internal("mysql.lab", format!("the lab refuses a statement: {}", crate::error::text(&e)))
        })
    }

    /// Ends the server as a crash would, without any order, and starts it again: it recovers from its log.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn crash(&mut self, progress: &dyn Progress) -> Result<(), Failure> {
        self.halt();
        self.child = server(&self.folder, &self.programs, self.account, &self.options)
            .map_err(|e| refused("the server can't be run", &e))?;
        self.ready(progress).await
    }

    /// Ends the server as a crash would and leaves it so; [`Self::crash`] starts it again.
    pub fn halt(&mut self) {
        end(self.folder.path());
        // Only to reap it: by now it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    async fn ready(&mut self, progress: &dyn Progress) -> Result<(), Failure> {
        let address = self.address("")?;
        let limit = Instant::now() + START_LIMIT;
        loop {
            go_on(progress)?;
            let attempt = crate::connect::open(&address, Duration::from_secs(5)).await;
            let Err(failure) = attempt else { return Ok(()) };
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > limit {
                let what = ended.map_or_else(|| "does not answer".to_owned(), |status| format!("ended with {status}"));
                let message = format!("the private {} {what}", self.programs.name());
                return Err(Failure::internal("mysql.lab", message)
                    .excerpt(tail(&self.folder.log()))
                    .caused_by(failure));
            }
            tokio::time::sleep(TICK).await;
        }
    }
}

/// Ends what runs in a lab's folder. Nothing of it is kept, so nothing is to be put in order.
fn end(folder: &Path) {
    process::end(folder, |_| false);
}

/// # Errors
/// When the user asked to stop.
fn go_on(progress: &dyn Progress) -> Result<(), Failure> {
    if !progress.cancelled() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while a lab was starting"))
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
    for own in make::folders(path) {
        account.own_folder(&own).map_err(cannot)?;
    }
    let (command, input) = make::maker(path, &programs, &options.settings).map_err(cannot)?;
    let maker = spawn(&folder, account, command, input).map_err(|e| refused("the server can't be run", &e))?;
    if !ended(maker, path, progress).await?.success() {
        let message = format!("{} could not make a new server's data", programs.server.display());
        return Err(Failure::internal("mysql.initialize", message).excerpt(tail(&folder.log())));
    }
    let child = server(&folder, &programs, account, options).map_err(|e| refused("the server can't be run", &e))?;
    Ok(Lab { folder, programs, child, account, options: options.clone() })
}

/// Waits until a child of the folder has ended, or the user has asked to stop: then it is ended.
async fn ended(mut child: Child, folder: &Path, progress: &dyn Progress) -> Result<ExitStatus, Failure> {
    loop {
        if let Err(stopped) = go_on(progress) {
            end(folder);
            let _ = child.wait();
            return Err(stopped);
        }
        if let Some(status) = child.try_wait().map_err(|e| refused("the server can't be waited for", &e))? {
            return Ok(status);
        }
        tokio::time::sleep(TICK).await;
    }
}

fn server(folder: &Folder, programs: &Programs, account: Account, options: &LabOptions) -> io::Result<Child> {
    let command = make::server(folder.path(), programs, options.durable, &options.settings);
    spawn(folder, account, command, Stdio::null())
}

fn spawn(folder: &Folder, account: Account, mut command: Command, input: Stdio) -> io::Result<Child> {
    let log = File::create(folder.log())?;
    command.stdin(input).stdout(log.try_clone()?).stderr(log);
    let unwanted = |name: &str| {
        let servers = ["MYSQL", "MARIADB", "LC_"];
        servers.iter().any(|begin| name.starts_with(begin)) || name == "LANGUAGE"
    };
    dbwright_scratch::programs::surroundings(&mut command, unwanted);
    account.apply(&mut command);
    process::note(folder.path(), command.process_group(0).spawn()?)
}

fn refused(what: &str, error: &io::Error) -> Failure {
    Failure::internal("mysql.lab", format!("{what}: {error}"))
}

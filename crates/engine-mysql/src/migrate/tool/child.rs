//! A tool as a child: it ends when dbwright does, however that ends.
//!
//! A shell stands between: it waits for the tool, and for the end of a pipe from dbwright. When dbwright is killed the system
//! closes the pipe, and the shell tells the tool to end. The tool leads no terminal: Ctrl-C reaches dbwright alone, which
//! tells the tool and waits for it.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child as Process, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use dbwright_core::Failure;
use dbwright_migrate::plan::{ACCOUNT, FOLDER};
use dbwright_scratch::Folder;

use super::account::Variable;

/// Starts the tool, and tells it to end when nobody holds the pipe any more.
const GUARD: &str = "exec 3<&0; \"$@\" </dev/null 3<&- & tool=$!; \
    { read -r word <&3; kill -TERM \"$tool\"; } >/dev/null 2>&1 & guard=$!; exec 3<&-; \
    wait \"$tool\"; code=$?; kill \"$guard\" 2>/dev/null; exit \"$code\"";

/// The kind of its folder.
const KIND: &str = "copy-tool";

/// The file with the account.
const FILE: &str = "account";

/// How long a tool may take to put things in order when it is told to end.
const GRACE: Duration = Duration::from_mins(1);

/// A folder for one run of a tool. What a killed dbwright left at work on this machine is ended when it is made.
pub(in crate::migrate) struct Place {
    folder: Folder,
}

impl Place {
    /// # Errors
    /// When no folder can be written.
    pub(in crate::migrate) fn make() -> Result<Self, Failure> {
        let folder = Folder::new(&std::env::temp_dir(), KIND, end);
        let folder = folder.map_err(|e| {
            Failure::internal("migrate.tool", format!("no folder for the tool's account can be made: {e}"))
        })?;
        Ok(Self { folder })
    }

    /// The file for the account.
    pub(in crate::migrate) fn account(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// A file beside it.
    pub(in crate::migrate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A word of the plan with the places of this run.
    fn word(&self, word: &str) -> String {
        let path = |path: &Path| path.display().to_string();
        word.replace(ACCOUNT, &path(&self.account())).replace(FOLDER, &path(self.folder.path()))
    }

    /// Starts a program with variables of its own.
    ///
    /// # Errors
    /// When it can't be started.
    pub(in crate::migrate) fn start(
        self,
        program: &Path,
        words: &[String],
        variables: &[Variable],
    ) -> Result<Child, Failure> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GUARD, "dbwright"]).arg(program).args(words.iter().map(|word| self.word(word)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Nor shall the user's own settings, or a password from there, lead it elsewhere.
        command.env_remove("MYSQL_PWD").env_remove("MYSQL_HOST").env_remove("MYSQL_TCP_PORT").env("LC_ALL", "C");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let failed = |e: std::io::Error| {
            Failure::internal("migrate.tool", format!("{} can't be started: {e}", program.display()))
        };
        let mut process = command.spawn().map_err(failed)?;
        let pipe = process.stdin.take();
        let (sender, lines) = channel();
        for stream in [process.stdout.take().map(boxed), process.stderr.take().map(boxed)].into_iter().flatten() {
            read(stream, sender.clone());
        }
        let process = noted(self.folder.path(), process).map_err(failed)?;
        Ok(Child { process, pipe, lines, said: Vec::new(), place: self })
    }
}

#[cfg(unix)]
fn noted(folder: &Path, process: Process) -> std::io::Result<Process> {
    dbwright_scratch::process::note(folder, process)
}

#[cfg(not(unix))]
fn noted(_folder: &Path, process: Process) -> std::io::Result<Process> {
    Ok(process)
}

/// Ends what runs in a folder that nobody keeps.
#[cfg(unix)]
fn end(folder: &Path) {
    dbwright_scratch::process::end(folder, |_| false);
}

#[cfg(not(unix))]
const fn end(_folder: &Path) {}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn read(stream: Box<dyn Read + Send>, sender: Sender<String>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if sender.send(text).is_err() {
                return;
            }
        }
    });
}

/// How many of its last lines are kept.
const KEPT: usize = 200;

/// A tool at work.
pub(in crate::migrate) struct Child {
    process: Process,
    pipe: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What it said last.
    pub(in crate::migrate) said: Vec<String>,
    pub(in crate::migrate) place: Place,
}

/// How a tool ended: its code, none when a signal did it.
pub(in crate::migrate) type Ended = Option<i32>;

impl Child {
    /// What it has said since.
    pub(in crate::migrate) fn heard(&mut self) -> Vec<String> {
        let new: Vec<String> = self.lines.try_iter().filter(|line| !line.is_empty()).collect();
        self.said.extend(new.iter().cloned());
        let surplus = self.said.len().saturating_sub(KEPT);
        self.said.drain(..surplus);
        new
    }

    /// Whether it has ended.
    ///
    /// # Errors
    /// When the system does not say.
    pub(in crate::migrate) fn ended(&mut self) -> Result<Option<Ended>, Failure> {
        let status = self.process.try_wait();
        let status = status.map_err(|e| Failure::internal("migrate.tool", format!("the tool is lost: {e}")))?;
        // A shell says 128 and the signal's number for what a signal ended.
        Ok(status.map(|status| status.code().filter(|code| *code < 128)))
    }

    /// Tells it to end, and waits until it has: it puts things in order itself where it can.
    pub(in crate::migrate) async fn stop(&mut self) {
        drop(self.pipe.take());
        let began = Instant::now();
        while began.elapsed() < GRACE && matches!(self.ended(), Ok(None)) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        end(self.place.folder.path());
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        end(self.place.folder.path());
        let _ = self.process.wait();
    }
}

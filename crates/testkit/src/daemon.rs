//! The process of a private server: it ends with its value, and with the test when that is killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::launch;
use crate::process::Process;

/// Waits until the test's end of the pipe is closed, then ends the server and removes what it has left.
const KEEPER: &str = "read -r _; kill -s KILL \"$1\"; sleep 1; rm -rf -- \"$2\"";

/// A server process that belongs to this test.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    process: Option<Process>,
    keeper: Option<Child>,
}

impl Daemon {
    /// Takes care of a process whose data are in `home`.
    pub(crate) fn new(child: Child, home: &Path) -> Self {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh", &child.id().to_string()]).arg(home);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0); // Ctrl-C must not end it before its work
        let keeper = keeper.spawn().ok(); // without it, a killed test leaves its server behind
        Self { process: Process::with_pid(child.id()), child, keeper }
    }

    pub(crate) fn process(&self) -> Option<Process> {
        self.process.filter(|process| process.is_alive())
    }

    /// Stops it in its tracks: connections stay, and nothing answers.
    pub(crate) fn signal(&self, name: &str) {
        if let Some(process) = self.process {
            process.signal(name).expect("a shell is there");
        }
    }

    /// Lets it end in order.
    pub(crate) fn stop(mut self) {
        self.signal("CONT");
        if let Some(process) = self.process {
            launch::end(process, &["TERM", "KILL"]).expect("it ends at last by force");
        }
        self.reap();
    }

    /// Ends it without a warning, as a crash would.
    pub(crate) fn kill(mut self) {
        self.reap();
    }

    fn reap(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            let _ = keeper.kill(); // before its work begins: it only waits
            let _ = keeper.wait();
        }
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
        if let Some(process) = self.process {
            let _ = process.wait(Duration::from_secs(20)); // the port is free once it is gone
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.reap();
    }
}

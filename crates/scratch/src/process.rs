//! Ends whatever runs in a lab's folder: its server, or the program that still makes its data.
//!
//! It relies on the folder alone, because a later process may have to do it for one that was killed. A pid
//! may be another process by now, so the command line must name the folder. Signals go to the group: a maker
//! has children that write.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// The file that holds the pid of the process that runs in the folder; it leads a group of its own.
const PID: &str = "pid";

/// How long a server gets to end at once before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// Writes down what runs in the folder now.
///
/// # Errors
/// When the folder can't be written; the process is ended then.
pub fn note(folder: &Path, mut child: Child) -> io::Result<Child> {
    match fs::write(folder.join(PID), child.id().to_string()) {
        Ok(()) => Ok(child),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}

/// Ends what runs in the folder; does nothing when nothing does. What `gently` says of the program's path is told to quit
/// first: a server with children takes them along. What has nothing to put in order is killed.
pub fn end(folder: &Path, gently: fn(&str) -> bool) {
    let Some((pid, line)) = running(folder) else { return };
    if gently(line.split('\0').next().unwrap_or_default()) {
        signal(pid, Signal::QUIT);
        let limit = Instant::now() + GRACE;
        while running(folder).is_some() && Instant::now() < limit {
            sleep(Duration::from_millis(10));
        }
    }
    if running(folder).is_some() {
        signal(pid, Signal::KILL);
    }
}

fn signal(pid: Pid, signal: Signal) {
    // When it can't be sent, the folder can't be removed, and stays for the next run.
    let _ = kill_process_group(pid, signal);
}

/// The process in the folder and its command line, while it runs.
fn running(folder: &Path) -> Option<(Pid, String)> {
    let pid: i32 = fs::read_to_string(folder.join(PID)).ok()?.trim().parse().ok()?;
    let line = command_line(pid)?;
    let ours = folder.to_str().is_some_and(|folder| line.contains(folder));
    Some((Pid::from_raw(pid).filter(|_| ours)?, line))
}

/// Its words with a NUL behind each, or with spaces on systems without `/proc`.
fn command_line(pid: i32) -> Option<String> {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        // A process that has ended and waits to be reaped has none.
        Ok(bytes) => (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()),
        Err(_) if Path::new("/proc/self").exists() => None,
        Err(_) => {
            let output = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).trim().replace(' ', "\0");
            (!text.is_empty()).then_some(text)
        }
    }
}

//! Processes by pid and start time, and the user that servers run as.
//!
//! A pid alone is reused by the kernel, and a name says nothing about who started a process; the pair of pid
//! and start time is one process for the life of the machine. Linux only, like the servers themselves.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// One process, and no other that may get its number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// The kernel's start time, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub started: u64,
}

impl Process {
    /// The process that has this pid now; `None` when there is none or it has ended and waits to be reaped.
    #[must_use]
    pub fn with_pid(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything, so the fields are counted from the last one.
        let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let ended = matches!(*fields.first()?, "Z" | "X");
        let started = fields.get(19)?.parse().ok()?;
        (!ended).then_some(Self { pid, started })
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(self) -> bool {
        Self::with_pid(self.pid) == Some(self)
    }

    /// Sends a signal by name (`INT`, `QUIT`, `KILL`) when the process still runs.
    ///
    /// # Errors
    /// When no shell can be started.
    pub fn signal(self, name: &str) -> io::Result<()> {
        if self.is_alive() {
            // The shell's own `kill`: the program of that name is missing on small machines.
            Command::new("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &self.pid.to_string()]).output()?;
        }
        Ok(())
    }

    /// Waits until it has ended; false when `limit` passed first.
    #[must_use]
    pub fn wait(self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() > end {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        true
    }
}

/// Whether this process is root.
#[must_use]
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

/// User and group id that servers run as when we are root (`nobody`, since database servers refuse root);
/// `None` for any other user: servers then run as that user.
#[must_use]
pub fn unprivileged() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let nobody = passwd.lines().find_map(|line| line.strip_prefix("nobody:"));
    let ids = nobody.and_then(|rest| {
        let mut fields = rest.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    Some(ids.unwrap_or((65534, 65534)))
}

/// Makes a file or folder belong to the unprivileged user when we are root.
///
/// # Errors
/// When the file system refuses.
pub fn give_away(path: &Path) -> io::Result<()> {
    unprivileged().map_or(Ok(()), |(uid, gid)| chown(path, Some(uid), Some(gid)))
}

/// Makes `command` run as the unprivileged user when we are root.
pub fn drop_privileges(command: &mut Command) -> &mut Command {
    if let Some((uid, gid)) = unprivileged() {
        command.uid(uid).gid(gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_is_killed() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep starts");
        let process = Process::with_pid(child.id()).expect("it runs");
        assert!(process.is_alive());
        assert!(!process.wait(Duration::from_millis(50)));
        process.signal("KILL").expect("a shell is there");
        assert!(process.wait(Duration::from_secs(5)), "it ended, though nobody has reaped it yet");
        child.wait().expect("it can be reaped");
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let me = Process::with_pid(std::process::id()).expect("we run");
        let other = Process { started: me.started + 1, ..me };
        assert!(me.is_alive());
        assert!(!other.is_alive());
    }
}

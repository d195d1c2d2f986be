//! Ends labs: those of this process, and those that a killed process left behind.
//!
//! Each lab's folder has a file that names its owner by pid and start time: a pid alone may be another
//! process by now. A folder whose owner is gone is removed by the next process that starts a lab.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::account::{Account, own_uid};

/// How lab folders are called.
pub(super) const PREFIX: &str = "dbwright-lab-";

/// The file that names the owner.
const OWNER: &str = "owner";

/// How long a server gets to end at once before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A lab as far as ending it needs.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// `pg_ctl` of its version.
    pub(super) control: PathBuf,
    /// The account it runs as.
    pub(super) account: Account,
    /// Its server's pid, once that is started; it stands in until the server has written its own file.
    pub(super) pid: Option<u32>,
}

static RUNNING: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Ends and removes every lab of this process. For signal handlers of the binary; safe to call more than once.
pub fn cleanup_all() {
    let entries = std::mem::take(&mut *RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
    for entry in entries {
        end(&entry);
    }
}

/// Remembers a lab and marks its folder as ours.
pub(super) fn add(entry: Entry) -> std::io::Result<()> {
    let pid = std::process::id();
    let program = entry.control.display();
    fs::write(entry.folder.join(OWNER), format!("{pid}\n{}\n{program}\n", started(pid).unwrap_or_default()))?;
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    Ok(())
}

/// Remembers the server of a lab.
pub(super) fn spawned(folder: &Path, pid: u32) {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = running.iter_mut().find(|entry| entry.folder == folder) {
        entry.pid = Some(pid);
    }
}

/// Ends and removes one lab; does nothing when that was done already.
pub(super) fn remove(folder: &Path) {
    let entry = {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.iter().position(|entry| entry.folder == folder).map(|at| running.swap_remove(at))
    };
    if let Some(entry) = entry {
        end(&entry);
    }
}

/// Removes labs below `parent` whose owner is gone.
pub(super) fn sweep(parent: &Path, account: Account) {
    let (Ok(entries), Ok(uid)) = (fs::read_dir(parent), own_uid()) else { return };
    for entry in entries.flatten() {
        let folder = entry.path();
        let marker = folder.join(OWNER);
        // Anyone can make a folder of that name; only our own account's are ours to remove.
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&folder).is_ok_and(|data| data.is_dir() && data.uid() == uid)
            && fs::symlink_metadata(&marker).is_ok_and(|data| data.is_file() && data.uid() == uid);
        if !ours {
            continue;
        }
        let text = fs::read_to_string(&marker).unwrap_or_default();
        let mut lines = text.lines();
        let (Some(pid), Some(start), Some(control)) = (lines.next(), lines.next(), lines.next()) else { continue };
        let alive = pid.parse().is_ok_and(|pid| started(pid).is_some_and(|now| now == start));
        if !alive {
            end(&Entry { folder, control: PathBuf::from(control), account, pid: None });
        }
    }
}

/// Ends the server of a lab folder and removes the folder.
fn end(entry: &Entry) {
    if let Some(pid) = server(entry) {
        signal(entry, "QUIT", pid);
        let limit = Instant::now() + GRACE;
        while server(entry) == Some(pid) && Instant::now() < limit {
            sleep(Duration::from_millis(10));
        }
        if server(entry) == Some(pid) {
            signal(entry, "KILL", pid);
        }
    }
    // Backends may write a last file while the folder goes; what is left is swept next time.
    for _ in 0..20 {
        if fs::remove_dir_all(&entry.folder).is_ok() || !entry.folder.exists() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
}

/// `pg_ctl kill` sends the signal: it comes with the server, and needs neither a shell nor unsafe code.
fn signal(entry: &Entry, name: &str, pid: u32) {
    let mut command = Command::new(&entry.control);
    command.args(["kill", name, &pid.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    entry.account.apply(&mut command);
    // When it can't be sent, the server is seen to go on, and the folder stays for the next sweep.
    let _ = command.status();
}

/// The pid of a lab's server while it runs. Its command line must name the folder: a pid may be reused.
fn server(entry: &Entry) -> Option<u32> {
    let written = || {
        let text = fs::read_to_string(entry.folder.join("data/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    };
    let pid = entry.pid.or_else(written)?;
    let folder = entry.folder.to_str()?;
    command_line(pid).is_some_and(|line| line.contains(folder)).then_some(pid)
}

fn command_line(pid: u32) -> Option<String> {
    match fs::read(format!("/proc/{pid}/cmdline")) {
        // A process that has ended and waits to be reaped has none.
        Ok(bytes) => (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()),
        Err(_) if Path::new("/proc/self").exists() => None,
        Err(_) => ps(pid, "command="),
    }
}

/// When a process started, in the system's own words; none when there is no such process.
fn started(pid: u32) -> Option<String> {
    if !Path::new("/proc/self").exists() {
        return ps(pid, "lstart=");
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so the fields are counted from the last one.
    stat.rsplit_once(") ")?.1.split(' ').nth(19).map(str::to_owned)
}

/// Asks `ps`, for systems without `/proc`.
fn ps(pid: u32, column: &str) -> Option<String> {
    let output = Command::new("ps").args(["-o", column, "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

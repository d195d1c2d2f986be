//! The account that a lab's server runs as: our own, or an unprivileged one when we are root.
//!
//! Database servers refuse to run as root, for a good reason that holds for labs as well.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// User and group ids to run as; none means our own.
#[derive(Debug, Clone, Copy)]
pub struct Account(Option<(u32, u32)>);

/// On every Unix.
const NOBODY: &str = "nobody";

impl Account {
    /// The account for a new lab: for root the one of this name where there is one, else `nobody`.
    ///
    /// # Errors
    /// When the accounts can't be read, or there is none.
    pub fn choose(name: &str) -> io::Result<Self> {
        if own_uid()? != 0 {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let ids = [name, NOBODY].into_iter().find_map(|name| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        ids.map(|ids| Self(Some(ids))).ok_or_else(|| {
            io::Error::other(format!(
                "the server refuses to run as root, and there is no account `{name}` or `{NOBODY}`"
            ))
        })
    }

    /// Makes a command run as it.
    pub fn apply(self, command: &mut Command) {
        if let Self(Some((uid, gid))) = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes a folder that only this account can enter.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn own_folder(self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Self(Some((uid, gid))) = self {
            chown(folder, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    /// Lets it pass through a folder of ours.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pass(self, folder: &Path) -> io::Result<()> {
        let mode = if self.0.is_some() { 0o711 } else { 0o700 };
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))
    }

    /// Whether it can reach a folder: every folder above must be passable for others.
    #[must_use]
    pub fn reaches(self, folder: &Path) -> bool {
        let passable = |folder: &Path| fs::metadata(folder).is_ok_and(|data| data.mode() & 0o001 != 0);
        self.0.is_none() || folder.ancestors().all(passable)
    }
}

/// Our own user id: that of a folder of `/proc`, or of a file that we make.
fn own_uid() -> io::Result<u32> {
    if let Ok(data) = fs::metadata("/proc/self") {
        return Ok(data.uid());
    }
    Ok(tempfile::tempfile()?.metadata()?.uid())
}

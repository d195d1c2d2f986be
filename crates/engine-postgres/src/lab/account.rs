//! The account that a lab's server runs as: our own, or an unprivileged one when we are root.
//!
//! PostgreSQL refuses to run as root, for a good reason that holds for labs as well.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// User and group ids to run as; none means our own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<(u32, u32)>);

/// Accounts that are tried in order: the second is on every Unix.
const NAMES: [&str; 2] = ["postgres", "nobody"];

impl Account {
    /// The account for a new lab.
    pub(super) fn choose() -> io::Result<Self> {
        if own_uid()? != 0 {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let ids = NAMES.iter().find_map(|name| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        ids.map(|ids| Self(Some(ids))).ok_or_else(|| {
            io::Error::other("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`")
        })
    }

    /// Makes a command run as it.
    pub(super) fn apply(self, command: &mut Command) {
        if let Self(Some((uid, gid))) = self {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes a folder that only this account can enter.
    pub(super) fn own_folder(self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Self(Some((uid, gid))) = self {
            chown(folder, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    /// Lets it pass through a folder of ours.
    pub(super) fn pass(self, folder: &Path) -> io::Result<()> {
        let mode = if self.0.is_some() { 0o711 } else { 0o700 };
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))
    }

    /// Whether it can reach a folder: every folder above must be passable for others.
    pub(super) fn reaches(self, folder: &Path) -> bool {
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

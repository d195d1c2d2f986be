//! A small file system of its own for a private server's databases, so that a full disk is a full disk.
//!
//! Only databases are on it: a server whose log can't be written ends itself, which is another accident.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system with a tablespace on it; unmounted when dropped.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
}

/// What takes all the room that is left; gone when dropped.
#[derive(Debug)]
pub struct Filled(PathBuf);

impl Drop for Filled {
    fn drop(&mut self) {
        // Its file system may be gone already.
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The server may still have files open there: it goes when the last is closed.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        let _ = fs::remove_dir(&self.folder);
    }
}

impl Disk {
    /// The tablespace of the databases that are to be on it.
    pub const TABLESPACE: &str = "small_disk";

    /// Mounts so many megabytes and makes the tablespace on the server at a URL, whose data are in a folder of this machine.
    ///
    /// # Errors
    /// When this account may not mount, or the server refuses.
    pub fn mount(url: &str, data: &Path, megabytes: u32) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("dbwright-disk-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&folder)
            .output()
            .map_err(|e| format!("mount can't be run: {e}"))?;
        if !mounted.status.success() {
            let _ = fs::remove_dir(&folder);
            return Err(format!("no file system can be mounted: {}", String::from_utf8_lossy(&mounted.stderr).trim()));
        }
        let disk = Self { folder };
        let own = disk.folder.join("space");
        let owner = fs::metadata(data).map_err(|e| e.to_string())?;
        let given = fs::create_dir(&own)
            .and_then(|()| fs::set_permissions(&disk.folder, fs::Permissions::from_mode(0o755)))
            .and_then(|()| chown(&own, Some(owner.uid()), Some(owner.gid())));
        given.map_err(|e| format!("{}: {e}", own.display()))?;
        let made = format!("CREATE TABLESPACE {} LOCATION '{}'", Self::TABLESPACE, own.display());
        crate::sql::execute(url, &made)?;
        Ok(disk)
    }

    /// Takes all the room that is left.
    ///
    /// # Errors
    /// When nothing can be written there at all.
    pub fn fill(&self) -> Result<Filled, String> {
        let path = self.folder.join("filler");
        let mut file = fs::File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let filled = Filled(path);
        for size in [1 << 20, 1 << 12] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
        Ok(filled)
    }
}

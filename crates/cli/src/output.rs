//! Where results go: stdout, or a file that appears whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use dbwright_core::Failure;

/// Writes bytes to the file that the user named, or to stdout (`-` means stdout as well).
///
/// # Errors
/// When they can't be written in full. A reader that closed the pipe has what it wanted: that is no error.
pub(crate) fn write(file: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match file.filter(|path| *path != Path::new("-")) {
        Some(path) => to_file(path, bytes).map_err(|e| failed(&path.display().to_string(), &e)),
        None => to_stdout(bytes),
    }
}

/// Writes text with colours to stdout when that is a terminal that wants them, without them elsewhere.
///
/// # Errors
/// As [`write`].
pub(crate) fn write_styled(file: Option<&Path>, text: &str) -> Result<(), Failure> {
    match file.filter(|path| *path != Path::new("-")) {
        Some(_) => write(file, anstream::adapter::strip_str(text).to_string().as_bytes()),
        None => closed_pipe_is_fine(anstream::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush())),
    }
}

fn to_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    closed_pipe_is_fine(out.write_all(bytes).and_then(|()| out.flush()))
}

fn closed_pipe_is_fine(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|e| failed("standard output", &e)),
    }
}

/// Writes beside the file and renames, so that a full disk leaves no half file and keeps the old one.
fn to_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Ok(known) = fs::metadata(path)
        && !known.is_file()
    {
        // A device or a named pipe can't be replaced; it is written as it is.
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let mut file = builder().tempfile_in(folder_of(&path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    Ok(())
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Temporary files are private by default; a result gets the permissions that the user's umask gives.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dbwright-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn failed(place: &str, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::PermissionDenied | ErrorKind::NotADirectory => {
            Failure::usage("output.place", format!("{place} can't be written: {error}"))
                .hint("give -o a file in a folder that exists and that you may write to")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Failure::internal("output.full", format!("{place} can't be written: the disk is full"))
                .hint("nothing was left behind; make room, or give -o a file on another disk")
        }
        _ => Failure::internal("output.write", format!("{place} can't be written: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("report.json");
        fs::write(&path, "old").expect("write");
        write(Some(&path), b"new").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"new");
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 1);
    }

    #[test]
    fn a_missing_folder_is_a_usage_error() {
        let failure = write(Some(Path::new("/no/such/folder/x")), b"x").expect_err("no folder");
        assert_eq!((failure.kind, failure.code), (dbwright_core::FailureKind::Usage, "output.place"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_says_so() {
        let failure = write(Some(Path::new("/dev/full")), b"x").expect_err("full");
        assert_eq!(failure.code, "output.full");
    }
}

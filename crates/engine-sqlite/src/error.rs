//! What can go wrong with a database file, and what the user is told to do next.

use std::path::{Path, PathBuf};

use dbwright_core::Failure;
use rusqlite::ErrorCode;

/// Why a database file can't be observed or copied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file; files of nearly the same name beside it.
    #[error("there is no file {}", path.display())]
    Missing {
        /// The path as it was understood.
        path: PathBuf,
        /// Names that are near.
        near: Vec<String>,
    },
    /// It is a folder.
    #[error("{} is a folder, not a database file", .0.display())]
    Folder(PathBuf),
    /// It is a pipe, a socket or a device.
    #[error("{} is no regular file", .0.display())]
    Special(PathBuf),
    /// The operating system refuses.
    #[error("{} can't be read: {source}", path.display())]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The first bytes are not those of a database; `looks` says what they look like.
    #[error("{} is not a SQLite database{}", path.display(), looks.said())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        looks: Looks,
    },
    /// Another process holds a lock.
    #[error("{} is locked: another process is writing to it", .0.display())]
    Locked(PathBuf),
    /// There is not enough room for a lab.
    #[error("a lab needs {need} MB in {}, and {free} MB are free", folder.display())]
    NoRoom {
        /// Folder for temporary files.
        folder: PathBuf,
        /// MB needed.
        need: u64,
        /// MB free.
        free: u64,
    },
    /// The user stopped it.
    #[error("stopped on request; labs are removed, the target is as it was")]
    Cancelled,
    /// SQLite itself complained.
    #[error("{doing}: {source}")]
    Sqlite {
        /// What was being done, with the object.
        doing: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file system complained.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, with the object.
        doing: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a file that is no database looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Text, SQL perhaps.
    Text,
    /// Noise, as encryption or compression leaves it.
    Noise,
    /// A gzip, zip or zstd archive.
    Archive,
    /// An older SQLite 2 database.
    Sqlite2,
    /// A database whose header is damaged.
    DamagedHeader,
    /// Anything else.
    Other,
}

impl Looks {
    const fn said(self) -> &'static str {
        match self {
            Self::Text => ": it is text",
            Self::Noise => ", or it is encrypted: its first page is noise",
            Self::Archive => ": it is a compressed archive",
            Self::Sqlite2 => " of version 3: it is one of version 2",
            Self::DamagedHeader => " that can be read: its header is damaged",
            Self::Other => "",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Text => "to check a schema file, end its name in .sql and add --dialect sqlite",
            Self::Noise => {
                "decrypt it first (SQLCipher: ATTACH a plain file, then sqlcipher_export), or give the right file"
            }
            Self::Archive => "unpack it first",
            Self::Sqlite2 => "convert it: sqlite FILE .dump | sqlite3 NEW",
            Self::DamagedHeader => "take it from a backup, or save what is left with: sqlite3 FILE .recover",
            Self::Other => "give a file that SQLite wrote; its first bytes are `SQLite format 3`",
        }
    }
}

impl Error {
    /// SQLite's complaint with what was being done.
    pub(crate) fn sqlite(doing: impl Into<String>) -> impl FnOnce(rusqlite::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Sqlite { doing, source }
    }

    /// The file system's complaint with what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// A complaint about opening or reading `path`, told apart by its code.
    pub(crate) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path.to_path_buf()),
            Some(ErrorCode::NotADatabase) => {
                Self::NotADatabase { path: path.to_path_buf(), looks: Looks::DamagedHeader }
            }
            _ => Self::Sqlite { doing: format!("{} can't be opened", path.display()), source },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Missing { near, .. } => {
                let failure = Self::unreachable("sqlite.no-file", message);
                match near.as_slice() {
                    [] => failure.hint("check the path; dbwright never creates a database"),
                    names => failure.hint(format!("did you mean {}?", names.join(" or "))),
                }
            }
            Error::Folder(_) => Self::unreachable("sqlite.folder", message).hint("name the database file in it"),
            Error::Special(_) => Self::unreachable("sqlite.no-file", message).hint("name a regular file"),
            Error::Refused { source, .. } => Self::not_permitted("sqlite.refused", message)
                .hint("run dbwright as a user who may read the file and search its folder")
                .caused_by(source),
            Error::NotADatabase { looks, .. } => Self::unreachable("sqlite.not-a-database", message).hint(looks.hint()),
            Error::Locked(path) => Self::unreachable("sqlite.locked", message)
                .hint("try again when it has finished, or wait longer with --lock-timeout")
                .hint(format!("see who holds it with: fuser -v {}", path.display())),
            Error::NoRoom { .. } => {
                Self::internal("sqlite.no-room", message).hint("make room, or name another folder in TMPDIR")
            }
            Error::Cancelled => Self::new(dbwright_core::FailureKind::Interrupted, "interrupted", message),
            Error::Sqlite { source, .. } => from_sqlite(message, source),
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                Self::internal("sqlite.no-room", message).hint("make room, or name another folder in TMPDIR")
            }
            Error::Io { source, .. } => Self::internal("sqlite.io", message).caused_by(source),
        }
    }
}

fn from_sqlite(message: String, source: rusqlite::Error) -> Failure {
    let failure = match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            Failure::internal("sqlite.no-room", message).hint("make room, or name another folder in TMPDIR")
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
            Failure::not_permitted("sqlite.refused", message).hint("run dbwright as a user who may read the file")
        }
        Some(ErrorCode::DatabaseCorrupt) => Failure::unreachable("sqlite.corrupt", message)
            .hint("take it from a backup, or save what is left with: sqlite3 FILE .recover"),
        _ => Failure::unreachable("sqlite.failed", message),
    };
    failure.caused_by(source)
}

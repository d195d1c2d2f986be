//! Opens a database file without changing it, or anything beside it.
//!
//! - Rollback journal: a read-only connection does nothing but lock for reading.
//! - Write-ahead log in use: `readonly_shm=1`, so that an existing `-shm` is read and never written; SQLite
//!   then builds its index of the log in memory when no writer is there.
//! - Write-ahead log mode, but no log: `immutable=1`, because SQLite would create `-wal` and `-shm`. Nobody
//!   holds such a file open; [`Source::changed`] tells whether somebody began to write meanwhile.
//! - What a crash left and SQLite would have to mend (a hot journal, a log without `-shm`): a copy in a lab.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbwright_core::engine::ObserveOptions;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::Error;
use crate::header::Header;
use crate::lab::Lab;
use crate::path::{beside, uri};

/// An open database file.
#[derive(Debug)]
pub(crate) struct Source {
    /// The connection; for a file of no bytes an empty database in memory.
    pub(crate) db: Connection,
    /// The file.
    pub(crate) path: PathBuf,
    /// Its header; none for a file of no bytes.
    pub(crate) header: Option<Header>,
    /// Length of the file.
    pub(crate) bytes: u64,
    /// Length of its write-ahead log.
    pub(crate) wal_bytes: Option<u64>,
    /// `in place`, or why it is read from a copy.
    pub(crate) read: String,
    /// Whether the schema had to be read leniently, because the file is damaged.
    pub(crate) damaged: Option<String>,
    immutable: Option<SystemTime>,
    _copy: Option<Lab>,
}

impl Source {
    /// Opens `path` for reading and begins a read transaction.
    ///
    /// # Errors
    /// When it is no database, locked, or may not be read. A damaged database is opened as far as it goes.
    pub(crate) fn open(path: &Path, options: &ObserveOptions) -> Result<Self, Error> {
        let meta = std::fs::metadata(path).map_err(|source| Error::Refused { path: path.to_path_buf(), source })?;
        let Some(header) = read_header(path)? else { return Self::empty(path) };
        let wal_bytes = std::fs::metadata(beside(path, "-wal")).ok().map(|wal| wal.len());
        let shm = beside(path, "-shm").exists();
        let source = |db, damaged, immutable, read: &str, copy| Self {
            db,
            path: path.to_path_buf(),
            header: Some(header),
            bytes: meta.len(),
            wal_bytes,
            read: read.to_owned(),
            damaged,
            immutable,
            _copy: copy,
        };
        if header.wal && !shm && wal_bytes.unwrap_or(0) == 0 {
            let opened = connect(path, "mode=ro&immutable=1", options);
            let (db, damaged) = opened.or_else(|error| unreadable(path, error))?;
            return Ok(source(db, damaged, meta.modified().ok(), "in place", None));
        }
        let parameters = if header.wal { "mode=ro&readonly_shm=1" } else { "mode=ro" };
        match connect(path, parameters, options) {
            Err(Error::Sqlite { source: error, .. }) if needs_mending(&error) => {
                let lab = Lab::new(meta.len() + wal_bytes.unwrap_or(0) * 2)?;
                let copy = lab.copy_files(path)?;
                let (db, damaged) = connect(&copy, "mode=rw", options)?;
                let why = "from a copy, because its last writer crashed and the file has to be mended first";
                Ok(source(db, damaged, None, why, Some(lab)))
            }
            opened => {
                let (db, damaged) = opened.or_else(|error| unreadable(path, error))?;
                Ok(source(db, damaged, None, "in place", None))
            }
        }
    }

    /// A database in memory, shown under the name `path`.
    pub(crate) fn memory(path: &Path, db: Connection) -> Self {
        Self {
            db,
            path: path.to_path_buf(),
            header: None,
            bytes: 0,
            wal_bytes: None,
            read: "in a lab".to_owned(),
            damaged: None,
            immutable: None,
            _copy: None,
        }
    }

    /// A copy of the file `path`, which was `bytes` long, for experiments.
    pub(crate) fn copy(path: &Path, db: Connection, bytes: u64) -> Self {
        Self { bytes, ..Self::memory(path, db) }
    }

    /// A file of no bytes is a valid, empty database; SQLite would only be tempted to tidy up beside it.
    fn empty(path: &Path) -> Result<Self, Error> {
        let db = Connection::open_in_memory().map_err(|e| Error::opening(path, e))?;
        Ok(Self { read: "in place".to_owned(), ..Self::memory(path, db) })
    }

    /// Whether somebody began to write to a file that was read as unchangeable.
    pub(crate) fn changed(&self) -> bool {
        let Some(before) = self.immutable else { return false };
        let same = std::fs::metadata(&self.path)
            .is_ok_and(|meta| meta.len() == self.bytes && meta.modified().is_ok_and(|time| time == before));
        !same || std::fs::metadata(beside(&self.path, "-wal")).is_ok_and(|wal| wal.len() > 0)
    }
}

/// The header of a file; none when it has no bytes.
fn read_header(path: &Path) -> Result<Option<Header>, Error> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(1024).read_to_end(&mut start))
        .map_err(|source| Error::Refused { path: path.to_path_buf(), source })?;
    if start.is_empty() {
        return Ok(None);
    }
    Header::parse(&start).map(Some).map_err(|looks| Error::NotADatabase { path: path.to_path_buf(), looks })
}

/// Opens and begins to read; a damaged file is opened leniently, with SQLite's complaint.
fn connect(path: &Path, parameters: &str, options: &ObserveOptions) -> Result<(Connection, Option<String>), Error> {
    let mode = if parameters.contains("mode=rw") {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opening = |e| Error::opening(path, e);
    let db = Connection::open_with_flags(uri(path, parameters), flags).map_err(opening)?;
    db.busy_timeout(options.lock_timeout).map_err(opening)?;
    // What the file's schema says must not run anything but plain SQL.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(opening)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).map_err(opening)?;
    db.pragma_update(None, "cell_size_check", true).map_err(opening)?;
    match begin(&db) {
        Ok(()) => Ok((db, None)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            // Only this connection's reading becomes lenient; nothing is written.
            db.pragma_update(None, "writable_schema", true).map_err(opening)?;
            begin(&db).map_err(opening)?;
            Ok((db, Some(error.to_string())))
        }
        Err(error) => Err(opening(error)),
    }
}

/// A damaged file of which SQLite can read nothing at all: an empty database, and SQLite's complaint.
fn unreadable(path: &Path, error: Error) -> Result<(Connection, Option<String>), Error> {
    let corrupt = |source: &rusqlite::Error| {
        matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure))
    };
    match error {
        Error::Sqlite { source, .. } if corrupt(&source) => {
            let db = Connection::open_in_memory().map_err(|e| Error::opening(path, e))?;
            Ok((db, Some(source.to_string())))
        }
        error => Err(error),
    }
}

fn begin(db: &Connection) -> rusqlite::Result<()> {
    if db.is_autocommit() {
        db.execute_batch("BEGIN")?;
    }
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Whether SQLite would have to write before it could read: a hot journal, a log without its `-shm`.
fn needs_mending(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::FileLockingProtocolFailed)
    )
}

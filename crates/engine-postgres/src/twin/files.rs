//! Files as long as the target's, which hold nothing.
//!
//! The planner asks the file system how many pages a relation has. A file that is extended without writing is sparse and
//! takes no room, whatever its length.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use dbwright_core::Failure;
use dbwright_sql::model::{Index, Table};

use super::btree;
use super::names::Names;
use crate::body::{Metapage, PgBody};

/// Bytes of a page.
pub(super) const PAGE: u64 = 8192;
/// Pages of a file; a longer relation goes on in `FILE.1`, `FILE.2`, …
const SEGMENT: u64 = 131_072;

/// Gives every table and index of the twin the length that it has on the target, and every b-tree its height.
pub(super) fn shape(data: &Path, body: &PgBody, names: &Names) -> Result<(), Failure> {
    for table in &body.catalog.tables {
        for index in &table.indexes {
            let path = names.get(index.id).and_then(|relation| relation.path.as_ref());
            if let Some(path) = path.map(|path| data.join(path)) {
                shape_index(&path, body, table, index).map_err(|e| refused(&path, &e))?;
            }
        }
        let path = names.get(table.id).and_then(|relation| relation.path.as_ref());
        if let (Some(path), Some(stats)) = (path.map(|path| data.join(path)), body.tables.get(&table.id)) {
            resize(&path, stats.main_bytes.div_ceil(PAGE)).map_err(|e| refused(&path, &e))?;
        }
    }
    Ok(())
}

fn shape_index(path: &Path, body: &PgBody, table: &Table, index: &Index) -> io::Result<()> {
    let pages = index.bytes.unwrap_or(0).div_ceil(PAGE);
    if index.method == "btree" {
        let height = match body.blueprint.as_ref().and_then(|blueprint| blueprint.metapages.get(&index.id)) {
            Some(Metapage::Btree { height }) => *height,
            _ => btree::height_of(pages, &btree::Shape::of(body, table, index)),
        };
        btree::write(path, height, None)?;
    }
    // An index is never made shorter than it was created: its first pages say how it is read.
    let own = fs::metadata(path)?.len().div_ceil(PAGE);
    if pages > own { resize(path, pages) } else { Ok(()) }
}

/// Makes a relation `pages` long, its further segments included.
pub(super) fn resize(first: &Path, pages: u64) -> io::Result<()> {
    let owner = fs::metadata(first)?;
    let mut left = pages;
    for number in 0.. {
        let path = segment(first, number);
        if left == 0 && number > 0 {
            // A further segment that is there is emptied, not removed: sessions may have it open.
            match OpenOptions::new().write(true).open(&path) {
                Ok(file) if file.metadata()?.len() > 0 => file.set_len(0)?,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            }
            continue;
        }
        let here = left.min(SEGMENT);
        let file = open(&path, owner.uid(), owner.gid())?;
        file.set_len(here * PAGE)?;
        left -= here;
    }
    Ok(())
}

/// The path of a segment.
pub(super) fn segment(first: &Path, number: u64) -> PathBuf {
    if number == 0 {
        return first.to_owned();
    }
    let mut name = first.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// Opens a file for writing; one that is made belongs to the server's account.
pub(super) fn open(path: &Path, uid: u32, gid: u32) -> io::Result<File> {
    if let Ok(file) = OpenOptions::new().read(true).write(true).open(path) {
        return Ok(file);
    }
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (uid, gid) {
        fchown(&file, Some(uid), Some(gid))?;
    }
    Ok(file)
}

/// The failure of a file that can't be written.
pub(super) fn refused(path: &Path, error: &io::Error) -> Failure {
    Failure::internal("postgres.twin", format!("{} can't be shaped: {error}", path.display()))
}

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

use super::datums::Datums;
use super::ends::{self, Ends};
use super::load::Statement;
use super::names::Names;
use super::{btree, metapages};
use crate::body::{Metapage, PgBody};

/// Bytes of a page.
pub(super) const PAGE: u64 = 8192;
/// Pages of a file; a longer relation goes on in `FILE.1`, `FILE.2`, …
const SEGMENT: u64 = 131_072;

/// Gives every table and index of the twin the length that it has on the target, and indexes the pages that are read.
pub(super) struct Shaper<'a> {
    /// The server's data folder.
    pub(super) data: &'a Path,
    /// The snapshot.
    pub(super) body: &'a PgBody,
    /// The twin's relations.
    pub(super) names: &'a Names,
    /// First and last values of columns.
    pub(super) ends: &'a Ends<'a>,
    /// Values as bytes.
    pub(super) datums: &'a Datums,
}

impl Shaper<'_> {
    /// Shapes all files; the statements that follow tell the server of indexes that have a new file.
    pub(super) fn shape(&self) -> Result<Vec<Statement>, Failure> {
        let mut moved = Vec::new();
        for table in &self.body.catalog.tables {
            let mut visible = false;
            for index in &table.indexes {
                let Some(relation) = self.names.get(index.id) else { continue };
                let Some(path) = relation.path.as_ref().map(|path| self.data.join(path)) else { continue };
                let leaf = self.ends.leaf(table.id, index, self.datums).filter(|_| index.method == "btree");
                visible |= leaf.is_some();
                let number = self.index(&path, table, index, leaf.as_ref()).map_err(|e| refused(&path, &e))?;
                moved.extend(number.map(|number| {
                    let sql = format!("UPDATE pg_class SET relfilenode = {number} WHERE oid = {}", relation.oid);
                    Statement::new(format!("file of index {}", index.name), sql)
                }));
            }
            let path = self.names.get(table.id).and_then(|relation| relation.path.as_ref());
            if let (Some(path), Some(stats)) = (path.map(|path| self.data.join(path)), self.body.tables.get(&table.id))
            {
                resize(&path, stats.main_bytes.div_ceil(PAGE)).map_err(|e| refused(&path, &e))?;
                if visible {
                    ends::all_visible(&path).map_err(|e| refused(&path, &e))?;
                }
            }
        }
        Ok(moved)
    }

    /// Shapes one index; gives the number of its file when it is a new one.
    fn index(&self, path: &Path, table: &Table, index: &Index, leaf: Option<&[u8; 8192]>) -> io::Result<Option<u32>> {
        let pages = index.bytes.unwrap_or(0).div_ceil(PAGE);
        let known = self.body.blueprint.as_ref().and_then(|blueprint| blueprint.metapages.get(&index.id));
        match index.method.as_str() {
            "btree" => {
                let height = match known {
                    Some(Metapage::Btree { height }) => *height,
                    _ => btree::height_of(pages, &btree::Shape::of(self.body, table, index)),
                };
                btree::write(path, height, leaf)?;
            }
            "gin" => {
                if let Some(first) = known.and_then(metapages::gin) {
                    return metapages::replace(path, &first, pages).map(Some);
                }
            }
            "brin" => {
                let options =
                    self.body.indexes.get(&index.id).map(|stats| stats.options.as_slice()).unwrap_or_default();
                let table_pages = self.body.tables.get(&table.id).map_or(0, |stats| stats.main_bytes.div_ceil(PAGE));
                let first = metapages::brin(metapages::pages_per_range(options), table_pages);
                return metapages::replace(path, &first, pages).map(Some);
            }
            _ => {}
        }
        // An index is never made shorter than it was created: its first pages say how it is read.
        let own = fs::metadata(path)?.len().div_ceil(PAGE);
        if pages > own {
            resize(path, pages)?;
        }
        Ok(None)
    }
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

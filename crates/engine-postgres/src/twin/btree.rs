//! Valid, empty b-trees of any height, written by hand.
//!
//! The planner charges a descent for each loop of a nested loop, and takes the height from the index's first page. It
//! also looks at the ends of an index, so the pages on the way there must be valid: one inner page a level, each with a
//! single pivot of minus infinity that leads to the level below, and an empty leaf.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use dbwright_sql::model::{Index, Table};

use super::files;
use crate::body::PgBody;

/// Bytes of a page.
pub(super) const PAGE: usize = 8192;
const HEADER: usize = 24;
/// Bytes of the b-tree's own data at the end of a page.
const SPECIAL: usize = 16;
const MAGIC: u32 = 0x0005_3162;
const LEAF: u16 = 1;
const ROOT: u16 = 2;
/// Marks a tuple whose tid is not that of a row.
const ALTERNATIVE_TID: u16 = 0x2000;
/// Layout version of pages, in the low byte of the size.
const LAYOUT: u16 = 4;

/// Makes an empty b-tree `height` levels high out of a just created one. `leaf` is the first leaf, when it holds something.
pub(super) fn write(path: &Path, height: u32, leaf: Option<&[u8; PAGE]>) -> io::Result<()> {
    let owner = std::fs::metadata(path)?;
    let mut file = files::open(path, owner.uid(), owner.gid())?;
    let mut words = [0u8; 24];
    file.seek(SeekFrom::Start(HEADER as u64))?;
    file.read_exact(&mut words)?;
    if word(&words, 0) != MAGIC || word(&words, 8) != 0 {
        return Err(io::Error::other("this is no empty b-tree"));
    }
    if height == 0 && leaf.is_none() {
        return Ok(());
    }
    let empty = page(0, LEAF, None);
    let mut first = *leaf.unwrap_or(&empty);
    if height == 0 {
        put(&mut first, PAGE - 4, &(LEAF | ROOT).to_le_bytes());
    }
    file.seek(SeekFrom::Start(PAGE as u64))?;
    file.write_all(&first)?;
    for level in 1..=height {
        let flags = if level == height { ROOT } else { 0 };
        file.write_all(&page(level, flags, Some(level)))?;
    }
    // Root, its level, and the same for the fast root.
    let root = height + 1;
    let mut meta = Vec::new();
    for number in [root, height, root, height] {
        meta.extend(number.to_le_bytes());
    }
    file.seek(SeekFrom::Start(HEADER as u64 + 8))?;
    file.write_all(&meta)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

pub(super) fn put(page: &mut [u8; PAGE], at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

fn offset(at: usize) -> [u8; 2] {
    u16::try_from(at).unwrap_or(u16::MAX).to_le_bytes()
}

/// A page of a level; the leaf is at block 1, level n at block n + 1.
fn page(level: u32, flags: u16, child: Option<u32>) -> [u8; PAGE] {
    let mut page = [0; PAGE];
    let special = PAGE - SPECIAL;
    let (mut lower, mut upper) = (HEADER, special);
    if let Some(child) = child {
        // Eight bytes: the block below, and a length with the mark; no key stands for minus infinity.
        upper -= 8;
        lower += 4;
        let pointer = u32::try_from(upper).unwrap_or(0) | 1 << 15 | 8 << 17;
        put(&mut page, HEADER, &pointer.to_le_bytes());
        put(&mut page, upper, &offset((child >> 16) as usize));
        put(&mut page, upper + 2, &offset((child & 0xFFFF) as usize));
        put(&mut page, upper + 6, &(8 | ALTERNATIVE_TID).to_le_bytes());
    }
    header(&mut page, lower, upper, special);
    put(&mut page, special + 8, &level.to_le_bytes());
    put(&mut page, special + 12, &flags.to_le_bytes());
    page
}

/// Marks an entry that has nulls.
const NULLS: u16 = 0x8000;
/// Marks an entry with a column of varying length.
const VARIES: u16 = 0x4000;
/// Entries longer than this don't belong into a leaf of two.
const LONGEST: usize = 2_000;

/// An entry with a value in the first of so many columns and nulls in the others, still without its row.
pub(super) fn entry(value: &[u8], columns: usize, varies: bool) -> Vec<u8> {
    let mut entry = vec![0; 8];
    let mut flags = 0;
    if columns > 1 {
        // A bit for each of at most 32 columns, set where there is a value, then up to the next alignment.
        entry.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        flags |= NULLS;
    }
    if varies {
        flags |= VARIES;
    }
    entry.extend(value);
    entry.resize(entry.len().next_multiple_of(8), 0);
    let length = u16::try_from(entry.len()).unwrap_or(0);
    entry[6..8].copy_from_slice(&(length | flags).to_le_bytes());
    entry
}

/// A leaf with entries in order; none when one is too long. Their rows are the first ones of the table.
pub(super) fn leaf(entries: &[Vec<u8>]) -> Option<[u8; PAGE]> {
    let mut page = page(0, LEAF, None);
    let special = PAGE - SPECIAL;
    let (mut lower, mut upper) = (HEADER, special);
    for (number, entry) in (1u16..).zip(entries) {
        if entry.len() > LONGEST {
            return None;
        }
        upper -= entry.len();
        let pointer = u32::try_from(upper | entry.len() << 17).ok()? | 1 << 15;
        put(&mut page, lower, &pointer.to_le_bytes());
        put(&mut page, upper, entry);
        put(&mut page, upper + 4, &number.to_le_bytes());
        lower += 4;
    }
    header(&mut page, lower, upper, special);
    Some(page)
}

/// The header of any page: where its pointers end, its entries begin, and its special part begins.
pub(super) fn header(page: &mut [u8; PAGE], lower: usize, upper: usize, special: usize) {
    put(page, 12, &offset(lower));
    put(page, 14, &offset(upper));
    put(page, 16, &offset(special));
    put(page, 18, &(8192 | LAYOUT).to_le_bytes());
}

/// What the height of a b-tree depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Mean bytes of the key in an inner page, before alignment.
    pub key_bytes: f64,
}

impl Shape {
    /// Of an index, by the mean widths of its key columns.
    pub(super) fn of(body: &PgBody, table: &Table, index: &Index) -> Self {
        let stats = |id: u64, name: &str| {
            let found = body.columns.get(&id).and_then(|all| all.iter().find(|stats| stats.column == name));
            found.map(|stats| f64::from(stats.avg_width))
        };
        let width = |column: Option<&str>| column.and_then(|name| stats(table.id, name)).unwrap_or(8.0);
        let key_bytes = index.keys.iter().map(|key| width(key.column.as_deref())).sum();
        Self { key_bytes }
    }
}

/// How full a build leaves an inner page.
const FILL: f64 = 0.7;

/// The height of a b-tree of so many pages, first page included: how often they must be divided by the number of entries
/// of an inner page until one is left.
#[must_use]
pub fn height_of(pages: u64, shape: &Shape) -> u32 {
    let entry = ((shape.key_bytes + 8.0) / 8.0).ceil() * 8.0 + 4.0;
    let fan_out = (FILL * (PAGE - HEADER - SPECIAL) as f64 / entry).max(2.0);
    let mut level = pages.saturating_sub(1) as f64;
    let mut height = 0;
    // All levels together are the pages: leaves are the rest.
    level *= 1.0 - 1.0 / fan_out;
    while level > 1.0 {
        level = (level / fan_out).ceil();
        height += 1;
    }
    height
}

#[cfg(test)]
mod tests {
    use super::{Shape, height_of};

    #[test]
    fn heights_grow_with_the_pages() {
        let int8 = Shape { key_bytes: 8.0 };
        // Bigint keys: 285 to an inner page.
        assert_eq!([1, 2, 30, 276, 2_745, 27_422, 274_194].map(|pages| height_of(pages, &int8)), [0, 0, 1, 1, 2, 2, 3]);
        assert_eq!(height_of(500, &Shape { key_bytes: 200.0 }), 2);
    }
}

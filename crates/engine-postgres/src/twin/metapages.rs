//! First pages of GIN and BRIN indexes, which the planner reads.
//!
//! The server has these pages in its buffers as soon as the index is made, so what is written to their files would not be
//! seen. The index gets a new file instead, under a number that no buffer knows.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::btree::{self, PAGE, put};
use super::files;
use crate::body::Metapage;

/// Bytes at the end of a page of either kind.
const SPECIAL: usize = 8;
const HEADER: usize = 24;
/// Marks GIN's first page.
const GIN_META: u16 = 8;
const GIN_VERSION: u32 = 2;
const NO_BLOCK: u32 = u32::MAX;
const BRIN_MAGIC: u32 = 0xA810_9CFA;
const BRIN_META: u16 = 0xF091;
/// Ranges that a page of BRIN's map leads to.
const BRIN_RANGES: u64 = 1_360;
/// Added to the number of a file to get one that is free: the server counts up from below.
const NEW: u32 = 0x8000_0000;

/// GIN's first page. Nobody follows the pending list.
pub(super) fn gin(metapage: &Metapage) -> Option<[u8; PAGE]> {
    let Metapage::Gin { pending_pages, total_pages, entry_pages, data_pages, entries } = *metapage else { return None };
    let mut page = [0; PAGE];
    btree::header(&mut page, HEADER + 56, PAGE - SPECIAL, PAGE - SPECIAL);
    let words = [
        (0, NO_BLOCK),
        (4, NO_BLOCK),
        (12, pending_pages),
        (24, total_pages),
        (28, entry_pages),
        (32, data_pages),
        (48, GIN_VERSION),
    ];
    for (at, word) in words {
        put(&mut page, HEADER + at, &word.to_le_bytes());
    }
    put(&mut page, HEADER + 40, &entries.to_le_bytes());
    put(&mut page, PAGE - SPECIAL, &NO_BLOCK.to_le_bytes());
    put(&mut page, PAGE - 2, &GIN_META.to_le_bytes());
    Some(page)
}

/// BRIN's first page, for a table of so many pages.
pub(super) fn brin(pages_per_range: u32, table_pages: u64) -> [u8; PAGE] {
    let ranges = table_pages.div_ceil(u64::from(pages_per_range.max(1)));
    let map_pages = u32::try_from(ranges.div_ceil(BRIN_RANGES).max(1)).unwrap_or(u32::MAX);
    let mut page = [0; PAGE];
    btree::header(&mut page, HEADER + 16, PAGE - SPECIAL, PAGE - SPECIAL);
    for (at, word) in [(0, BRIN_MAGIC), (4, 1), (8, pages_per_range), (12, map_pages)] {
        put(&mut page, HEADER + at, &word.to_le_bytes());
    }
    put(&mut page, PAGE - 2, &BRIN_META.to_le_bytes());
    page
}

/// `pages_per_range` from an index's parameters.
pub(super) fn pages_per_range(options: &[String]) -> u32 {
    let given = options.iter().find_map(|option| option.strip_prefix("pages_per_range=")?.parse().ok());
    given.unwrap_or(128)
}

/// Makes a file with this first page and so many pages, beside the index's own, and gives its number.
pub(super) fn replace(old: &Path, first: &[u8; PAGE], pages: u64) -> io::Result<u32> {
    let number: u32 = old
        .file_name()
        .and_then(|name| name.to_str()?.parse().ok())
        .ok_or_else(|| io::Error::other("this is no file of a relation"))?;
    let number = number | NEW;
    let new = old.with_file_name(number.to_string());
    let owner = fs::metadata(old)?;
    files::open(&new, owner.uid(), owner.gid())?.write_all(first)?;
    files::resize(&new, pages.max(1))?;
    Ok(number)
}

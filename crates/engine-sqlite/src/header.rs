//! The first hundred bytes of a database file, read without SQLite.
//!
//! They tell how the file may be opened without touching anything beside it, and how long it should
//! be. Layout: SQLite documentation, "Database File Format", section 1.3.

use crate::error::Looks;

/// The first bytes of every database that is not empty.
pub(crate) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of a page.
    pub(crate) page_size: u32,
    /// Whether writers use a write-ahead log.
    pub(crate) wal: bool,
    /// Pages; none when an old library wrote last and did not keep the number.
    pub(crate) pages: Option<u32>,
}

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    /// What the bytes look like, when they are no header.
    pub(crate) fn parse(start: &[u8]) -> Result<Self, Looks> {
        if !start.starts_with(MAGIC) {
            return Err(looks(start));
        }
        if start.len() < 100 {
            return Err(Looks::DamagedHeader);
        }
        let page_size = match u16::from_be_bytes([start[16], start[17]]) {
            1 => 65_536,
            size => u32::from(size),
        };
        if !page_size.is_power_of_two() || page_size < 512 {
            return Err(Looks::DamagedHeader);
        }
        let pages = number(start, 28);
        let kept = pages > 0 && number(start, 24) == number(start, 92);
        Ok(Self { page_size, wal: start[19] == 2, pages: kept.then_some(pages) })
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// What the first bytes of a file that is no database look like.
fn looks(start: &[u8]) -> Looks {
    const ARCHIVES: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"];
    if start.starts_with(b"** This file contains an SQLite 2") {
        return Looks::Sqlite2;
    }
    if ARCHIVES.iter().any(|magic| start.starts_with(magic)) {
        return Looks::Archive;
    }
    let text = String::from_utf8_lossy(start);
    let odd = text.chars().filter(|c| (c.is_control() && !c.is_whitespace()) || *c == char::REPLACEMENT_CHARACTER);
    if odd.count() * 20 < text.chars().count().max(1) {
        return Looks::Text;
    }
    if is_noise(start) { Looks::Noise } else { Looks::Other }
}

/// Whether nearly as many different bytes occur as in random ones: of 1024 random bytes about 251 of
/// 256 values occur; machine code and pages of a database stay well below.
fn is_noise(start: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in start {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count() as f64;
    let expected = 256.0 * (1.0 - (255.0_f64 / 256.0).powf(start.len() as f64));
    start.len() >= 64 && distinct > 0.9 * expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_file_looks_like() {
        assert_eq!(Header::parse(b"CREATE TABLE t (x);"), Err(Looks::Text));
        assert_eq!(Header::parse(b"\x1f\x8b\x08\x00"), Err(Looks::Archive));
        assert_eq!(Header::parse(&MAGIC[..]), Err(Looks::DamagedHeader));
        let noise: Vec<u8> =
            (0..1024_u64).map(|n| n.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17).to_le_bytes()[5]).collect();
        assert_eq!(Header::parse(&noise), Err(Looks::Noise));
        assert_eq!(Header::parse(&[0; 1024]), Err(Looks::Other));
    }

    #[test]
    fn reads_page_size_and_journal() {
        let mut start = [0; 100];
        start[..16].copy_from_slice(MAGIC);
        (start[16], start[18], start[19], start[31]) = (16, 2, 2, 7);
        assert_eq!(Header::parse(&start), Ok(Header { page_size: 4096, wal: true, pages: Some(7) }));
        start[92] = 1;
        assert_eq!(Header::parse(&start).map(|header| header.pages), Ok(None));
    }
}

//! From a target's text to a file: `sqlite:FILE`, `sqlite:///abs`, `sqlite://rel`, percent-encoded or not.
//!
//! A name is tried as it is written first, then percent-decoded, then without a `?query`, because a
//! file may really be called `what?.db` or `100%.db`; the first that exists is meant.

use std::path::{Path, PathBuf};

use dbwright_core::near;
use dbwright_core::target::Address;
use percent_encoding::percent_decode_str;

use crate::error::Error;

/// The file that an address means.
///
/// # Errors
/// [`Error::Missing`] with files of nearly the same name, [`Error::Refused`], [`Error::Folder`], [`Error::Special`].
pub(crate) fn resolve(address: &Address) -> Result<PathBuf, Error> {
    let candidates = candidates(address.rest());
    let mut refused = None;
    for path in &candidates {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => return Err(Error::Folder(path.clone())),
            Ok(meta) if !meta.is_file() => return Err(Error::Special(path.clone())),
            Ok(_) => return Ok(path.clone()),
            Err(source) if source.kind() == std::io::ErrorKind::PermissionDenied => {
                refused.get_or_insert(Error::Refused { path: path.clone(), source });
            }
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| {
        let path = candidates.into_iter().next_back().unwrap_or_default();
        let near = neighbours(&path);
        Error::Missing { path, near }
    }))
}

/// The readings of what follows the scheme, the most literal first.
fn candidates(rest: &str) -> Vec<PathBuf> {
    let rest = match rest.strip_prefix("//") {
        Some(after) => after.strip_prefix("localhost/").map_or(after, |_| &after["localhost".len()..]),
        None => rest,
    };
    let without_query = rest.split_once('?').map_or(rest, |(path, _)| path);
    let mut found: Vec<PathBuf> = Vec::new();
    for text in [rest, without_query] {
        for path in [PathBuf::from(text), decoded(text)] {
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    found
}

#[cfg(unix)]
fn decoded(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    PathBuf::from(std::ffi::OsString::from_vec(percent_decode_str(text).collect()))
}

#[cfg(not(unix))]
fn decoded(text: &str) -> PathBuf {
    PathBuf::from(percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// Up to three files in the same folder whose names are near, the nearest first.
fn neighbours(path: &Path) -> Vec<String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(parent.unwrap_or(Path::new("."))) else { return Vec::new() };
    let names = entries.take(10_000).filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    let names: Vec<_> = names.collect();
    let shown = |other: &str| parent.map_or(other.to_owned(), |parent| parent.join(other).display().to_string());
    near::near(&name, names.iter().map(String::as_str)).into_iter().map(shown).collect()
}

/// The URI of a file for SQLite, with parameters.
pub(crate) fn uri(path: &Path, parameters: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    format!("file:{}?{parameters}", percent_encode(absolute.as_os_str().as_encoded_bytes(), KEPT))
}

/// `path` with `ending` behind its name: SQLite's names for journals.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_an_address() {
        let texts = |rest| candidates(rest).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(texts("shop.db"), ["shop.db"]);
        assert_eq!(texts("///var/shop.db"), ["/var/shop.db"]);
        assert_eq!(texts("//localhost/var/shop.db"), ["/var/shop.db"]);
        assert_eq!(texts("a%20b.db"), ["a%20b.db", "a b.db"]);
        assert_eq!(texts("a.db?mode=ro"), ["a.db?mode=ro", "a.db"]);
    }

    #[test]
    fn hostile_names_become_safe_uris() {
        assert_eq!(uri(Path::new("/a b/c?d#e%.db"), "mode=ro"), "file:/a%20b/c%3Fd%23e%25.db?mode=ro");
    }
}

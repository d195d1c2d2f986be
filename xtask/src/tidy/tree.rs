//! The files of the checkout, as the checks see them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Done;

/// Folders that hold no source of ours.
const OUTSIDE: [&str; 2] = ["target", ".git"];

/// Every file by its path from the root, parts joined by `/`; the text of those that are text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the checkout.
    pub(crate) fn read(root: &Path) -> Done<Self> {
        let mut tree = Self::default();
        tree.add(root, "").map_err(|e| format!("{}: {e}", root.display()))?;
        Ok(tree)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            match entry.file_type()? {
                kind if kind.is_dir() && (prefix.is_empty() && OUTSIDE.contains(&name.as_str())) => {}
                kind if kind.is_dir() => self.add(&entry.path(), &format!("{path}/"))?,
                _ => drop(self.files.insert(path, fs::read_to_string(entry.path()).unwrap_or_default())),
            }
        }
        Ok(())
    }

    /// The paths of all files, in order.
    pub(crate) fn files(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }

    /// The text of a file; `None` when it is not there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a file or folder has this path, or one that ends so.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        let (inside, below) = (format!("{path}/"), format!("/{path}"));
        let within = format!("/{path}/");
        self.files.keys().any(|f| f == path || f.starts_with(&inside) || f.ends_with(&below) || f.contains(&within))
    }

    /// The folders with a `Cargo.toml`, the root left out.
    pub(crate) fn crates(&self) -> Vec<&str> {
        self.files.keys().filter_map(|file| file.strip_suffix("/Cargo.toml")).collect()
    }

    /// A tree of these files, for the tests of the checks.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect() }
    }
}

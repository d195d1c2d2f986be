//! The folders in which a server's own programs may be: those of the PATH, and those of distributions.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Folders that the user names: as options, else in an environment variable; empty when neither does.
#[must_use]
pub fn named(options: &[PathBuf], variable: &str) -> Vec<PathBuf> {
    let variable = std::env::var_os(variable).filter(|value| !value.is_empty());
    match variable {
        _ if !options.is_empty() => options.to_vec(),
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => Vec::new(),
    }
}

/// The folders of `path` (the PATH), and those that the patterns stand for; in a pattern `*` stands for any text within
/// one part of the path.
#[must_use]
pub fn usual(path: Option<&OsStr>, patterns: &[&str]) -> Vec<PathBuf> {
    let on_path = path.map(|path| std::env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
    on_path.into_iter().chain(patterns.iter().flat_map(|pattern| expand(pattern))).collect()
}

/// The existing folders that a pattern stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        folders = match part.split_once('*') {
            None => folders.into_iter().map(|folder| folder.join(part)).filter(|folder| folder.is_dir()).collect(),
            Some((before, after)) => folders.iter().flat_map(|folder| matching(folder, before, after)).collect(),
        };
    }
    folders
}

fn matching(folder: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let fits =
        |name: &str| name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after);
    entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(fits)).map(|entry| entry.path()).collect()
}

/// Takes the variables out of a program's surroundings whose names fit: the user's own must not reach a lab.
pub fn surroundings(command: &mut std::process::Command, unwanted: fn(&str) -> bool) {
    let names: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in names.iter().filter(|name| name.to_str().is_some_and(unwanted)) {
        command.env_remove(name);
    }
    // Nor a folder that its account can't enter.
    command.env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_folders_that_exist() {
        let parent = tempfile::tempdir().expect("a folder");
        for name in ["lib/server/15/bin", "lib/server/17/bin", "lib/other"] {
            std::fs::create_dir_all(parent.path().join(name)).expect("a folder");
        }
        let pattern = format!("{}/lib/server/*/bin", parent.path().display());
        let mut found = usual(Some(OsStr::new("/first:/second")), &[&pattern, "/nowhere/at/all"]);
        found[2..].sort();
        let expected = ["15", "17"].map(|major| parent.path().join(format!("lib/server/{major}/bin")));
        assert_eq!(found[..2], [PathBuf::from("/first"), PathBuf::from("/second")]);
        assert_eq!(found[2..], expected);
    }

    #[test]
    fn options_come_before_the_variable() {
        assert_eq!(named(&[PathBuf::from("/a")], "PATH"), [PathBuf::from("/a")]);
        assert!(named(&[], "DBWRIGHT_NO_SUCH_VARIABLE").is_empty());
        assert!(!named(&[], "PATH").is_empty());
    }
}

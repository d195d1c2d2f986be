//! The user's folder of migrations, read from disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use dbwright_core::Failure;
use dbwright_migrate::files::{self, Entry, Folder, Source};
use dbwright_migrate::{Migration, OnlineDdl};

/// How deep folders are looked into: Flyway and sqitch sort their scripts into folders.
const DEEPEST: usize = 8;
/// More files than this are no folder of migrations.
const MOST: usize = 50_000;

/// Reads a folder.
///
/// # Errors
/// When there is none, a file can't be read, or the folder's style is not clear.
pub(super) fn read(dir: &Path) -> Result<Folder, Failure> {
    read_named(dir, "--dir")
}

/// Reads the folder that an option names.
///
/// # Errors
/// As [`read`].
pub(in crate::commands) fn read_named(dir: &Path, option: &str) -> Result<Folder, Failure> {
    let shown = dir.display().to_string();
    if !dir.is_dir() {
        return Err(missing(dir, &shown, option));
    }
    files::read(&shown, &entries(dir)?)
}

/// The files of a folder and those below it; hidden ones are left out.
pub(super) fn entries(dir: &Path) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    walk(dir, "", 0, &mut found)?;
    Ok(found)
}

fn walk(dir: &Path, prefix: &str, depth: usize, found: &mut Vec<Entry>) -> Result<(), Failure> {
    let unreadable = |e: &std::io::Error| unreadable(dir, e);
    for entry in fs::read_dir(dir).map_err(|e| unreadable(&e))? {
        let entry = entry.map_err(|e| unreadable(&e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        let path = format!("{prefix}{name}");
        // Links are followed: to a folder as to a file.
        if entry.path().is_dir() {
            if depth < DEEPEST {
                walk(&entry.path(), &format!("{path}/"), depth + 1, found)?;
            }
            continue;
        }
        let bytes = if files::is_read(&path) { bytes_of(&entry.path())? } else { Vec::new() };
        found.push(Entry { path, bytes });
        if found.len() > MOST {
            return Err(Failure::usage("migrate.dir", format!("{} holds more than {MOST} files", dir.display()))
                .hint("name the folder of the migrations themselves with --dir"));
        }
    }
    Ok(())
}

/// The bytes of a file of the user's.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|e| unreadable(path, &e))
}

/// The migrations as the runner takes them, with what the user should know. What is in effect already need not be SQL that can
/// be split: the journal has its statements.
///
/// # Errors
/// When a pending file can't be split into statements, or holds none.
pub(super) fn migrations(
    folder: &Folder,
    engine: &dyn OnlineDdl,
    in_effect: &BTreeSet<String>,
) -> Result<(Vec<Migration>, Vec<String>), Failure> {
    let mut notes = folder.notes.clone();
    let mut migrations = Vec::new();
    for source in &folder.migrations {
        match source.read(engine) {
            Ok((migration, note)) => {
                notes.extend(note.filter(|_| !in_effect.contains(&source.version)));
                migrations.push(migration);
            }
            Err(_) if in_effect.contains(&source.version) => migrations.push(unsplit(source)),
            Err(failure) => return Err(failure),
        }
    }
    Ok((migrations, notes))
}

/// A migration that was applied and that nobody has to split any more.
fn unsplit(source: &Source) -> Migration {
    let script =
        dbwright_migrate::Script { file: source.up.file.clone(), text: source.up.text.clone(), statements: Vec::new() };
    Migration {
        version: source.version.clone(),
        name: source.name.clone(),
        file: source.up.file.clone(),
        checksum: source.checksum.clone(),
        up: script,
        down: None,
        repeatable: source.repeatable,
    }
}

fn missing(dir: &Path, shown: &str, option: &str) -> Failure {
    if dir.exists() {
        return Failure::usage("migrate.dir", format!("{shown} is no folder"))
            .hint(format!("name the folder of the migrations with {option}"));
    }
    let failure = Failure::usage("migrate.no-dir", format!("there is no folder {shown}"));
    let usual = ["migrations", "db/migrations", "db/migrate", "sql", "database/migrations", "."];
    let other = usual.iter().find(|other| Path::new(other) != dir && holds_migrations(Path::new(other)));
    match other {
        Some(other) => failure.hint(format!("{other} holds migrations: add {option} {other}")),
        None => failure.hint(format!("`dbwright migrate new NAME` makes it, or name another with {option}")),
    }
}

fn holds_migrations(dir: &Path) -> bool {
    let Ok(list) = fs::read_dir(dir) else { return false };
    let is_one = |name: &str| {
        let sql = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "sql");
        name == "sqitch.plan" || (sql && name.starts_with(|c: char| c.is_ascii_digit() || c == 'V'))
    };
    list.filter_map(Result::ok).any(|entry| is_one(&entry.file_name().to_string_lossy()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{} can't be read: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied => Failure::not_permitted("file.permission", message),
        _ => Failure::usage("file.read", message),
    }
}

//! What the user's word for a target means: a named entry, a URL, a service, or a file of some kind.
//!
//! Files are told apart by their first bytes, not by their names; the name decides only where the bytes say nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dbwright_check::Checks;
use dbwright_core::target::{Address, scheme_of};
use dbwright_core::{Failure, snapshot};

use crate::{engines, near};

/// A target that was understood; nothing has been opened yet but a file's first bytes.
pub(crate) enum Source {
    /// A live database.
    Live(&'static dyn Checks, Address),
    /// A snapshot file.
    Snapshot(PathBuf),
    /// A schema file, to be loaded by an engine's lab.
    Schema(&'static dyn Checks, PathBuf),
}

/// Names of the configuration and what they stand for; none is secret in itself.
pub(crate) trait Named {
    /// The target of an entry, environment variables filled in.
    ///
    /// # Errors
    /// When a variable is not set.
    fn get(&self, name: &str) -> Option<Result<String, Failure>>;
    /// All entries.
    fn names(&self) -> Vec<&str>;
}

/// Finds out what `text` means.
///
/// # Errors
/// When it means nothing: with what was tried, and names that are near.
pub(crate) fn resolve(text: &str, dialect: Option<&str>, named: &dyn Named) -> Result<Source, Failure> {
    if let Some(entry) = named.get(text) {
        return meaning(&entry?, dialect, named);
    }
    meaning(text, dialect, named)
}

fn meaning(text: &str, dialect: Option<&str>, named: &dyn Named) -> Result<Source, Failure> {
    let path = Path::new(text);
    if let Some(scheme) = scheme_of(text)
        && !path.exists()
    {
        let engine = engines::by_scheme(&scheme.to_ascii_lowercase())?;
        return Ok(Source::Live(engine, Address::parse(text)?));
    }
    if let Some(service) = text.strip_prefix("service=") {
        let address = Address::parse(&format!("postgresql:///?service={service}"))?;
        return Ok(Source::Live(engines::by_scheme(address.scheme())?, address));
    }
    if text.is_empty() {
        return Err(Failure::usage("target.empty", "the target is empty")
            .hint("give a URL, a file, or the name of an entry of dbwright.toml"));
    }
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(Failure::usage("target.folder", format!("{text} is a folder"))
            .hint("give a SQLite file, a snapshot file or a schema file in it")),
        Ok(_) => file(path, dialect),
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Err(not_permitted(path, &e)),
        Err(_) => Err(unknown(text, named)),
    }
}

/// Endings that SQLite files usually have.
const SQLITE_ENDINGS: [&str; 5] = ["db", "sqlite", "sqlite3", "db3", "s3db"];
/// First bytes of every SQLite file that is not empty.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

fn file(path: &Path, dialect: Option<&str>) -> Result<Source, Failure> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    if ending == "sql" || dialect.is_some() {
        return schema(path, dialect);
    }
    let start = first_bytes(path)?;
    if start.starts_with(SQLITE_MAGIC) || SQLITE_ENDINGS.contains(&ending.as_str()) {
        let address = Address::parse(&format!("sqlite:{}", as_url_path(&path.to_string_lossy())))?;
        return Ok(Source::Live(engines::by_scheme("sqlite")?, address));
    }
    if snapshot::looks_like_snapshot(&start) || path.to_string_lossy().contains(".snapshot.") {
        return Ok(Source::Snapshot(path.to_path_buf()));
    }
    Err(Failure::usage(
        "target.file-kind",
        format!("{} is neither a SQLite file nor a snapshot; its first bytes are of neither", path.display()),
    )
    .hint("a schema file needs the ending .sql, or --dialect")
    .hint(
        "a SQLite file that is encrypted or damaged can be named as `sqlite:FILE`, to learn what SQLite says about it",
    ))
}

fn schema(path: &Path, dialect: Option<&str>) -> Result<Source, Failure> {
    let Some(dialect) = dialect else {
        return Err(Failure::usage(
            "schema.no-dialect",
            format!("{} is a schema file, but of which engine?", path.display()),
        )
        .hint(format!("add --dialect {}", engines::dialects().join(" or --dialect "))));
    };
    Ok(Source::Schema(engines::by_dialect(dialect)?, path.to_path_buf()))
}

fn first_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(256).read_to_end(&mut start));
    read.map(|_| start).map_err(|e| not_permitted(path, &e))
}

/// Characters that mean something in a URL, escaped.
fn as_url_path(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn not_permitted(path: &Path, error: &std::io::Error) -> Failure {
    Failure::not_permitted("target.file", format!("{} can't be read: {error}", path.display()))
        .hint("run dbwright as a user who may read the file")
}

fn unknown(text: &str, named: &dyn Named) -> Failure {
    let entries = named.names();
    let tried = "there is no file of that name, no entry of dbwright.toml, and it is no URL";
    let failure = Failure::usage("target.unknown", format!("the target `{text}` is not known: {tried}"));
    let files = neighbours(Path::new(text));
    let failure = match near::did_you_mean(text, entries.iter().copied().chain(files.iter().map(String::as_str))) {
        Some(guess) => failure.hint(guess),
        None => failure,
    };
    let failure = match entries.len() {
        0 => failure,
        _ => failure.hint(format!("entries of dbwright.toml: {}", entries.join(", "))),
    };
    failure.hint("write postgres://user@host/database, sqlite:FILE, a snapshot file, or a .sql file")
}

/// Files beside a path that does not exist, named as the user would.
fn neighbours(path: &Path) -> Vec<String> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let folder = if parent == Path::new("") { Path::new(".") } else { parent };
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|e| Some(parent.join(e.ok()?.file_name()).to_string_lossy().into_owned())).take(10_000).collect()
}

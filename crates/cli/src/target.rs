//! What the user's word for a target means: a named entry, a URL, a service, or a file of some kind.
//!
//! Files are told apart by their first bytes, not by their names; the name decides only where the bytes say nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dbwright_check::{Checks, Config};
use dbwright_core::target::{Address, scheme_of};
use dbwright_core::{Failure, near, snapshot};

use crate::engines;

/// A target that was understood; nothing has been opened yet but a file's first bytes.
pub(crate) enum Source {
    /// A live database.
    Live(&'static dyn Checks, Address),
    /// A snapshot file.
    Snapshot(PathBuf),
    /// A schema file, to be loaded by an engine's lab, and its dialect.
    Schema(&'static dyn Checks, PathBuf, String),
}

/// Finds out what `text` means.
///
/// # Errors
/// When it means nothing: with what was tried, and names that are near.
pub(crate) fn resolve(text: &str, dialect: Option<&str>, config: &Config) -> Result<Source, Failure> {
    if let Some(entry) = config.targets.get(text) {
        return live(entry.address(&|variable| std::env::var(variable).ok())?);
    }
    let path = Path::new(text);
    if scheme_of(text).is_some() && !path.exists() {
        return live(Address::parse(text)?);
    }
    if let Some(service) = text.strip_prefix("service=") {
        return live(Address::parse(&format!("postgresql:///?service={service}"))?);
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
        Err(_) => Err(unknown(text, config)),
    }
}

fn live(address: Address) -> Result<Source, Failure> {
    Ok(Source::Live(engines::by_scheme(address.scheme())?, address))
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
        return live(address);
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
        .hint(format!("add --dialect with one of {}", engines::dialects().join(", "))));
    };
    Ok(Source::Schema(engines::by_dialect(dialect)?, path.to_path_buf(), dialect.to_owned()))
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

fn unknown(text: &str, config: &Config) -> Failure {
    let entries: Vec<&str> = config.targets.keys().map(String::as_str).collect();
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    fn kind(text: &str, dialect: Option<&str>) -> String {
        match resolve(text, dialect, &Config::default()) {
            Ok(Source::Live(engine, address)) => format!("live {} {}", engine.info().id, address.shown()),
            Ok(Source::Snapshot(_)) => "snapshot".to_owned(),
            Ok(Source::Schema(engine, ..)) => format!("schema {}", engine.info().id),
            Err(failure) => failure.code.to_owned(),
        }
    }

    #[test]
    fn urls_and_services_are_live() {
        assert_eq!(kind("postgres://ann:secret@db/shop", None), "live postgres postgres://ann:***@db/shop");
        assert_eq!(kind("service=shop", None), "live postgres postgresql:///?service=shop");
        assert_eq!(kind("sqlite:no-such.db", None), "live sqlite sqlite:no-such.db");
        assert_eq!(kind("oracle://db", None), "target.unknown-scheme");
        assert_eq!(kind("", None), "target.empty");
    }

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("written");
            path.to_string_lossy().into_owned()
        };
        assert!(kind(&put("a?b%.txt", b"SQLite format 3\0..."), None).ends_with("/a%3fb%25.txt"));
        assert!(kind(&put("empty.db", b""), None).starts_with("live sqlite"));
        assert_eq!(kind(&put("x.bin", &[0x28, 0xb5, 0x2f, 0xfd]), None), "snapshot");
        assert_eq!(kind(&put("x.json", b"{\"dbwright_snapshot\":1}"), None), "snapshot");
        assert_eq!(kind(&put("cut.snapshot.json.zst", b""), None), "snapshot");
        assert_eq!(kind(&put("x.sql", b"SELECT 1"), None), "schema.no-dialect");
        assert_eq!(kind(&put("x.png", b"PNG"), None), "target.file-kind");
        assert_eq!(kind(&folder.path().to_string_lossy(), None), "target.folder");
    }

    #[test]
    fn a_mistyped_name_gets_the_nearest() {
        let text = "[targets.shop]\nurl = \"sqlite:${SHOP_FILE_THAT_IS_NOT_SET}\"\n";
        let config = dbwright_check::config::parse("dbwright.toml", text, &[]).expect("valid");
        let failure = resolve("shpo2", None, &Config { targets: BTreeMap::new(), ..config.clone() }).err();
        assert_eq!(failure.map(|f| f.code), Some("target.unknown"));
        let failure = resolve("shops", None, &config).err().expect("unknown");
        assert_eq!(failure.hints[..2], ["did you mean shop?", "entries of dbwright.toml: shop"]);
        let failure = resolve("shop", None, &config).err().expect("variable is not set");
        assert_eq!(failure.code, "config.unset-variable");
    }
}

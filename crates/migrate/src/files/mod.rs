//! A folder of migrations, of whatever tool's style: which files there are, in which order, and their parts.
//!
//! The caller reads the files ([`Entry`]); this module says what they mean. One folder has one style: what is mixed or can
//! be taken in two ways is a failure, because a guess here runs the wrong statements on a database.

mod flyway;
mod marked;
mod names;
mod part;
mod source;
mod sqitch;
mod text;
mod transactions;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_core::Failure;

pub use part::Part;
pub use source::Source;
pub use text::checksum;
pub use transactions::without_transactions;
pub use version::normal;

use names::Named;

/// A file as it was found: its path within the folder with `/`, and its bytes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Path within the folder, parts set apart by `/`.
    pub path: String,
    /// Its bytes; empty for files that are only listed, because no style of migrations reads them.
    pub bytes: Vec<u8>,
}

/// Whether the bytes of a file are needed; others are only listed.
#[must_use]
pub fn is_read(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    [".sql", ".sql.conf"].iter().any(|end| name.ends_with(end)) || path == sqitch::PLAN
}

/// How a folder is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `20261121093000_name.sql`, with an optional `-- down` part.
    Dbwright,
    /// golang-migrate: `1_name.up.sql` and `1_name.down.sql`.
    GolangMigrate,
    /// dbmate: `-- migrate:up` and `-- migrate:down` in one file.
    Dbmate,
    /// goose: `-- +goose Up` and `-- +goose Down` in one file.
    Goose,
    /// Flyway: `V1__name.sql`, `U1__name.sql`, `R__name.sql`.
    Flyway,
    /// sqitch: `sqitch.plan` with `deploy/` and `revert/`.
    Sqitch,
}

impl Style {
    /// Its name, as its makers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dbwright => "dbwright",
            Self::GolangMigrate => "golang-migrate",
            Self::Dbmate => "dbmate",
            Self::Goose => "goose",
            Self::Flyway => "Flyway",
            Self::Sqitch => "sqitch",
        }
    }

    /// Whether the tool itself runs a file in one transaction unless the file says otherwise.
    #[must_use]
    pub const fn in_transaction(self) -> bool {
        !matches!(self, Self::Sqitch | Self::Dbwright)
    }
}

/// A folder of migrations.
#[derive(Debug, Clone)]
pub struct Folder {
    /// How it is written.
    pub style: Style,
    /// Its migrations, in the order in which they are applied; repeatable ones last.
    pub migrations: Vec<Source>,
    /// What is there and is not read, one sentence each.
    pub notes: Vec<String>,
}

/// Understands a folder.
///
/// # Errors
/// When styles are mixed, two migrations have one version, a name says no version, a file is not UTF-8, or a part is missing.
pub fn read(folder: &str, entries: &[Entry]) -> Result<Folder, Failure> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let found = Found { folder, entries };
    let mut read = match found.style()? {
        None => Folder { style: Style::Dbwright, migrations: Vec::new(), notes: Vec::new() },
        Some(Style::Sqitch) => sqitch::read(&found)?,
        Some(Style::Flyway) => flyway::read(&found)?,
        Some(Style::GolangMigrate) => names::read_pairs(&found)?,
        Some(style) => marked::read(&found, style)?,
    };
    if read.style != Style::Sqitch {
        read.migrations.sort_by(|a, b| (a.repeatable, version::key(a)).cmp(&(b.repeatable, version::key(b))));
        version::unique(&read.migrations)?;
    }
    read.notes.extend(found.notes(read.style));
    Ok(read)
}

/// Understands files that were named one by one, for `lint`: each is a migration of the style that its own name and text say.
///
/// # Errors
/// When a file is not UTF-8 or its markers are in disorder.
pub fn read_file(file: &str, bytes: &[u8]) -> Result<(Style, Part, bool), Failure> {
    let text: Arc<str> = text::decode(file, bytes)?.into();
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let style = marked::style_of(&text);
    if let Some(style) = style {
        let parts = marked::parts(file, &text, style)?;
        return Ok((style, parts.up, parts.in_transaction));
    }
    let style = names::named(base).map_or(Style::Dbwright, |named| named.style());
    let part = match style {
        Style::Dbwright => marked::parts(file, &text, style)?.up,
        _ => Part::whole(file, text),
    };
    Ok((style, part, style.in_transaction()))
}

/// Whether a file's name says that it undoes another one.
#[must_use]
pub fn undoes(file: &str) -> bool {
    let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
    matches!(names::named(base), Some(Named::Paired { up: false, .. } | Named::Flyway { kind: 'U', .. }))
}

/// Puts files that were named one by one in the order in which they are applied, when the name of each says its version: the
/// shell sorts `10_x.sql` before `9_x.sql`. Otherwise they stay as they are.
pub fn sort_by_version<T>(files: &mut [T], name: impl Fn(&T) -> &str) {
    let versions: Option<Vec<String>> = files.iter().map(|file| version_of(name(file))).collect();
    if versions.is_some() {
        files.sort_by_cached_key(|file| {
            let version = version_of(name(file)).unwrap_or_default();
            version.split('.').map(|group| (group.len(), group.to_owned())).collect::<Vec<_>>()
        });
    }
}

fn version_of(file: &str) -> Option<String> {
    match names::named(file.rsplit(['/', '\\']).next()?)? {
        Named::Plain { version, .. } | Named::Paired { version, .. } | Named::Flyway { version, .. } => {
            Some(normal(version))
        }
        // After all others.
        Named::Repeatable { .. } => Some("9".repeat(99)),
    }
}

/// The files of a folder while it is being understood.
struct Found<'a> {
    folder: &'a str,
    entries: Vec<&'a Entry>,
}

impl<'a> Found<'a> {
    /// The path of an entry as the user would write it.
    fn shown(&self, path: &str) -> String {
        match self.folder.trim_end_matches('/') {
            "" | "." => path.to_owned(),
            folder => format!("{folder}/{path}"),
        }
    }

    fn entry(&self, path: &str) -> Option<&'a Entry> {
        self.entries.iter().copied().find(|entry| entry.path == path)
    }

    fn text(&self, entry: &Entry) -> Result<Arc<str>, Failure> {
        Ok(text::decode(&self.shown(&entry.path), &entry.bytes)?.into())
    }

    /// SQL files at the top with what their names say.
    fn named(&self) -> impl Iterator<Item = (&'a Entry, Option<Named<'a>>)> {
        let top = self.entries.iter().copied().filter(|entry| names::is_sql(&entry.path) && !entry.path.contains('/'));
        top.map(|entry| (entry, names::named(&entry.path)))
    }

    /// The one style of the folder; none when there are no migrations.
    fn style(&self) -> Result<Option<Style>, Failure> {
        if self.entry(sqitch::PLAN).is_some() {
            return Ok(Some(Style::Sqitch));
        }
        let mut styles: BTreeMap<Style, Vec<&str>> = BTreeMap::new();
        let mut strays = Vec::new();
        for (entry, named) in self.named() {
            match named {
                Some(named) => styles.entry(self.style_of(entry, &named)?).or_default().push(&entry.path),
                None if flyway::is_callback(&entry.path) => {}
                None => strays.push(entry.path.as_str()),
            }
        }
        if styles.is_empty() && self.entries.iter().any(|entry| flyway::is_nested(&entry.path)) {
            styles.insert(Style::Flyway, Vec::new());
        }
        // A file without marks beside marked ones is one whose marks were forgotten.
        let marked = [Style::Dbmate, Style::Goose].into_iter().filter(|style| styles.contains_key(style)).count();
        if marked == 1 {
            styles.remove(&Style::Dbwright);
        }
        if styles.len() > 1 {
            return Err(self.mixed(&styles));
        }
        if let Some(stray) = strays.first() {
            return Err(self.stray(stray));
        }
        Ok(styles.into_keys().next())
    }

    fn style_of(&self, entry: &Entry, named: &Named<'_>) -> Result<Style, Failure> {
        match named.style() {
            Style::Dbwright => Ok(marked::style_of(&self.text(entry)?).unwrap_or(Style::Dbwright)),
            style => Ok(style),
        }
    }

    fn mixed(&self, styles: &BTreeMap<Style, Vec<&str>>) -> Failure {
        let each = styles.iter().map(|(style, files)| {
            let example = files.first().map(|file| format!(" such as {file}")).unwrap_or_default();
            format!("{} of {}{example}", files.len(), style.name())
        });
        let each: Vec<String> = each.collect();
        Failure::usage(
            "migrate.mixed-styles",
            format!("{} holds migrations of more than one style: {}", self.folder, each.join("; ")),
        )
        .hint("their order would be a guess: keep one style in a folder, and name the folder with --dir")
    }

    fn stray(&self, path: &str) -> Failure {
        Failure::usage("migrate.file-name", format!("the name {} says no version", self.shown(path)))
            .hint("write VERSION_name.sql with a number, such as 20261121093000_add_tier.sql; `dbwright migrate new NAME` makes one")
            .hint("a file that is no migration belongs in another folder")
    }

    /// What is there and is not read.
    fn notes(&self, style: Style) -> Vec<String> {
        if matches!(style, Style::Sqitch | Style::Flyway) {
            return Vec::new();
        }
        let deep = self.entries.iter().find(|entry| names::is_sql(&entry.path) && entry.path.contains('/'));
        deep.map(|entry| format!("{} is in a folder below, which is not read", self.shown(&entry.path)))
            .into_iter()
            .collect()
    }
}

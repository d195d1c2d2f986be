//! Flyway's files: `V` applies, `U` undoes, `R` is run again when it changed; folders below count too.

use std::collections::BTreeMap;
use std::path::Path;

use dbwright_core::Failure;
use dbwright_sql::excerpt::show_range;

use super::names::{Named, is_sql, named};
use super::{Entry, Folder, Found, Part, Source, Style, checksum, version};

/// What Flyway's callbacks begin with.
const CALLBACKS: [&str; 4] = ["before", "after", "createSchema", "callback"];

/// Whether a file is a callback (`afterMigrate__grants.sql`), which is no migration.
pub(super) fn is_callback(path: &str) -> bool {
    let base = path.rsplit('/').next().unwrap_or(path);
    CALLBACKS.iter().any(|word| {
        base.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '.'))
    })
}

/// Whether a file in a folder below has a name of Flyway's.
pub(super) fn is_nested(path: &str) -> bool {
    let base = path.rsplit_once('/').and_then(|(_, base)| named(base));
    base.is_some_and(|named| named.style() == Style::Flyway)
}

/// The migrations of a folder of Flyway.
pub(super) fn read(found: &Found<'_>) -> Result<Folder, Failure> {
    let mut folder = Folder { style: Style::Flyway, migrations: Vec::new(), notes: Vec::new() };
    let mut undo: BTreeMap<String, &Entry> = BTreeMap::new();
    for entry in found.entries.iter().copied().filter(|entry| is_sql(&entry.path)) {
        let base = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        match named(base) {
            Some(Named::Flyway { kind: 'V', version, name }) => {
                folder.migrations.push(migration(found, entry, version::normal(version), name, false)?);
            }
            Some(Named::Flyway { kind: 'U', version, .. }) => {
                undo.insert(version::normal(version), entry);
            }
            Some(Named::Flyway { .. }) => {
                folder
                    .notes
                    .push(format!("{} is a baseline for new databases, which is not read", found.shown(&entry.path)));
            }
            Some(Named::Repeatable { name }) => {
                folder.migrations.push(migration(found, entry, format!("R__{name}"), name, true)?);
            }
            _ if is_callback(base) => {
                folder.notes.push(format!("{} is a callback of Flyway, which is not run", found.shown(&entry.path)));
            }
            _ => return Err(found.stray(&entry.path)),
        }
    }
    for (version, entry) in undo {
        let Some(migration) = folder.migrations.iter_mut().find(|m| m.version == version) else {
            return Err(Failure::usage(
                "migrate.no-up",
                format!("{} undoes the version {version}, which is not there", found.shown(&entry.path)),
            )
            .hint("write its V file, or remove it"));
        };
        migration.down = Some(part(found, entry)?);
    }
    Ok(folder)
}

fn migration(
    found: &Found<'_>,
    entry: &Entry,
    version: String,
    name: &str,
    repeatable: bool,
) -> Result<Source, Failure> {
    Ok(Source {
        version,
        name: name.to_owned(),
        checksum: checksum(&entry.bytes),
        up: part(found, entry)?,
        down: None,
        in_transaction: !setting(found, entry, "executeInTransaction=false"),
        repeatable,
    })
}

/// A whole file, which must hold no placeholder: Flyway would put a value there.
fn part(found: &Found<'_>, entry: &Entry) -> Result<Part, Failure> {
    let file = found.shown(&entry.path);
    let text = found.text(entry)?;
    let open = text.find("${").filter(|_| !setting(found, entry, "placeholderReplacement=false"));
    if let Some(at) = open {
        let length = text[at..].find('}').map_or(2, |end| end + 1);
        let name = &text[at..at + length];
        return Err(Failure::usage(
            "migrate.placeholder",
            format!("{file} has Flyway's placeholder {name}: dbwright puts no values in"),
        )
        .excerpt(show_range(Path::new(&file), &text, at..at + length))
        .hint("write the value itself")
        .hint(format!("when it is no placeholder, say so in {file}.conf: placeholderReplacement=false")));
    }
    Ok(Part::whole(&file, text))
}

/// Whether the configuration beside a script says this.
fn setting(found: &Found<'_>, entry: &Entry, wanted: &str) -> bool {
    let Some(file) = found.entry(&format!("{}.conf", entry.path)) else { return false };
    let text = String::from_utf8_lossy(&file.bytes);
    text.lines().any(|line| line.split_whitespace().collect::<String>().eq_ignore_ascii_case(wanted))
}

//! What the name of a file says: version, name and style.

use std::collections::BTreeMap;

use dbwright_core::Failure;

use super::{Entry, Folder, Found, Part, Source, Style, checksum, version};

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// `VERSION_name.sql`: of dbwright, dbmate or goose, as its text says.
    Plain { version: &'a str, name: &'a str },
    /// `VERSION_name.up.sql` or `.down.sql`.
    Paired { version: &'a str, name: &'a str, up: bool },
    /// `V1__name.sql`, `U…`, `B…`.
    Flyway { kind: char, version: &'a str, name: &'a str },
    /// `R__name.sql`.
    Repeatable { name: &'a str },
}

impl Named<'_> {
    /// The style that the name has; [`Style::Dbwright`] also for those that only their text tells apart.
    pub(super) const fn style(&self) -> Style {
        match self {
            Self::Plain { .. } => Style::Dbwright,
            Self::Paired { .. } => Style::GolangMigrate,
            Self::Flyway { .. } | Self::Repeatable { .. } => Style::Flyway,
        }
    }
}

/// Whether a file is SQL by its ending.
pub(super) fn is_sql(path: &str) -> bool {
    stem(path).is_some()
}

/// A file's name without its ending.
fn stem(path: &str) -> Option<&str> {
    let (stem, ending) = path.rsplit_once('.')?;
    ending.eq_ignore_ascii_case("sql").then_some(stem)
}

/// Reads a file's name; none when it says no version.
pub(super) fn named(file: &str) -> Option<Named<'_>> {
    let stem = stem(file)?;
    if let Some(name) = stem.strip_prefix("R__") {
        return Some(Named::Repeatable { name });
    }
    if let Some(kind @ ('V' | 'U' | 'B')) = stem.chars().next() {
        let (version, name) = stem[1..].split_once("__")?;
        let is_version = version.split(['.', '_']).all(is_number);
        return is_version.then_some(Named::Flyway { kind, version, name });
    }
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let (version, rest) = stem.split_at(digits);
    if version.is_empty() {
        return None;
    }
    for (ending, up) in [(".up", true), (".down", false)] {
        if let Some(name) = rest.strip_suffix(ending) {
            return Some(Named::Paired { version, name: without_mark(name)?, up });
        }
    }
    Some(Named::Plain { version, name: without_mark(rest)? })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name behind the mark that sets it apart from the version; none when there is no mark (`2nd_try.sql`).
fn without_mark(rest: &str) -> Option<&str> {
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(['_', '-', '.']).map(|name| name.trim_start_matches('_'))
}

/// The migrations of a folder of golang-migrate.
pub(super) fn read_pairs(found: &Found<'_>) -> Result<Folder, Failure> {
    let mut pairs: BTreeMap<String, [Option<(&Entry, &str)>; 2]> = BTreeMap::new();
    for (entry, named) in found.named() {
        let Some(Named::Paired { version: written, name, up }) = named else { continue };
        let slot = &mut pairs.entry(version::normal(written)).or_default()[usize::from(!up)];
        if let Some((other, _)) = slot.replace((entry, name)) {
            return Err(Failure::usage(
                "migrate.same-version",
                format!(
                    "two files have the version {written}: {} and {}",
                    found.shown(&other.path),
                    found.shown(&entry.path)
                ),
            )
            .hint("rename the one that has been applied nowhere; `dbwright migrate status TARGET` shows which have"));
        }
    }
    let migrations = pairs.into_iter().map(|(version, pair)| paired(found, version, pair));
    Ok(Folder { style: Style::GolangMigrate, migrations: migrations.collect::<Result<_, _>>()?, notes: Vec::new() })
}

fn paired(found: &Found<'_>, version: String, [up, down]: [Option<(&Entry, &str)>; 2]) -> Result<Source, Failure> {
    let down_part = |entry: &Entry| Ok::<_, Failure>(Part::whole(&found.shown(&entry.path), found.text(entry)?));
    let Some((up, name)) = up else {
        let file = down.map(|(entry, _)| found.shown(&entry.path)).unwrap_or_default();
        return Err(Failure::usage("migrate.no-up", format!("{file} undoes a migration that is not there"))
            .hint(format!("write the file {}", file.replace(".down.", ".up."))));
    };
    Ok(Source {
        version,
        name: name.to_owned(),
        checksum: checksum(&up.bytes),
        up: Part::whole(&found.shown(&up.path), found.text(up)?),
        down: down.map(|(entry, _)| down_part(entry)).transpose()?,
        in_transaction: true,
        repeatable: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_version_and_style() {
        let plain = |version, name| Some(Named::Plain { version, name });
        assert_eq!(named("20261121093000_add_tier.sql"), plain("20261121093000", "add_tier"));
        assert_eq!(named("001-init.SQL"), plain("001", "init"));
        assert_eq!(named("7.sql"), plain("7", ""));
        assert_eq!(named("1_a.up.sql"), Some(Named::Paired { version: "1", name: "a", up: true }));
        assert_eq!(named("1_a.down.sql"), Some(Named::Paired { version: "1", name: "a", up: false }));
        assert_eq!(named("V1_2__x__y.sql"), Some(Named::Flyway { kind: 'V', version: "1_2", name: "x__y" }));
        assert_eq!(named("U2.1__x.sql"), Some(Named::Flyway { kind: 'U', version: "2.1", name: "x" }));
        assert_eq!(named("R__views.sql"), Some(Named::Repeatable { name: "views" }));
        for other in ["schema.sql", "2nd_try.sql", "Vx__a.sql", "V1_a.sql", "1_a.txt", "add_index.sql", "V__.sql"] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}

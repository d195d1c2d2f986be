//! The arrows between crates: `cli → engines → capabilities → core`, read from the manifests.
//!
//! Kinds come from names (`engine-*` is an engine), so a new crate is checked without an entry here; a crate of no
//! known kind is a capability, the strictest kind that still may use something.

use super::{Complaints, Tree};

/// What a crate is, which says whom it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The words. Uses nothing of ours.
    Core,
    /// The relational schema. Uses the words.
    Sql,
    /// Checking and whatever comes beside it. Uses the words, the schema and other capabilities.
    Capability,
    /// One database. Uses everything above.
    Engine,
    /// The binary and its samples, which join all.
    Top,
    /// Folders for labs. Uses nothing of ours; whoever starts servers of its own uses it.
    Scratch,
    /// For building and testing only. Uses nothing of ours but folders.
    Tool,
}

impl Kind {
    /// The kind that a package's name says.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "dbwright-core" => Self::Core,
            "dbwright-sql" => Self::Sql,
            "dbwright-scratch" => Self::Scratch,
            "dbwright" | "xtask" => Self::Top,
            "dbwright-rulebook" | "dbwright-testkit" => Self::Tool,
            _ if name.starts_with("dbwright-engine-") => Self::Engine,
            _ => Self::Capability,
        }
    }

    /// Whether it must not reach outside.
    pub(super) fn is_without_io(self) -> bool {
        matches!(self, Self::Core | Self::Sql | Self::Capability)
    }

    /// Whether a crate of this kind may use one of the other kind. Tools are for builds and tests.
    fn may_use(self, other: Self, section: &str) -> bool {
        match other {
            Self::Tool => section != "dependencies" || self == Self::Top,
            Self::Core => !matches!(self, Self::Core | Self::Scratch | Self::Tool),
            Self::Scratch => matches!(self, Self::Engine | Self::Top | Self::Tool),
            Self::Sql => matches!(self, Self::Capability | Self::Engine | Self::Top),
            Self::Capability => matches!(self, Self::Capability | Self::Engine | Self::Top),
            Self::Engine | Self::Top => self == Self::Top,
        }
    }
}

pub(super) fn check(tree: &Tree) -> Complaints {
    tree.crates().into_iter().flat_map(|folder| check_crate(tree, folder)).collect()
}

/// The name of the package in this folder, the folder itself when the manifest has none.
pub(super) fn package_name(tree: &Tree, folder: &str) -> String {
    let manifest = tree.text(&format!("{folder}/Cargo.toml")).and_then(|text| text.parse::<toml::Table>().ok());
    let name = manifest.and_then(|manifest| Some(manifest.get("package")?.get("name")?.as_str()?.to_owned()));
    name.unwrap_or_else(|| folder.to_owned())
}

fn check_crate(tree: &Tree, folder: &str) -> Complaints {
    let path = format!("{folder}/Cargo.toml");
    let Ok(manifest) = tree.text(&path).unwrap_or_default().parse::<toml::Table>() else {
        return vec![format!("{path}: is no TOML")];
    };
    let name = package_name(tree, folder);
    // What lies in `samples` joins crates as the binary does.
    let kind = if folder.starts_with("samples/") { Kind::Top } else { Kind::of(&name) };
    let mut complaints = Complaints::new();
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let used = manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
        let wrong = used.filter(|used| used.starts_with("dbwright") && !kind.may_use(Kind::of(used), section));
        complaints.extend(wrong.map(|used| format!("{path}: `{name}` must not use `{used}` in [{section}]")));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, section: &str, used: &str) -> Complaints {
        let text = format!("[package]\nname = \"{name}\"\n[{section}]\n{used}.workspace = true\nserde = \"1\"\n");
        check(&Tree::of(&[("crates/x/Cargo.toml", &text)]))
    }

    #[test]
    fn arrows_that_point_down_are_fine() {
        let fine = [
            ("dbwright", "dependencies", "dbwright-engine-postgres"),
            ("dbwright-engine-postgres", "dependencies", "dbwright-check"),
            ("dbwright-engine-postgres", "build-dependencies", "dbwright-rulebook"),
            ("dbwright-engine-postgres", "dev-dependencies", "dbwright-testkit"),
            ("dbwright-advise", "dependencies", "dbwright-sql"),
            ("dbwright-sql", "dependencies", "dbwright-core"),
            ("dbwright-engine-sqlite", "dependencies", "dbwright-scratch"),
            ("dbwright-testkit", "dependencies", "dbwright-scratch"),
        ];
        for (name, section, used) in fine {
            assert_eq!(complaints(name, section, used), Complaints::new());
        }
    }

    #[test]
    fn arrows_that_point_up_or_sideways_are_told() {
        let wrong = [
            ("dbwright-core", "dependencies", "dbwright-sql"),
            ("dbwright-sql", "dependencies", "dbwright-check"),
            ("dbwright-check", "dependencies", "dbwright-scratch"),
            ("dbwright-scratch", "dependencies", "dbwright-core"),
            ("dbwright-testkit", "dependencies", "dbwright-core"),
            ("dbwright-check", "dependencies", "dbwright-engine-sqlite"),
            ("dbwright-check", "dev-dependencies", "dbwright-engine-sqlite"),
            ("dbwright-engine-sqlite", "dependencies", "dbwright-engine-postgres"),
            ("dbwright-engine-sqlite", "dependencies", "dbwright-testkit"),
            ("dbwright-engine-sqlite", "dependencies", "dbwright"),
        ];
        for (name, section, used) in wrong {
            let expected = format!("crates/x/Cargo.toml: `{name}` must not use `{used}` in [{section}]");
            assert_eq!(complaints(name, section, used), [expected]);
        }
    }
}

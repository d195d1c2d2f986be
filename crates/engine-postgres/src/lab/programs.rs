//! Finds PostgreSQL's own programs on this machine.
//!
//! A folder that the user names is the only one looked into: taking another in its place would run
//! another version than asked for. Otherwise the newest found is taken, or the wanted major version.

use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_core::Failure;
use dbwright_scratch::programs;

/// What a lab needs: `initdb` makes it, `postgres` is it.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// Where distributions put them; `*` stands for any text within one part of the path.
const FOLDERS: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib64/pgsql/bin",
    "/usr/local/pgsql/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A folder with the programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The folder.
    pub folder: PathBuf,
    /// Major version.
    pub major: u32,
    /// Version as `postgres --version` prints it, for example `17.11`.
    pub version: String,
}

impl Programs {
    /// The path of a program.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Finds programs: in `named` folders, else in `DBWRIGHT_PG_BIN`, else on the PATH and in the usual folders.
    ///
    /// # Errors
    /// When there are none, or none of the wanted major version, with what was found and how to get some.
    pub fn find(named: &[PathBuf], major: Option<u32>) -> Result<Self, Failure> {
        let explicit = programs::named(named, "DBWRIGHT_PG_BIN");
        let path = std::env::var_os("PATH");
        let folders = if explicit.is_empty() { programs::usual(path.as_deref(), &FOLDERS) } else { explicit.clone() };
        let mut found: Vec<Self> = folders.iter().filter_map(|folder| Self::at(folder)).collect();
        if explicit.is_empty() {
            found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
        }
        let fits = |programs: &&Self| major.is_none_or(|major| programs.major == major);
        found.iter().find(fits).cloned().ok_or_else(|| missing(&explicit, &found, major))
    }

    /// The programs in a folder, or in its `bin`.
    fn at(folder: &Path) -> Option<Self> {
        let folder = [folder.to_owned(), folder.join("bin")]
            .into_iter()
            .find(|folder| NEEDED.iter().all(|name| folder.join(name).is_file()))?;
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (version, major) = version(&text)?;
        Some(Self { folder, major, version })
    }
}

/// From `postgres (PostgreSQL) 17.11 (Debian 17.11-0+deb13u1)`; betas (`18beta1`) count as their major.
fn version(text: &str) -> Option<(String, u32)> {
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major = number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some((number.to_owned(), major))
}

fn missing(explicit: &[PathBuf], found: &[Programs], major: Option<u32>) -> Failure {
    let version = major.map_or_else(|| "PostgreSQL".to_owned(), |major| format!("PostgreSQL {major}"));
    let package = major.map_or_else(|| "postgresql".to_owned(), |major| format!("postgresql-{major}"));
    let folders = explicit.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    let message = match (explicit.is_empty(), found.first()) {
        (false, None) => format!("{folders} does not hold initdb and postgres"),
        (_, Some(other)) => format!("no programs of {version} were found, only those of {}", other.version),
        (true, None) => format!("the programs of {version} (initdb, postgres) are not on this machine"),
    };
    Failure::usage("postgres.no-programs", message)
        .hint(format!(
            "install them: `apt install {package}`, `dnf install postgresql-server` or `brew install postgresql`"
        ))
        .hint("or name the folder that holds them with --programs FOLDER or DBWRIGHT_PG_BIN")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Programs, version};

    #[test]
    fn versions_are_read_as_printed() {
        let debian = version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n");
        assert_eq!(debian, Some(("15.18".to_owned(), 15)));
        assert_eq!(version("postgres (PostgreSQL) 19beta2"), Some(("19beta2".to_owned(), 19)));
        assert_eq!(version("no version"), None);
    }

    #[test]
    fn a_folder_without_programs_is_refused_by_name() {
        let failure = Programs::find(&[PathBuf::from("/nowhere/at/all")], None).expect_err("there is nothing");
        assert!(failure.message.contains("/nowhere/at/all"), "{failure}");
        assert!(failure.hints.iter().any(|hint| hint.contains("--programs")));
    }
}

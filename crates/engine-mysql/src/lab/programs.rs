//! Finds the servers that are installed on this machine.
//!
//! A folder that the user names is the only one looked into. Of what is found, the same flavour and the same series (major
//! and minor number) is preferred; another version is taken when there is no such, and whoever asks it says so.

use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_core::Failure;
use dbwright_scratch::programs;

use crate::flavour::{Flavour, version_numbers};

/// The variable that names folders when no option does.
const VARIABLE: &str = "DBWRIGHT_MYSQL_BIN";

/// The server's program; MariaDB has it under both names.
const NAMES: [&str; 2] = ["mariadbd", "mysqld"];

/// Where distributions put them; `*` stands for any text within one part of the path.
const FOLDERS: [&str; 13] = [
    "/usr/sbin",
    "/usr/libexec",
    "/usr/bin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/mysql*/bin",
    "/usr/local/mariadb*/bin",
    "/opt/mysql*/bin",
    "/opt/mariadb*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/opt/mariadb*/bin",
];

/// An installed server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The folder.
    pub folder: PathBuf,
    /// The server's program.
    pub server: PathBuf,
    /// MySQL or MariaDB.
    pub flavour: Flavour,
    /// Major, minor and patch version.
    pub version: (u16, u16, u16),
}

impl Programs {
    /// What it is: `MySQL 9.7.4`.
    #[must_use]
    pub fn name(&self) -> String {
        named(self.flavour, self.version)
    }

    /// Whether its major and minor numbers are those of another version.
    #[must_use]
    pub fn is_of_series(&self, version: (u16, u16, u16)) -> bool {
        (self.version.0, self.version.1) == (version.0, version.1)
    }

    /// Finds a server: in `folders`, else in `DBWRIGHT_MYSQL_BIN`, else on the PATH and in the usual folders.
    ///
    /// # Errors
    /// When there is none of this flavour, with what was found and how to get one.
    pub fn find(folders: &[PathBuf], flavour: Flavour, version: Option<(u16, u16, u16)>) -> Result<Self, Failure> {
        let explicit = programs::named(folders, VARIABLE);
        let path = std::env::var_os("PATH");
        let places = if explicit.is_empty() { programs::usual(path.as_deref(), &FOLDERS) } else { explicit.clone() };
        let mut found: Vec<Self> = places.iter().flat_map(|folder| Self::at(folder)).collect();
        // The sort is stable: of equal ones, the first that was named or found.
        found.sort_by_key(|programs| (programs.flavour != flavour, programs.farness(version)));
        found
            .first()
            .filter(|first| first.flavour == flavour)
            .cloned()
            .ok_or_else(|| missing(flavour, version, &explicit, &found))
    }

    /// How far it is from a version; without one, how old.
    fn farness(&self, version: Option<(u16, u16, u16)>) -> (bool, u32, u32) {
        let number =
            |(major, minor, patch): (u16, u16, u16)| (u32::from(major) * 100 + u32::from(minor), u32::from(patch));
        let (series, patch) = number(self.version);
        match version {
            Some(wanted) => {
                let (wanted_series, wanted_patch) = number(wanted);
                (!self.is_of_series(wanted), series.abs_diff(wanted_series), patch.abs_diff(wanted_patch))
            }
            None => (false, u32::MAX - series, u32::MAX - patch),
        }
    }

    /// The servers in a folder, or in its `bin` or `sbin`.
    fn at(folder: &Path) -> Vec<Self> {
        let folders = [folder.to_owned(), folder.join("bin"), folder.join("sbin")];
        let servers = folders.iter().flat_map(|folder| NAMES.map(|name| (folder, folder.join(name))));
        servers.filter(|(_, server)| server.is_file()).filter_map(|(folder, server)| Self::of(folder, server)).collect()
    }

    fn of(folder: &Path, server: PathBuf) -> Option<Self> {
        let output = Command::new(&server).args(["--no-defaults", "--version"]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (flavour, version) = read(&text)?;
        Some(Self { folder: folder.to_owned(), server, flavour, version })
    }
}

fn named(flavour: Flavour, (major, minor, patch): (u16, u16, u16)) -> String {
    format!("{} {major}.{minor}.{patch}", flavour.name())
}

/// From `mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))`.
fn read(text: &str) -> Option<(Flavour, (u16, u16, u16))> {
    let mut words = text.split_whitespace().skip_while(|word| *word != "Ver").skip(1);
    let version = words.next()?;
    let numbers = version_numbers(version);
    (numbers.0 > 0).then(|| (Flavour::of(version), numbers))
}

fn missing(flavour: Flavour, version: Option<(u16, u16, u16)>, explicit: &[PathBuf], found: &[Programs]) -> Failure {
    let wanted = version.map_or_else(|| flavour.name().to_owned(), |version| named(flavour, version));
    let folders = explicit.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    let message = match (explicit.is_empty(), found.first()) {
        (_, Some(other)) => format!("no server program of {wanted} was found, only that of {}", other.name()),
        (false, None) => format!("{folders} does not hold {}", program(flavour)),
        (true, None) => format!("the server program of {wanted} ({}) is not on this machine", program(flavour)),
    };
    Failure::usage("mysql.no-programs", message).hint(flavour.installed_by()).hint(format!(
        "or name the folder that holds it with --programs FOLDER or {VARIABLE}; no server of it need run"
    ))
}

const fn program(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::MySql => "mysqld",
        Flavour::MariaDb => "mariadbd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(flavour: Flavour, version: (u16, u16, u16)) -> Programs {
        Programs { folder: PathBuf::new(), server: PathBuf::new(), flavour, version }
    }

    #[test]
    fn what_servers_print_of_themselves_is_read() {
        let mysql = "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))\n";
        assert_eq!(read(mysql), Some((Flavour::MySql, (9, 7, 4))));
        let mariadb = "mariadbd  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)";
        assert_eq!(read(mariadb), Some((Flavour::MariaDb, (10, 11, 18))));
        assert_eq!(read("no server"), None);
    }

    #[test]
    fn the_same_series_comes_first_and_then_the_nearest() {
        let order = |wanted| {
            let versions = [(8, 0, 36), (8, 4, 2), (9, 7, 4), (8, 4, 5)];
            let mut all = versions.map(|version| programs(Flavour::MySql, version));
            all.sort_by_key(|programs| programs.farness(wanted));
            all.map(|programs| programs.version)
        };
        assert_eq!(order(Some((8, 4, 6)))[..2], [(8, 4, 5), (8, 4, 2)]);
        assert_eq!(order(Some((8, 1, 0)))[0], (8, 0, 36));
        assert_eq!(order(None)[0], (9, 7, 4));
    }

    #[test]
    fn a_folder_without_a_server_is_refused_by_name() {
        let failure = Programs::find(&[PathBuf::from("/nowhere/at/all")], Flavour::MariaDb, None).expect_err("nothing");
        assert!(failure.message.contains("/nowhere/at/all") && failure.message.contains("mariadbd"), "{failure}");
        assert!(failure.hints.iter().any(|hint| hint.contains("--programs")), "{failure:?}");
    }
}

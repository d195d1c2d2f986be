//! The command lines of a lab's server: how its data are made, and how it runs.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Programs;
use crate::flavour::Flavour;

/// Settings that a server takes when its data are made, and that must be the same ever after.
const DECIDED_AT_FIRST: [&str; 3] = ["lower_case_table_names", "innodb_page_size", "innodb_data_file_path"];

/// A lab has one user, who is not far away.
const SMALL: [&str; 15] = [
    "--skip-networking",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--event-scheduler=OFF",
    "--performance-schema=OFF",
    "--loose-mysqlx=OFF",
    // Nobody comes to it through a network.
    "--loose-auto-generate-certs=OFF",
    "--loose-caching-sha2-password-auto-generate-rsa-keys=OFF",
    // Functions of a schema are made whatever they say of themselves: no replica takes them over.
    "--loose-log-bin-trust-function-creators=ON",
    "--max-connections=60",
    "--key-buffer-size=1M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-buffer-size=4M",
    "--loose-innodb-redo-log-capacity=32M",
    "--loose-innodb-buffer-pool-load-at-startup=OFF",
];

/// What is thrown away need not reach the disk.
const FLEETING: [&str; 3] =
    ["--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"];

const MARIADB: [&str; 2] = ["--innodb-log-file-size=32M", "--aria-pagecache-buffer-size=8M"];

/// The files of which MariaDB makes its own tables; some versions have not all of them.
const SYSTEM_TABLES: [&str; 4] =
    ["system_tables.sql", "performance_tables.sql", "system_tables_data.sql", "add_gis_sp_bootstrap.sql"];

/// What their names begin with: 11 and 12 have renamed most of them.
const PREFIXES: [&str; 3] = ["mariadb_", "mysql_", "maria_"];

pub(super) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

pub(super) fn socket(folder: &Path) -> PathBuf {
    folder.join("socket").join("server")
}

/// The folders that belong to the server's account.
pub(super) fn folders(folder: &Path) -> [PathBuf; 4] {
    ["data", "socket", "tmp", "files"].map(|name| folder.join(name))
}

fn common(folder: &Path, programs: &Programs) -> Command {
    let mut command = Command::new(&programs.server);
    command.arg("--no-defaults");
    for (option, name) in [("datadir", "data"), ("tmpdir", "tmp"), ("secure-file-priv", "files")] {
        command.arg(format!("--{option}={}", folder.join(name).display()));
    }
    command.arg(format!("--socket={}", socket(folder).display()));
    command.arg(format!("--pid-file={}", folder.join("data").join("server.pid").display()));
    command
}

fn set(command: &mut Command, (name, value): &(String, String)) {
    command.arg(format!("--{name}={value}"));
}

/// The server as it runs.
pub(super) fn server(folder: &Path, programs: &Programs, durable: bool, settings: &[(String, String)]) -> Command {
    let mut command = common(folder, programs);
    command.args(SMALL);
    if programs.flavour == Flavour::MariaDb {
        command.args(MARIADB);
    }
    if !durable {
        command.args(FLEETING);
    }
    for setting in settings {
        set(&mut command, setting);
    }
    command
}

/// The server as it makes its data, and what it is told.
///
/// # Errors
/// When the files that come with MariaDB can't be found.
pub(super) fn maker(folder: &Path, programs: &Programs, settings: &[(String, String)]) -> io::Result<(Command, Stdio)> {
    let mut command = common(folder, programs);
    command.args(FLEETING).args(["--loose-innodb-redo-log-capacity=32M", "--performance-schema=OFF", "--skip-log-bin"]);
    for setting in settings.iter().filter(|(name, _)| decided_at_first(name)) {
        set(&mut command, setting);
    }
    match programs.flavour {
        Flavour::MySql => {
            // No password for its superuser: the socket is out of everybody's reach.
            command.arg("--initialize-insecure");
            Ok((command, Stdio::null()))
        }
        Flavour::MariaDb => {
            command.arg("--bootstrap").args(MARIADB).arg("--log-warnings=0");
            let file = folder.join("make.sql");
            fs::write(&file, system_tables(&share(programs)?)?)?;
            Ok((command, Stdio::from(File::open(file)?)))
        }
    }
}

fn decided_at_first(name: &str) -> bool {
    let name = name.strip_prefix("loose-").or_else(|| name.strip_prefix("loose_")).unwrap_or(name).replace('-', "_");
    DECIDED_AT_FIRST.contains(&name.as_str())
}

/// What `mariadb-install-db` feeds to the server; that program itself wants others in fixed places.
fn system_tables(share: &Path) -> io::Result<String> {
    let mut sql = "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n".to_owned();
    for name in SYSTEM_TABLES {
        match system_file(share, name) {
            Some(file) => sql += &fs::read_to_string(file)?,
            None if !name.starts_with("system_tables") => {}
            None => return Err(missing(name)),
        }
        sql.push('\n');
    }
    Ok(sql)
}

/// The folder of those files, as the server itself says where it looks for what comes with it.
fn share(programs: &Programs) -> io::Result<PathBuf> {
    let output = Command::new(&programs.server).args(["--no-defaults", "--verbose", "--help"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(name))?;
        Some(PathBuf::from(line.split_once(' ')?.1.trim()))
    };
    let base = value("basedir").unwrap_or_default();
    let below = ["share/mysql", "share/mariadb", "share"].map(|name| base.join(name));
    let beside = ["../share/mysql", "../share/mariadb"].map(|name| programs.folder.join(name));
    let usual = ["/usr/share/mysql", "/usr/share/mariadb"].map(PathBuf::from);
    let all = value("lc-messages-dir").into_iter().chain(below).chain(beside).chain(usual);
    let found = all.into_iter().find(|folder| system_file(folder, SYSTEM_TABLES[0]).is_some());
    found.ok_or_else(|| missing(SYSTEM_TABLES[0]))
}

/// One of those files, under whichever name the version has it.
fn system_file(share: &Path, name: &str) -> Option<PathBuf> {
    PREFIXES.iter().map(|prefix| share.join(format!("{prefix}{name}"))).find(|file| file.is_file())
}

fn missing(name: &str) -> io::Error {
    let what = format!(
        "mariadb_{name} or mysql_{name} (it comes with the server: package mariadb-server or mariadb-server-core)"
    );
    io::Error::new(io::ErrorKind::NotFound, format!("{what} is not on this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_tables_are_found_by_the_names_of_every_version() {
        let before = std::env::temp_dir();
        let folder = dbwright_scratch::Folder::new(&before, "my-names", |_| ()).expect("a folder");
        for names in [
            ["mysql_system_tables.sql", "mysql_system_tables_data.sql"],
            ["mariadb_system_tables.sql", "mariadb_system_tables_data.sql"],
        ] {
            let share = folder.path().join(names[0]);
            fs::create_dir(&share).expect("a folder");
            assert_eq!(system_tables(&share).expect_err("nothing there").kind(), io::ErrorKind::NotFound);
            for name in names {
                fs::write(share.join(name), format!("-- {name}")).expect("a file");
            }
            let sql = system_tables(&share).expect("both are there");
            assert!(names.iter().all(|name| sql.contains(name)), "{sql}");
        }
    }

    #[test]
    fn a_setting_is_known_in_every_spelling() {
        assert!(["lower_case_table_names", "loose-innodb-page-size"].into_iter().all(decided_at_first));
        assert!(!decided_at_first("innodb_buffer_pool_size"));
    }
}

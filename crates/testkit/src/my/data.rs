//! Data folders: initialised once for each version of the server, and copied for each server.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Flavour, Instance, with};
use crate::engines::main_program;
use crate::launch::{run, shown};
use crate::process::give_away;
use crate::{Scratch, cache};

/// Options that a server takes at initialisation only, or that must be the same ever after.
const DECIDED_AT_FIRST: &[&str] = &["lower-case-table-names", "innodb-page-size", "innodb-data-file-path"];

/// The accounts. TCP connections come from an address that need not have a name, so root is allowed by address too. MySQL 8.0
/// reads one statement a line here.
const ROOT: &str =
    "CREATE USER IF NOT EXISTS root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n";

pub(super) fn make(instance: &Instance<'_>, options: &[String]) -> Result<(), String> {
    folder(&instance.home.join("files"))?;
    folder(&instance.home.join("tmp"))?;
    let decided: Vec<_> = options.iter().filter(|option| is_decided_at_first(option)).cloned().collect();
    if decided.is_empty() {
        return copy(&template(instance)?, &instance.data());
    }
    folder(&instance.data())?;
    initialise(instance, &decided)
}

fn is_decided_at_first(option: &str) -> bool {
    let name = option.trim_start_matches('-').split('=').next().unwrap_or_default().replace('_', "-");
    DECIDED_AT_FIRST.contains(&name.as_str())
}

/// A folder with data that nobody has used, made when there is none of this version yet.
fn template(instance: &Instance<'_>) -> Result<PathBuf, String> {
    let &Instance { name, flavour, programs, .. } = instance;
    let version = version(flavour, programs)?;
    let folder = cache::template(name);
    let lock = folder.with_extension("lock");
    let parent = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(parent).map_err(|e| shown(parent, &e))?;
    let lock = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(|e| shown(&lock, &e))?;
    let is_there = fs::read_to_string(folder.join("made-by.txt")).is_ok_and(|made_by| made_by == version);
    if !is_there {
        remake(instance, &version, &folder)?;
    }
    drop(lock);
    Ok(folder.join("data"))
}

fn remake(instance: &Instance<'_>, version: &str, whole: &Path) -> Result<(), String> {
    let scratch = Scratch::in_memory();
    folder(&scratch.path().join("data"))?;
    folder(&scratch.path().join("tmp"))?;
    initialise(&Instance { home: scratch.path(), ..*instance }, &[])?;
    let part = whole.with_extension("part");
    for old in [whole, &part] {
        crate::scratch::remove(old)?;
    }
    fs::create_dir(&part).map_err(|e| shown(&part, &e))?;
    copy(&scratch.path().join("data"), &part.join("data"))?;
    fs::write(part.join("made-by.txt"), version).map_err(|e| shown(&part, &e))?;
    fs::rename(&part, whole).map_err(|e| shown(whole, &e))
}

/// What the server says of itself.
fn version(flavour: Flavour, programs: &Path) -> Result<String, String> {
    let program = programs.join(main_program(flavour.name()));
    let output = Command::new(&program).args(["--no-defaults", "--version"]).output();
    Ok(String::from_utf8_lossy(&output.map_err(|e| shown(&program, &e))?.stdout).into_owned())
}

/// Lets the server fill the empty data folder.
fn initialise(instance: &Instance<'_>, options: &[String]) -> Result<(), String> {
    let sql = instance.home.join("initialise.sql");
    let mut command = instance.server();
    command.args(options);
    match instance.flavour {
        Flavour::MySql => {
            fs::write(&sql, ROOT).map_err(|e| shown(&sql, &e))?;
            run(command.arg("--initialize-insecure").arg(with("--init-file=", &sql)), None)?;
            let id = instance.data().join("auto.cnf"); // each copy is a server of its own
            fs::remove_file(&id).map_err(|e| shown(&id, &e))
        }
        Flavour::MariaDb => {
            fs::write(&sql, mariadb_system_tables(instance.programs)?).map_err(|e| shown(&sql, &e))?;
            let small = ["--innodb-log-file-size=32M", "--max-allowed-packet=8M", "--log-warnings=0"];
            run(command.arg("--bootstrap").args(small), Some(&sql))
        }
    }
}

/// What `mariadb-install-db` feeds to the server, which needs programs in fixed places.
fn mariadb_system_tables(programs: &Path) -> Result<String, String> {
    const FILES: [&str; 6] = [
        "{}_system_tables.sql",
        "{}_performance_tables.sql",
        "{}_system_tables_data.sql",
        "fill_help_tables.sql",
        "maria_add_gis_sp_bootstrap.sql",
        "{}_sys_schema.sql",
    ];
    // Folder and files bear MariaDB's own name from 11 on.
    let roots = [programs.join("../root/usr/share"), PathBuf::from("/usr/share")];
    let places = roots.iter().flat_map(|root| ["mariadb", "mysql"].map(|name| (root.join(name), name)));
    let mut places = places.filter(|(share, name)| share.join(FILES[0].replace("{}", name)).is_file());
    let (share, name) = places.next().ok_or("MariaDB's system tables are not below /usr/share/mariadb or mysql")?;
    let mut sql = "CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n".to_owned();
    for file in FILES {
        let file = share.join(file.replace("{}", name));
        sql += &fs::read_to_string(&file).map_err(|e| shown(&file, &e))?;
    }
    // One statement a line, as far as this way in can tell. The files make an account for the machine's own name, too.
    Ok(sql + "\nDELETE FROM mysql.global_priv WHERE Host NOT IN ('localhost', '127.0.0.1') AND User = 'root';\n")
}

/// Makes a folder for the unprivileged user.
fn folder(path: &Path) -> Result<(), String> {
    DirBuilder::new().mode(0o700).create(path).map_err(|e| shown(path, &e))?;
    give_away(path).map_err(|e| shown(path, &e))
}

/// Copies a folder with its owners; holes stay holes.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let output =
        Command::new("cp").args(["--archive", "--sparse=always", "--reflink=auto", "--"]).arg(from).arg(to).output();
    let output = output.map_err(|e| format!("cp: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_known_in_either_spelling() {
        assert!(is_decided_at_first("--lower_case_table_names=1"));
        assert!(is_decided_at_first("--innodb-page-size=8K"));
        assert!(!is_decided_at_first("--innodb-buffer-pool-size=8M"));
    }
}

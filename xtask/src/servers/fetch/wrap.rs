//! Makes the programs of another Debian run here.
//!
//! Each is started through its own loader with its own libraries, so neither this machine's libc nor a chroot is needed.
//! Programs find their other files relative to themselves, so the loader must be able to name the program; where it is
//! too old for that, this machine's loader and libc serve.

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::Done;

/// What a fetched MySQL or MariaDB has to be told of its place. It comes after `--no-defaults` and its like, which must
/// be the first option, and before all others, which win. MariaDB's files are below its own name from 11 on.
const PLACES: &str = r#"case "$1" in --no-defaults|--defaults-*) first=$1; shift;; *) first=;; esac
share=$root/usr/share/mysql; [ -d "$share" ] || share=$root/usr/share/mariadb
set -- ${first:+"$first"} "--basedir=$root/usr" "--lc-messages-dir=$share" "--character-sets-dir=$share/charsets" \
  "--plugin-dir=$root/usr/lib/mysql/plugin" --secure-file-priv= "$@"
"#;

/// Puts wrappers in the place of PostgreSQL's programs, which find their other files from there.
pub(super) fn in_place(root: &Path, bin: &str) -> Done {
    let shown = |e: std::io::Error| format!("{}: {e}", root.join(bin).display());
    let (bin, real) = (root.join(bin), root.join(bin).join(".real"));
    let exec = exec(root)?;
    fs::rename(&bin, bin.with_extension("moved")).map_err(shown)?;
    fs::create_dir(&bin).map_err(shown)?;
    fs::rename(bin.with_extension("moved"), &real).map_err(shown)?;
    let script = format!(
        "#!/bin/sh\nself=$(readlink -f -- \"$0\")\nroot=${{self%/usr/lib/postgresql/*}}\n\
         {exec} --argv0 \"$self\" \"${{self%/*}}/.real/${{self##*/}}\" \"$@\"\n",
    );
    for program in fs::read_dir(&real).map_err(shown)? {
        write(&bin.join(program.map_err(shown)?.file_name()), &script)?;
    }
    Ok(())
}

/// Puts wrappers into the folder `bin` beside the unpacked `root`.
pub(super) fn beside(folder: &Path) -> Done {
    let (root, bin) = (folder.join("root"), folder.join("bin"));
    let exec = exec(&root)?;
    fs::create_dir(&bin).map_err(|e| format!("{}: {e}", bin.display()))?;
    for place in ["usr/bin", "usr/sbin"] {
        for entry in fs::read_dir(root.join(place)).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !is_of_a_server(&name) || !is_a_program(&entry.path()) {
                continue;
            }
            let places = if ["mysqld", "mariadbd"].contains(&name.as_str()) { PLACES } else { "" };
            let script = format!(
                "#!/bin/sh\nself=$(readlink -f -- \"$0\")\nroot=${{self%/bin/*}}/root\n{places}\
                 {exec} --argv0 \"$root/{place}/{name}\" \"$root/{place}/{name}\" \"$@\"\n",
            );
            write(&bin.join(name), &script)?;
        }
    }
    Ok(())
}

/// Puts a wrapper of a Perl program into the folder `bin` beside the unpacked `root`: with the packages' own Perl, whose
/// modules it would look for on the system.
pub(super) fn perl(folder: &Path, name: &str) -> Done {
    let (root, bin) = (folder.join("root"), folder.join("bin"));
    let exec = exec(&root)?;
    fs::create_dir(&bin).map_err(|e| format!("{}: {e}", bin.display()))?;
    let machine = find(&root.join("usr/lib"), |name| name.ends_with("-linux-gnu"))
        .ok_or("the fetched packages have no libraries")?;
    let machine = format!("usr/lib/{machine}");
    let mut folders = vec!["etc/perl".to_owned(), "usr/share/perl5".to_owned(), format!("{machine}/perl-base")];
    for parent in [format!("{machine}/perl5"), format!("{machine}/perl"), "usr/share/perl".to_owned()] {
        folders.extend(
            find(&root.join(&parent), |name| name.starts_with("5.")).map(|version| format!("{parent}/{version}")),
        );
    }
    let modules: Vec<_> = folders.iter().map(|folder| format!("$root/{folder}")).collect();
    let script = format!(
        "#!/bin/sh\nself=$(readlink -f -- \"$0\")\nroot=${{self%/bin/*}}/root\nexport PERL5LIB=\"{}\" \
         MARIADB_PLUGIN_DIR=\"$root/{machine}/libmariadb3/plugin\"\n\
         {exec} \"$root/usr/bin/perl\" \"$root/usr/bin/{name}\" \"$@\"\n",
        modules.join(":")
    );
    write(&bin.join(name), &script)
}

/// The first name in a folder that fits.
fn find(folder: &Path, fits: fn(&str) -> bool) -> Option<String> {
    let entries = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    entries.filter(|name| fits(name)).min()
}

/// Whether a program belongs to a server, not to what its packages depend on.
fn is_of_a_server(name: &str) -> bool {
    ["my", "maria", "aria_", "inno", "perror", "redis-", "valkey-", "pgbouncer"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Scripts need an interpreter, and wrap programs themselves.
fn is_a_program(file: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(file).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

fn write(file: &Path, script: &str) -> Done {
    let written = fs::write(file, script).and_then(|()| fs::set_permissions(file, Permissions::from_mode(0o755)));
    written.map_err(|e| format!("{}: {e}", file.display()))
}

/// The words that start the loader, where `$root` is the folder of the packages.
fn exec(root: &Path) -> Done<String> {
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
    Ok(format!("exec \"{loader}\" --library-path \"{}\"", libraries.join(":")))
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

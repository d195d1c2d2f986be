//! MySQL's own build, out of an archive among Maven's artifacts, put where Debian's packages have it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::remove;
use crate::Done;
use crate::command::quietly;
use crate::servers::catalog::Server;
use crate::servers::host;

/// What tests use of the archive, and where Debian has it: half of it is a server for debugging.
const PLACES: [(&str, &str); 8] = [
    ("bin/mysqld", "usr/sbin"),
    ("bin/mysql", "usr/bin"),
    ("bin/mysqladmin", "usr/bin"),
    ("bin/mysqldump", "usr/bin"),
    ("bin/mysql_tzinfo_to_sql", "usr/bin"),
    ("lib/private", "usr/lib"),
    ("lib/plugin", "usr/lib/mysql"),
    ("share", "usr/share/mysql"),
];

/// Fetches the archive and moves its files to their places below `root`.
pub(super) fn mysql(server: &Server, artifact: &str, folder: &Path) -> Done {
    for (program, package) in [("mvn", "maven"), ("unzip", "unzip")] {
        host::need(program, package)?;
    }
    eprintln!("{}: fetching the artifact {artifact}", server.name);
    let (work, root) = (folder.join("archive"), folder.join("root"));
    let shown = |path: &Path, e: &std::io::Error| format!("{}: {e}", path.display());
    quietly(
        Command::new("mvn")
            .args(["--quiet", "--batch-mode", "dependency:copy"])
            .arg(format!("-Dartifact={artifact}"))
            .arg(format!("-DoutputDirectory={}", work.display()))
            .arg(format!("-Dmaven.repo.local={}", work.join("repository").display())),
    )?;
    let archives = fs::read_dir(&work).map_err(|e| shown(&work, &e))?.filter_map(|entry| Some(entry.ok()?.path()));
    let archive = archives.filter(|path| path.extension().is_some_and(|end| end == "zip")).min();
    let archive = archive.ok_or_else(|| format!("{artifact} came without an archive"))?;
    quietly(
        Command::new("unzip")
            .args(["-q", "-o"])
            .arg(&archive)
            .args(["bin/*", "lib/*", "share/*", "-x", "bin/mysqld-debug", "lib/plugin/debug/*", "-d"])
            .arg(&work),
    )?;
    for (from, to) in PLACES {
        let (from, to) = (work.join(from), root.join(to));
        let to = if from.ends_with("share") { to } else { to.join(from.file_name().unwrap_or_default()) };
        let parent = to.parent().unwrap_or(&root);
        fs::create_dir_all(parent).map_err(|e| shown(parent, &e))?;
        fs::rename(&from, &to).map_err(|e| shown(&from, &e))?;
    }
    remove(&work)?;
    quietly(Command::new("chmod").args(["-R", "a+rX,u+w"]).arg(root.join("usr"))).map(drop)?;
    quietly(Command::new("chmod").args(["-R", "a+x"]).arg(root.join("usr/sbin")).arg(root.join("usr/bin"))).map(drop)
}

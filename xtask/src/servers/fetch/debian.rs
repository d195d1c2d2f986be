//! Packages of another Debian, unpacked beside the system.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::{can_bootstrap, wrap};
use crate::Done;
use crate::command::quietly;
use crate::servers::catalog::{Kind, Server};
use crate::servers::host;

/// Packages of a server, with wrappers of its programs.
pub(super) fn debian(server: &Server, suite: &str, packages: &[&str], folder: &Path) -> Done {
    let root = folder.join("root");
    unpack(server, suite, packages, &root)?;
    match server.kind {
        Kind::Postgres(major) => {
            let bin = format!("usr/lib/postgresql/{major}/bin");
            wrap::in_place(&root, &bin)?;
            symlink(Path::new("root").join(bin), folder.join("bin")).map_err(|e| e.to_string())
        }
        Kind::My(_) | Kind::Redis | Kind::RedisCluster => wrap::beside(folder),
        Kind::Tool => {
            let program = dbwright_testkit::main_program(server.name);
            if root.join("usr/sbin").join(program).exists() {
                wrap::beside(folder)
            } else {
                wrap::perl(folder, program)
            }
        }
    }
}

/// Packages and what they depend on, as they are.
pub(super) fn unpack(server: &Server, suite: &str, packages: &[&str], root: &Path) -> Done {
    if !can_bootstrap() {
        return Err(without_root(server));
    }
    host::need("mmdebstrap", "mmdebstrap")?;
    host::need_file("/usr/share/zoneinfo/UTC", "tzdata")?; // these builds read the system's time zones
    let mirror = host::mirror()?;
    eprintln!("{}: fetching {} from Debian {suite}", server.name, packages.join(", "));
    let unpacked = quietly(
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
    );
    unpacked.map(drop).map_err(|reason| format!("Debian {suite} does not give {}: {reason}", packages.join(", ")))
}

fn without_root(server: &Server) -> String {
    let (what, place) = match server.kind {
        Kind::Postgres(major) => (format!("PostgreSQL {major}"), format!("/usr/lib/postgresql/{major}")),
        _ => (server.name.to_owned(), "/usr/sbin or /usr/bin".to_owned()),
    };
    format!(
        "{what} comes from Debian packages, which takes root on a Debian machine. Else install {what} in {place}, \
         or set {variable} to the URL of a superuser",
        variable = dbwright_testkit::variable(server.name),
    )
}

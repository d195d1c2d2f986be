//! What is asked of the machine itself: its apt packages, its mirror.

use std::fs;
use std::process::Command;

use super::lock;
use crate::Done;
use crate::command::{on_path, quietly};

/// Makes sure that a program is there, by installing its Debian package when it is not.
pub(crate) fn need(program: &str, package: &str) -> Done {
    install_unless(|| on_path(program), package)
}

/// Makes sure that a file or folder of a Debian package is there.
pub(crate) fn need_file(path: &str, package: &str) -> Done {
    install_unless(|| fs::exists(path).unwrap_or(false), package)
}

fn install_unless(there: impl Fn() -> bool, package: &str) -> Done {
    if there() {
        return Ok(());
    }
    let _lock = lock::take("apt")?;
    if there() {
        return Ok(()); // another thread or run has just done it
    }
    eprintln!("installing the Debian package {package}");
    let attempt = || {
        quietly(
            Command::new("apt-get")
                .args(["install", "-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", package])
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    if attempt().is_err() {
        update()?;
        attempt()?;
    }
    Ok(())
}

/// The Debian mirror that this machine's apt is set up with: no host name is written down in this project.
pub(crate) fn mirror() -> Done<String> {
    let _lock = lock::take("apt")?;
    if let Some(known) = known_mirror()? {
        return Ok(known);
    }
    update()?; // apt names a mirror only once it has its lists
    known_mirror()?.ok_or_else(|| "apt's sources name no mirror with Debian's main component".to_owned())
}

fn known_mirror() -> Done<Option<String>> {
    let targets = quietly(
        Command::new("apt-get")
            .args(["indextargets", "--format", "$(URI)", "Created-By: Packages", "Origin: Debian"])
            .env("LC_ALL", "C"),
    )?;
    Ok(mirror_of(&targets, &codename()?))
}

/// The mirror in lines like `MIRROR/dists/SUITE/main/binary-amd64/Packages`.
fn mirror_of(targets: &str, suite: &str) -> Option<String> {
    let main = format!("/dists/{suite}/main/");
    targets.lines().find_map(|uri| Some(uri.split_once(&main)?.0.to_owned()))
}

/// This Debian's own suite; the mirror for security updates has another name for it.
fn codename() -> Done<String> {
    let text = fs::read_to_string("/etc/os-release").map_err(|e| format!("/etc/os-release: {e}"))?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(name.ok_or("/etc/os-release names no VERSION_CODENAME")?.trim_matches('"').to_owned())
}

fn update() -> Done {
    quietly(Command::new("apt-get").args(["update", "-qq"])).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_of_the_suite_itself() {
        let targets = "http://a.invalid/debian-security/dists/bookworm-security/main/binary-amd64/Packages\n\
                       http://a.invalid/debian/dists/bookworm/main/binary-amd64/Packages\n";
        assert_eq!(mirror_of(targets, "bookworm").as_deref(), Some("http://a.invalid/debian"));
        assert_eq!(mirror_of(targets, "trixie"), None);
    }
}

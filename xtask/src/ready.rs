//! `cargo xtask ready`: whether a change is ready to be shown to others, tests aside.
//!
//! Every check runs even when one before it failed, so that one run tells all.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{cargo, on_path, openly, root};
use crate::tidy::Tree;
use crate::{Done, docs, tidy};

/// A check by its name.
type Check = (&'static str, fn() -> Done);

/// Runs the checks and closes with one line.
pub(crate) fn run() -> Done {
    let checks: [Check; 5] = [
        ("format", format),
        ("clippy", clippy),
        ("tidy", tidy::run),
        ("docs", || docs::run(&docs::CHECK)),
        ("deny", deny),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        eprintln!("ready: {name}");
        if let Err(reason) = check() {
            eprintln!("{reason}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("ready: all {} checks passed; `cargo xtask test` runs the tests", checks.len());
        return Ok(());
    }
    Err(format!("not ready: {} failed", failed.join(", ")))
}

/// Formats what cargo knows, and the rules, which it does not see because build scripts find them.
fn format() -> Done {
    let known = openly(cargo().args(["fmt", "--all", "--check"]));
    let tree = Tree::read(&root())?;
    let check = ["--check", "--edition", "2024"];
    let hidden = openly(Command::new("rustfmt").args(check).args(rules(&tree)).current_dir(root()));
    known.and(hidden).map_err(|reason| format!("{reason}\n`cargo xtask format` formats everything"))
}

/// Formats every Rust file in place, the rules too.
pub(crate) fn format_in_place() -> Done {
    openly(cargo().args(["fmt", "--all"]))?;
    let tree = Tree::read(&root())?;
    openly(Command::new("rustfmt").args(["--edition", "2024"]).args(rules(&tree)).current_dir(root()))
}

/// The code of all rules, those of migrations too.
fn rules(tree: &Tree) -> Vec<PathBuf> {
    let rules = tree.files().into_iter().filter(|path| path.starts_with("crates/") && path.ends_with("/rule.rs"));
    rules.map(|path| root().join(path)).collect()
}

fn clippy() -> Done {
    openly(cargo().args([
        "clippy",
        "--quiet",
        "--keep-going",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Licences, sources and banned crates; the database of advisories would have to be downloaded.
fn deny() -> Done {
    if !on_path("cargo-deny") {
        eprintln!("deny: cargo-deny is not installed, so licences were not looked at (tidy looks for banned crates)");
        return Ok(());
    }
    openly(cargo().args(["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]))
}

//! The words, the schema and the capabilities have no opinion about the outside: they never print, read the
//! environment, touch files or the network, or exit. The binary and the engines do.

use super::arrows::{Kind, package_name};
use super::{Complaints, Tree};

/// What reaches outside, as it is written in source.
const OUTSIDE: [&str; 12] = [
    "print!(",
    "println!(",
    "dbg!(",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::io::std",
    "tokio::fs",
    "tokio::net",
    "tokio::process",
    "tokio::signal",
];

pub(super) fn check(tree: &Tree) -> Complaints {
    let quiet = tree
        .crates()
        .into_iter()
        .filter(|folder| folder.starts_with("crates/") && Kind::of(&package_name(tree, folder)).is_without_io());
    quiet.flat_map(|folder| check_crate(tree, &format!("{folder}/src/"))).collect()
}

fn check_crate(tree: &Tree, sources: &str) -> Complaints {
    let files = tree.files().into_iter().filter(|file| file.starts_with(sources));
    files.flat_map(|file| calls(file, tree.text(file).unwrap_or_default())).collect()
}

fn calls(file: &str, text: &str) -> Complaints {
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let found = code.filter_map(|(at, line)| Some((at, OUTSIDE.into_iter().find(|word| line.contains(word))?)));
    found.map(|(at, word)| format!("{file}:{}: `{word}` in a crate that must not reach outside", at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_may_not_print_and_an_engine_may() {
        let source = "//! Says `println!(…)` in a comment.\nfn f() { println!(\"x\") }\n";
        let tree = Tree::of(&[
            ("crates/core/Cargo.toml", "[package]\nname = \"dbwright-core\"\n"),
            ("crates/core/src/lib.rs", source),
            ("crates/engine-x/Cargo.toml", "[package]\nname = \"dbwright-engine-x\"\n"),
            ("crates/engine-x/src/lib.rs", source),
        ]);
        assert_eq!(check(&tree), ["crates/core/src/lib.rs:2: `println!(` in a crate that must not reach outside"]);
    }
}

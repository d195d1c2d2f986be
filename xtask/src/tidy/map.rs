//! ARCHITECTURE.md is a map: every path on it exists, and every crate is on it.

use super::{Complaints, Tree};

const MAP: &str = "ARCHITECTURE.md";

pub(super) fn check(tree: &Tree) -> Complaints {
    let Some(text) = tree.text(MAP) else { return vec![format!("{MAP}: is missing")] };
    let words = backticked(text);
    let gone = words.iter().filter(|word| is_path(tree, word)).filter_map(|word| {
        let path = before_placeholder(word);
        (!path.is_empty() && !tree.has(path)).then(|| format!("{MAP}: `{word}` does not exist"))
    });
    let unnamed =
        tree.crates().into_iter().filter(|folder| words.iter().all(|word| word.trim_end_matches('/') != *folder));
    gone.chain(unnamed.map(|folder| format!("{MAP}: does not mention `{folder}`"))).collect()
}

/// The words between single backticks, on one line each.
fn backticked(text: &str) -> Vec<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// Whether a word means a file or folder of ours: it begins with one of the root's folders, or ends like a file.
/// Rule ids, URLs and commands do neither.
fn is_path(tree: &Tree, word: &str) -> bool {
    let files = [".rs", ".md", ".toml", ".sql"];
    let first = word.split_once('/').map(|(first, _)| first);
    let ours = first
        .is_some_and(|first| ["crates", "xtask", "docs", "samples", ".ci"].contains(&first) || is_root(tree, first));
    !word.contains([' ', ':', '$', '…']) && (ours || files.iter().any(|ending| word.ends_with(ending)))
}

fn is_root(tree: &Tree, name: &str) -> bool {
    tree.files().iter().any(|file| file.split_once('/').is_some_and(|(first, _)| first == name))
}

/// The whole parts of a path before one that stands for many, such as `<name>` or `*`.
fn before_placeholder(path: &str) -> &str {
    match path.find(['<', '*', '{']) {
        Some(at) => path[..at].rsplit_once('/').map_or("", |(whole, _)| whole),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(map: &str) -> Complaints {
        check(&Tree::of(&[("ARCHITECTURE.md", map), ("crates/core/Cargo.toml", ""), ("crates/core/src/lib.rs", "")]))
    }

    #[test]
    fn a_map_that_matches_is_in_order() {
        let map = "`crates/core` begins in `crates/core/src/lib.rs`, that is `src/lib.rs`; `pg/unused-index`, `sqlite:x.db`, \
                   `crates/<name>/x.rs`";
        assert_eq!(complaints(map), Complaints::new());
    }

    #[test]
    fn a_path_that_is_gone_is_told() {
        let gone = complaints("`crates/core` and `crates/gone`, `connect.rs`");
        assert_eq!(
            gone,
            ["ARCHITECTURE.md: `crates/gone` does not exist", "ARCHITECTURE.md: `connect.rs` does not exist"]
        );
    }

    #[test]
    fn a_crate_that_is_not_on_the_map_is_told() {
        assert_eq!(complaints("`src/lib.rs`"), ["ARCHITECTURE.md: does not mention `crates/core`"]);
    }

    #[test]
    fn a_missing_map_is_told() {
        assert_eq!(check(&Tree::of(&[])), ["ARCHITECTURE.md: is missing"]);
    }
}

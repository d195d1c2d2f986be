//! Every rule folder is whole: the check, its page, and examples with what they must yield.

use std::collections::BTreeSet;

use super::{Complaints, Tree};

/// The rule folders of all engines: those with a part of a rule in them.
pub(crate) fn folders(tree: &Tree) -> BTreeSet<&str> {
    let rule_files =
        tree.files().into_iter().filter(|file| file.starts_with("crates/") && file.contains("/src/rules/"));
    rule_files.filter_map(|file| Some(file.rsplit_once('/')?.0)).filter(|folder| !folder.ends_with("/rules")).collect()
}

pub(super) fn check(tree: &Tree) -> Complaints {
    folders(tree).into_iter().flat_map(|folder| missing(tree, folder)).collect()
}

fn missing(tree: &Tree, folder: &str) -> Complaints {
    let inside: Vec<_> =
        tree.files().into_iter().filter_map(|file| file.strip_prefix(folder)?.strip_prefix('/')).collect();
    let needed = ["rule.rs", "rule.md", "bad.", "good.", "expected."];
    let absent = needed.into_iter().filter(|part| !inside.iter().any(|file| file.starts_with(part)));
    absent
        .map(|part| {
            format!("{folder}: has no {}", if part.ends_with('.') { format!("{part}*") } else { part.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_an_example_is_told() {
        let at = |name| format!("crates/engine-x/src/rules/r/{name}");
        let names = ["rule.rs", "rule.md", "bad.sql", "good.sql", "expected.json"].map(at);
        let whole: Vec<_> = names.iter().map(|path| (path.as_str(), "")).collect();
        assert_eq!(check(&Tree::of(&whole)), Complaints::new());
        assert_eq!(
            check(&Tree::of(&whole[..3])),
            ["crates/engine-x/src/rules/r: has no good.*", "crates/engine-x/src/rules/r: has no expected.*"]
        );
    }
}

//! Every Rust file says what it is, stays short, and is finished.

use super::{Complaints, Tree};

/// The longest a file may be, in lines: beyond it, two things live in one file.
const LONGEST: usize = 600;

/// What marks unfinished work, cut in two so that this file does not complain about itself.
const UNFINISHED: [(&str, &str); 5] =
    [("TODO", ":"), ("FIXM", "E"), ("todo", "!("), ("unimplemented", "!("), ("#[ign", "ore")];

pub(super) fn check(tree: &Tree) -> Complaints {
    let rust =
        tree.files().into_iter().filter(|file| std::path::Path::new(file).extension().is_some_and(|e| e == "rs"));
    rust.flat_map(|file| check_file(file, tree.text(file).unwrap_or_default())).collect()
}

fn check_file(file: &str, text: &str) -> Complaints {
    let mut complaints = Complaints::new();
    if !text.starts_with("//! ") {
        complaints.push(format!("{file}: does not open with a `//!` sentence that says what it is"));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        complaints.push(format!("{file}: {lines} lines, more than {LONGEST}"));
    }
    let marks = UNFINISHED.iter().map(|(a, b)| format!("{a}{b}")).filter(|mark| text.contains(mark));
    complaints.extend(marks.map(|mark| format!("{file}: unfinished: `{mark}`")));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_opening_sentence_a_long_one_and_an_unfinished_one_are_told() {
        let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
        let unfinished = format!("//! Half.\nfn f() {{ {}{}) }}\n", "todo", "!(");
        let tree = Tree::of(&[
            ("a.rs", "//! Fine.\n"),
            ("b.rs", "fn f() {}\n"),
            ("c.rs", &long),
            ("d.rs", &unfinished),
            ("e.md", ""),
        ]);
        let complaints = check(&tree);
        assert_eq!(complaints.len(), 3, "{complaints:?}");
        assert!(complaints[0].starts_with("b.rs: does not open"));
        assert_eq!(complaints[1], "c.rs: 601 lines, more than 600");
        assert!(complaints[2].starts_with("d.rs: unfinished"));
    }
}

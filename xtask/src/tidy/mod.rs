//! `cargo xtask tidy`: what neither the compiler nor clippy checks about this tree.
//!
//! A check looks at a [`Tree`] and returns complaints, so that each one can be shown in a test to fail.

mod arrows;
mod forbidden;
mod map;
mod quiet;
mod rules;
mod sources;
mod tree;

use crate::Done;
use crate::command::root;
pub(crate) use rules::folders as rule_folders;
pub(crate) use tree::Tree;

/// What is wrong, with the path in front.
type Complaints = Vec<String>;

/// Runs every check; the reason holds all complaints.
pub(crate) fn run() -> Done {
    let tree = Tree::read(&root())?;
    let mut complaints = Complaints::new();
    for check in [map::check, arrows::check, quiet::check, rules::check, sources::check] {
        complaints.extend(check(&tree));
    }
    complaints.extend(forbidden::check()?);
    if complaints.is_empty() {
        println!("tidy: {} files are in order", tree.files().len());
        return Ok(());
    }
    Err(format!("tidy has {} complaints:\n{}", complaints.len(), complaints.join("\n")))
}

//! `DROP …`.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{child, has, name, text};
use crate::ddl::{Act, Name};

/// The act of a `DROP`, when the node is one.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    if !format!("{:?}", node.kind()).starts_with("DROP_") {
        return None;
    }
    let on = child(node, K::ON_RELATION).or_else(|| child(node, K::ON_TABLE));
    Some(Act::Drop {
        object: super::object(node.kind()),
        names: names(node),
        if_exists: has(node, K::IF_EXISTS),
        cascade: has(node, K::CASCADE),
        concurrently: has(node, K::CONCURRENTLY_KW),
        on: on.map(|on| name(&on)),
    })
}

/// The names that are dropped; those of functions are in a list of signatures.
fn names(node: &SyntaxNode) -> Vec<Name> {
    let besides = |kind| matches!(kind, K::IF_EXISTS | K::CASCADE | K::RESTRICT | K::ON_RELATION | K::ON_TABLE);
    let parts = node.children().filter(|part| !besides(part.kind()) && !text(part).is_empty());
    parts.flat_map(|part| listed(&part)).map(|part| name(&part)).collect()
}

fn listed(part: &SyntaxNode) -> Vec<SyntaxNode> {
    if format!("{:?}", part.kind()).ends_with("_LIST") { part.children().collect() } else { vec![part.clone()] }
}

//! `REINDEX`, `VACUUM` and what else keeps a database in shape.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{child, children, has, name, name_at, text, within};
use crate::ddl::{Act, Name};

/// The act, when the node is one of these.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    Some(match node.kind() {
        K::REINDEX => reindex(node),
        K::TRUNCATE => Act::Truncate {
            tables: listed(node, K::TABLE_LIST),
            cascade: has(node, K::CASCADE),
            restart_identity: has(node, K::RESTART_IDENTITY),
        },
        K::LOCK => Act::LockTable {
            tables: listed(node, K::RELATION_LIST),
            mode: lock_mode(node),
            nowait: has(node, K::NOWAIT),
        },
        K::CLUSTER => Act::Cluster { table: cluster_table(node) },
        K::VACUUM => Act::Vacuum {
            full: has(node, K::FULL_KW) || option(node, "full"),
            analyze: has(node, K::ANALYZE_KW) || has(node, K::ANALYSE_KW) || option(node, "analyze"),
            tables: listed(node, K::TABLE_AND_COLUMNS_LIST),
        },
        K::ANALYZE => Act::Analyze { tables: listed(node, K::TABLE_AND_COLUMNS_LIST) },
        K::REFRESH => Act::Refresh {
            name: name_at(node, K::VIEW_REF),
            concurrently: has(node, K::CONCURRENTLY_KW),
            with_data: !has(node, K::WITH_NO_DATA),
        },
        _ => return None,
    })
}

/// The relations of a list child.
fn listed(node: &SyntaxNode, list: K) -> Vec<Name> {
    child(node, list).map(|list| list.children().map(|part| name(&part)).collect()).unwrap_or_default()
}

fn reindex(node: &SyntaxNode) -> Act {
    let target = node.children().find(|part| format!("{:?}", part.kind()).starts_with("REINDEX_TARGET"));
    let what = target.as_ref().and_then(SyntaxNode::first_token);
    let named = target.as_ref().and_then(|target| target.children().next());
    Act::Reindex {
        what: what.map(|token| token.text().to_ascii_uppercase()).unwrap_or_default(),
        name: named.map(|part| name(&part)),
        concurrently: target.is_some_and(|target| has(&target, K::CONCURRENTLY_KW))
            || within(node, K::REINDEX_OPTION_CONCURRENTLY),
    }
}

/// The mode as written, `ACCESS EXCLUSIVE` when none is.
fn lock_mode(node: &SyntaxNode) -> String {
    let mode = child(node, K::LOCK_MODE_CLAUSE).and_then(|clause| clause.children().next());
    let Some(mode) = mode else { return "ACCESS EXCLUSIVE".to_owned() };
    let text = text(&mode).to_ascii_uppercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cluster_table(node: &SyntaxNode) -> Option<Name> {
    let legacy = child(node, K::CLUSTER_LEGACY).and_then(|legacy| child(&legacy, K::ON_PATH));
    child(node, K::TABLE_NAME_REF).or(legacy).map(|table| name(&table))
}

/// Whether an option in parentheses is on: named, and not given a false value.
fn option(node: &SyntaxNode, wanted: &str) -> bool {
    let Some(list) = child(node, K::VACUUM_OPTION_LIST) else { return false };
    let on = |option: SyntaxNode| {
        let named = child(&option, K::VACUUM_OPTION_NAME).is_some_and(|name| text(&name).eq_ignore_ascii_case(wanted));
        let value = child(&option, K::VACUUM_OPTION_VALUE).map(|value| text(&value).to_ascii_lowercase());
        named && !matches!(value.as_deref(), Some("false" | "off" | "0" | "no" | "'false'" | "'off'"))
    };
    children(&list, K::VACUUM_OPTION).any(on)
}

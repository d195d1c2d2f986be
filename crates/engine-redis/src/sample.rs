//! Bodies for unit tests of a rule's severities; what the rules see of real servers is tested in `tests/`.

use std::collections::BTreeMap;

use dbwright_core::Finding;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::{Cost, Header};
use jiff::Timestamp;

use crate::body::{Acl, Body, Database, Node, User};

/// A master with these settings.
pub(crate) fn node(settings: &[(&str, &str)]) -> Node {
    let config = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Node { address: "10.0.0.1:6379".to_owned(), config: config.collect(), ..Node::default() }
}

/// A body of one node.
pub(crate) fn body(node: Node) -> Body {
    Body { flavour: "redis".to_owned(), nodes: vec![node], ..Body::default() }
}

/// The user `default`, with a password or without.
pub(crate) fn default_user(nopass: bool) -> Acl {
    let user = User {
        name: "default".to_owned(),
        on: true,
        nopass,
        passwords: u64::from(!nopass),
        keys: vec!["~*".to_owned()],
        commands: vec!["+@all".to_owned()],
        ..User::default()
    };
    Acl { whoami: "default".to_owned(), users: vec![user] }
}

/// Keys of database 0 of that node.
pub(crate) fn keys(keys: u64, expires: u64) -> Database {
    Database { node: "10.0.0.1:6379".to_owned(), number: 0, keys, expires, avg_ttl_ms: 0 }
}

/// A header without gaps.
pub(crate) fn header() -> Header {
    Header {
        engine: "redis".to_owned(),
        version: "Redis 7.0.15".to_owned(),
        name: "10.0.0.1:6379".to_owned(),
        observed_at: Timestamp::UNIX_EPOCH,
        dbwright: "0".to_owned(),
        without_values: false,
        gaps: Vec::new(),
        cost: Cost::default(),
    }
}

/// What one rule finds.
pub(crate) fn run(id: &str, body: &Body) -> Vec<Finding> {
    let limits: Limits = BTreeMap::new();
    let (mut found, skipped) = rule::run(crate::rules::RULES, body, &header(), &limits);
    let failed = skipped.iter().find(|skipped| skipped.reason.starts_with("the rule failed"));
    assert!(failed.is_none(), "{failed:?}");
    found.retain(|finding| finding.rule == id);
    found
}

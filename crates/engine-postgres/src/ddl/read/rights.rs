//! `GRANT`, `REVOKE`, `COMMENT`.

use squawk_syntax::{SyntaxKind as K, SyntaxNode};

use super::tree::{child, has, name, path, text};
use crate::ddl::{Act, Name, Object};

/// The act, when the node is one of these.
pub(super) fn read(node: &SyntaxNode) -> Option<Act> {
    Some(match node.kind() {
        K::GRANT => grant(node),
        K::REVOKE => Act::Revoke { text: text(node) },
        K::COMMENT_ON => {
            let of = node.children().find(|part| part.kind() != K::LITERAL)?;
            Act::Comment { object: super::object(of.kind()), name: commented(&of) }
        }
        _ => return None,
    })
}

/// What a comment is on; the table, when it is on a column.
fn commented(of: &SyntaxNode) -> Name {
    let subject = of.children().next().unwrap_or_else(|| of.clone());
    if of.kind() != K::OBJECT_COLUMN {
        return name(&subject);
    }
    let mut parts = path(&subject);
    parts.pop();
    let table = parts.pop().unwrap_or_default();
    Name { schema: parts.pop(), name: table }
}

fn grant(node: &SyntaxNode) -> Act {
    let objects = child(node, K::ON_PRIVILEGE_OBJECTS_CLAUSE).and_then(|on| on.children().next());
    let roles = child(node, K::ROLE_REF_LIST).map(|list| list.children().map(|role| name(&role).name).collect());
    Act::Grant {
        privileges: privileges(node),
        object: objects.as_ref().map_or(Object::Role, |objects| super::object(objects.kind())),
        on: objects.map(|objects| targets(&objects)).unwrap_or_default(),
        roles: roles.unwrap_or_default(),
        with_grant: has(node, K::GRANT_WITH_CLAUSE),
    }
}

/// What is granted, upper case and without columns; roles when a role is granted.
fn privileges(node: &SyntaxNode) -> Vec<String> {
    if has(node, K::ALL_PRIVILEGES) {
        return vec!["ALL".to_owned()];
    }
    let Some(list) = child(node, K::REVOKE_COMMAND_LIST) else { return Vec::new() };
    let plain = |command: SyntaxNode| {
        let text = text(&command);
        text.split('(').next().unwrap_or_default().trim().to_ascii_uppercase()
    };
    list.children().map(plain).collect()
}

fn targets(objects: &SyntaxNode) -> Vec<Name> {
    let listed = |part: SyntaxNode| -> Vec<SyntaxNode> {
        if format!("{:?}", part.kind()).ends_with("_LIST") { part.children().collect() } else { vec![part] }
    };
    objects.children().flat_map(listed).map(|part| name(&part)).collect()
}

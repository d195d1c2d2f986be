//! Rights, given again as they were.

use super::super::name::ident;
use super::facts::Grant;

/// The statements that give a new object the rights of the old one. `kind` is `TABLE` or `SEQUENCE`.
pub(super) fn given(kind: &str, target: &str, owner: &str, has_grants: bool, grants: &[Grant]) -> Vec<String> {
    let mut made = Vec::new();
    if has_grants {
        made.push(format!("REVOKE ALL ON {kind} {target} FROM PUBLIC, {}", ident(owner)));
    }
    for grant in grants {
        let column = grant.column.as_ref().map(|c| format!(" ({})", ident(c))).unwrap_or_default();
        let option = if grant.grantable { " WITH GRANT OPTION" } else { "" };
        let text = format!("GRANT {}{column} ON {kind} {target} TO {}{option}", grant.privilege, grant.grantee);
        match &grant.grantor {
            None => made.push(text),
            // Who gave a right on is written down with it; only that role can say so.
            Some(role) => made.extend([format!("SET LOCAL ROLE {role}"), text, "RESET ROLE".to_owned()]),
        }
    }
    made
}

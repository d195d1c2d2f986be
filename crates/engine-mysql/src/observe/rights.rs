//! Whether the account sees every table: `information_schema` leaves out what it has no right on, without a word.

use super::catalog::Parts;
use super::cells::Cells;
use super::session::{Session, Trouble};
use super::tables::GRANT;
use crate::body::area;
use crate::flavour::Server;

/// Rights that show a table, all its columns and its indexes. Rights on the server, such as `PROCESS`, do not.
const SHOWING: [&str; 11] = [
    "ALL PRIVILEGES",
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REFERENCES",
    "ALTER",
    "INDEX",
    "DROP",
    "TRIGGER",
    "SHOW VIEW",
];

/// Notes what may be hidden. When no table at all is seen, the catalog was not read; else what is seen is judged.
pub(super) async fn look(session: &mut Session, server: &Server, parts: &Parts) {
    let Ok(grants) = grants(session).await else { return }; // the connection is lost, which is noted
    if grants.iter().any(|grant| shows(grant, server.database.as_deref())) {
        return;
    }
    let place = server.database.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
    let reason = format!(
        "{} has no right on all tables{place}, and servers hide tables from who has no right on them",
        server.account
    );
    let area = if parts.catalog.tables.is_empty() { area::CATALOG } else { area::HIDDEN };
    session.gap(area, reason, Some(GRANT));
}

/// The account's grants with those of its active roles.
async fn grants(session: &mut Session) -> Result<Vec<String>, Trouble> {
    let own = "SHOW /* dbwright */ GRANTS FOR CURRENT_USER()";
    let mut grants: Vec<String> = session.rows(own, first).await?.into_iter().flatten().collect();
    let roles = session.rows("SELECT /* dbwright */ CURRENT_ROLE()", first).await;
    let roles = roles.unwrap_or_default().into_iter().flatten().find(|roles| roles != "NONE");
    if let Some(roles) = roles {
        let more = if server_lists_roles(&roles) {
            format!("{own} USING {roles}")
        } else {
            "SHOW /* dbwright */ GRANTS FOR CURRENT_ROLE()".to_owned()
        };
        grants.extend(session.rows(&more, first).await.unwrap_or_default().into_iter().flatten());
    }
    Ok(grants)
}

fn first(row: &mut Cells<'_>) -> Option<String> {
    row.opt_text()
}

/// MySQL quotes the active roles, of which there may be several; MariaDB has one, and gives its plain name.
fn server_lists_roles(roles: &str) -> bool {
    roles.starts_with('`')
}

/// Whether a line of `SHOW GRANTS` shows every table of the database, or of all databases.
fn shows(grant: &str, database: Option<&str>) -> bool {
    let Some((rights, rest)) = grant.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON ")) else {
        return false;
    };
    let Some((object, _)) = rest.rsplit_once(" TO ") else { return false };
    let on_all = object == "*.*";
    let on_database = || {
        let pattern = object.strip_suffix(".*")?.strip_prefix('`')?.strip_suffix('`')?.replace("``", "`");
        Some(matches(&pattern, database?))
    };
    let has_right = rights.split(", ").any(|right| SHOWING.contains(&right));
    has_right && (on_all || on_database() == Some(true))
}

/// Whether a name is like a pattern of a grant, where `\` takes `%` and `_` at their word.
fn matches(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    let Some(first) = rest.next() else { return name.is_empty() };
    let after = |name: &str| name.chars().next().map(|c| (c, name[c.len_utf8()..].to_owned()));
    match first {
        '%' => name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest.as_str(), &name[at..])),
        '_' => after(name).is_some_and(|(_, more)| matches(rest.as_str(), &more)),
        _ => {
            let literal = if first == '\\' { rest.next().unwrap_or(first) } else { first };
            after(name).is_some_and(|(c, more)| c == literal && matches(rest.as_str(), &more))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_shows_a_database_or_all() {
        assert!(shows("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION", None));
        assert!(shows("GRANT PROCESS, SELECT ON *.* TO `a`@`%`", Some("shop")));
        assert!(!shows("GRANT USAGE ON *.* TO `a`@`%`", None));
        assert!(!shows("GRANT PROCESS, SHOW DATABASES ON *.* TO `a`@`%`", None));
        assert!(!shows("GRANT SELECT ON `shop`.* TO `a`@`%`", None));
        assert!(shows("GRANT SELECT ON `sh\\_op`.* TO `a`@`%`", Some("sh_op")));
        assert!(shows("GRANT SELECT ON `s%`.* TO `a`@`%`", Some("shop")));
        assert!(!shows("GRANT SELECT ON `shop`.`t` TO `a`@`%`", Some("shop")));
        assert!(!shows("GRANT `r`@`%` TO `a`@`%`", Some("shop")));
    }
}

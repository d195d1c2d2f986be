//! `GRANT`: who gets which rights on what.

use super::Named;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::split;

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Grant {
    /// Rights in upper case, or names of roles.
    pub(in crate::migrate) privileges: Vec<String>,
    /// What they are on, as written: `*.*`, `shop.*`; none for roles.
    pub(in crate::migrate) on: Option<String>,
    /// Who gets them.
    pub(in crate::migrate) to: Vec<Named>,
    /// Whether they may be given to others.
    pub(in crate::migrate) passed_on: bool,
}

impl Grant {
    /// Whether all rights are given.
    pub(in crate::migrate) fn all(&self) -> bool {
        self.privileges.iter().any(|one| one == "ALL" || one == "ALL PRIVILEGES")
    }

    /// Whether it is on the whole server.
    pub(in crate::migrate) fn everywhere(&self) -> bool {
        self.on.as_deref() == Some("*.*")
    }
}

/// Reads a grant.
pub(in crate::migrate) fn grant(sql: &str) -> Option<Grant> {
    let mut cursor = Cursor::new(sql);
    if !cursor.accept(&["grant"]) || cursor.is("proxy") {
        return None;
    }
    let from = cursor.start();
    cursor.seek(&["on", "to"]);
    let words = cursor.slice(from..cursor.end().max(from));
    let privilege = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let privileges = split(words).into_iter().map(privilege).collect();
    let mut on = None;
    if cursor.accept(&["on"]) {
        let _ = cursor.any(&["table", "function", "procedure", "package"]);
        let from = cursor.start();
        cursor.seek(&["to"]);
        on = Some(cursor.slice(from..cursor.end().max(from)).split_whitespace().collect::<String>());
    }
    if !cursor.accept(&["to"]) {
        return None;
    }
    let from = cursor.start();
    cursor.seek(&["with", "require", "identified", "as"]);
    let to = split(cursor.slice(from..cursor.end().max(from)));
    let to = to.into_iter().filter_map(|part| Named::read(&mut Cursor::new(part))).collect();
    let rest = cursor.rest().to_ascii_lowercase();
    let passed_on = rest.contains("grant option") || rest.contains("admin option");
    Some(Grant { privileges, on, to, passed_on })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_objects_and_accounts() {
        let one = grant("GRANT SELECT (a, b), INSERT ON `shop`.* TO 'x'@'10.%', y WITH GRANT OPTION").expect("a grant");
        assert_eq!(one.privileges, ["SELECT (A, B)", "INSERT"]);
        assert_eq!(one.on.as_deref(), Some("`shop`.*"));
        assert_eq!(one.to.iter().map(Named::shown).collect::<Vec<_>>(), ["x@10.%", "y"]);
        assert!(one.passed_on && !one.all());
        let all = grant("grant all privileges on *.* to root@'%' identified by 'x'").expect("a grant");
        assert!(all.all() && all.everywhere() && !all.passed_on);
        let role = grant("GRANT writer TO app").expect("a grant");
        assert_eq!((role.on, role.to.len()), (None, 1));
    }
}

//! `SET`: which settings get which values.

use super::unquoted;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::split;

/// Whose setting it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Scope {
    Session,
    /// The server's: `GLOBAL`, `PERSIST`.
    Server,
    /// A variable of the user's: `@name`.
    User,
}

/// One setting with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Assignment {
    pub(in crate::migrate) scope: Scope,
    /// Its name in lower case, without `@`.
    pub(in crate::migrate) name: String,
    /// The value as written.
    pub(in crate::migrate) value: String,
}

impl Assignment {
    /// Whether a switch is turned off; none where the value is not a plain one.
    pub(in crate::migrate) fn off(&self) -> Option<bool> {
        match unquoted(&self.value).to_ascii_lowercase().as_str() {
            "0" | "off" | "false" => Some(true),
            "1" | "on" | "true" | "default" => Some(false),
            _ => None,
        }
    }

    /// The value, when it is a literal: neither a variable nor computed.
    pub(in crate::migrate) fn literal(&self) -> Option<String> {
        let mut cursor = Cursor::new(&self.value);
        let text = cursor.peek();
        cursor.skip();
        let plain = cursor.done() && !text.starts_with('@');
        plain.then(|| unquoted(text))
    }
}

/// The assignments of a `SET`; none for `SET NAMES` and what else is no setting.
pub(in crate::migrate) fn assignments(sql: &str) -> Vec<Assignment> {
    let mut cursor = Cursor::new(sql);
    let other =
        ["names", "character", "charset", "password", "role", "default", "transaction", "statement", "resource"];
    if !cursor.accept(&["set"]) || cursor.is_any(&other) {
        return Vec::new();
    }
    // A scope holds for what follows it without one.
    let mut scope = Scope::Session;
    split(cursor.rest()).into_iter().filter_map(|part| assignment(part, &mut scope)).collect()
}

fn assignment(part: &str, current: &mut Scope) -> Option<Assignment> {
    let mut cursor = Cursor::new(part);
    let system = cursor.accept(&["@", "@"]);
    let user = !system && cursor.accept(&["@"]);
    if let Some(scope) = scope(&mut cursor, system) {
        *current = scope;
    }
    let name = cursor.name()?.to_ascii_lowercase();
    cursor.accept(&[":"]);
    if !cursor.accept(&["="]) {
        return None;
    }
    let scope = if user { Scope::User } else { *current };
    Some(Assignment { scope, name, value: cursor.rest().trim().to_owned() })
}

fn scope(cursor: &mut Cursor<'_>, system: bool) -> Option<Scope> {
    let mut ahead = cursor.clone();
    let word = ahead.any(&["global", "persist", "persist_only", "session", "local"])?;
    if system && !ahead.accept(&["."]) {
        return None;
    }
    *cursor = ahead;
    Some(if matches!(word, "session" | "local") { Scope::Session } else { Scope::Server })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Vec<(Scope, String, String)> {
        assignments(sql).into_iter().map(|one| (one.scope, one.name, one.value)).collect()
    }

    #[test]
    fn settings_in_all_their_ways_of_writing() {
        let one = |scope, name: &str, value: &str| (scope, name.to_owned(), value.to_owned());
        assert_eq!(of("SET Foreign_Key_Checks=0"), [one(Scope::Session, "foreign_key_checks", "0")]);
        assert_eq!(
            of("SET @a = 1, @@SESSION.sql_mode := CONCAT('a', ','), GLOBAL x = 1, y = 2"),
            [
                one(Scope::User, "a", "1"),
                one(Scope::Session, "sql_mode", "CONCAT('a', ',')"),
                one(Scope::Server, "x", "1"),
                one(Scope::Server, "y", "2")
            ]
        );
        assert_eq!(
            of("/*!40014 SET @OLD=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */"),
            [one(Scope::User, "old", "@@UNIQUE_CHECKS"), one(Scope::Session, "unique_checks", "0")]
        );
        assert!(of("SET NAMES utf8").is_empty() && of("SET SESSION TRANSACTION READ ONLY").is_empty());
        let literal = |sql: &str| assignments(sql).remove(0).literal();
        assert_eq!(literal("SET sql_mode = ''").as_deref(), Some(""));
        assert_eq!(literal("SET sql_mode = @before"), None);
        assert_eq!(literal("SET sql_mode = CONCAT(@@sql_mode, ',A')"), None);
    }
}

//! What an ACL user may run, from its rules: the last one that speaks of a command decides.

use crate::body::User;

/// Commands that delete, stop or hold up everything, and the categories that they are in.
const DANGEROUS: [(&str, &[&str]); 4] = [
    ("flushall", &["all", "keyspace", "write", "slow", "dangerous"]),
    ("flushdb", &["all", "keyspace", "write", "slow", "dangerous"]),
    ("keys", &["all", "keyspace", "read", "slow", "dangerous"]),
    ("shutdown", &["all", "admin", "slow", "dangerous"]),
];

/// The dangerous commands that a user may run.
pub(crate) fn dangerous(user: &User) -> Vec<&'static str> {
    DANGEROUS
        .into_iter()
        .filter(|(command, categories)| may(user, command, categories))
        .map(|(command, _)| command)
        .collect()
}

/// Whether a user may run all commands on all keys.
pub(crate) fn everything(user: &User) -> bool {
    let all =
        user.commands.iter().any(|rule| rule == "+@all") && !user.commands.iter().any(|rule| rule.starts_with('-'));
    all && user.keys.iter().any(|pattern| pattern == "~*")
}

fn may(user: &User, command: &str, categories: &[&str]) -> bool {
    let speaks = |rule: &str| match rule.strip_prefix('@') {
        Some(category) => categories.contains(&category),
        None => rule.eq_ignore_ascii_case(command),
    };
    let deciding = user.commands.iter().rev().find_map(|rule| match rule.as_bytes().first()? {
        b'+' if speaks(&rule[1..]) => Some(true),
        b'-' if speaks(&rule[1..]) => Some(false),
        _ => None,
    });
    deciding.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(rules: &str) -> User {
        let commands = rules.split(' ').map(str::to_owned).collect();
        User { commands, keys: vec!["~*".to_owned()], ..User::default() }
    }

    #[test]
    fn the_last_rule_decides() {
        assert_eq!(dangerous(&user("+@all")).len(), 4);
        assert_eq!(dangerous(&user("+@all -@dangerous +keys")), ["keys"]);
        assert_eq!(dangerous(&user("-@all +@read")), ["keys"]);
        assert_eq!(dangerous(&user("-@all +get +flushdb|async")), [""; 0]);
        assert!(everything(&user("+@all")) && !everything(&user("+@all -debug")));
    }
}

//! Changes of a server: settings that outlive a restart, and scripts that walk the keyspace in slices.
//!
//! Statements are command lines as `redis-cli` reads them. A script looks at a bounded number of keys, so that nobody waits
//! for long, and replies with the cursor to go on from: it is run again with that cursor in place of its first argument
//! until it replies `0`.

use std::fmt::Write as _;

use dbwright_core::Change;

use crate::body::{Node, Pattern};

/// Slices of 1,000 names that a script looks at before it lets others go on.
const SLICES: u32 = 10;

/// What a script does to each key `k`; `ARGV[3]` and so on are its numbers.
pub(crate) enum Walk {
    /// Lets keys that never expire do so, at different times.
    Expire {
        /// Least seconds to live.
        seconds: u64,
    },
    /// Brings expiries forward by different shares of what is left.
    Spread {
        /// Keys with fewer ms left are left alone.
        least_ms: u64,
        /// Greatest share to take away, in percent.
        percent: u64,
    },
    /// Has keys stored anew, in the encoding that the settings call for now.
    Restore,
}

impl Walk {
    fn body(&self) -> &'static str {
        match self {
            Self::Expire { .. } => {
                "if redis.call('TTL',k)==-1 then redis.call('EXPIRE',k,tonumber(ARGV[3])+math.random(0,tonumber(ARGV[4]))) end"
            }
            Self::Spread { .. } => {
                "local t=redis.call('PTTL',k) if t>tonumber(ARGV[3]) then \
                 redis.call('PEXPIRE',k,t-math.random(0,math.floor(t*ARGV[4]/100))) end"
            }
            Self::Restore => {
                "local t=redis.call('PTTL',k) if t<0 then t=0 end \
                 redis.call('RESTORE',k,t,redis.call('DUMP',k),'REPLACE')"
            }
        }
    }

    fn numbers(&self) -> Vec<u64> {
        match self {
            Self::Expire { seconds } => vec![*seconds, seconds / 10],
            Self::Spread { least_ms, percent } => vec![*least_ms, *percent],
            Self::Restore => Vec::new(),
        }
    }
}

/// The statement that does something to all keys of a pattern; none when the pattern can't be written as one.
pub(crate) fn walk(pattern: &Pattern, walk: &Walk) -> Option<String> {
    if pattern.name.contains("\\x") {
        return None;
    }
    let select =
        if pattern.database == 0 { String::new() } else { format!("redis.call('SELECT',{}) ", pattern.database) };
    let script = format!(
        "{select}local c,n=ARGV[1],0 repeat local r=redis.call('SCAN',c,'MATCH',ARGV[2],'COUNT',1000) c=r[1] \
         for _,k in ipairs(r[2]) do {} end n=n+1 until c=='0' or n=={SLICES} return c",
        walk.body()
    );
    let mut statement = format!("EVAL \"{script}\" 0 0 {}", word(&glob(&pattern.name)));
    for number in walk.numbers() {
        let _ = write!(statement, " {number}"); // a String takes everything
    }
    Some(statement)
}

/// What such a statement keeps others from doing.
pub(crate) const WALK_LOCK: &str = "others wait while 10,000 names are looked at, some 10 ms; run it again with the cursor that it \
                                    replies in place of the first 0 after the script, until it replies 0; in a cluster, on each master";

/// The glob of a pattern: what else has a meaning there is escaped.
fn glob(name: &str) -> String {
    let mut glob = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '?' | '[' | ']' | '\\') {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}

/// Sets settings to new values, for good when there is a configuration file.
pub(crate) fn settings(node: &Node, wanted: &[(&str, &str)]) -> Change {
    let file = node.info.text("config_file").is_some_and(|file| !file.is_empty());
    let set = |name: &str, value: &str| format!("CONFIG SET {name} {}", word(value));
    let keep = |mut statements: Vec<String>| {
        if file {
            statements.push("CONFIG REWRITE".to_owned());
        }
        statements
    };
    let lock = if file {
        "no lock: it takes effect at once"
    } else {
        "no lock: it takes effect at once; there is no configuration file, so put it where the server's start takes its settings from"
    };
    let forward = wanted.iter().map(|(name, value)| set(name, value)).collect();
    let back = wanted.iter().rev().map(|(name, _)| set(name, node.setting(name).unwrap_or_default())).collect();
    Change::new(keep(forward), lock).back(keep(back)).outside_transaction()
}

/// A limit of memory that leaves room for what the server does beside keeping keys; none when too much is in use for any.
pub(crate) fn room(node: &Node, used: f64, machine: f64) -> Option<f64> {
    let saves = node.setting("save").is_some_and(|save| !save.is_empty());
    let copies = saves || node.setting("appendonly") == Some("yes") || !node.replication.replicas.is_empty();
    let limit = (machine * if copies { 0.6 } else { 0.75 }).max(used * 1.25);
    (machine > 0.0 && limit <= machine * 0.9).then_some(limit)
}

/// Bytes as settings take them.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.0}mb", bytes / 1_048_576.0)
}

/// A word of a command line, in quotes where it needs them. A name of a key is escaped already: `\x00` stays what it is.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '\'' | '\\' | '#');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut word = String::from("\"");
    for (at, c) in text.char_indices() {
        let is_byte = text
            .get(at + 1..at + 4)
            .is_some_and(|hex| hex.starts_with('x') && hex[1..].chars().all(|digit| digit.is_ascii_hexdigit()));
        if c == '"' || (c == '\\' && !is_byte) {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_redis_cli_would_misread_them() {
        let cases = [
            ("user:1", "user:1"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("q\"\\", "\"q\\\"\\\\\""),
            ("\\x00", "\"\\x00\""),
        ];
        for (text, expected) in cases {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn a_walk_matches_the_pattern_and_nothing_else() {
        let pattern = |name: &str, database| Pattern { name: name.to_owned(), database, ..Pattern::default() };
        let statement = walk(&pattern("a[1]:*", 0), &Walk::Expire { seconds: 600 }).expect("text");
        assert!(statement.ends_with(r#" 0 0 "a\\[1\\]:*" 600 60"#), "{statement}");
        assert!(walk(&pattern("a:*", 3), &Walk::Restore).expect("text").contains("redis.call('SELECT',3)"));
        assert_eq!(walk(&pattern("a\\x00:*", 0), &Walk::Restore), None);
    }
}

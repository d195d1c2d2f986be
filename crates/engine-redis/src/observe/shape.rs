//! A command without its values: `SET session:* ? EX 60`, `LRANGE queue:* 0 -1`.
//!
//! Kept are the name, keys as patterns, words of the command's grammar and small whole numbers where the command
//! takes positions or counts. Everything else is a value and becomes `?`.

use super::pattern;

/// Arguments that are shown.
const SHOWN: usize = 8;

/// A command as the slow log keeps it, without values.
pub(super) struct Shape {
    /// Name in lower case, with its subcommand.
    pub(super) command: String,
    /// Name and arguments without values.
    pub(super) text: String,
    /// Pattern of the first key.
    pub(super) key: String,
    /// Arguments, the name counted.
    pub(super) arguments: u64,
}

/// Commands whose second word is a subcommand.
const CONTAINERS: [&str; 18] = [
    "acl", "bitop", "client", "cluster", "command", "config", "debug", "function", "latency", "memory", "module",
    "object", "pubsub", "script", "slowlog", "xgroup", "xinfo", "sentinel",
];
/// Commands without keys.
const WITHOUT_KEY: [&str; 22] = [
    "acl",
    "auth",
    "bgrewriteaof",
    "bgsave",
    "client",
    "cluster",
    "command",
    "config",
    "dbsize",
    "echo",
    "flushall",
    "flushdb",
    "info",
    "latency",
    "module",
    "ping",
    "publish",
    "pubsub",
    "script",
    "slowlog",
    "swapdb",
    "wait",
];
/// Commands that take keys only.
const KEYS_ONLY: [&str; 14] = [
    "del",
    "exists",
    "mget",
    "pfcount",
    "pfmerge",
    "sdiff",
    "sdiffstore",
    "sinter",
    "sinterstore",
    "sunion",
    "sunionstore",
    "touch",
    "unlink",
    "watch",
];
/// Commands that take one key and then positions, counts or limits.
const NUMBERS: [&str; 16] = [
    "getrange",
    "lindex",
    "lpop",
    "lrange",
    "ltrim",
    "rpop",
    "spop",
    "srandmember",
    "zpopmax",
    "zpopmin",
    "zrange",
    "zrangebyscore",
    "zrevrange",
    "zrevrangebyscore",
    "zremrangebyrank",
    "expire",
];
/// Words of the grammar that are no values.
const WORDS: [&str; 24] = [
    "aggregate",
    "alpha",
    "asc",
    "block",
    "by",
    "byscore",
    "count",
    "desc",
    "ex",
    "exat",
    "get",
    "keepttl",
    "limit",
    "match",
    "nx",
    "px",
    "pxat",
    "rev",
    "store",
    "streams",
    "type",
    "weights",
    "withscores",
    "xx",
];

/// The shape of a command; of keys their first part alone when it is to be `discreet`.
pub(super) fn of(words: &[&[u8]], discreet: bool) -> Shape {
    let lower = |at: usize| words.get(at).map(|w| String::from_utf8_lossy(w).to_lowercase()).unwrap_or_default();
    let name = lower(0);
    let container = CONTAINERS.contains(&name.as_str());
    let command = if container && words.len() > 1 { format!("{name}|{}", lower(1)) } else { name.clone() };
    let first = if container { 2 } else { 1 };
    let keys = keys(&name, first, words);
    let mut text = vec![name.to_uppercase()];
    if first == 2 {
        text.extend(words.get(1).map(|_| lower(1).to_uppercase()));
    }
    for (at, word) in words.iter().enumerate().skip(first).take(SHOWN) {
        let is_key = keys.contains(&at) || is_name(&name, word);
        text.push(if is_key { key(word, discreet) } else { argument(&name, at, word) });
    }
    if words.len() > first + SHOWN {
        text.push("…".to_owned());
    }
    let first_key = keys.first().and_then(|at| words.get(*at)).map(|word| key(word, discreet)).unwrap_or_default();
    // The server cuts a long command short and says by how much in its last word.
    let more = words.last().and_then(|word| left_out(word)).map_or(0, |more| more - 1);
    Shape { command, text: text.join(" "), key: first_key, arguments: words.len() as u64 + more }
}

/// `... (12 more arguments)`.
fn left_out(word: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(word).ok()?;
    text.strip_prefix("... (")?.strip_suffix(" more arguments)")?.parse().ok()
}

/// A key's pattern, or its first part.
fn key(name: &[u8], discreet: bool) -> String {
    let shape = pattern::of(name);
    if discreet { pattern::first_part(&shape) } else { shape }
}

/// Whether an argument of KEYS or SCAN is a pattern of names: its fixed parts may hold an id.
fn is_name(name: &str, word: &[u8]) -> bool {
    let text = String::from_utf8_lossy(word).to_lowercase();
    matches!(name, "keys" | "scan")
        && !WORDS.contains(&text.as_str())
        && (name == "keys" || text.parse::<i64>().is_err())
}

fn argument(name: &str, at: usize, word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    let small = || text.len() <= 12 && text.parse::<i64>().is_ok();
    if WORDS.contains(&text.to_lowercase().as_str()) {
        text.to_uppercase()
    } else if small()
        && (NUMBERS.contains(&name) || matches!(name, "scan" | "sscan" | "hscan" | "zscan") || at > 2 && name == "set")
        || matches!(name, "eval" | "evalsha" | "fcall") && at == 2
    {
        text.into_owned()
    } else if left_out(word).is_some() {
        "…".to_owned()
    } else {
        "?".to_owned()
    }
}

/// The places of the keys.
fn keys(name: &str, first: usize, words: &[&[u8]]) -> Vec<usize> {
    match name {
        "eval" | "evalsha" | "eval_ro" | "evalsha_ro" | "fcall" | "fcall_ro" => {
            let count = words.get(2).and_then(|w| std::str::from_utf8(w).ok()?.parse().ok()).unwrap_or(0);
            (3..words.len()).take(count).collect()
        }
        "mset" | "msetnx" => (1..words.len()).step_by(2).collect(),
        "keys" | "scan" => Vec::new(),
        _ if KEYS_ONLY.contains(&name) => (1..words.len()).filter(|at| left_out(words[*at]).is_none()).collect(),
        _ if WITHOUT_KEY.contains(&name) => Vec::new(),
        "xread" | "xreadgroup" => {
            let streams = words.iter().position(|word| word.eq_ignore_ascii_case(b"streams")).unwrap_or(words.len());
            let count = words.len().saturating_sub(streams + 1) / 2;
            (streams + 1..streams + 1 + count).collect()
        }
        "memory" | "object" | "debug" | "xgroup" | "xinfo" => (2..words.len().min(3)).collect(),
        _ => (first..words.len().min(first + 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_left_out_and_keys_become_patterns() {
        let cases = [
            ("SET session:42 geheim EX 60", "SET session:* ? EX 60", "session:*"),
            ("set token:1 12345", "SET token:* ?", "token:*"),
            ("LRANGE queue:7 0 -1", "LRANGE queue:* 0 -1", "queue:*"),
            ("HSET user:1 password 5", "HSET user:* ? ?", "user:*"),
            ("KEYS user:1*", "KEYS user:*", ""),
            ("MGET a:1 a:2", "MGET a:* a:*", "a:*"),
            ("MSET a:1 x b:2 y", "MSET a:* ? b:* ?", "a:*"),
            ("EVAL return1 1 lock:5 secret", "EVAL ? 1 lock:* ?", "lock:*"),
            ("CONFIG SET requirepass geheim", "CONFIG SET ? ?", ""),
            ("SCAN 0 MATCH user:9:* COUNT 100", "SCAN 0 MATCH user:*:* COUNT 100", ""),
            ("XREADGROUP GROUP g c STREAMS s:1 >", "XREADGROUP ? ? ? STREAMS s:* ?", "s:*"),
            ("DEL cart:1", "DEL cart:*", "cart:*"),
        ];
        for (command, expected, key) in cases {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            let shape = of(&words, false);
            assert_eq!((shape.text.as_str(), shape.key.as_str()), (expected, key), "{command}");
        }
    }

    #[test]
    fn a_discreet_shape_keeps_the_first_part_of_keys() {
        let words: [&[u8]; 4] = [b"LRANGE", b"inbox:ann:new", b"0", b"-1"];
        assert_eq!(of(&words, true).text, "LRANGE inbox:* 0 -1");
        let words: [&[u8]; 2] = [b"GET", b"ann"];
        assert_eq!((of(&words, true).text, of(&words, true).key), ("GET *".to_owned(), "*".to_owned()));
    }

    #[test]
    fn arguments_that_the_server_left_out_are_counted() {
        let shape = of(&[b"DEL", b"a:1", b"... (30 more arguments)"], false);
        assert_eq!((shape.arguments, shape.text.as_str()), (32, "DEL a:* …"));
    }
}

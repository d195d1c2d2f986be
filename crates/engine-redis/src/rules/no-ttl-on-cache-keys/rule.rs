//! `redis/no-ttl-on-cache-keys`: what should go stays.

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{Body, Pattern};
use crate::mend::{self, WALK_LOCK, Walk};
use crate::words;

const SOURCE: &str = "sample of the keyspace";
/// Parts of a name that say what the key is for.
const CACHE: [&str; 16] = [
    "cache",
    "caches",
    "cached",
    "session",
    "sessions",
    "sess",
    "tmp",
    "temp",
    "otp",
    "captcha",
    "ratelimit",
    "throttle",
    "nonce",
    "csrf",
    "fragment",
    "spring_session",
];
/// A day, where nothing shows how long the application means keys to live.
const A_DAY: u64 = 86_400;

/// Reports pattern by pattern.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (keys, share) = (cx.limit("keys"), cx.limit("share"));
    for pattern in &cx.body.keyspace.patterns {
        let without = pattern.share_without_expiry();
        let named = pattern.name.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_cache);
        let mixed = pattern.expiry.with > 0 && without <= 0.5;
        if (named || mixed) && without >= share && pattern.keys.value * without >= keys {
            let finding = finding(cx, pattern, named);
            cx.report(finding);
        }
    }
}

fn is_cache(part: &str) -> bool {
    let part = part.to_lowercase();
    CACHE.contains(&part.as_str()) || part.split('_').any(|word| CACHE.contains(&word))
}

fn finding(cx: &Cx<'_, Body>, pattern: &Pattern, named: bool) -> Finding {
    let without = pattern.share_without_expiry();
    let keys = pattern.keys.value * without;
    let left = pattern.expiry.left_s.map(|left| words::whole(left.max.ceil())).filter(|left| *left > 0);
    let title = format!("{} keys of {} never expire", words::count(keys), pattern.name);
    let why = match (named, left) {
        (true, None) => {
            "by its name it can be made again, yet it stays until somebody deletes it; write with SET … EX, and \
                         give what is there an expiry: a day is proposed, since nothing shows how long it is meant to live"
        }
        (_, Some(_)) => {
            "others of the same pattern expire, so one path of the application writes without EX, or overwrites \
                         without KEEPTTL; mend that path, and give what is there the expiry of its siblings"
        }
        (false, None) => "others of the same pattern expire; mend the path that writes without EX",
    };
    let finding = cx
        .finding(&pattern.name, title)
        .severity(if named { Severity::Medium } else { Severity::Low })
        .why(why)
        .evidence("keys_without_expiry", keys.round(), "keys", SOURCE)
        .evidence("keys", pattern.keys.value.round(), "keys", SOURCE)
        .evidence("share_without_expiry", words::ratio(without), "ratio", SOURCE)
        .evidence("bytes", (pattern.bytes.value * without).round(), "bytes", "MEMORY USAGE of a sample");
    match mend::walk(pattern, &Walk::Expire { seconds: left.unwrap_or(A_DAY) }) {
        None => finding,
        Some(statement) => finding.change(Change::new([statement], WALK_LOCK).outside_transaction().irreversible(
            "which keys had no expiry is not written down; PERSIST takes one away as long as the key is there",
        )),
    }
}

//! `redis/string-should-be-hash`: an object in many keys.

use std::collections::BTreeMap;

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Pattern};
use crate::words;

const SOURCE: &str = "sample of the keyspace";

/// Reports objects one by one.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let (fields, keys, bytes) = (cx.limit("fields"), cx.limit("keys"), cx.limit("bytes"));
    let mut objects: BTreeMap<(u64, &str), Vec<(&str, &Pattern)>> = BTreeMap::new();
    for pattern in &cx.body.keyspace.patterns {
        let small = pattern.size.is_some_and(|size| size.median <= bytes);
        let plain = pattern.share_of_type("string") >= 0.95 && pattern.share_without_expiry() >= 0.95;
        if let Some((object, field)) = divided(&pattern.name).filter(|_| small && plain && pattern.keys.value >= keys) {
            objects.entry((pattern.database, object)).or_default().push((field, pattern));
        }
    }
    for ((_, object), parts) in objects {
        let most = parts.iter().map(|(_, pattern)| pattern.keys.value).fold(0.0, f64::max);
        let alike: Vec<_> = parts.into_iter().filter(|(_, pattern)| pattern.keys.value * 2.0 >= most).collect();
        if alike.len() as f64 >= fields {
            let finding = finding(cx, object, &alike);
            cx.report(finding);
        }
    }
}

/// `user:*` and `name` of `user:*:name`.
fn divided(name: &str) -> Option<(&str, &str)> {
    let (object, field) = name.rsplit_once([':', '/', '|', '.'])?;
    (object.ends_with(['*', '}']) && object.contains('*') && !field.is_empty() && !field.contains('*'))
        .then_some((object, field))
}

fn finding(cx: &Cx<'_, Body>, object: &str, parts: &[(&str, &Pattern)]) -> Finding {
    let mut fields: Vec<_> = parts.iter().map(|(field, _)| *field).collect();
    fields.sort_unstable();
    let objects = parts.iter().map(|(_, pattern)| pattern.keys.value).fold(0.0, f64::max);
    let bytes: f64 = parts.iter().map(|(_, pattern)| pattern.bytes.value).sum();
    cx.finding(object, format!("{} keeps its fields {} in a key each", object, words::list(&fields)))
        .why(format!(
            "each key costs 50 to 100 bytes beside its value; HSET {object} {} … in one hash takes less than half of the \
             memory; the application has to read it differently (HMGET), so there is no change",
            fields.first().copied().unwrap_or_default()
        ))
        .evidence("fields", fields.len(), "fields", SOURCE)
        .evidence("objects", objects.round(), "objects", SOURCE)
        .evidence("bytes", bytes.round(), "bytes", "MEMORY USAGE of a sample")
        .evidence("bytes_per_field", (bytes / parts.iter().map(|(_, pattern)| pattern.keys.value).sum::<f64>().max(1.0)).round(), "bytes", "MEMORY USAGE of a sample")
}

#[cfg(test)]
mod tests {
    use super::divided;

    #[test]
    fn a_field_comes_after_what_varies() {
        assert_eq!(divided("user:*:name"), Some(("user:*", "name")));
        assert_eq!(divided("{user:*}:name"), Some(("{user:*}", "name")));
        assert_eq!(divided("user:*"), None);
        assert_eq!(divided("config:site:name"), None);
    }
}

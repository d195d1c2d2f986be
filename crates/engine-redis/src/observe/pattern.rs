//! The shape of a key's name: parts that vary become `*`, bytes that are no text are escaped.
//!
//! A part between separators varies when it looks like an id: digits, a UUID, a hash, a date, an address, random
//! letters. What only many names together can show (`user:alice:cart`, `user:bob:cart`) is found by [`merge`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Separators between parts, strongest first.
const STRONG: &[u8] = b":/|#,;=&?";
/// Separators within a part.
const WEAK: &[u8] = b"._-@~+";
/// Longest name that is read to its end; of a longer one the start tells the shape.
const LONGEST: usize = 512;

/// The shape of a name.
#[must_use]
pub(crate) fn of(name: &[u8]) -> String {
    let (name, cut) = if name.len() > LONGEST { (&name[..LONGEST], true) } else { (name, false) };
    let mut shape = String::with_capacity(name.len());
    for (part, separator) in split(name, STRONG) {
        // A hash tag of a cluster keeps its braces.
        let open = usize::from(part.first() == Some(&b'{'));
        let close = part.len() - usize::from(part.len() > open && part.last() == Some(&b'}'));
        escape(&part[..open], &mut shape);
        one(&part[open..close], &mut shape);
        escape(&part[close..], &mut shape);
        shape.extend(separator.map(char::from));
    }
    if cut && !shape.ends_with('*') {
        shape.push('*');
    }
    shape
}

/// What of a shape says nothing of a single key: its first part, and `*` for the rest; `*` alone when there is no other part.
#[must_use]
pub(crate) fn first_part(shape: &str) -> String {
    let end = shape.bytes().position(|byte| STRONG.contains(&byte)).map(|at| at + 1);
    format!("{}*", end.and_then(|end| shape.get(..end)).unwrap_or_default())
}

/// Parts, each with the separator that follows it.
fn split<'a>(name: &'a [u8], separators: &'static [u8]) -> impl Iterator<Item = (&'a [u8], Option<u8>)> {
    let mut rest = Some(name);
    std::iter::from_fn(move || {
        let text = rest?;
        if let Some(at) = text.iter().position(|byte| separators.contains(byte)) {
            rest = Some(&text[at + 1..]);
            return Some((&text[..at], Some(text[at])));
        }
        rest = None;
        Some((text, None))
    })
}

/// One part between strong separators.
fn one(part: &[u8], shape: &mut String) {
    if varies(part) {
        shape.push('*');
        return;
    }
    let start = shape.len();
    for (piece, separator) in split(part, WEAK) {
        if varies(piece) {
            shape.push('*');
        } else {
            without_digits(piece, shape);
        }
        shape.extend(separator.map(char::from));
    }
    collapse(shape, start);
}

/// `*-*-*` is one thing that varies: a date, a version, an address.
fn collapse(shape: &mut String, start: usize) {
    while let Some(at) = shape[start..].find("**") {
        shape.replace_range(start + at..=start + at, "");
    }
    for separator in WEAK {
        let twice = format!("*{}*", char::from(*separator));
        while let Some(at) = shape[start..].find(&twice) {
            shape.replace_range(start + at..start + at + twice.len(), "*");
        }
    }
}

/// A piece with its digits as `*`.
fn without_digits(piece: &[u8], shape: &mut String) {
    for run in piece.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        if run.first().is_some_and(u8::is_ascii_digit) {
            shape.push('*');
        } else {
            escape(run, shape);
        }
    }
}

/// Whether a part looks like an id.
fn varies(part: &[u8]) -> bool {
    if part.is_empty() {
        return false;
    }
    let digits = part.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == part.len() || is_binary(part) || is_address(part) {
        return true;
    }
    let hex = part.iter().filter(|b| b.is_ascii_hexdigit()).count();
    let only = part.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    // UUIDs and hashes; eight letters of hex without a digit are more likely a word.
    if only && hex >= 8 && (digits > 0 || hex >= 20) {
        return true;
    }
    is_random(part, digits)
}

/// Bytes that are no text make up much of it.
fn is_binary(part: &[u8]) -> bool {
    if std::str::from_utf8(part).is_ok_and(|text| !text.chars().any(char::is_control)) {
        return false;
    }
    let odd = part.iter().filter(|b| !(b' '..=b'~').contains(b)).count();
    part.len() >= 4 && odd * 4 >= part.len()
}

/// `ann@example.org`.
fn is_address(part: &[u8]) -> bool {
    let Some(at) = part.iter().position(|b| *b == b'@') else { return false };
    at > 0 && part[at + 1..].contains(&b'.')
}

/// Letters and digits that mix as in base 62 or base 64: many changes between kinds of characters.
fn is_random(part: &[u8], digits: usize) -> bool {
    if part.len() < 12
        || digits < 2
        || !part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    {
        return false;
    }
    let kind = |b: &u8| match b {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes = part.windows(2).filter(|pair| kind(&pair[0]) != kind(&pair[1])).count();
    changes * 4 >= part.len()
}

/// Text as it is, other bytes as `\xNN`.
fn escape(bytes: &[u8], shape: &mut String) {
    shape.push_str(&escaped(bytes));
}

/// Bytes for people: text as it is, but no control characters; other bytes as `\xNN`.
#[must_use]
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| hex(b, &mut text));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|b| hex(*b, &mut text));
    }
    text
}

fn hex(byte: u8, text: &mut String) {
    let _ = write!(text, "\\x{byte:02x}"); // a String takes everything
}

/// Different words at one place of a name, from which on they are taken for ids.
const WORDS: usize = 48;
/// Share of the names below one place from which on a word stands for itself.
const OWN: f64 = 0.02;

/// What each shape becomes when places with too many different words are made to vary as well.
#[must_use]
pub(crate) fn merge(shapes: &BTreeMap<String, u64>) -> BTreeMap<String, String> {
    let mut merged = BTreeMap::new();
    let all: Vec<Name<'_>> =
        shapes.iter().map(|(name, count)| Name { whole: name, rest: name, count: *count }).collect();
    descend("", all, &mut merged);
    merged
}

/// A shape on its way down the tree.
struct Name<'a> {
    whole: &'a str,
    rest: &'a str,
    count: u64,
}

/// Groups names by their next part, joins rare parts when there are too many, and goes on with each group.
fn descend(prefix: &str, names: Vec<Name<'_>>, merged: &mut BTreeMap<String, String>) {
    let total: u64 = names.iter().map(|name| name.count).sum();
    let mut groups: BTreeMap<(String, bool), Vec<Name<'_>>> = BTreeMap::new();
    for name in names {
        let at = name.rest.bytes().position(|byte| STRONG.contains(&byte));
        let (part, rest) = at.map_or((name.rest, None), |at| (&name.rest[..=at], Some(&name.rest[at + 1..])));
        match rest {
            Some(rest) => groups.entry((part.to_owned(), true)).or_default().push(Name { rest, ..name }),
            None => groups.entry((part.to_owned(), false)).or_default().push(Name { rest: "", ..name }),
        }
    }
    let own = |group: &[Name<'_>]| group.iter().map(|name| name.count).sum::<u64>() as f64 >= total as f64 * OWN;
    let rare = groups.values().filter(|group| !own(group)).count();
    if rare > WORDS {
        let mut joined: BTreeMap<(String, bool), Vec<Name<'_>>> = BTreeMap::new();
        for ((part, goes_on), group) in groups {
            let part = if own(&group) { part } else { any(&part, goes_on) };
            joined.entry((part, goes_on)).or_default().extend(group);
        }
        groups = joined;
    }
    for ((part, goes_on), group) in groups {
        let prefix = format!("{prefix}{part}");
        if goes_on {
            descend(&prefix, group, merged);
        } else {
            merged.extend(group.into_iter().map(|name| (name.whole.to_owned(), prefix.clone())));
        }
    }
}

/// `*` with the separator of the part.
fn any(part: &str, goes_on: bool) -> String {
    match part.chars().last().filter(|_| goes_on) {
        Some(separator) => format!("*{separator}"),
        None => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_becomes_a_star() {
        let cases: &[(&[u8], &str)] = &[
            (b"user:42:name", "user:*:name"),
            (b"user_42", "user_*"),
            (b"session42", "session*"),
            (b"s:550e8400-e29b-41d4-a716-446655440000:x", "s:*:x"),
            (b"s:550e8400e29b41d4a716446655440000", "s:*"),
            (b"hash:da39a3ee5e6b4b0d3255bfef95601890afd80709", "hash:*"),
            (b"token:eyJhbGciOiJIUzI1NiIsInR5cCI6", "token:*"),
            (b"mail:ann@example.org:inbox", "mail:*:inbox"),
            (b"visits:2024-01-31", "visits:*"),
            (b"stats-2024.01.31-hits", "stats-*-hits"),
            (b"{user:7}:cart", "{user:*}:cart"),
            (b"{7}:cart", "{*}:cart"),
            (b"feed", "feed"),
            (b"config:maintenance-mode", "config:maintenance-mode"),
            ("größe:7".as_bytes(), "größe:*"),
            (b"b:\x00\x01", "b:\\x00\\x01"),
            (b"b:\xff\xfe\x00\x01\x02", "b:*"),
            (b"", ""),
            (b":", ":"),
            (b"{}", "{}"),
            (b"{", "{"),
        ];
        for (name, expected) in cases {
            assert_eq!(&of(name), expected, "{}", escaped(name));
        }
    }

    #[test]
    fn many_words_at_one_place_are_ids_and_frequent_ones_are_not() {
        let mut shapes = BTreeMap::new();
        for at in 0..100 {
            let name: String = [at / 26, at % 26].iter().map(|n| char::from(b'a' + *n)).collect();
            shapes.insert(format!("user:{name}x:cart"), 1);
            shapes.insert(format!("user:{name}x:name"), 2);
        }
        shapes.insert("user:admin:cart".to_owned(), 50);
        shapes.insert("lang:de".to_owned(), 1);
        shapes.insert("lang:en".to_owned(), 1);
        let merged = merge(&shapes);
        assert_eq!(merged["user:aax:cart"], "user:*:cart");
        assert_eq!(merged["user:bcx:name"], "user:*:name");
        assert_eq!(merged["user:admin:cart"], "user:admin:cart");
        assert_eq!(merged["lang:de"], "lang:de");
        assert_eq!(merged.len(), shapes.len());
    }

    #[test]
    fn any_bytes_have_a_shape() {
        for seed in 0..2_000_u32 {
            let mut state = seed;
            let name: Vec<u8> = (0..seed % 40)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            assert!(!of(&name).chars().any(char::is_control), "{name:?}");
        }
    }
}

//! Literals out of statement texts: a session's query may hold customers' data or a password.
//!
//! It errs on the side of masking: a text that was cut off in the middle of a literal loses its rest.

/// The statement with string and number literals replaced by `?` and comments left out.
pub(crate) fn literals(sql: &str) -> String {
    mask(sql, true)
}

/// The statement with string literals replaced by `?`; for texts whose numbers the server has replaced.
pub(crate) fn strings(sql: &str) -> String {
    if sql.contains('\'') || sql.contains("$$") { mask(sql, false) } else { sql.to_owned() }
}

fn mask(sql: &str, numbers: bool) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let before = out.chars().next_back();
        let in_word = before.is_some_and(|b| b.is_alphanumeric() || b == '_' || b == '$');
        let taken = match c {
            '\'' => {
                let escapes = escape_prefix(&mut out);
                out.push('?');
                string_end(rest, escapes)
            }
            '"' => {
                let end = rest[1..].find('"').map_or(rest.len(), |at| at + 2);
                out.push_str(&rest[..end]);
                end
            }
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment_end(rest),
            '$' if !in_word && dollar_tag(rest).is_some() => {
                let tag = dollar_tag(rest).unwrap_or("$$");
                out.push('?');
                rest[tag.len()..].find(tag).map_or(rest.len(), |at| at + 2 * tag.len())
            }
            '0'..='9' if numbers && !in_word => {
                out.push('?');
                number_end(rest)
            }
            _ => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    out.trim().to_owned()
}

/// Takes the prefix of `E'…'`, `B'…'`, `U&'…'` off again; says whether backslashes escape.
fn escape_prefix(out: &mut String) -> bool {
    let tail: String = out.chars().rev().take(2).collect();
    let mut last = tail.chars();
    let prefix = last.next();
    let stands_alone = !last.next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    match prefix {
        Some('e' | 'E') if stands_alone => {
            out.pop();
            true
        }
        Some('b' | 'B' | 'x' | 'X' | 'n' | 'N') if stands_alone => {
            out.pop();
            false
        }
        _ => false,
    }
}

fn string_end(text: &str, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn comment_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'/', b'*') => {
                depth += 1;
                at += 2;
            }
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// `$tag$` at the start of a text; `$1` is a parameter, not a tag.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 2;
    let name = &text[1..end - 1];
    let valid =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    valid.then(|| &text[..end])
}

fn number_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::{literals, strings};

    #[test]
    fn every_kind_of_literal_goes() {
        let cases = [
            ("SELECT * FROM t1 WHERE a = 'it''s' AND b = 42", "SELECT * FROM t1 WHERE a = ? AND b = ?"),
            ("SELECT E'a\\'b', x'ff', 1.5e3, -7", "SELECT ?, ?, ?, -?"),
            ("SELECT $1, $tag$ se'cret $tag$, $$x$$", "SELECT $1, ?, ?"),
            ("/* user=7 /* x */ */ UPDATE \"t'7\" SET c2 = 3 -- why 9", "UPDATE \"t'7\" SET c2 = ?"),
            ("ALTER ROLE r PASSWORD 'hunter", "ALTER ROLE r PASSWORD ?"),
            ("SELECT 'naïve 😀' , 'x'", "SELECT ? , ?"),
            ("SELECT $$cut off", "SELECT ?"),
        ];
        for (sql, masked) in cases {
            assert_eq!(literals(sql), masked, "{sql}");
        }
    }

    #[test]
    fn normalised_statements_keep_their_numbers() {
        assert_eq!(strings("SELECT * FROM t WHERE a = $1 LIMIT $2"), "SELECT * FROM t WHERE a = $1 LIMIT $2");
        assert_eq!(strings("CREATE USER x PASSWORD 'y'"), "CREATE USER x PASSWORD ?");
    }
}

//! Reads the parts of a `CREATE INDEX` text that no PRAGMA tells: expressions and the predicate.
//!
//! SQLite keeps the text as the user wrote it, after having accepted it, so only quotes, comments and
//! parentheses need to be understood.

/// What the text of an index says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexText {
    /// The key parts, in order, without COLLATE, ASC and DESC.
    pub(crate) keys: Vec<String>,
    /// What stands behind WHERE.
    pub(crate) predicate: Option<String>,
}

/// Reads `CREATE [UNIQUE] INDEX name ON table (key, …) [WHERE …]`.
pub(crate) fn parse(sql: &str) -> IndexText {
    let mut depth = 0_usize;
    let mut parts: Vec<&str> = Vec::new();
    let mut part = 0;
    let mut end = sql.len();
    let mut at = 0;
    while at < sql.len() {
        let length = token(&sql[at..]);
        match &sql[at..at + length] {
            "(" => {
                depth += 1;
                if depth == 1 {
                    part = at + 1;
                }
            }
            "," if depth == 1 => {
                parts.push(&sql[part..at]);
                part = at + 1;
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    parts.push(&sql[part..at]);
                    end = at + 1;
                    break;
                }
            }
            _ => {}
        }
        at += length;
    }
    let tail = sql[end..].trim();
    let predicate = tail.get(..5).filter(|word| word.eq_ignore_ascii_case("where")).map(|_| tail[5..].trim());
    IndexText {
        keys: parts.into_iter().map(|part| without_order(part).to_owned()).collect(),
        predicate: predicate.map(|text| text.trim_end_matches(';').trim().to_owned()),
    }
}

/// Length of the token that a text begins with: a quoted name, a string, a comment, a word, or one character.
fn token(text: &str) -> usize {
    let first = text.chars().next().unwrap_or(' ');
    let closing = |end: &str, skip: usize| text[skip..].find(end).map_or(text.len(), |at| skip + at + end.len());
    match first {
        '\'' | '"' | '`' => closing(first.encode_utf8(&mut [0; 4]), 1),
        '[' => closing("]", 1),
        '-' if text.starts_with("--") => closing("\n", 2),
        '/' if text.starts_with("/*") => closing("*/", 2),
        c if is_word(c) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
        c => c.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A key part without its trailing `COLLATE name`, `ASC` or `DESC`.
fn without_order(part: &str) -> &str {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while at < part.len() {
        let length = token(&part[at..]);
        let text = &part[at..at + length];
        if !text.trim().is_empty() && !text.starts_with("--") && !text.starts_with("/*") {
            words.push((at, text));
        }
        at += length;
    }
    let mut end = part.len();
    if let Some((at, word)) = words.last()
        && (word.eq_ignore_ascii_case("asc") || word.eq_ignore_ascii_case("desc"))
        && words.len() > 1
    {
        end = *at;
        words.pop();
    }
    if let [.., (at, word), _] = words.as_slice()
        && word.eq_ignore_ascii_case("collate")
    {
        end = *at;
    }
    part[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_expressions_and_predicates() {
        let text =
            parse("CREATE INDEX \"a(b\" ON t(lower(a, ',)') COLLATE nocase DESC, [b,c] asc) WHERE x IS NOT NULL;");
        assert_eq!(text.keys, ["lower(a, ',)')", "[b,c]"]);
        assert_eq!(text.predicate.as_deref(), Some("x IS NOT NULL"));
    }

    #[test]
    fn survives_what_is_no_index() {
        assert_eq!(parse(""), IndexText::default());
        assert_eq!(parse("CREATE INDEX i ON t(a").keys, Vec::<String>::new());
        assert_eq!(parse("x(\u{1f600}, 'ü)").keys, ["\u{1f600}"]);
    }
}

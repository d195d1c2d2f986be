//! Small readings of text for the report.

use dbwright_core::words;

/// Characters of a statement in the report.
const SHORT: usize = 500;

/// A statement on one line, shortened.
pub(super) fn short(text: &str) -> String {
    words::line(text, SHORT)
}

/// The name in `CREATE INDEX … name ON …`, without quotes.
pub(crate) fn name_in(statements: &[String]) -> String {
    let rest = statements.iter().find_map(|s| s.split_once("INDEX ")).map_or("", |(_, rest)| rest);
    let rest = rest.strip_prefix("CONCURRENTLY ").unwrap_or(rest);
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split("\" ").next().unwrap_or_default().replace("\"\"", "\""),
        None => rest.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// Whether a statement names a constant itself, as it is when it has no placeholders.
pub(super) fn says(text: &str, constant: &str) -> bool {
    let mut parts = text.split('$');
    let mut bare = parts.next().unwrap_or_default().to_owned();
    let mut filled = false;
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        filled |= rest.len() < part.len();
        bare.push(' ');
        bare.push_str(rest);
    }
    let value = constant.split("::").next().unwrap_or_default().trim_matches(['(', ')', ' ']);
    let quoted = value.starts_with('\'');
    let word = |c: char| !(c.is_alphanumeric() || c == '_' || c == '.');
    !filled || (quoted && bare.contains(value)) || (!quoted && bare.split(word).any(|one| one == value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_from_its_statement() {
        let name = |s: &str| name_in(&[s.to_owned()]);
        assert_eq!(name("CREATE INDEX CONCURRENTLY a_b_idx ON t (b)"), "a_b_idx");
        assert_eq!(name("CREATE INDEX \"odd \"\"name\" ON t (b)"), "odd \"name");
    }

    #[test]
    fn what_a_placeholder_was_filled_with_is_not_said() {
        assert!(says("SELECT x FROM t WHERE a = 7", "9"), "without placeholders all is said");
        assert!(!says("SELECT x FROM t WHERE a = $1", "1"));
        assert!(!says("SELECT x FROM t WHERE a = $1 AND b = 17", "7") && says("… a = $1 AND b = 17", "17"));
        assert!(says("… a = $1 AND s = 'open'", "'open'::text") && !says("… a = $1 AND s = $2", "'open'::text"));
    }

    #[test]
    fn long_statements_are_cut_between_characters() {
        let text = "é ".repeat(SHORT);
        assert_eq!(short(&text).chars().count(), SHORT);
        assert_eq!(short(" select\n 1 "), "select 1");
    }
}

//! Reads `RANGE (day) (PARTITION p FOR VALUES FROM … TO …, PARTITION rest DEFAULT)`.

use dbwright_core::Failure;

/// How a table is to be partitioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partitioning {
    /// `RANGE (day)`, as written.
    pub(super) strategy: String,
    /// What stands between the parentheses, at commas.
    pub(super) keys: Vec<String>,
    /// Each partition: its name, unquoted and folded, and its bound from `FOR VALUES` or `DEFAULT` on.
    pub(super) parts: Vec<(String, String)>,
}

impl Partitioning {
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let groups = groups(text);
        let mut read = Self::key(text)?;
        let Some(list) = groups.get(1) else { return Err(no_parts(text)) };
        let parts = split(&text[list.0 + 1..list.1]).iter().map(|one| part(one)).collect::<Option<Vec<_>>>();
        match parts {
            Some(parts) if !parts.is_empty() && groups.len() == 2 => read.parts = parts,
            _ => return Err(unreadable(text)),
        }
        Ok(read)
    }

    /// Reads `RANGE (day)`, without partitions.
    pub(super) fn key(text: &str) -> Result<Self, Failure> {
        let groups = groups(text);
        let Some(first) = groups.first() else { return Err(unreadable(text)) };
        let method = text[..first.0].trim().to_ascii_uppercase();
        if !matches!(method.as_str(), "RANGE" | "LIST" | "HASH") {
            return Err(unreadable(text));
        }
        let keys = split(&text[first.0 + 1..first.1]);
        let strategy = format!("{method} ({})", text[first.0 + 1..first.1].trim());
        Ok(Self { strategy, keys, parts: Vec::new() })
    }

    /// The columns of the key, unquoted; none when an expression is among them.
    pub(super) fn columns(&self) -> Option<Vec<String>> {
        self.keys
            .iter()
            .map(|key| name(key).filter(|(_, rest)| !rest.trim_start().starts_with('(')).map(|(name, _)| name))
            .collect()
    }
}

fn unreadable(text: &str) -> Failure {
    Failure::usage("migrate.partition-by", format!("the partitions are not understood: {text}"))
        .hint("write it so: ALTER TABLE t PARTITION BY RANGE (day) (PARTITION p2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'), PARTITION rest DEFAULT)")
}

fn no_parts(text: &str) -> Failure {
    Failure::usage("migrate.partition-by", format!("no partition is named that the rows could go to: {text}"))
        .hint("add at least (PARTITION rest DEFAULT) after the key")
}

/// `PARTITION name bound`.
fn part(text: &str) -> Option<(String, String)> {
    let rest = text.trim();
    let word = rest.get(..9).filter(|word| word.eq_ignore_ascii_case("partition"))?;
    let (name, bound) = name(rest[word.len()..].trim_start())?;
    let bound = bound.trim();
    let known = ["for values", "default"].iter().any(|start| bound.to_ascii_lowercase().starts_with(start));
    known.then(|| (name, bound.to_owned()))
}

/// A name at the start of a text, as the server folds it, and what follows.
pub(super) fn name(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    name.push('"');
                }
                '"' => return Some((name, &quoted[at + 1..])),
                _ => name.push(c),
            }
        }
        return None;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_lowercase(), &text[end..]))
}

/// The places of the outermost parentheses.
fn groups(text: &str) -> Vec<(usize, usize)> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    walk(text, |at, c| match c {
        '(' => {
            depth += 1;
            if depth == 1 {
                start = at;
            }
        }
        ')' => {
            depth -= 1;
            if depth == 0 {
                found.push((start, at));
            }
        }
        _ => {}
    });
    found
}

/// The parts of a text at its outermost commas.
fn split(text: &str) -> Vec<String> {
    let (mut depth, mut cuts) = (0, vec![]);
    walk(text, |at, c| match c {
        '(' => depth += 1,
        ')' => depth -= 1,
        ',' if depth == 0 => cuts.push(at),
        _ => {}
    });
    cuts.push(text.len());
    let mut from = 0;
    cuts.into_iter()
        .map(|at| text[std::mem::replace(&mut from, (at + 1).min(text.len()))..at].trim().to_owned())
        .collect()
}

/// Shows each character that stands outside of quotes.
fn walk(text: &str, mut see: impl FnMut(usize, char)) {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None => see(at, c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_partitions_are_read() {
        let text = "range (Day, \"A,b\") (PARTITION \"P (1\" FOR VALUES FROM ('2026-01-01, (', 1) TO (MAXVALUE, 2), partition Rest DEFAULT)";
        let read = Partitioning::read(text).expect("it is read");
        assert_eq!(read.strategy, "RANGE (Day, \"A,b\")");
        assert_eq!(read.columns().expect("columns"), ["day", "A,b"]);
        let bound = "FOR VALUES FROM ('2026-01-01, (', 1) TO (MAXVALUE, 2)".to_owned();
        assert_eq!(read.parts, [("P (1".to_owned(), bound), ("rest".to_owned(), "DEFAULT".to_owned())]);
    }

    #[test]
    fn an_expression_is_no_column() {
        let read = Partitioning::read("LIST (lower(city)) (PARTITION p DEFAULT)").expect("it is read");
        assert_eq!(read.columns(), None);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in
            ["", "RANGE", "RANGE (a)", "RANGE (a) ()", "RANGE (a) (p DEFAULT)", "TREE (a) (PARTITION p DEFAULT)"]
        {
            assert_eq!(Partitioning::read(text).expect_err(text).code, "migrate.partition-by");
        }
    }
}

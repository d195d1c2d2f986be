//! "Did you mean": the known words nearest to an unknown one.

/// Up to three candidates within a third of the word's length, the nearest first.
#[must_use]
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let mut found: Vec<_> = known.into_iter().map(|k| (distance(word, k), k)).filter(|(d, _)| *d <= limit).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, k)| k).collect()
}

/// `did you mean a, b?`, when there is something near.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found = near(word, known);
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(" or ")))
}

/// Levenshtein distance in characters; case does not count, nor `-` against `_`.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let (a, b) = (plain(a), plain(b));
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let swap = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_and_nothing_far() {
        assert_eq!(near("postgers", ["sqlite", "postgresql", "postgres"]), ["postgres"]);
        assert!(near("oracle", ["sqlite", "postgres"]).is_empty());
        assert_eq!(did_you_mean("sqlit", ["sqlite"]).as_deref(), Some("did you mean sqlite?"));
    }
}

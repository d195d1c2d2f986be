//! "Did you mean": the known words nearest to an unknown one.

/// Up to three candidates within a third of the word's length, the nearest first. Of one or two letters none is a slip: any
/// other name of that length would be near.
#[must_use]
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let limit = match word.chars().count() {
        0..=2 => 0,
        letters => letters / 3,
    };
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

/// How many letters have to be put in, left out, exchanged or turned round with their neighbour; case does not count, nor `-`
/// against `_`.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('-', "_").chars().collect::<Vec<char>>();
    let (a, b) = (plain(a), plain(b));
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let exchanged = last[j] + usize::from(a[i] != b[j]);
            let mut least = exchanged.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && (a[i], a[i - 1]) == (b[j - 1], b[j]) {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_and_nothing_far() {
        assert_eq!(near("postgers", ["sqlite", "postgresql", "postgres"]), ["postgres"]);
        assert!(near("oracle", ["sqlite", "postgres"]).is_empty());
        assert_eq!(did_you_mean("sqlit", ["sqlite"]).as_deref(), Some("did you mean sqlite?"));
        assert_eq!(near("emial", ["id", "name", "email"]), ["email"]);
        assert_eq!(near("ID", ["ib", "id", "d", "i-d"]), ["id"]);
        assert!(near("a", ["b", "", "ab"]).is_empty() && near("ab", ["ba", "a", "abc"]).is_empty());
        assert_eq!(near("abd", ["abc", "ab"]), ["ab", "abc"]);
    }

    #[test]
    fn each_slip_of_the_hand_counts_once() {
        for (a, b, slips) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
            ("A-b", "a_B", 0),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (slips, slips), "{a} {b}");
        }
    }
}

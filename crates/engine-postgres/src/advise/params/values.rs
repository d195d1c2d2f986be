//! What the statistics of a column know of its values: which are frequent, which rare, and where a share of them lies.

use std::cmp::Ordering;

use crate::body::ColumnStats;

/// The values of a column, as far as the statistics show them.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    /// Most common values with their share of the rows, the most common first.
    pub(super) common: Vec<(String, f64)>,
    /// Bounds between which the other values lie in equal numbers.
    pub(super) bounds: Vec<String>,
    /// Most common elements of arrays and lexemes of documents with their share of the rows.
    pub(super) elements: Vec<(String, f64)>,
    /// Share of the rows that holds the values beside the common ones.
    rest: f64,
    /// Share of the rows that one of those holds.
    rare: f64,
    /// All values in order, with the share of the rows at or before each.
    line: Vec<(String, f64)>,
}

impl Values {
    /// From the statistics; none when they show no value.
    pub(super) fn new(stats: &ColumnStats, rows: f64) -> Option<Self> {
        let texts = stats.most_common_vals.as_deref().map(array).unwrap_or_default();
        let common: Vec<_> = texts.into_iter().zip(stats.most_common_freqs.iter().copied()).collect();
        let bounds = stats.histogram_bounds.as_deref().map(array).unwrap_or_default();
        let texts = stats.most_common_elems.as_deref().map(array).unwrap_or_default();
        let mut elements: Vec<_> = texts.into_iter().zip(stats.most_common_elem_freqs.iter().copied()).collect();
        elements.sort_by(|a, b| b.1.total_cmp(&a.1));
        if common.is_empty() && bounds.is_empty() && elements.is_empty() {
            return None;
        }
        let told: f64 = common.iter().map(|(_, share)| share).sum();
        let rest = (1.0 - stats.null_frac - told).max(0.0);
        let all = if stats.n_distinct < 0.0 { -stats.n_distinct * rows } else { stats.n_distinct };
        let rare = rest / (all - common.len() as f64).max(1.0);
        let line = line(&common, &bounds, rest);
        Some(Self { common, bounds, elements, rest, rare, line })
    }

    /// Values of which only the shares are known.
    pub(super) fn of(common: Vec<(String, f64)>) -> Self {
        Self { line: line(&common, &[], 0.0), common, ..Self::default() }
    }

    /// The same with each value changed, in an order that may have changed.
    pub(super) fn mapped(&self, change: fn(&str) -> String) -> Self {
        let common: Vec<_> = self.common.iter().map(|(value, share)| (change(value), *share)).collect();
        let bounds: Vec<_> = self.bounds.iter().map(|value| change(value)).collect();
        let line = line(&common, &bounds, self.rest);
        Self { common, bounds, line, ..self.clone() }
    }

    /// Up to three values to compare with, each with the share of the rows that values like it hold: the most common
    /// one, one from the middle, and one of those that are not common. `skip` asks for the next ones of each kind.
    pub(super) fn points(&self, skip: usize) -> [Option<(String, f64)>; 3] {
        let top = self.common.first().map_or(0.0, |(_, share)| *share);
        let split = self.common.partition_point(|(_, share)| *share * 2.0 >= top);
        let (head, tail) = self.common.split_at(split);
        let weight = |part: &[(String, f64)]| part.iter().map(|(_, share)| share).sum::<f64>();
        let pick = |part: &[(String, f64)], at: usize| {
            (!part.is_empty()).then(|| (part[(at + skip) % part.len()].0.clone(), weight(part)))
        };
        let rare = self.inner_bound(skip).map(|value| (value, self.rest));
        match tail.split_last().filter(|_| rare.is_none()) {
            // Every value is a common one: the least common stands for the rare ones.
            Some((last, between)) => [pick(head, 0), pick(between, between.len() / 2), Some(last.clone())],
            None => [pick(head, 0), pick(tail, tail.len() / 2), rare],
        }
    }

    /// A value that is not among the common ones, near the middle of the histogram.
    fn inner_bound(&self, skip: usize) -> Option<String> {
        let n = self.bounds.len();
        (n > 0).then(|| self.bounds[(n / 2 + skip * 7) % n].clone())
    }

    /// Share of the rows that a value of the third kind holds, against one of the first.
    pub(super) fn skewed(&self) -> bool {
        let top = self.common.first().map_or(self.rare, |(_, share)| *share);
        top > self.rare * 2.0 || self.common.last().is_some_and(|(_, share)| top > share * 2.0)
    }

    /// The value at or before which this share of the rows lies.
    pub(super) fn at(&self, share: f64) -> Option<&str> {
        let at = self.line.partition_point(|(_, sum)| *sum + 1e-9 < share);
        self.line.get(at.min(self.line.len().checked_sub(1)?)).map(|(value, _)| value.as_str())
    }

    /// Common and other values, the common ones first.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.common.iter().map(|(value, _)| value.as_str()).chain(self.bounds.iter().map(String::as_str))
    }
}

/// All values in order, with the share of the rows at or before each.
fn line(common: &[(String, f64)], bounds: &[String], rest: f64) -> Vec<(String, f64)> {
    let each = rest / (bounds.len().saturating_sub(1).max(1)) as f64;
    let others = bounds.iter().enumerate().map(|(at, value)| (value.clone(), if at == 0 { 0.0 } else { each }));
    let mut all: Vec<_> = common.iter().cloned().chain(others).collect();
    all.sort_by(|a, b| order(&a.0, &b.0));
    let whole: f64 = all.iter().map(|(_, share)| share).sum();
    let mut sum = 0.0;
    for (_, share) in &mut all {
        sum += *share;
        *share = if whole > 0.0 { sum / whole } else { 1.0 };
    }
    all
}

/// Numbers by their value, all else (dates as well, which PostgreSQL prints in ISO order) as text.
fn order(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

/// The members of an array in PostgreSQL's own text; nulls are left out.
pub(super) fn array(text: &str) -> Vec<String> {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return Vec::new() };
    let mut members = Vec::new();
    let (mut member, mut quoted, mut in_quotes, mut any) = (String::new(), false, false, false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        any = true;
        match c {
            '\\' => member.extend(chars.next()),
            '"' => (in_quotes, quoted) = (!in_quotes, true),
            ',' if !in_quotes => {
                push(&mut members, std::mem::take(&mut member), quoted);
                quoted = false;
            }
            c => member.push(c),
        }
    }
    if any {
        push(&mut members, member, quoted);
    }
    members
}

fn push(members: &mut Vec<String>, member: String, quoted: bool) {
    if quoted || member != "NULL" {
        members.push(member);
    }
}

/// An array in PostgreSQL's own text.
pub(super) fn array_text<S: AsRef<str>>(members: &[S]) -> String {
    let quoted = |member: &S| format!("\"{}\"", member.as_ref().replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", members.iter().map(quoted).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(common: &str, shares: &[f64], bounds: &str, distinct: f64) -> ColumnStats {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ColumnStats {
            most_common_vals: some(common),
            most_common_freqs: shares.to_vec(),
            histogram_bounds: some(bounds),
            n_distinct: distinct,
            ..ColumnStats::default()
        }
    }

    #[test]
    fn arrays_are_read_and_written_with_their_quotes() {
        let members = array(r#"{a,"b, c","d\"e\\",NULL,"NULL",""}"#);
        assert_eq!(members, ["a", "b, c", "d\"e\\", "NULL", ""]);
        assert_eq!(array(&array_text(&members)), members);
        assert_eq!(array("{}"), [""; 0]);
    }

    #[test]
    fn a_skewed_column_gives_a_frequent_a_middle_and_a_rare_value() {
        let values =
            Values::new(&stats("{done,open,new}", &[0.9, 0.05, 0.02], "{x1,x2,x3}", 100.0), 1e6).expect("values");
        let [frequent, middle, rare] = values.points(0);
        assert_eq!(frequent.map(|(value, _)| value).as_deref(), Some("done"));
        assert_eq!(middle.map(|(value, _)| value).as_deref(), Some("new"));
        assert_eq!(rare.map(|(value, _)| value).as_deref(), Some("x2"));
        assert!(values.skewed());
    }

    #[test]
    fn a_key_has_one_kind_of_value() {
        let values = Values::new(&stats("", &[], "{1,50,100}", -1.0), 100.0).expect("values");
        assert_eq!(values.points(0).map(|point| point.map(|(value, _)| value)), [None, None, Some("50".to_owned())]);
        assert!(!values.skewed());
    }

    #[test]
    fn shares_lie_where_the_numbers_say() {
        let bounds = format!("{{{}}}", (0..=100).map(|n| (n * 10).to_string()).collect::<Vec<_>>().join(","));
        let values = Values::new(&stats("", &[], &bounds, -1.0), 1e4).expect("values");
        assert_eq!((values.at(0.5), values.at(0.95), values.at(2.0)), (Some("500"), Some("950"), Some("1000")));
        let few = Values::new(&stats("{30,4}", &[0.75, 0.25], "", 2.0), 1e4).expect("values");
        assert_eq!((few.at(0.1), few.at(0.9)), (Some("4"), Some("30")));
    }
}

//! Numbers as people read them, for titles and explanations; evidence carries the exact values.

/// A count, rounded, with thousands set apart: `1,234,567`.
#[must_use]
pub fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = if number < 0.0 && digits != "0" { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes with a binary unit: `8 kB`, `1.5 GB`, as PostgreSQL's own `pg_size_pretty` names them.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let mut value = as_f64(bytes);
    let mut unit = "bytes";
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    let decimals = usize::from(value < 10.0 && unit != "bytes" && value.fract() >= 0.05);
    format!("{value:.decimals$} {unit}")
}

/// A share as a percentage: `93 %`, `99.98 %`, never `100 %` for less than all.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let near_an_end = (percent > 99.0 && percent < 100.0) || (percent > 0.0 && percent < 1.0);
    if near_an_end { format!("{:.2} %", (percent * 100.0).floor() / 100.0) } else { format!("{percent:.0} %") }
}

/// A duration in its largest fitting unit: `45 s`, `12 min`, `3 h`, `9 days`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// The same, from milliseconds on: `340 ms`, `45 s`.
#[must_use]
pub fn duration(time: f64) -> String {
    if time < 1.0 { format!("{:.0} ms", (time * 1000.0).ceil().max(1.0)) } else { seconds(time) }
}

/// Names in a row: `a, b and 3 more`.
#[must_use]
pub fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

/// A statement on one line, short enough to be named in a sentence.
#[must_use]
pub fn short(sql: &str) -> String {
    line(sql, 100)
}

/// A statement on one line, cut to that many characters.
#[must_use]
pub fn line(sql: &str, shown: usize) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().nth(shown).is_none() {
        line
    } else {
        line.chars().take(shown.saturating_sub(1)).chain("…".chars()).collect()
    }
}

/// A counter for arithmetic; exact up to 2^53, which no counter here reaches.
#[expect(clippy::cast_precision_loss, reason = "counters and sizes stay far below 2^53")]
#[must_use]
pub const fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let shown = [0.0, -0.2, 999.0, 1_000.0, -1_234_567.0].map(count);
        assert_eq!(shown, ["0", "0", "999", "1,000", "-1,234,567"]);
    }

    #[test]
    fn sizes_have_at_most_one_decimal() {
        assert_eq!([bytes(0), bytes(8192), bytes(1_610_612_736)], ["0 bytes", "8 kB", "1.5 GB"]);
        assert_eq!(bytes(10 << 40), "10 TB");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!([percent(0.5), percent(1.0), percent(0.999_99), percent(0.0)], ["50 %", "100 %", "99.99 %", "0 %"]);
    }

    #[test]
    fn durations_take_their_largest_unit() {
        assert_eq!(
            [seconds(45.0), seconds(720.0), seconds(10_800.0), seconds(777_600.0)],
            ["45 s", "12 min", "3 h", "9 days"]
        );
        assert_eq!([0.0, 0.3401, 2.0].map(duration), ["1 ms", "341 ms", "2 s"]);
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<_> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(some_of(&names[..2]), "a and b");
        assert_eq!(some_of(&names), "a, b, c and 2 more");
    }
}

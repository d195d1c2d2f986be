//! Numbers for people: bytes in binary units, times in words, shares in percent, thousands set apart.
//!
//! What comes out is fit for one line of a terminal, whatever the value or its unit held.

use dbwright_core::finding::Value;
use dbwright_core::proof::Experiment;
use dbwright_core::words::count;

use super::layout;

/// A value with its unit.
pub(crate) fn value(value: &Value, unit: &str) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Int(n) => number(*n as f64, unit),
        Value::Float(n) => number(*n, unit),
        Value::Text(text) => layout::inline(format!("{text} {unit}").trim_end()),
    }
}

/// A number with its unit.
pub(crate) fn number(n: f64, unit: &str) -> String {
    if !n.is_finite() {
        return "unknown".to_owned();
    }
    match unit {
        "bytes" => bytes(n),
        "ms" => time(n),
        "s" => time(n * 1000.0),
        "ratio" => percent(n),
        "" => plain(n),
        "cost" => format!("cost {}", plain(n)),
        unit => format!("{} {}", plain(n), layout::inline(singular(n, unit))),
    }
}

fn singular(n: f64, unit: &str) -> &str {
    let unit = if unit == "indexes" && (n - 1.0).abs() < f64::EPSILON { "index" } else { unit };
    if (n - 1.0).abs() < f64::EPSILON { unit.strip_suffix('s').filter(|u| u.len() > 2).unwrap_or(unit) } else { unit }
}

/// Bytes in binary units with three digits, for example `1.25 MiB`.
pub(crate) fn bytes(n: f64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut size = n;
    let mut step = 0;
    while size.abs() >= 1024.0 && step + 1 < units.len() {
        size /= 1024.0;
        step += 1;
    }
    let unit = if step == 0 { singular(n, "bytes") } else { units[step] };
    format!("{} {unit}", three_digits(size))
}

/// Bytes in decimal units with three digits, for example `412 MB`: what budgets are written in.
pub(crate) fn decimal_bytes(n: f64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut size = n;
    let mut step = 0;
    // What would be shown as `1,000 kB` is a megabyte.
    while size.abs() >= 999.5 && step + 1 < units.len() {
        size /= 1000.0;
        step += 1;
    }
    let unit = if step == 0 { singular(n, "bytes") } else { units[step] };
    format!("{} {unit}", three_digits(size))
}

/// A time given in ms, in the unit that suits its length.
pub(crate) fn time(ms: f64) -> String {
    let s = ms / 1000.0;
    let pair = |whole: f64, per: f64, big: &str, small: &str| {
        let (big_n, small_n) = ((whole / per).floor(), (whole % per).floor());
        if small_n == 0.0 {
            format!("{} {big}", plain(big_n))
        } else {
            format!("{} {big} {small_n} {small}", plain(big_n))
        }
    };
    match s.abs() {
        a if a < 1.0 => format!("{} ms", three_digits(ms)),
        a if a < 60.0 => format!("{} s", three_digits(s)),
        a if a < 3600.0 => pair(s, 60.0, "min", "s"),
        a if a < 86_400.0 => pair(s / 60.0, 60.0, "h", "min"),
        a if a < 172_800.0 => pair(s / 3600.0, 24.0, "day", "h"),
        _ => pair(s / 3600.0, 24.0, "days", "h"),
    }
}

/// A share in percent; rounding never makes a whole out of almost all.
pub(crate) fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let shown = format!("{percent:.1}");
    let shown =
        if shown == "100.0" && percent < 100.0 { format!("{:.2}", (percent * 100.0).floor() / 100.0) } else { shown };
    let shown = if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.') } else { &shown };
    format!("{shown} %")
}

/// A number with thousands set apart; fractions with three digits.
pub(crate) fn plain(n: f64) -> String {
    if n.fract() == 0.0 || n.abs() >= 1000.0 { count(n) } else { three_digits(n) }
}

/// At least three significant digits, no trailing zeros.
fn three_digits(n: f64) -> String {
    let mut decimals = 2;
    let mut size = n.abs();
    while size >= 10.0 && decimals > 0 {
        size /= 10.0;
        decimals -= 1;
    }
    while size > 0.0 && size < 1.0 && decimals < 9 {
        size *= 10.0;
        decimals += 1;
    }
    let text = format!("{n:.decimals$}");
    if decimals == 0 { count(n) } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// What an experiment gained, for example `458× faster`; none when the sides can't be divided.
pub(crate) fn gain(e: &Experiment) -> Option<String> {
    let word = |better: &'static str, worse: &'static str| if e.after <= e.before { better } else { worse };
    let word = match e.unit.as_str() {
        "ms" | "s" => word("faster", "slower"),
        "bytes" => word("smaller", "larger"),
        "cost" => word("cheaper", "dearer"),
        _ => word("less", "more"),
    };
    if e.before <= 0.0 || e.after <= 0.0 || e.unit == "findings" {
        return None;
    }
    let factor = if e.after <= e.before { e.before / e.after } else { e.after / e.before };
    Some(format!("{}× {word}", if factor < 10.0 { three_digits(factor) } else { plain(factor.round()) }))
}

/// The figures of an experiment in one line.
pub(crate) fn experiment(e: &Experiment) -> String {
    if e.unit == "findings" {
        let count = |n: f64| if n == 0.0 { "none".to_owned() } else { number(n, &e.unit) };
        return format!("{} before, {} after", count(e.before), count(e.after));
    }
    let gain = gain(e).map(|gain| format!(", {gain}")).unwrap_or_default();
    let runs = if e.runs == 1 { "1 run".to_owned() } else { format!("median of {} runs each", e.runs) };
    let spread = if e.spread > 0.0 { format!(", spread ± {}", number(e.spread, &e.unit)) } else { String::new() };
    format!("{} → {}{gain} ({runs}{spread})", number(e.before, &e.unit), number(e.after, &e.unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [
            (0.0, "scans", "0 scans"),
            (1.0, "scans", "1 scan"),
            (1.0, "indexes", "1 index"),
            (1_234_567.0, "rows", "1,234,567 rows"),
            (1023.0, "bytes", "1,023 bytes"),
            (12_897_484.0, "bytes", "12.3 MiB"),
            (1024.0, "bytes", "1 KiB"),
            (0.9, "ms", "0.9 ms"),
            (412.0, "ms", "412 ms"),
            (3210.0, "ms", "3.21 s"),
            (300.0, "s", "5 min"),
            (4_000.0, "s", "1 h 6 min"),
            (1_000_000.0, "s", "11 days 13 h"),
            (86_400.0, "s", "1 day"),
            (14_021.5, "cost", "cost 14,022"),
            (0.931, "ratio", "93.1 %"),
            (0.95, "ratio", "95 %"),
            (1.0, "ratio", "100 %"),
            (0.999_99, "ratio", "99.99 %"),
            (0.000_123_4, "", "0.000123"),
            (-1500.0, "rows", "-1,500 rows"),
            (f64::NAN, "ms", "unknown"),
        ];
        for (n, unit, expected) in cases {
            assert_eq!(number(n, unit), expected);
        }
    }

    #[test]
    fn decimal_bytes_are_powers_of_1000() {
        let cases = [
            (0.0, "0 bytes"),
            (1.0, "1 byte"),
            (412e6, "412 MB"),
            (2e9, "2 GB"),
            (999_900.0, "1 MB"),
            (-8192.0, "-8.19 kB"),
        ];
        for (n, expected) in cases {
            assert_eq!(decimal_bytes(n), expected);
        }
    }

    #[test]
    fn a_gain_says_which_way() {
        let experiment = |before, after, unit: &str| Experiment {
            before,
            after,
            unit: unit.to_owned(),
            runs: 5,
            spread: 0.1,
            repeat: String::new(),
            note: None,
        };
        assert_eq!(gain(&experiment(412.0, 0.9, "ms")).as_deref(), Some("458× faster"));
        assert_eq!(gain(&experiment(1.0, 1.5, "ms")).as_deref(), Some("1.5× slower"));
        assert_eq!(gain(&experiment(1.0, 0.0, "findings")), None);
        assert_eq!(super::experiment(&experiment(1.0, 0.0, "findings")), "1 finding before, none after");
        assert_eq!(
            super::experiment(&experiment(412.0, 0.9, "ms")),
            "412 ms → 0.9 ms, 458× faster (median of 5 runs each, spread ± 0.1 ms)"
        );
    }
}

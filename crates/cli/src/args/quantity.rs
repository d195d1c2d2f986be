//! Quantities on the command line: times, bytes, shares.

use std::time::Duration;

/// `500ms`, `2s`, `1.5s`, `2min`, or a number of seconds; never zero.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "min" | "m" => 60.0,
        other => return Err(format!("`{other}` is not a unit of time; write ms, s or min")),
    };
    let number: f64 = digits.trim().parse().map_err(|_| format!("`{text}` is not a time; write 500ms, 2s or 1min"))?;
    let time = Duration::try_from_secs_f64(number * factor).map_err(|e| e.to_string())?;
    if time.as_millis() == 0 { Err("a time must be at least 1ms".to_owned()) } else { Ok(time) }
}

/// A number of rows: `500`, `10k`, `1M`; never zero.
pub(super) fn counts(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1.0,
        "k" | "K" => 1e3,
        "m" | "M" => 1e6,
        "g" | "G" => 1e9,
        other => return Err(format!("`{other}` is not a unit of rows; write 10k or 1M")),
    };
    let number: f64 = digits.parse().map_err(|_| format!("`{text}` is not a number of rows; write 500, 10k or 1M"))?;
    let rows = (number * factor).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just looked at")]
    if (1.0..1e15).contains(&rows) { Ok(rows as u64) } else { Err(format!("`{text}` is not a number of rows")) }
}

/// Units of bytes: powers of 1000, and of 1024 with an `i`, as standards have it.
const UNITS: [(&str, f64); 10] = [
    ("", 1.0),
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// `2GB`, `500 MB`, `1.5GiB`, or a number of bytes; zero is a quantity too.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = &text[digits.len()..];
    let unit = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(word));
    let (_, factor) = unit.ok_or_else(|| format!("`{word}` is not a unit of bytes; write kB, MB, GB or MiB, GiB"))?;
    let number: f64 = digits.trim().parse().map_err(|_| format!("`{text}` is not a size; write 500MB or 2GB"))?;
    let bytes = (number * factor).round();
    let fits = bytes >= 0.0 && bytes < u64::MAX as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just looked at")]
    if fits { Ok(bytes as u64) } else { Err(format!("`{text}` is not a size; write 500MB or 2GB")) }
}

/// A share of something: `10%`, or `any` for every share above nothing.
pub(super) fn share(text: &str) -> Result<f64, String> {
    if text.trim() == "any" {
        return Ok(0.0);
    }
    let number = text.trim().strip_suffix('%').and_then(|n| n.trim_end().parse::<f64>().ok());
    let share = number.filter(|n| (0.0..=100.0).contains(n)).map(|n| n / 100.0);
    share.ok_or_else(|| format!("`{text}` is not a share; write 10% or any"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5min"), Ok(Duration::from_secs(90)));
        for wrong in ["0", "-1s", "2h", "", "ms", "1e999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_are_read_with_both_kinds_of_units() {
        for (text, expected) in
            [("0", 0), ("2GB", 2_000_000_000), ("1.5 gib", 1_610_612_736), ("500MB", 500_000_000), ("64kB", 64_000)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for wrong in ["", "-1", "2 GBs", "lots", "1e999", "NaN", "2G"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rows_are_read_with_their_units() {
        for (text, expected) in [("500", 500), ("10k", 10_000), ("1M", 1_000_000), ("1.5M", 1_500_000)] {
            assert_eq!(counts(text), Ok(expected), "{text}");
        }
        for wrong in ["", "0", "-1", "k", "1kk", "many", "1e99"] {
            assert!(counts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_have_a_percent_sign() {
        assert_eq!((share("10%"), share("any"), share("0 %")), (Ok(0.1), Ok(0.0), Ok(0.0)));
        for wrong in ["10", "", "-1%", "101%", "NaN%"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}

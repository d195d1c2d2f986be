//! Numbers as people read them, for titles and explanations; evidence carries the exact values.

pub(crate) use dbwright_core::words::{count, seconds};

/// Bytes with a binary unit, as Redis' own `_human` fields mean them: `8 KB`, `1.5 GB`.
pub(crate) fn bytes(bytes: f64) -> String {
    let mut value = bytes.max(0.0);
    let mut unit = "bytes";
    for larger in ["KB", "MB", "GB", "TB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    let decimals = usize::from(value < 10.0 && unit != "bytes" && value.fract() >= 0.05);
    format!("{value:.decimals$} {unit}")
}

/// Microseconds as a duration: `340 µs`, `12 ms`, `1.5 s`.
pub(crate) fn micros(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 1_000_000.0 => format!("{:.0} ms", us / 1_000.0),
        us => format!("{:.1} s", us / 1_000_000.0),
    }
}

/// A moment, from the seconds since 1970 that servers count in: `2026-11-21T20:07:53Z`.
pub(crate) fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// A number that is not negative, without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures here are counts and times")]
pub(crate) const fn whole(value: f64) -> u64 {
    value as u64
}

/// Two decimals are enough for a ratio.
pub(crate) fn ratio(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Names in a row: `a, b and c`.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 1023.0, 1536.0, 10.0 * 1024.0].map(bytes), ["0 bytes", "1023 bytes", "1.5 KB", "10 KB"]);
        assert_eq!([340.0, 12_345.0, 1_500_000.0].map(micros), ["340 µs", "12 ms", "1.5 s"]);
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}

//! Numbers as people read them, for titles and explanations; evidence carries the exact values.

pub(crate) use dbwright_core::words::count;

/// Where estimated rows are read.
pub(crate) const ROWS: &str = "mysql.innodb_table_stats, information_schema.TABLES";

/// Bytes with a binary unit: `8 kB`, `1.5 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
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
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let near_an_end = (percent > 99.0 && percent < 100.0) || (percent > 0.0 && percent < 1.0);
    if near_an_end { format!("{:.2} %", (percent * 100.0).floor() / 100.0) } else { format!("{percent:.0} %") }
}

/// A duration in its largest fitting unit: `45 s`, `12 min`, `3 h`, `9 days`.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// Names in a row: `a, b and 3 more`.
pub(crate) fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

/// A counter for arithmetic; exact up to 2^53, which no counter here reaches.
#[expect(clippy::cast_precision_loss, reason = "counters and sizes stay far below 2^53")]
pub(crate) const fn as_f64(number: u64) -> f64 {
    number as f64
}

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

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_are_grouped() {
        let shown = [0.0, -0.2, 999.0, 1_000.0, -1_234_567.0].map(count);
        assert_eq!(shown, ["0", "0", "999", "1,000", "-1,234,567"]);
    }
}

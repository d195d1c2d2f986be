//! Reading a row from left to right. The text protocol gives texts, which are turned into what is asked for; what is no
//! such thing counts as missing, never as an error.

use mysql_async::{Row, Value};

/// The cells of one row, in order.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    row: &'a Row,
    at: usize,
}

impl<'a> Cells<'a> {
    /// Begins at the first cell.
    pub(crate) const fn new(row: &'a Row) -> Self {
        Self { row, at: 0 }
    }

    /// The next cell as a text; empty for null.
    pub(crate) fn text(&mut self) -> String {
        self.opt_text().unwrap_or_default()
    }

    /// The next cell as a text; names may hold any bytes that the server took.
    pub(crate) fn opt_text(&mut self) -> Option<String> {
        let at = self.at;
        self.at += 1;
        text_of(self.row.as_ref(at)?)
    }

    /// The next cell as a number.
    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        let text = self.opt_text()?;
        // Sums are decimals: `12.0000`.
        text.parse().ok().or_else(|| text.split_once('.').and_then(|(whole, _)| whole.parse().ok()))
    }

    /// The next cell as a counter; 0 when it is missing.
    pub(crate) fn counter(&mut self) -> u64 {
        self.number().unwrap_or(0)
    }

    /// The next cell as picoseconds, in ms.
    pub(crate) fn picoseconds(&mut self) -> Option<f64> {
        self.number::<f64>().map(|value| value / 1e9)
    }

    /// Whether the next cell is 1, `YES`, `ON` or `Y`.
    pub(crate) fn flag(&mut self) -> bool {
        matches!(self.text().as_str(), "1" | "YES" | "ON" | "Y" | "true")
    }
}

/// A value as a text; none for null.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        other => Some(other.as_sql(true)),
    }
}

/// Bytes of a row's values.
pub(crate) fn bytes(row: &Row) -> u64 {
    (0..row.len()).filter_map(|at| row.as_ref(at)).map(mysql_async::Value::bin_len).sum()
}

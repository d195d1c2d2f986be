//! The scorecard as a compact table: value against target, with a word beside every mark.

use dbwright_core::scorecard::Metric;

use super::{ASIDE, BAD, GOOD, HEAD};
use crate::render::{layout, units};

/// One row a metric; nothing when there are none.
pub(super) fn render(metrics: &[Metric], width: usize) -> String {
    if metrics.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = metrics.iter().map(cells).collect();
    let columns: [usize; 3] = std::array::from_fn(|i| layout::widest(rows.iter().map(|row| row[i].as_str())));
    let mut out = format!("\n{HEAD}Scorecard{HEAD:#}\n");
    let indent = columns.iter().sum::<usize>() + 20;
    for (metric, row) in metrics.iter().zip(&rows) {
        let (style, mark) = match metric.met {
            Some(true) => (GOOD, "✓ met     "),
            Some(false) => (BAD, "✗ missed  "),
            None => (ASIDE, "– no value"),
        };
        let [name, value, target] = std::array::from_fn(|i| layout::pad(&row[i], columns[i]));
        let lines = layout::wrap(&row[3], width.saturating_sub(indent).max(16));
        let note = lines.join(&format!("{ASIDE:#}\n{}{ASIDE}", " ".repeat(indent)));
        out += &format!("  {name}  {value}  {target}  {style}{mark}{style:#}  {ASIDE}{note}{ASIDE:#}\n");
    }
    out
}

/// Name, value, target, and the source or the reason why there is no value.
fn cells(metric: &Metric) -> [String; 4] {
    [name(metric), value(metric), target(metric), layout::inline(&origin(metric))]
}

/// The metric's name in words.
pub(crate) fn name(metric: &Metric) -> String {
    layout::inline(&metric.metric.replace('_', " "))
}

/// The value with its unit, or a dash.
pub(crate) fn value(metric: &Metric) -> String {
    metric.value.map_or_else(|| "–".to_owned(), |v| units::number(v, &metric.unit))
}

/// The target with its direction.
pub(crate) fn target(metric: &Metric) -> String {
    let direction = if metric.at_most { "at most" } else { "at least" };
    format!("{direction} {}", units::number(metric.target, &metric.unit))
}

/// Where the value was read and over which time; or why there is none.
pub(crate) fn origin(metric: &Metric) -> String {
    // Servers count their age in whole seconds.
    let window = metric.window_s.map(|s| match s {
        0.0 => ", over less than a second".to_owned(),
        s => format!(", over {}", units::number(s, "s")),
    });
    let window = window.unwrap_or_default();
    match (&metric.note, metric.value) {
        (Some(note), None) => note.clone(),
        (Some(note), Some(_)) => format!("{}{window}; {note}", metric.source),
        (None, _) => format!("{}{window}", metric.source),
    }
}

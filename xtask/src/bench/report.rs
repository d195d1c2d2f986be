//! The result of a benchmark: a table for people, a line for programs, a section of a page.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::Done;

/// One measured number.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// What was measured.
    pub(super) what: &'static str,
    /// The number.
    pub(super) value: f64,
    /// Its unit.
    pub(super) unit: &'static str,
    /// What it must stay below, when something was promised.
    pub(super) below: Option<f64>,
}

impl Figure {
    /// A number without a promise.
    pub(super) const fn new(what: &'static str, value: f64, unit: &'static str) -> Self {
        Self { what, value, unit, below: None }
    }

    /// The same with what was promised.
    pub(super) const fn below(self, limit: f64) -> Self {
        Self { below: Some(limit), ..self }
    }

    fn row(&self) -> String {
        let promise = self.below.map_or(String::new(), |limit| {
            format!("< {} {}: {}", number(limit), self.unit, if self.value < limit { "kept" } else { "**not kept**" })
        });
        format!("| {} | {} {} | {promise} |\n", self.what, number(self.value), self.unit)
    }
}

/// The section, with the machine and the day.
pub(super) fn markdown(name: &str, figures: &[Figure]) -> String {
    let rows: String = figures.iter().map(Figure::row).collect();
    format!("## bench {name}\n\n{}.\n\n| what | measured | promised |\n|---|---|---|\n{rows}", machine())
}

/// One line.
pub(super) fn json(name: &str, figures: &[Figure]) -> Value {
    let list: Vec<_> =
        figures.iter().map(|f| json!({"what": f.what, "value": f.value, "unit": f.unit, "below": f.below})).collect();
    json!({"bench": name, "machine": machine(), "figures": list})
}

/// Puts the section into the page, in the place of the one of the same name.
pub(super) fn write(page: &Path, name: &str, section: &str) -> Done {
    let old =
        fs::read_to_string(page).unwrap_or_else(|_| "# Benchmarks\n\nWritten by `cargo xtask bench`.\n".to_owned());
    fs::write(page, replaced(&old, name, section)).map_err(|e| format!("{}: {e}", page.display()))
}

fn replaced(page: &str, name: &str, section: &str) -> String {
    let heading = format!("## bench {name}\n");
    let (before, rest) = page.split_once(&heading).unwrap_or((page, ""));
    let after = rest.find("\n## ").map_or("", |at| &rest[at + 1..]);
    let before = before.trim_end();
    if after.is_empty() { format!("{before}\n\n{section}") } else { format!("{before}\n\n{section}\n{after}") }
}

/// Processor, cores, memory and kernel of this machine.
pub(super) fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        line.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let kernel = read("/proc/sys/kernel/osrelease");
    let processor = field(&read("/proc/cpuinfo"), "model name");
    format!("{processor}, {cores} cores, {memory} of memory, Linux {}", kernel.trim())
}

/// At most three digits after the point, none for large numbers.
fn number(value: f64) -> String {
    let text = if value.abs() >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_or_not() {
        assert_eq!(Figure::new("wall", 3.25, "s").below(10.0).row(), "| wall | 3.25 s | < 10 s: kept |\n");
        assert_eq!(Figure::new("wall", 12.0, "s").below(10.0).row(), "| wall | 12 s | < 10 s: **not kept** |\n");
        assert_eq!(Figure::new("bytes", 1_234.5, "bytes").row(), "| bytes | 1234 bytes |  |\n");
    }

    #[test]
    fn a_section_takes_the_place_of_its_last_self() {
        let first = replaced("# B\n", "check", "## bench check\n\n1\n");
        let both = replaced(&first, "load", "## bench load\n\n2\n");
        let again = replaced(&both, "check", "## bench check\n\n3\n");
        assert_eq!(again, "# B\n\n## bench check\n\n3\n\n## bench load\n\n2\n");
    }
}

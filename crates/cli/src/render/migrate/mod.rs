//! Plans, states and results of migrations for people, and plans as SQL for a DBA.

pub(crate) mod lint;
mod plan;
mod rehearsal;
mod sql;
mod states;

use dbwright_migrate::port::Facts;
use dbwright_migrate::run::Preview;

use super::layout;
use super::text::{ASIDE, HEAD};

pub(crate) use plan::render as plan;
pub(crate) use rehearsal::{proofs, rehearsal};
pub(crate) use sql::render as sql;
pub(crate) use states::{left_to_do, outcome, problems, status, to_contract, to_record, to_undo};

/// What there is to show of a plan.
pub(crate) struct PlanView<'a> {
    /// The target.
    pub(crate) facts: &'a Facts,
    /// What is pending, planned.
    pub(crate) preview: &'a Preview,
    /// What the user should know.
    pub(crate) notes: &'a [String],
    /// Whether the SQL of each step is shown.
    pub(crate) full: bool,
}

/// `1 step`, `1,234 steps`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {what}{plural}", dbwright_core::words::count(n as f64))
}

/// The target and its version.
fn head(facts: &Facts) -> String {
    let engine = super::engine_name(&facts.engine, &facts.version);
    let version = layout::inline(&facts.version);
    let version = if version.starts_with(&engine) { version } else { format!("{engine} {version}") };
    let asked = facts.asked.as_ref().map(|asked| format!(" · asked {}", layout::inline(asked))).unwrap_or_default();
    format!("{HEAD}{}{HEAD:#}\n{ASIDE}{version}{asked}{ASIDE:#}\n", layout::inline(&facts.target))
}

/// Notes, one paragraph each.
fn notes(list: &[String], width: usize) -> String {
    let note = |text: &String| {
        let lines = layout::wrap(&layout::inline(text), width.saturating_sub(6));
        format!("\nNote: {}\n", lines.join("\n      "))
    };
    list.iter().map(note).collect()
}

/// Lines made one by one.
fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().concat()
}

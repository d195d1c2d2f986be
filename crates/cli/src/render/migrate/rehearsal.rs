//! What a rehearsal found, and what replayed rules did.

use dbwright_core::words::count;
use dbwright_migrate::port::Facts;
use dbwright_migrate::rehearse::{Danger, LoadRun, Pass, Rehearsal, RuleProofs, StepRun};

use super::plan::phase;
use super::{counted, head, joined, notes};
use crate::render::text::{ASIDE, BAD, GOOD, HEAD};
use crate::render::{layout, units};

/// The whole report.
pub(crate) fn rehearsal(rehearsal: &Rehearsal, facts: &Facts, width: usize) -> String {
    let mut out = head(facts);
    out += &format!("{ASIDE}rehearsed on a private {}{ASIDE:#}\n", layout::inline(&rehearsal.server));
    for pass in &rehearsal.passes {
        out += &of_pass(pass, width);
    }
    out += &joined(rehearsal.dangers.iter().map(|danger| of_danger(danger, width)));
    out + &notes(&rehearsal.notes, width)
}

fn of_pass(pass: &Pass, width: usize) -> String {
    let mut out = format!("\n{HEAD}With {}{HEAD:#}\n", layout::inline(&pass.data));
    for step in &pass.steps {
        out += &of_step(step, width);
    }
    if let Some(failure) = &pass.failure {
        out += &bad("it ended early", failure, width);
    }
    out += &format!(
        "\n  {HEAD}load{HEAD:#}    {:>10}  {:>9}  {:>9}  {:>9}  failed\n",
        "statements", "median", "p99", "longest"
    );
    out += &load("before", &pass.before);
    out += &load("during", &pass.during);
    for failure in &pass.during.failures {
        out += &bad("failed", &format!("{} × {}: {}", failure.times, failure.statement, failure.error), width);
    }
    if let Some((statements, states)) = pass.app_queries {
        let what =
            format!("{} tried in {}", counted(statements, "statement of the application"), counted(states, "state"));
        out += &format!("\n  {what}: {} fail in between\n", pass.broken_queries.len());
    }
    for broken in &pass.broken_queries {
        let text = format!("line {}: {}: {} (after: {})", broken.line, broken.statement, broken.error, broken.after);
        out += &bad("breaks", &text, width);
    }
    out + &undo(pass, width)
}

fn undo(pass: &Pass, width: usize) -> String {
    let undo = &pass.undo;
    if let Some(failure) = &undo.failure {
        return bad("not undone", failure, width);
    }
    if undo.differs.is_empty() {
        let word = if undo.done { "undone" } else { "not undone" };
        return format!("\n  {GOOD}{word} in {}; the schema is as at the start{GOOD:#}\n", units::time(undo.ms));
    }
    joined(undo.differs.iter().map(|one| bad("differs after the undo", one, width)))
}

fn of_step(step: &StepRun, width: usize) -> String {
    let title = layout::wrap(&layout::inline(&step.title), width.saturating_sub(24));
    let under = " ".repeat(22);
    let mut out =
        format!("\n  {:<8}  {:>9}  {}\n", phase(step.phase), units::time(step.ms), title.join(&format!("\n{under}")));
    for lock in step.locks.iter().take(6) {
        let text = format!("{} on {}, at most {} in one go", lock.mode, lock.relation, units::time(lock.longest_ms));
        out += &format!("{under}{ASIDE}{}{ASIDE:#}\n", layout::inline(&text));
    }
    let blocked = &step.blocked;
    let waits = if blocked.most == 0 {
        "nobody waited for it".to_owned()
    } else {
        format!(
            "others waited up to {}, {} at most at one time",
            units::time(blocked.longest_ms),
            counted(blocked.most, "session")
        )
    };
    let written = format!("{} of log", units::bytes(step.wal_bytes as f64));
    let temporary = step
        .temp_bytes
        .filter(|bytes| *bytes > 0)
        .map(|bytes| format!(", {} of temporary files", units::bytes(bytes as f64)));
    out += &format!("{under}{ASIDE}{waits}; {written}{}{ASIDE:#}\n", temporary.unwrap_or_default());
    if !step.rewritten.is_empty() {
        out += &format!("{under}{BAD}rewritten:{BAD:#} {}\n", layout::inline(&step.rewritten.join(", ")));
    }
    if step.failed > 0 {
        out += &format!("{under}{BAD}{} of the load failed{BAD:#}\n", count(step.failed as f64));
    }
    if let Some(error) = &step.error {
        out += &bad("failed", error, width);
    }
    out
}

fn bad(label: &str, text: &str, width: usize) -> String {
    let columns = label.len() + 4;
    let lines = layout::wrap(&layout::inline(text), width.saturating_sub(columns));
    format!("  {BAD}{label}:{BAD:#} {}\n", lines.join(&format!("\n{}", " ".repeat(columns))))
}

fn load(word: &str, run: &LoadRun) -> String {
    let [p50, p99, longest] = [run.p50_ms, run.p99_ms, run.longest_ms].map(units::time);
    format!(
        "  {word}  {:>10}  {p50:>9}  {p99:>9}  {longest:>9}  {}\n",
        count(run.statements as f64),
        count(run.failed as f64)
    )
}

fn of_danger(danger: &Danger, width: usize) -> String {
    let here =
        danger.target_rows.map(|rows| format!("; the target has about {}", count(rows as f64))).unwrap_or_default();
    let text = format!(
        "{}: {}, {} for each million rows: longer than a second from {} rows on{here}",
        danger.title,
        danger.what,
        units::time(danger.ms_per_million),
        count(danger.rows as f64)
    );
    format!("\n{}", bad("grows", &text, width))
}

/// Claims of rules beside what was measured.
pub(crate) fn proofs(proofs: &RuleProofs, width: usize) -> String {
    let mut out = format!("{HEAD}{}{HEAD:#}\n\n", layout::inline(&proofs.server));
    let rules = layout::widest(proofs.claims.iter().map(|claim| claim.rule.as_str()));
    for claim in &proofs.claims {
        let (style, mark) = if claim.holds { (GOOD, '✓') } else { (BAD, '✗') };
        let rule = layout::pad(&layout::inline(&claim.rule), rules);
        let statement = claim.statement.split_whitespace().collect::<Vec<_>>().join(" ");
        out += &format!(
            "{style}{mark}{style:#} {rule}  {}\n",
            layout::cut(&layout::inline(&statement), width.saturating_sub(rules + 4))
        );
        if !claim.holds {
            out += &bad("claimed", &claim.claimed, width);
            out += &bad("measured", &claim.measured, width);
        }
    }
    let wrong = proofs.claims.iter().filter(|claim| !claim.holds).count();
    let style = if wrong == 0 { GOOD } else { BAD };
    out + &format!(
        "\n{style}{} of {} hold{style:#}; {} measured besides\n",
        proofs.claims.len() - wrong,
        counted(proofs.claims.len(), "claim"),
        counted(proofs.forms.len(), "form")
    )
}

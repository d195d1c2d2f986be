//! What rules on names report: the statement is refused for a name, and only its author knows which one is meant.

use dbwright_core::Cx;

use super::Scene;

/// Reports the names that something has already, or those that are not there; `open` is what only the author knows.
pub(in crate::migrate) fn report(cx: &mut Cx<'_, Scene>, taken: bool, open: &str) {
    let scene = cx.body;
    for problem in scene.problems.iter().filter(|problem| problem.taken == taken) {
        let mut hints = problem.hints();
        hints.push(format!("no change is shown: only the author knows {open}"));
        let why = format!(
            "the server refuses the statement and the migration stops there, with all before it done; {}",
            hints.join("; ")
        );
        let mut finding = cx.finding(problem.subject(), problem.message()).why(why);
        if let Some(clause) = problem.clause {
            finding = finding.at(scene.place_at(clause));
        }
        cx.report(finding);
    }
}

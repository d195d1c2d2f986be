//! `migrate/name-taken`: a statement makes what is there already.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;

/// Reports tables, columns, constraints and indexes whose names something has already.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for problem in scene.problems.iter().filter(|problem| problem.taken) {
        let mut hints = problem.hints();
        hints.push("no change is shown: only the author knows whether what is there is what is meant".to_owned());
        let mut finding = cx
            .finding(problem.subject(), problem.message())
            .why(format!("the server refuses the statement, and the migration stops there; {}", hints.join("; ")));
        if let Some(clause) = &problem.clause {
            finding = finding.at(scene.place_at(clause.start));
        }
        cx.report(finding);
    }
}

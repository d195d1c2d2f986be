//! `migrate/name-missing`: a statement names what is not there.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;

/// Reports tables, columns, constraints and indexes that the server will not find.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for problem in scene.problems.iter().filter(|problem| !problem.taken) {
        let mut hints = problem.hints();
        hints.push("no change is shown: only the author knows which name is meant".to_owned());
        let mut finding = cx
            .finding(problem.subject(), problem.message())
            .why(format!("the server refuses the statement, and the migration stops there; {}", hints.join("; ")));
        if let Some(clause) = &problem.clause {
            finding = finding.at(scene.place_at(clause.start));
        }
        cx.report(finding);
    }
}

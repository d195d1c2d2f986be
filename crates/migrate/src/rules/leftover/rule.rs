//! `migrate/leftover`: what a change made for itself and nobody removed.

use dbwright_core::{Change, Cx};

use crate::observed::Observed;

/// Reports helper objects that no change needs any more.
pub(super) fn check(cx: &mut Cx<'_, Observed>) {
    if cx.body.busy() {
        return;
    }
    for helper in &cx.body.helpers {
        let change = Change::new([helper.drop.clone()], "a moment, as any DROP")
            .irreversible("what it holds was kept for a change that is over");
        let title = format!("the {} {} was made for a change, and none is under way", helper.kind, helper.subject);
        let finding = cx
            .finding(helper.subject.clone(), title)
            .why("it takes space, and a trigger takes time at every write; the change that it was made for is over, or its journal is lost")
            .evidence("kind", helper.kind.as_str(), "", "catalog")
            .evidence("migrations_under_way", 0, "migrations", "journal of migrations")
            .change(change);
        cx.report(finding);
    }
}

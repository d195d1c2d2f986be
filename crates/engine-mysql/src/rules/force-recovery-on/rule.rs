//! `mysql/force-recovery-on`: a server that was started to save data from a damaged tablespace, and left so.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings;

/// From here on InnoDB refuses writes.
const READ_ONLY: f64 = 4.0;

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(level) = cx.body.number("innodb_force_recovery").filter(|level| *level > 0.0) else { return };
    let effect = if level >= READ_ONLY {
        "InnoDB takes no writes"
    } else {
        "InnoDB leaves background work out and goes over damaged pages"
    };
    let finding = cx
        .finding("innodb_force_recovery", format!("the server runs for recovery only: {effect}"))
        .severity(if level >= READ_ONLY { Severity::Critical } else { Severity::High })
        .why(
            "it is meant for a dump of what can be read: damage is passed over in silence, purge or change buffering may stand still, and from 4 on data files can be harmed for good. No change is given, because it \
             is read at the start only: dump the data, and when all tables are sound (CHECK TABLE) take innodb_force_recovery out of the configuration and restart",
        );
    cx.report(settings::evidence(cx.body, finding, "innodb_force_recovery"));
}

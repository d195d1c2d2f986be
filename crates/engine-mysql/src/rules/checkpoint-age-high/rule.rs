//! `mysql/checkpoint-age-high`: the redo log is nearly full of changes that are not in the data files yet.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// Sizes are proposed in multiples of this.
const STEP: f64 = 1_048_576.0;

/// Reports the age at this moment.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let log = body.server.redo_log();
    let files = log.files.and_then(|name| body.number(name)).unwrap_or(1.0);
    let (Some(size), Some(age)) = (body.number(log.variable), body.innodb.checkpoint_age) else { return };
    let (capacity, age) = (size * files, words::as_f64(age));
    let share = age / capacity.max(1.0);
    if share < cx.limit("share") {
        return;
    }
    let severity = if share >= cx.limit("high_share") { Severity::High } else { Severity::Medium };
    let why = "InnoDB writes pages as fast as it can by now, and when the log is full all writes wait for them";
    let finding = cx
        .finding(
            log.variable,
            format!("{} of the redo log holds changes that are not in the data files", words::percent(share)),
        )
        .severity(severity)
        .why(why)
        .evidence("checkpoint age", age, "bytes", "SHOW ENGINE INNODB STATUS, SHOW GLOBAL STATUS")
        .evidence("redo log", capacity, "bytes", settings::SOURCE);
    let to = format!("{:.0}", (size * 4.0 / STEP).ceil() * STEP);
    if log.dynamic {
        let mut finding = settings::mended(body, finding, log.variable, &to, When::Now);
        if let Some(change) = &mut finding.change {
            change.back.clear();
            change.irreversible = Some(format!(
                "none is needed: a larger log does no harm, and SET GLOBAL {} = {size:.0} makes it small again; what waited meanwhile does not come back",
                log.variable
            ));
        }
        cx.report(finding);
    } else {
        let finding = settings::evidence(body, finding, log.variable);
        cx.report(finding.why(format!(
            "{why}. No change is given, because this version changes it at a restart only: put `{} = {to}` below [mysqld] into the configuration file, shut the server down cleanly and start it",
            log.variable
        )));
    }
}

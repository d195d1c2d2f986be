//! `mysql/replica-skips-errors`: a replica that goes on with other data than its source.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// Reports both settings, by the name that the server has for them.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let severity = if body.replication.is_empty() { Severity::Medium } else { Severity::High };
    let known = |names: [&'static str; 2]| names.into_iter().find(|name| body.variables.contains_key(*name));
    let why = "a row that is missing, or there already, shows that the replica differs from its source; it goes on without a word, and differs more from day to day";
    if let Some(name) =
        known(["replica_exec_mode", "slave_exec_mode"]).filter(|name| body.variable(name) == Some("IDEMPOTENT"))
    {
        let finding = cx
            .finding(name, "rows that are missing or there already are passed over by replication")
            .severity(severity)
            .why(why);
        cx.report(settings::mended(body, finding, name, "'STRICT'", When::Now));
    }
    let Some(name) = known(["replica_skip_errors", "slave_skip_errors"]) else { return };
    if let Some(errors) = body.variable(name).filter(|errors| !matches!(*errors, "" | "OFF")) {
        let finding = cx.finding(name, format!("replication goes on after errors ({errors})")).severity(severity).why(format!(
            "{why}. No change is given, because it can be changed with a restart only: take `{name}` out of the configuration file"
        ));
        cx.report(settings::evidence(body, finding, name));
    }
}

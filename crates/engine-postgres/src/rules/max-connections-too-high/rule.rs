//! `pg/max-connections-too-high`: a limit that protects nobody.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let limit = cx.limit("connections");
    let Some(setting) = cx.body.setting("max_connections") else { return };
    if setting.value.parse::<f64>().is_ok_and(|connections| connections > limit) {
        let finding = cx.finding("max_connections", format!("max_connections lets in {} clients", setting.value)).why(
            "far more than can work at once; when something hangs they pile up, with their memory and locks; how many \
                 are needed is the applications' affair, so there is no change: put a pool in front, then lower it",
        );
        let sessions = cx.body.sessions.len() + 1;
        let finding = settings::evidence(finding, setting);
        cx.report(finding.evidence(
            "sessions",
            sessions,
            "sessions",
            "pg_stat_activity, dbwright's own session included",
        ));
    }
}

//! `pg/pending-restart`: the server does not run as it is configured.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;

/// Reports each setting that waits.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    for setting in cx.body.settings.iter().filter(|setting| setting.pending_restart) {
        let name = &setting.name;
        let finding = cx
            .finding(name.as_str(), format!("{name} was changed, and waits for a restart of the server"))
            .why(format!(
                "the next restart, planned or not, brings a value that was never tried; no statement can restart the \
                 server: do it in a quiet hour, or take the change back (ALTER SYSTEM RESET {name}, or the line in the \
                 configuration file, then SELECT pg_reload_conf())"
            ));
        cx.report(settings::evidence(finding, setting).evidence("pending_restart", true, "", "pg_settings"));
    }
}

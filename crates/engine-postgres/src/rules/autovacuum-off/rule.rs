//! `pg/autovacuum-off`: nothing cleans up.

use dbwright_core::{Change, Cx};

use crate::body::PgBody;

/// Reports the setting when it is off.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let Some(setting) = cx.body.setting("autovacuum") else { return };
    if setting.value != "off" {
        return;
    }
    let change = Change::new(["ALTER SYSTEM SET autovacuum = on", "SELECT pg_reload_conf()"], "no lock")
        .outside_transaction()
        .back(["ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"]);
    let finding = cx
        .finding("autovacuum", "autovacuum is off for the whole server")
        .why("dead rows pile up, statistics go stale, and transaction ids run out")
        .evidence("autovacuum", setting.value.as_str(), "", "pg_settings")
        .evidence("autovacuum.source", setting.source.as_str(), "", "pg_settings")
        .change(change);
    cx.report(finding);
}

//! `mysql/tls-version-old`: the server speaks versions of TLS that are broken.

use dbwright_core::Cx;

use crate::body::Body;
use crate::settings;

/// The variable.
const NAME: &str = "tls_version";

/// Reports servers that take them.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(versions) = body.variable(NAME).filter(|_| settings::has_certificate(body)) else { return };
    let (old, kept): (Vec<&str>, Vec<&str>) =
        versions.split(',').map(str::trim).partition(|version| matches!(*version, "TLSv1" | "TLSv1.0" | "TLSv1.1"));
    if old.is_empty() {
        return;
    }
    let why = "whoever stands between can have a client and the server agree on the oldest version that both know, and read what they say";
    let finding = cx.finding(NAME, format!("connections may be encrypted by {}", old.join(" and "))).why(why);
    let to = if kept.is_empty() { "TLSv1.2,TLSv1.3".to_owned() } else { kept.join(",") };
    let how = if body.server.at_least((8, 0, 16), (u16::MAX, 0, 0)) {
        format!("`SET PERSIST {NAME} = '{to}'` and `ALTER INSTANCE RELOAD TLS`")
    } else {
        format!("`{NAME} = {to}` below [mysqld] in the configuration file, and a restart")
    };
    let finding = settings::evidence(body, finding, NAME);
    cx.report(finding.why(format!(
        "{why}. No change is given, because programs with old drivers would get no connection any more: look at those, then {how}"
    )));
}

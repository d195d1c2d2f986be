//! `mysql/tls-not-required`: passwords and data may cross the network as they are.

use dbwright_core::Cx;

use crate::accounts;
use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "require_secure_transport";

/// Reports servers that can be reached from elsewhere without TLS.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.is_on(NAME) != Some(false) || !listens(body) {
        return;
    }
    let plain: Vec<String> = body
        .accounts
        .iter()
        .filter(|a| a.tls.is_empty() && !a.locked && !a.role && accounts::from_elsewhere(body, a))
        .map(accounts::name)
        .collect();
    if plain.is_empty() {
        return;
    }
    let why = "a driver that takes TLS \"when possible\" falls back to plain text when somebody in between says that it is not";
    let finding = cx
        .finding(NAME, "connections over the network need no TLS")
        .why(why)
        .evidence("bind_address", body.variable("bind_address").unwrap_or_default(), "", settings::SOURCE)
        .evidence("accounts without TLS", plain.len(), "accounts", accounts::SOURCE)
        .evidence("accounts", words::some_of(&plain), "", accounts::SOURCE);
    if settings::has_certificate(body) {
        cx.report(settings::mended(body, finding, NAME, "ON", When::NewSessions));
    } else {
        let finding = settings::evidence(body, finding, NAME);
        cx.report(finding.why(format!(
            "{why}. No change is given, because the server has no certificate: put ssl_cert, ssl_key and ssl_ca below [mysqld] into the configuration file, restart it, \
             and then set {NAME} = ON"
        )));
    }
}

/// Whether it listens on other addresses than the machine's own.
fn listens(body: &Body) -> bool {
    let own = ["127.0.0.1", "::1", "localhost"];
    let addresses = body.variable("bind_address").unwrap_or("*");
    let elsewhere = addresses.split(',').any(|address| !own.contains(&address.trim()));
    body.is_on("skip_networking") != Some(true) && elsewhere
}

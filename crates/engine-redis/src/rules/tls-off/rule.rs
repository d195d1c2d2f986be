//! `redis/tls-off`: everything can be read on the way.

use dbwright_core::Cx;

use crate::body::{Body, area};

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        let (Some(bind), Some(port)) = (node.setting("bind"), node.setting("port")) else { continue };
        let far = bind.is_empty() || bind.split_whitespace().any(|address| !super::is_loopback(address));
        if port == "0" || !far {
            continue;
        }
        let tls = node.setting("tls-port").unwrap_or("0");
        let finding = cx
            .finding(
                cx.body.subject(node, "tls-port"),
                if tls == "0" {
                    "passwords and data cross the network unencrypted"
                } else {
                    "beside the encrypted port there is a plain one"
                },
            )
            .why("whoever is on the way can read and change them; it takes certificates, so there is no change")
            .evidence("bind", if bind.is_empty() { "all addresses" } else { bind }, "", "CONFIG GET")
            .evidence("port", port, "", "CONFIG GET")
            .evidence("tls-port", tls, "", "CONFIG GET");
        cx.report(finding);
    }
}

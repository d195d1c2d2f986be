//! `mysql/skip-grant-tables`: everybody is an administrator.

use dbwright_core::{Change, Cx, Proof};

use crate::body::Body;
use crate::settings;

/// The variable, which MySQL does not show.
const NAME: &str = "skip_grant_tables";
/// Who everybody is on MySQL.
const EVERYBODY: &str = "skip-grants user@";

/// Reports the state.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let everybody = body.server.account.starts_with(EVERYBODY);
    if body.is_on(NAME) != Some(true) && !everybody {
        return;
    }
    let finding = cx
        .finding(NAME, "the server lets everybody in, as administrator, with any password")
        .why(
            "it was started with skip-grant-tables; the change ends that now, the option itself has to go from the command line or the configuration file, or the next restart opens \
             the server again",
        )
        .evidence("account", body.server.account.as_str(), "", "CURRENT_USER()")
        .proof(Proof::unproven("it concerns the server as a whole, which no lab stands in for"))
        .change(
            Change::new(["FLUSH PRIVILEGES"], "no lock; whoever connects from then on needs a password")
                .outside_transaction()
                .irreversible("nobody wants the state back; a restart with the option brings it"),
        );
    cx.report(if everybody { finding } else { settings::evidence(body, finding, NAME) });
}

//! `mysql/anonymous-user`: an account that anybody is.

use dbwright_core::{Change, Cx};

use crate::accounts;
use crate::body::Body;

/// Reports accounts without a name.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for account in cx.body.accounts.iter().filter(|account| account.user.is_empty() && !account.role) {
        let name = accounts::name(account);
        let change = Change::new([format!("DROP USER {name}")], "no lock; open sessions go on")
            .outside_transaction()
            .irreversible("the account's password and rights are not kept");
        cx.report(
            cx.finding(accounts::subject(account), format!("{name} lets anybody in, under any name"))
                .why("whoever reaches the server from there gets in without a name, and named users from there get its rights instead of their own")
                .evidence("host", account.host.as_str(), "", accounts::SOURCE)
                .evidence("password", account.has_secret, "", accounts::SOURCE)
                .evidence("locked", account.locked, "", accounts::SOURCE)
                .change(change),
        );
    }
}

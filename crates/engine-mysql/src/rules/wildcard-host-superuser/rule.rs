//! `mysql/wildcard-host-superuser`: an administrator who may come from anywhere.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::accounts;
use crate::body::Body;

/// Reports such accounts.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for account in
        cx.body.accounts.iter().filter(|a| accounts::may_all(a) && !a.locked && !a.role && !a.user.is_empty())
    {
        if !matches!(account.host.as_str(), "%" | "" | "%.%" | "%:%") {
            continue;
        }
        let name = accounts::name(account);
        let finding = cx
            .finding(
                accounts::subject(account),
                format!(
                    "{name} may do everything{}, and come from anywhere",
                    accounts::through(account.superuser_through.as_deref())
                ),
            )
            .evidence("host", account.host.as_str(), "", accounts::SOURCE)
            .evidence("superuser", true, "", "mysql.user (Super_priv, Create_user_priv, Grant_priv)");
        let finding = match &account.superuser_through {
            Some(role) => {
                finding.evidence("through the role", role.as_str(), "", cx.body.server.flavour.roles_source())
            }
            None => finding,
        };
        let why = "every machine that reaches the port may try passwords for an account that can read and change all there is";
        let local = format!("{}@'localhost'", Dialect::Mysql.literal(&account.user));
        let taken = cx.body.accounts.iter().any(|other| other.user == account.user && other.host == "localhost");
        let reason = if accounts::is_own(cx.body, account) {
            "because dbwright is connected with this account".to_owned()
        } else if taken {
            format!("because {local} is there already: drop this one when nobody needs it")
        } else {
            let change = Change::new([format!("RENAME USER {name} TO {local}")], "no lock; open sessions go on")
                .outside_transaction()
                .back([format!("RENAME USER {local} TO {name}")]);
            cx.report(finding.why(format!("{why}; take the network of your administrators instead of localhost when they come from elsewhere")).change(change));
            continue;
        };
        cx.report(finding.why(format!("{why}. No change is given, {reason}")));
    }
}

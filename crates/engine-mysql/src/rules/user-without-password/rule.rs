//! `mysql/user-without-password`: an account that whoever reaches the server can use.

use dbwright_core::{Change, Cx, Severity};

use crate::accounts;
use crate::body::{Account, Body};

/// Reports accounts that sign in by a password and have none.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let open = cx.body.accounts.iter().filter(|a| accounts::by_password(a) && !a.has_secret && !a.locked && !a.role);
    for account in open {
        let name = accounts::name(account);
        let far = accounts::from_elsewhere(cx.body, account);
        let severity = if far { Severity::Critical } else { Severity::High };
        let finding = cx
            .finding(accounts::subject(account), format!("{name} has no password"))
            .severity(severity)
            .evidence("password", false, "", accounts::SOURCE)
            .evidence("plugin", account.plugin.as_str(), "", accounts::SOURCE)
            .evidence("superuser", account.superuser, "", accounts::SOURCE);
        let whom = if far {
            "whoever reaches the port from there is in"
        } else {
            "every program of the machine is in, under any account of it"
        };
        let then = format!("give it a password and unlock it: ALTER USER {name} IDENTIFIED BY '…' ACCOUNT UNLOCK");
        if accounts::is_own(cx.body, account) {
            cx.report(
                finding.why(format!(
                    "{whom}. No change is given, because dbwright is connected with this account: {then}"
                )),
            );
            continue;
        }
        if account.superuser && !has_other_administrator(cx.body, account) {
            cx.report(finding.why(format!(
                "{whom}. No change is given, because nobody else could administer the server once it is locked: {then}"
            )));
            continue;
        }
        let change = Change::new([format!("ALTER USER {name} ACCOUNT LOCK")], "no lock; open sessions go on")
            .outside_transaction()
            .back([format!("ALTER USER {name} ACCOUNT UNLOCK")]);
        cx.report(
            finding
                .why(format!("{whom}; no tool can choose a password, so that the account is locked: then {then}"))
                .change(change),
        );
    }
}

/// Whether somebody else can do everything, and sign in.
fn has_other_administrator(body: &Body, account: &Account) -> bool {
    let usable = |other: &Account| {
        other.superuser && !other.locked && !other.role && (other.has_secret || !accounts::by_password(other))
    };
    body.accounts.iter().any(|other| other != account && usable(other))
}

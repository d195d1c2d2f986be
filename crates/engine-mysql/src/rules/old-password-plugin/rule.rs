//! `mysql/old-password-plugin`: accounts whose password is checked in a way that is broken, or gone with the next version.

use dbwright_core::{Cx, Severity};

use crate::accounts;
use crate::body::{Account, Body};

/// Reports such accounts.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let mysql = cx.body.server.is_mysql();
    for account in cx.body.accounts.iter().filter(|account| !account.locked && !account.role) {
        let Some((severity, why)) = judged(account, mysql) else { continue };
        let name = accounts::name(account);
        let better = if mysql { "caching_sha2_password" } else { "ed25519" };
        let how = if mysql {
            format!("ALTER USER {name} IDENTIFIED WITH {better} BY '…'")
        } else {
            format!("ALTER USER {name} IDENTIFIED VIA {better} USING PASSWORD('…')")
        };
        cx.report(
            cx.finding(accounts::subject(account), format!("{name} signs in by {}", account.plugin))
                .severity(severity)
                .why(format!(
                    "{why}. No change is given, because only whoever knows the password can set it anew: {how}; first see that its programs' drivers know {better}"
                ))
                .evidence("plugin", account.plugin.as_str(), "", accounts::SOURCE),
        );
    }
}

/// What is wrong with a plugin. MariaDB has `mysql_native_password` as its default, and keeps it.
fn judged(account: &Account, mysql: bool) -> Option<(Severity, &'static str)> {
    match account.plugin.as_str() {
        "mysql_old_password" => Some((
            Severity::High,
            "its hash of the time before MySQL 4.1 is broken within seconds by whoever sees the network or the table of accounts",
        )),
        "mysql_native_password" if mysql => Some((
            Severity::Medium,
            "MySQL 8.4 switches it off and 9.0 has it no more, so that after an upgrade nobody gets in with it; its unsalted SHA-1 is quickly tried through",
        )),
        "sha256_password" if mysql => Some((
            Severity::Low,
            "it is deprecated and will be removed; caching_sha2_password does the same, and faster",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_default_of_mariadb_is_old_for_mysql() {
        let severity = |plugin: &str, mysql| {
            let account = Account { plugin: plugin.to_owned(), ..Account::default() };
            judged(&account, mysql).map(|(severity, _)| severity)
        };
        assert_eq!(severity("mysql_native_password", true), Some(Severity::Medium));
        assert_eq!(severity("mysql_native_password", false), None);
        assert_eq!(severity("mysql_old_password", false), Some(Severity::High));
        assert_eq!(severity("caching_sha2_password", true), None);
    }
}

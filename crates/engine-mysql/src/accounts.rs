//! What rules about accounts share: names, and which account is our own.

use dbwright_sql::Dialect;

use crate::body::{Account, Body};

/// Where accounts are read.
pub(crate) const SOURCE: &str = "mysql.user";

/// Plugins that check a password which the server stores.
const BY_PASSWORD: [&str; 7] = [
    "",
    "mysql_native_password",
    "mysql_old_password",
    "caching_sha2_password",
    "sha256_password",
    "ed25519",
    "parsec",
];

/// The account as statements take it.
pub(crate) fn name(account: &Account) -> String {
    format!("{}@{}", Dialect::Mysql.literal(&account.user), Dialect::Mysql.literal(&account.host))
}

/// Whether it may do everything, by itself or through a role.
pub(crate) const fn may_all(account: &Account) -> bool {
    account.superuser || account.superuser_through.is_some()
}

/// ` through the role x`; nothing where it is by itself.
pub(crate) fn through(role: Option<&str>) -> String {
    role.map(|role| format!(" through the role {role}")).unwrap_or_default()
}

/// The account as a subject of findings.
pub(crate) fn subject(account: &Account) -> String {
    format!("{}@{}", account.user, account.host)
}

/// Whether it signs in by a password that the server stores.
pub(crate) fn by_password(account: &Account) -> bool {
    BY_PASSWORD.contains(&account.plugin.as_str())
}

/// Whether we are connected as this account.
pub(crate) fn is_own(body: &Body, account: &Account) -> bool {
    body.server.account == subject(account)
}

/// Whether somebody may come with it from another machine.
pub(crate) fn from_elsewhere(body: &Body, account: &Account) -> bool {
    let host = account.host.as_str();
    !matches!(host, "localhost" | "127.0.0.1" | "::1") && !host.eq_ignore_ascii_case(&body.server.hostname)
}

/// Whether the account, or the role of MariaDB, that a stored object names as its definer exists. What belongs to the server
/// itself is not among the accounts that were read.
pub(crate) fn defines(body: &Body, definer: &str) -> bool {
    let (user, host) = definer.rsplit_once('@').unwrap_or((definer, ""));
    let own = user.starts_with("mysql.") || user == "mariadb.sys";
    own || body.accounts.iter().any(|account| {
        account.user == user && (account.host.eq_ignore_ascii_case(host) || (account.role && host.is_empty()))
    })
}

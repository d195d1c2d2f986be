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
pub(crate) fn from_elsewhere(account: &Account) -> bool {
    !matches!(account.host.as_str(), "localhost" | "127.0.0.1" | "::1")
}

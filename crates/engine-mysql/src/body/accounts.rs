//! Accounts: where they may come from and what is striking about them. Never a hash.

use serde::{Deserialize, Serialize};

/// Schemas in which every account has rights, whoever it is: a row of `mysql.db` without a user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenSchemas {
    /// Name or pattern, as it is stored: `test`, `test\_%`.
    pub pattern: String,
    /// Host pattern.
    pub host: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one account")]
pub struct Account {
    /// User; empty for an anonymous account.
    pub user: String,
    /// Host pattern.
    pub host: String,
    /// Authentication plugin.
    pub plugin: String,
    /// Whether something is stored to check a password against.
    pub has_secret: bool,
    /// Whether it is locked.
    pub locked: bool,
    /// Whether it is a role.
    pub role: bool,
    /// Whether it may do everything: SUPER, or make accounts and pass rights on, for the whole server.
    pub superuser: bool,
    /// Whether it may read and write files of the server's machine: FILE.
    #[serde(default)]
    pub file: bool,
    /// The role that makes it a superuser, when it is none by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superuser_through: Option<String>,
    /// The role that gives it FILE, when it has not got that by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_through: Option<String>,
    /// What it demands of TLS: empty, `ANY`, `X509`, `SPECIFIED`.
    pub tls: String,
}

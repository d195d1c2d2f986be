//! Reads the accounts, without their hashes.

use super::session::Session;
use crate::body::{Account, area};
use crate::flavour::Server;

/// Reads them.
pub(super) async fn read(session: &mut Session, server: &Server) -> Vec<Account> {
    let accounts = server.flavour.accounts();
    session
        .read(area::ACCOUNTS, accounts.grant, accounts.sql, |row| Account {
            user: row.text(),
            host: row.text(),
            plugin: row.text(),
            has_secret: row.flag(),
            locked: row.flag(),
            role: row.flag(),
            superuser: row.flag(),
            tls: row.text(),
        })
        .await
}

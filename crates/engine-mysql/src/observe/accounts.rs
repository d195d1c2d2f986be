//! Reads the accounts, without their hashes, and what they may through roles.

use super::session::{Session, Trouble};
use crate::body::{Account, OpenSchemas, area};
use crate::flavour::Server;

/// The server's number for a table that is not there: versions without roles.
const NO_SUCH_TABLE: u16 = 1146;

/// Reads them.
pub(super) async fn read(session: &mut Session, server: &Server) -> Vec<Account> {
    let accounts = server.flavour.accounts();
    let mut found = session
        .read(area::ACCOUNTS, accounts.grant, accounts.sql, |row| Account {
            user: row.text(),
            host: row.text(),
            plugin: row.text(),
            has_secret: row.flag(),
            locked: row.flag(),
            role: row.flag(),
            superuser: row.flag(),
            tls: row.text(),
            file: row.flag(),
            ..Account::default()
        })
        .await;
    if found.is_empty() {
        return found;
    }
    let edges =
        session.rows(accounts.roles, |row| Edge { role: (row.text(), row.text()), holder: (row.text(), row.text()) });
    match edges.await {
        Ok(edges) => inherit(&mut found, &edges),
        Err(Trouble::Refused { code: NO_SUCH_TABLE, .. }) => {}
        Err(trouble) => session.note(area::ROLES, accounts.roles_grant, &trouble),
    }
    found
}

/// Rights on schemas that belong to nobody in particular.
const OPEN: &str = "SELECT /* dbwright */ Db, Host FROM mysql.db WHERE User = '' ORDER BY Db, Host";

/// Reads the schemas in which every account has rights.
pub(super) async fn open_schemas(session: &mut Session) -> Vec<OpenSchemas> {
    let grant = "GRANT SELECT ON mysql.db TO the account";
    session.read(area::OPEN_SCHEMAS, grant, OPEN, |row| OpenSchemas { pattern: row.text(), host: row.text() }).await
}

/// User and host.
type Name = (String, String);

/// A role that is granted to an account, or to another role.
#[derive(Debug)]
struct Edge {
    role: Name,
    holder: Name,
}

/// Gives accounts what their roles may, roles of roles included.
fn inherit(accounts: &mut [Account], edges: &[Edge]) {
    let roles: Vec<Vec<usize>> = accounts.iter().map(|account| roles(account, accounts, edges)).collect();
    for (at, roles) in roles.into_iter().enumerate() {
        let through = |has: &dyn Fn(&Account) -> bool| {
            roles.iter().find(|role| has(&accounts[**role])).map(|role| name(&accounts[*role]))
        };
        let (superuser, file) = (through(&|role| role.superuser), through(&|role| role.file));
        let account = &mut accounts[at];
        account.superuser_through = superuser.filter(|_| !account.superuser);
        account.file_through = file.filter(|_| !account.file);
    }
}

/// The roles of an account, near ones first.
fn roles(account: &Account, accounts: &[Account], edges: &[Edge]) -> Vec<usize> {
    let mut known: Vec<Name> = vec![(account.user.clone(), account.host.clone())];
    let mut at = 0;
    while let Some(holder) = known.get(at).cloned() {
        at += 1;
        for edge in edges.iter().filter(|edge| edge.holder == holder) {
            if !known.contains(&edge.role) {
                known.push(edge.role.clone());
            }
        }
    }
    let find = |name: &Name| accounts.iter().position(|one| one.user == name.0 && one.host == name.1);
    known.iter().skip(1).filter_map(find).collect()
}

fn name(role: &Account) -> String {
    if role.host.is_empty() { role.user.clone() } else { format!("{}@{}", role.user, role.host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_come_through_roles_of_roles() {
        let account =
            |user: &str, superuser, file| Account { user: user.to_owned(), superuser, file, ..Account::default() };
        let mut accounts =
            vec![account("ann", false, false), account("ops", false, true), account("chief", true, false)];
        let edge = |role: &str, holder: &str| Edge {
            role: (role.to_owned(), String::new()),
            holder: (holder.to_owned(), String::new()),
        };
        inherit(&mut accounts, &[edge("ops", "ann"), edge("chief", "ops"), edge("ops", "chief")]);
        assert_eq!(accounts[0].superuser_through.as_deref(), Some("chief"));
        assert_eq!(accounts[0].file_through.as_deref(), Some("ops"));
        assert_eq!(accounts[2].superuser_through, None);
    }
}

//! `mysql/host-name-not-resolved`: accounts for hosts by their names, on a server that does not look names up.

use dbwright_core::Cx;

use crate::accounts;
use crate::body::{Account, Body};
use crate::settings;
use crate::words;

/// The variable.
const NAME: &str = "skip_name_resolve";

/// Reports once for the server.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.is_on(NAME) != Some(true) {
        return;
    }
    let closed: Vec<String> = body
        .accounts
        .iter()
        .filter(|account| !account.role && !account.locked && is_a_name(account))
        .map(accounts::name)
        .collect();
    if closed.is_empty() {
        return;
    }
    let whose = if closed.len() == 1 {
        format!("{} never gets in", closed[0])
    } else {
        format!("{} accounts never get in", closed.len())
    };
    let finding = cx
        .finding(NAME, format!("{whose}: the server does not look up host names"))
        .why(
            "who comes from that host is refused, or is let in as another account whose address fits, with other rights. No change is given, because only you know the address: RENAME USER to it \
             (10.0.0.7, 10.0.0.%), or drop the account when nobody misses it",
        )
        .evidence("accounts", words::some_of(&closed), "", accounts::SOURCE);
    cx.report(settings::evidence(body, finding, NAME));
}

/// Whether its host is a name that would have to be looked up: no address, no pattern of addresses, not the machine itself.
fn is_a_name(account: &Account) -> bool {
    let host = account.host.as_str();
    let address = host.contains(':') || host.bytes().all(|byte| byte.is_ascii_digit() || b"./%_".contains(&byte));
    !address && !host.is_empty() && !host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_their_patterns_are_no_names() {
        let host = |host: &str| Account { host: host.to_owned(), ..Account::default() };
        for name in ["web1.example.org", "%.example.org", "web_"] {
            assert!(is_a_name(&host(name)), "{name}");
        }
        for address in ["%", "10.0.0.%", "10.0.0.0/255.255.255.0", "::1", "127.0.0.1", "localhost", "192.168.1.1_", ""]
        {
            assert!(!is_a_name(&host(address)), "{address}");
        }
    }
}
